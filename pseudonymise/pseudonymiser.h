#pragma once
/* Private to pseudonymise: what a pseudonymiser keeps between calls. Identifiers only in the waiting drafts,
 * and there only until they are tokenised. */
#include "pseudonymise/cmac.h"
#include "pseudonymise/draft.h"
#include "pseudonymise/names.h"
#include "pseudonymise/seen.h"

struct Pseudonymiser {
    Tokeniser *tokeniser;
    Cmac *subject_hash, *record_hash;
    Names names;
    const PostcodeDirectory *directory;
    int key_version;
    int64_t subject_count, record_count; /* keyed hashes made */
    int64_t encoding_count;              /* of records */
    Seen *seen;
    Seen *observed; /* who was counted, until the first row is made; NULL: nobody was */
    size_t seen_max;
    Encoder *encoder; /* NULL: subjects get no encoding */
    Draft drafts[PSEUDONYMISE_ROWS];
    size_t waiting;
    bool has_tokenised; /* what waits has been given out: the next row begins anew */
};

/* token.c: puts the outer layer on what a provider made the inner one of. */
Result tokeniser_wrap(Tokeniser *tokeniser, Token *token, Error *error) CHECKED;
