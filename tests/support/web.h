#pragma once
/*
 * An HTTPS host on 127.0.0.1 inside the test's process, whose certificate is for "localhost". What it answers
 * is the test's; so is how it fails: cut, in tiny pieces, not at all.
 */
#include "base/text.h"
#include "tests/support/certificates.h"

typedef struct TestWeb TestWeb;
typedef struct WebRequest WebRequest;

enum { WEB_HEADERS_MAX = 32, WEB_WHOLE = -1 };

typedef struct WebAnswer {
    int status;
    const char *names[WEB_HEADERS_MAX]; /* copied when the handler returns, as is the body */
    const char *values[WEB_HEADERS_MAX];
    size_t header_count;
    Text body;
    long cut_at;        /* the connection ends before this byte; WEB_WHOLE */
    size_t piece_bytes; /* the most sent at once; 0: any */
    bool is_dropped;    /* the connection ends without an answer */
    bool has_no_length; /* in chunks, to a client that knows them */
    bool has_no_end;    /* neither length nor chunks: the body ends with the connection */
} WebAnswer;

/* Runs in the host's thread, one request at a time. Changes answer, which is an empty 200. */
typedef void (*WebHandler)(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer);

/* host: the name in the certificate. wants_client: only clients with a certificate of the authority. */
TestWeb *test_web_start(TestAuthority *authority, const char *host, bool wants_client, WebHandler handler,
                        void *context);
int test_web_port(const TestWeb *web);
void test_web_stop(TestWeb **web);

const char *web_method(const WebRequest *request);
const char *web_path(const WebRequest *request);                     /* without the query */
const char *web_query(const WebRequest *request, const char *name);  /* unescaped; NULL: not given */
const char *web_header(const WebRequest *request, const char *name); /* NULL: not given */
bool web_has_client(const WebRequest *request); /* showed a certificate of the authority */
void web_add_header(WebAnswer *answer, const char *name, const char *value);
