#include "pseudonymise/encoding_block.h"

#include <string.h>

#include "base/arena.h"
#include "pseudonymise/cmac.h"

enum { RULES_MAX = 40, PARTS_MAX = CMAC_MESSAGES_MAX, PART_HEAD_BYTES = 2 };

typedef struct PartUse {
    uint8_t field, part;
} PartUse;

struct Blocks {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    BlockRule rules[ENCODING_BLOCKS_MAX];
    size_t rule_count;
    PartUse uses[PARTS_MAX]; /* each part that some rule uses, once */
    size_t use_count;
    uint8_t rule_uses[ENCODING_BLOCKS_MAX][BLOCK_PARTS_MAX]; /* index into uses */
    size_t rule_parts[ENCODING_BLOCKS_MAX];
    Cmac *codes;
    EVP_CIPHER_CTX *chain, *salt;
};

/* ---- rules ---- */

typedef struct RulePart {
    EncodingKind kind;
    EncodingPart part;
} RulePart;

#define GIVEN                                                                                                \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_SOUND                                                             \
    }
#define GIVEN_START                                                                                          \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_PREFIX                                                            \
    }
#define GIVEN_LETTER                                                                                         \
    {                                                                                                        \
        ENCODING_GIVEN_NAME, ENCODING_PART_LETTER                                                            \
    }
#define FAMILY                                                                                               \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_SOUND                                                            \
    }
#define FAMILY_START                                                                                         \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_PREFIX                                                           \
    }
#define FAMILY_LETTER                                                                                        \
    {                                                                                                        \
        ENCODING_FAMILY_NAME, ENCODING_PART_LETTER                                                           \
    }
#define BORN                                                                                                 \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_WHOLE                                                             \
    }
#define YEAR                                                                                                 \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_YEAR                                                              \
    }
#define DAY                                                                                                  \
    {                                                                                                        \
        ENCODING_BIRTH_DATE, ENCODING_PART_MONTH_DAY                                                         \
    }
#define PLACE                                                                                                \
    {                                                                                                        \
        ENCODING_POSTCODE, ENCODING_PART_WHOLE                                                               \
    }
#define AREA                                                                                                 \
    {                                                                                                        \
        ENCODING_POSTCODE, ENCODING_PART_OUTWARD                                                             \
    }
#define ADDRESS                                                                                              \
    {                                                                                                        \
        ENCODING_ADDRESS, ENCODING_PART_START                                                                \
    }
#define WORDS                                                                                                \
    {                                                                                                        \
        ENCODING_TEXT, ENCODING_PART_WHOLE                                                                   \
    }

/*
 * A block that grows too large is not compared; then the narrower rules below it hold its likelier pairs.
 * Broad rules bring many strangers together. Whoever knows a few people can go from block to block by them
 * until nearly all are known (tests/attack, "structure"): hardened encodings do without.
 */
static const struct {
    RulePart parts[BLOCK_PARTS_MAX];
    bool is_broad;
} rule_table[] = {
    {{BORN, PLACE}, false},
    {{BORN, FAMILY_LETTER}, false},
    {{BORN, GIVEN_LETTER}, false},
    {{PLACE, FAMILY_LETTER}, false},
    {{PLACE, GIVEN_LETTER}, false},
    {{PLACE, YEAR}, false},
    {{ADDRESS, BORN}, false},
    {{ADDRESS, FAMILY_LETTER}, false},
    {{ADDRESS, GIVEN_LETTER}, false},
    {{GIVEN, FAMILY}, true},
    {{GIVEN, FAMILY, YEAR}, false},
    {{GIVEN_START, FAMILY_START, YEAR}, false},
    {{GIVEN, FAMILY, AREA}, false},
    {{FAMILY, DAY}, false},
    {{GIVEN, DAY}, true},
    {{FAMILY, YEAR}, true},
    {{FAMILY, AREA}, true},
    {{GIVEN, AREA}, true},
    {{WORDS, BORN}, false},
    {{WORDS, PLACE}, false},
    {{WORDS, FAMILY}, false},
    {{WORDS, GIVEN}, true},
    {{WORDS, WORDS}, true},
    {{WORDS, YEAR}, true},
    {{WORDS, ADDRESS}, false},
    {{BORN, AREA}, false},
    {{GIVEN, YEAR, AREA}, false},
    {{WORDS, GIVEN, FAMILY}, false},
    {{WORDS, FAMILY, YEAR}, false},
    {{WORDS, GIVEN, YEAR}, false},
    {{WORDS, WORDS, YEAR}, false},
    {{WORDS, WORDS, GIVEN}, false},
    {{WORDS, WORDS, FAMILY}, false},
};

typedef struct RuleList {
    BlockRule *rules;
    size_t count;
} RuleList;

