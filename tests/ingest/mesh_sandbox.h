#pragma once
/*
 * A MESH host inside the test's process, strict as the live one is described: tokens count once and two
 * hours, chunks are packed each by itself, 206 and 200 say whether more follow, acknowledged messages are
 * gone. What is to go wrong is said by SandboxFaults.
 */
#include "tests/support/web.h"

enum { SANDBOX_TOKENS_MAX = 4096, SANDBOX_TOKEN_BYTES = 192, SANDBOX_CHUNKS_MAX = 8 };

typedef struct SandboxMessage {
    const char *id, *name, *workflow;
    bool is_report;
    const char *status_code; /* NULL: 00 */
    const char *sent;        /* CCYYMMDDhhmmss */
    Text chunks[SANDBOX_CHUNKS_MAX];
    int chunk_count;
    bool is_packed; /* each chunk a gzip of its own */
    bool is_gone;
    int acknowledged; /* so many times */
    int fetched;      /* its last chunk, whole */
    const char *from; /* NULL: SANDBOX_SENDER */
} SandboxMessage;

typedef struct SandboxFaults {
    int busy;            /* 503 to the first so many requests */
    int busy_from_chunk; /* 503 to requests for chunks from this on alone; 0: to any */
    int drops;           /* no answer to the first so many */
    long clock_hours;    /* of the host before ours */
    int missing_chunk;   /* 404 */
    int gone_at_chunk;   /* 410 */
    int damaged_chunk;   /* its gzip lacks its last damaged_bytes */
    size_t damaged_bytes;
    int endless_chunk; /* half of it, unpacked; its end is only that the connection ends */
    int cut_chunk;     /* the connection ends once at cut_at of it, whenever it is fetched first */
    long cut_at;
    bool is_changed_behind_cut;
    bool says_more_at_last; /* 206 where 200 is due */
    bool says_last_at_first;
    bool has_wrong_range;
    int lost_acknowledgements; /* done, but the first so many answers are lost */
    size_t piece_bytes;
    bool has_no_length;   /* chunks of the transfer instead */
    bool has_empty_pages; /* an empty page before each other */
    const char *next;     /* instead of the true one */
    bool repeats_tokens;  /* takes every token for one it has seen */
} SandboxFaults;

typedef struct Sandbox {
    TestAuthority *authority;
    TestWeb *web;
    SandboxFaults faults;
    SandboxMessage *messages;
    size_t message_count;
    char tokens[SANDBOX_TOKENS_MAX][SANDBOX_TOKEN_BYTES];
    size_t token_count;
    int requests, refused, handshakes, pages;
    char url[64];
    void (*before_acknowledgement)(void); /* in the host's thread; NULL */
} Sandbox;

#define SANDBOX_MAILBOX    "X26HC005"
#define SANDBOX_SENDER     "X26HC006"
#define SANDBOX_PASSWORD   "a password: with colons"
#define SANDBOX_SHARED_KEY "the shared key of a test"

/* messages stay the caller's, who may look at them and change them between calls. */
void sandbox_start(Sandbox *sandbox, SandboxMessage *messages, size_t count);
void sandbox_stop(Sandbox *sandbox);
