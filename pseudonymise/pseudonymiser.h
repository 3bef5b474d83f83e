#pragma once
/* Private to pseudonymise: what a pseudonymiser keeps between calls. Identifiers only in the two messages,
 * and there only while a row is made. */
#include "pseudonymise/bundle.h"
#include "pseudonymise/keyed.h"
#include "pseudonymise/seen.h"

struct TokenisedRow {
    Subject subject;
    int64_t record_key;
    const Value *payload;
    size_t payload_count;
    int age_days;
    bool has_subject, subject_is_new, has_record_key;
};

struct Pseudonymiser {
    Tokeniser *tokeniser;
    EVP_MAC_CTX *subject_hash, *record_hash;
    Bundle bundle;
    Message record_message; /* domain, source, then while a row is made its record key */
    size_t record_prefix_length;
    const PostcodeDirectory *directory;
    int key_version;
    Seen *seen;
    TokenisedRow row;
};
