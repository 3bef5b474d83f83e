#pragma once
/* Private to pseudonymise: what a pseudonymiser keeps between calls. Identifiers only in the two messages,
 * and there only while a row is made. */
#include "pseudonymise/bundle.h"
#include "pseudonymise/keyed.h"
#include "pseudonymise/seen.h"

/* A record's key under the keyed hash of its source. */
typedef struct HashedKey {
    int64_t value;
    bool is_set;
} HashedKey;

/* Domain and source, then while a row is made a key of a record of that source. */
typedef struct KeyMessage {
    Message message;
    size_t prefix_length;
} KeyMessage;

struct TokenisedRow {
    Subject subject;
    HashedKey record_key, references[PSEUDONYMISER_REFERENCES_MAX];
    const Value *payload;
    size_t payload_count;
    int age_days;
    bool has_subject, subject_is_new;
};

struct Pseudonymiser {
    Tokeniser *tokeniser;
    EVP_MAC_CTX *subject_hash, *record_hash;
    Bundle bundle;
    KeyMessage record_message, reference_messages[PSEUDONYMISER_REFERENCES_MAX];
    size_t reference_count;
    const PostcodeDirectory *directory;
    int key_version;
    Seen *seen;
    TokenisedRow row;
};
