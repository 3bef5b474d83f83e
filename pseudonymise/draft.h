#pragma once
/*
 * Private to pseudonymise: a row that waits for its keyed hashes, which are made of many rows at once. Its
 * identifiers stand in its messages alone, until they are hashed.
 */
#include "pseudonymise/bundle.h"

/* Of each row: its own record's key, then those it refers by. */
enum { KEYS_MAX = 1 + PSEUDONYMISER_REFERENCES_MAX };

/* A record's key under the keyed hash of its source. */
typedef struct HashedKey {
    int64_t value;
    bool is_set;
} HashedKey;

/* Domain and source, then until it is hashed a key of a record of that source. */
typedef struct KeyMessage {
    Message message;
    size_t prefix_length;
} KeyMessage;

struct TokenisedRow {
    Subject subject;
    HashedKey keys[KEYS_MAX];
    const Value *payload;
    size_t payload_count, reference_count;
    uint64_t line;
    uint8_t *encoding; /* the draft's; NULL: none are made */
    size_t encoding_length;
    int age_days;
    bool has_subject, subject_is_new;
};

typedef struct Draft {
    Bundle bundle;
    KeyMessage keys[KEYS_MAX];
    size_t key_count;
    TokenisedRow row;
    Value *values; /* the payload's own copy, its texts in text */
    size_t values_max;
    char *text;
    size_t text_max;
} Draft;

Draft draft_open(const PseudonymiserOptions *options);
/* Copies what the row needs; views into it may end. */
void draft_fill(Draft *draft, const RawRow *raw);
/* What is still to be hashed; NULL: nothing. */
const Message *draft_subject(const Draft *draft);
const Message *draft_key(const Draft *draft, size_t index);
/* The identifiers; the rest of the row stays. */
void draft_wipe(Draft *draft);
void draft_close(Draft *draft); /* wipes */