/* Each way in which the fields can stand for the parts: two parts of one kind are two fields, in order. */
static void expand(const RulePart *wanted, const EncodingKind *kinds, size_t field_count, size_t at,
                   BlockRule draft, RuleList *list)
{
    if (at == BLOCK_PARTS_MAX || wanted[at].part == ENCODING_PART_NONE) {
        if (list->count < RULES_MAX)
            list->rules[list->count++] = draft;
        return;
    }
    bool same = at > 0 && wanted[at - 1].kind == wanted[at].kind;
    for (size_t i = same ? draft.parts[at - 1].field + 1U : 0; i < field_count; i++) {
        if (kinds[i] != wanted[at].kind)
            continue;
        draft.parts[at].field = (uint8_t)i;
        draft.parts[at].part = (uint8_t)wanted[at].part;
        expand(wanted, kinds, field_count, at + 1, draft, list);
    }
}

size_t block_rules(const EncodingKind *kinds, size_t field_count, bool narrow,
                   BlockRule rules[ENCODING_BLOCKS_MAX])
{
    RuleList list = {.rules = rules};

    for (size_t i = 0; i < sizeof rule_table / sizeof rule_table[0]; i++) {
        if (!narrow || !rule_table[i].is_broad)
            expand(rule_table[i].parts, kinds, field_count, 0, (BlockRule){0}, &list);
    }
    return list.count;
}

/* ---- keys ---- */

static uint8_t use_of(Blocks *blocks, PartUse use)
{
    for (size_t i = 0; i < blocks->use_count; i++) {
        if (blocks->uses[i].field == use.field && blocks->uses[i].part == use.part)
            return (uint8_t)i;
    }
    blocks->uses[blocks->use_count] = use;
    return (uint8_t)blocks->use_count++;
}

static bool has_room(const Blocks *blocks)
{
    return blocks->use_count + BLOCK_PARTS_MAX <= PARTS_MAX;
}

static void note_uses(Blocks *blocks)
{
    size_t wanted = blocks->rule_count;

    for (blocks->rule_count = 0; blocks->rule_count < wanted && has_room(blocks); blocks->rule_count++) {
        size_t r = blocks->rule_count;
        const BlockRule *rule = &blocks->rules[r];
        for (size_t p = 0; p < BLOCK_PARTS_MAX && rule->parts[p].part != ENCODING_PART_NONE; p++) {
            const PartUse use = {rule->parts[p].field, rule->parts[p].part};
            blocks->rule_uses[r][p] = use_of(blocks, use);
            blocks->rule_parts[r] = p + 1;
        }
    }
}

static Result derived_key(const uint8_t *key, const char *info, Secret **derived, Error *error)
{
    SCOPED(secret_close) Secret *made = NULL;
    const KeyedDerivation derivation = {
        .secret = key, .secret_length = KEY_BYTES, .info = info, .info_length = strlen(info)};

    TRY(secret_create(KEY_BYTES, &made, error));
    TRY(keyed_derive(&derivation, secret_bytes(made), KEY_BYTES, error));
    *derived = made;
    made = NULL;
    return RESULT_OK;
}

static Result derived_cipher(const uint8_t *key, const char *info, EVP_CIPHER_CTX **cipher, Error *error)
{
    SCOPED(secret_close) Secret *derived = NULL;

    TRY(derived_key(key, info, &derived, error));
    return keyed_block_create(secret_bytes(derived), KEYED_LOCK, cipher, error);
}

Result blocks_create(const uint8_t *key, const EncodingKind *kinds, size_t field_count, bool narrow,
                     Blocks **blocks, Error *error)
{
    SCOPED(blocks_close) Blocks *made = memory_alloc(sizeof *made);
    SCOPED(secret_close) Secret *codes = NULL;

    memcpy(made->kinds, kinds, field_count * sizeof *kinds);
    made->rule_count = block_rules(kinds, field_count, narrow, made->rules);
    note_uses(made);
    TRY(derived_key(key, "cinque/encoding/block-part/v1", &codes, error));
    TRY(cmac_create(secret_bytes(codes), &made->codes, error));
    TRY(derived_cipher(key, "cinque/encoding/block-token/v1", &made->chain, error));
    TRY(derived_cipher(key, "cinque/encoding/block-salt/v1", &made->salt, error));
    *blocks = made;
    made = NULL;
    return RESULT_OK;
}

size_t blocks_count(const Blocks *blocks)
{
    return blocks->rule_count;
}

void blocks_close(Blocks **blocks)
{
    if (*blocks == NULL)
        return;
    cmac_close(&(*blocks)->codes);
    keyed_block_close(&(*blocks)->chain);
    keyed_block_close(&(*blocks)->salt);
    memory_free(*blocks);
    *blocks = NULL;
}

/* ---- tokens ---- */

