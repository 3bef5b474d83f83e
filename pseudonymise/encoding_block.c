#include "pseudonymise/encoding_block.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/cmac.h"

enum { PARTS_MAX = CMAC_MESSAGES_MAX, PART_HEAD_BYTES = 2 };

typedef struct PartUse {
    uint8_t field, part;
    uint8_t place; /* among the field's */
} PartUse;

struct Blocks {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    BlockRule rules[ENCODING_BLOCKS_MAX];
    size_t rule_count;
    PartUse uses[PARTS_MAX]; /* each part that some rule uses, once */
    size_t use_count;
    uint8_t rule_uses[ENCODING_BLOCKS_MAX][BLOCK_PARTS_MAX]; /* index into uses */
    size_t rule_parts[ENCODING_BLOCKS_MAX];
    uint8_t starts[ENCODING_BLOCKS_MAX][KEYED_BLOCK_BYTES]; /* of each rule's chain */
    Cmac *codes;
    EVP_CIPHER_CTX *chain, *salt;
};

/* ---- keys ---- */

static uint8_t use_of(Blocks *blocks, PartUse use)
{
    for (size_t i = 0; i < blocks->use_count; i++) {
        if (blocks->uses[i].field == use.field && blocks->uses[i].part == use.part)
            return (uint8_t)i;
        use.place = (uint8_t)(use.place + (blocks->uses[i].field == use.field));
    }
    assert(use.place < MEMO_PARTS_MAX);
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
            const PartUse use = {.field = rule->parts[p].field, .part = rule->parts[p].part};
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

/* The first block of a CBC-MAC names the rule and so how many parts follow: it is the same of every record.
 */
static Result make_starts(Blocks *blocks, Error *error)
{
    for (size_t r = 0; r < blocks->rule_count; r++) {
        blocks->starts[r][0] = (uint8_t)(r + 1);
        blocks->starts[r][1] = (uint8_t)blocks->rule_parts[r];
    }
    return keyed_blocks_apply(blocks->chain, blocks->starts[0], blocks->rule_count, error);
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
    TRY(make_starts(made, error));
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
    secret_wipe((*blocks)->starts, sizeof(*blocks)->starts);
    memory_free(*blocks);
    *blocks = NULL;
}

/* ---- tokens ---- */

/* Parts whose codes nobody asked for yet. */
typedef struct Parts {
    uint8_t bytes[PARTS_MAX][PART_HEAD_BYTES + ENCODING_TEXT_BYTES]; /* field, part, text */
    CmacMessage messages[PARTS_MAX];
    uint8_t uses[PARTS_MAX];
    size_t count;
} Parts;

static void add_part(const Blocks *blocks, FieldValue *value, size_t use, Parts *parts)
{
    char buffer[ENCODING_TEXT_BYTES];
    const PartUse *of = &blocks->uses[use];
    uint8_t *bytes = parts->bytes[parts->count];

    if ((value->entry->made >> of->place & 1) != 0)
        return;
    Text text = encoding_value_part(field_value(value), value->kind, (EncodingPart)of->part, buffer);
    if (text.length == 0) {
        value->entry->made |= (uint8_t)(1U << of->place);
        return;
    }
    bytes[0] = of->field;
    bytes[1] = of->part;
    memcpy(bytes + PART_HEAD_BYTES, text.data, text.length);
    if (of->part == ENCODING_PART_SOUND)
        secret_wipe(buffer, sizeof buffer);
    parts->messages[parts->count] = (CmacMessage){.bytes = bytes, .length = PART_HEAD_BYTES + text.length};
    parts->uses[parts->count++] = (uint8_t)use;
}

static void keep_codes(const Blocks *blocks, FieldValue *values, const Parts *parts,
                       uint8_t (*digests)[KEYED_BLOCK_BYTES])
{
    for (size_t i = 0; i < parts->count; i++) {
        const PartUse *of = &blocks->uses[parts->uses[i]];
        MemoEntry *entry = values[of->field].entry;
        memcpy(entry->codes[of->place], digests[i], KEYED_BLOCK_BYTES);
        entry->made |= (uint8_t)(1U << of->place);
        entry->present |= (uint8_t)(1U << of->place);
    }
}

/* AES-256-CMAC of field, part and text; all parts side by side. */
static Result make_codes(Blocks *blocks, FieldValue *values, Error *error)
{
    uint8_t digests[PARTS_MAX][KEYED_BLOCK_BYTES];
    Parts parts;

    parts.count = 0;
    for (size_t i = 0; i < blocks->use_count; i++)
        add_part(blocks, &values[blocks->uses[i].field], i, &parts);
    if (parts.count == 0)
        return RESULT_OK;
    Result result = cmac_of(blocks->codes, parts.messages, parts.count, digests, error);
    if (result.ok)
        keep_codes(blocks, values, &parts, digests);
    secret_wipe(parts.bytes, parts.count * sizeof parts.bytes[0]);
    secret_wipe(digests, parts.count * sizeof digests[0]);
    return result;
}

/* NULL: the record has no such part. */
static const uint8_t *code_of(const Blocks *blocks, const FieldValue *values, size_t use)
{
    const PartUse *of = &blocks->uses[use];
    const MemoEntry *entry = values[of->field].entry;

    return (entry->present >> of->place & 1) != 0 ? entry->codes[of->place] : NULL;
}

/* The rules that apply, and of each the codes it is made of. */
typedef struct Chains {
    const uint8_t *codes[ENCODING_BLOCKS_MAX][BLOCK_PARTS_MAX];
    uint8_t rules[ENCODING_BLOCKS_MAX];
    uint8_t states[ENCODING_BLOCKS_MAX][KEYED_BLOCK_BYTES];
    size_t count;
} Chains;

static void start_chains(const Blocks *blocks, const FieldValue *values, Chains *chains)
{
    const uint8_t *of_uses[PARTS_MAX];

    chains->count = 0;
    for (size_t i = 0; i < blocks->use_count; i++)
        of_uses[i] = code_of(blocks, values, i);
    for (size_t r = 0; r < blocks->rule_count; r++) {
        const uint8_t **codes = chains->codes[chains->count];
        bool applies = true;
        for (size_t p = 0; p < blocks->rule_parts[r]; p++) {
            codes[p] = of_uses[blocks->rule_uses[r][p]];
            applies = applies && codes[p] != NULL;
        }
        if (!applies)
            continue;
        memcpy(chains->states[chains->count], blocks->starts[r], KEYED_BLOCK_BYTES);
        chains->rules[chains->count++] = (uint8_t)r;
    }
}

/* All rules take each step together, because a call of the cipher costs more than a block. */
static Result run_chains(Blocks *blocks, Chains *chains, Error *error)
{
    for (size_t step = 0; step < BLOCK_PARTS_MAX; step++) {
        for (size_t i = 0; i < chains->count; i++) {
            /* A rule of two parts takes the third step with nothing to add, as all of its records do. */
            if (step < blocks->rule_parts[chains->rules[i]])
                filter_exclusive_or(chains->states[i], chains->codes[i][step]);
        }
        TRY(keyed_blocks_apply(blocks->chain, chains->states[0], chains->count, error));
    }
    return RESULT_OK;
}

static Result chain(Blocks *blocks, Chains *chains, bool salted, BlockTokens *tokens, Error *error)
{
    TRY(run_chains(blocks, chains, error));
    for (size_t i = 0; i < chains->count; i++) {
        tokens->present |= UINT64_C(1) << chains->rules[i];
        memcpy(tokens->tokens[chains->rules[i]], chains->states[i], KEYED_BLOCK_BYTES);
    }
    if (!salted)
        return RESULT_OK;
    TRY(keyed_blocks_apply(blocks->salt, chains->states[0], chains->count, error));
    for (size_t i = 0; i < chains->count; i++)
        memcpy(tokens->salts[chains->rules[i]].bytes, chains->states[i], KEYED_BLOCK_BYTES);
    return RESULT_OK;
}

Result blocks_make(Blocks *blocks, FieldValue *values, bool salted, BlockTokens *tokens, Error *error)
{
    Chains chains;

    tokens->present = 0;
    TRY(make_codes(blocks, values, error));
    start_chains(blocks, values, &chains);
    if (chains.count == 0)
        return RESULT_OK;
    Result result = chain(blocks, &chains, salted, tokens, error);
    secret_wipe(chains.states, chains.count * sizeof chains.states[0]);
    return result;
}
