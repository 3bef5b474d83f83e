#pragma once
/*
 * Private to pseudonymise: block tokens, keyed and each of at least two fields, so that no token stands for
 * one field's value and none can be counted against a public list of names.
 */
#include "base/secret.h"
#include "pseudonymise/encoding_memo.h"

enum { BLOCK_PARTS_MAX = 3, BLOCK_TOKEN_BYTES = 8 };

typedef struct BlockRule {
    struct {
        uint8_t field, part; /* EncodingPart; NONE behind the last */
    } parts[BLOCK_PARTS_MAX];
} BlockRule;

/* The rules that these kinds of fields allow, the most telling first; at most ENCODING_BLOCKS_MAX. narrow:
 * without those that bring many strangers together. */
size_t block_rules(const EncodingKind *kinds, size_t field_count, bool narrow,
                   BlockRule rules[ENCODING_BLOCKS_MAX]);

typedef struct Blocks Blocks;

/* key: KEY_BYTES, of block tokens alone. rules and kinds are copied. */
Result blocks_create(const uint8_t *key, const EncodingKind *kinds, size_t field_count, bool narrow,
                     Blocks **blocks, Error *error) CHECKED;
size_t blocks_count(const Blocks *blocks);
void blocks_close(Blocks **blocks);

typedef struct BlockTokens {
    uint64_t present;                                       /* bit of a rule: the record has all its parts */
    uint8_t tokens[ENCODING_BLOCKS_MAX][KEYED_BLOCK_BYTES]; /* the first BLOCK_TOKEN_BYTES are written */
    FilterSalt salts[ENCODING_BLOCKS_MAX];
} BlockTokens;

/* salted: the salts are wanted too. What is not known of the values' codes yet is made and kept with them. */
Result blocks_make(Blocks *blocks, FieldValue *values, bool salted, BlockTokens *tokens, Error *error)
    CHECKED;