typedef struct Codes {
    uint8_t codes[PARTS_MAX][KEYED_BLOCK_BYTES];
    bool present[PARTS_MAX];
} Codes;

static void wipe_codes(Codes *codes)
{
    secret_wipe(codes, sizeof *codes);
}

typedef struct Parts {
    uint8_t bytes[PARTS_MAX][PART_HEAD_BYTES + ENCODING_TEXT_BYTES]; /* field, part, text */
    CmacMessage messages[PARTS_MAX];
    uint8_t uses[PARTS_MAX];
    size_t count;
} Parts;

static void add_part(const Blocks *blocks, const EncodingValue *values, size_t use, Parts *parts)
{
    char buffer[ENCODING_TEXT_BYTES];
    size_t field = blocks->uses[use].field;
    uint8_t *bytes = parts->bytes[parts->count];
    Text text = encoding_value_part(&values[field], blocks->kinds[field],
                                    (EncodingPart)blocks->uses[use].part, buffer);

    if (text.length == 0)
        return;
    bytes[0] = blocks->uses[use].field;
    bytes[1] = blocks->uses[use].part;
    memcpy(bytes + PART_HEAD_BYTES, text.data, text.length);
    if (blocks->uses[use].part == ENCODING_PART_SOUND)
        secret_wipe(buffer, sizeof buffer);
    parts->messages[parts->count] = (CmacMessage){.bytes = bytes, .length = PART_HEAD_BYTES + text.length};
    parts->uses[parts->count++] = (uint8_t)use;
}

/* AES-256-CMAC of field, part and text; all parts side by side. */
static Result make_codes(Blocks *blocks, const EncodingValue *values, Codes *codes, Error *error)
{
    uint8_t digests[PARTS_MAX][KEYED_BLOCK_BYTES];
    Parts parts;

    parts.count = 0;
    for (size_t i = 0; i < blocks->use_count; i++)
        add_part(blocks, values, i, &parts);
    Result result = cmac_of(blocks->codes, parts.messages, parts.count, digests, error);
    for (size_t i = 0; result.ok && i < parts.count; i++) {
        memcpy(codes->codes[parts.uses[i]], digests[i], KEYED_BLOCK_BYTES);
        codes->present[parts.uses[i]] = true;
    }
    secret_wipe(parts.bytes, parts.count * sizeof parts.bytes[0]);
    secret_wipe(digests, parts.count * sizeof digests[0]);
    return result;
}

static bool rule_applies(const Blocks *blocks, size_t rule, const Codes *codes)
{
    for (size_t p = 0; p < blocks->rule_parts[rule]; p++) {
        if (!codes->present[blocks->rule_uses[rule][p]])
            return false;
    }
    return true;
}

/* The chain of a CBC-MAC whose first block names the rule and so how many parts follow: all rules take each
 * step together, because a call of the cipher costs more than a block. */
static Result chain(Blocks *blocks, const Codes *codes, BlockTokens *tokens, Error *error)
{
    memset(tokens->tokens, 0, blocks->rule_count * KEYED_BLOCK_BYTES);
    for (size_t r = 0; r < blocks->rule_count; r++) {
        tokens->tokens[r][0] = (uint8_t)(r + 1);
        tokens->tokens[r][1] = (uint8_t)blocks->rule_parts[r];
    }
    TRY(keyed_blocks_apply(blocks->chain, tokens->tokens[0], blocks->rule_count, error));
    for (size_t step = 0; step < BLOCK_PARTS_MAX; step++) {
        for (size_t r = 0; r < blocks->rule_count; r++) {
            /* A rule of two parts takes the third step with nothing to add, as all of its records do. */
            if (step < blocks->rule_parts[r])
                filter_exclusive_or(tokens->tokens[r], codes->codes[blocks->rule_uses[r][step]]);
        }
        TRY(keyed_blocks_apply(blocks->chain, tokens->tokens[0], blocks->rule_count, error));
    }
    return RESULT_OK;
}

Result blocks_make(Blocks *blocks, const EncodingValue *values, bool salted, BlockTokens *tokens,
                   Error *error)
{
    SCOPED(wipe_codes) Codes codes = {0};

    tokens->present = 0;
    if (blocks->rule_count == 0)
        return RESULT_OK;
    TRY(make_codes(blocks, values, &codes, error));
    for (size_t r = 0; r < blocks->rule_count; r++) {
        if (rule_applies(blocks, r, &codes))
            tokens->present |= UINT64_C(1) << r;
    }
    TRY(chain(blocks, &codes, tokens, error));
    if (!salted)
        return RESULT_OK;
    memcpy(tokens->salts, tokens->tokens, blocks->rule_count * KEYED_BLOCK_BYTES);
    return keyed_blocks_apply(blocks->salt, tokens->salts[0].bytes, blocks->rule_count, error);
}
