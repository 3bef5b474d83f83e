#include "tests/attack/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "pseudonymise/cmac.h"
#include "pseudonymise/encoding_block.h"

enum { TOKEN = 8, PART_HEAD = 2, PART_BYTES = PART_HEAD + ENCODING_TEXT_BYTES, MAP_BITS = 22 };

typedef struct Part {
    uint8_t bytes[PART_BYTES]; /* field, part, text */
    size_t length, count;
} Part;

/* Of one field and part: the commonest texts first. */
typedef struct PartList {
    Part *parts;
    size_t count;
} PartList;

struct Dictionary {
    BlockRule rules[ENCODING_BLOCKS_MAX];
    size_t rule_count;
    PartList lists[ENCODING_BLOCKS_MAX][BLOCK_PARTS_MAX];
};

/* ---- the plain file ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(((const Part *)a)->bytes, ((const Part *)b)->bytes, PART_BYTES);
}

static int by_count(const void *a, const void *b)
{
    const Part *left = a, *right = b;

    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return by_bytes(a, b);
}

static bool part_of(const Files *files, size_t row, unsigned field, EncodingPart wanted, Part *part)
{
    const char *text = files->people->all[files->plain[row]].fields[field];
    EncodingKind kind = files->people->kinds[field];
    EncodingValue value;
    char buffer[ENCODING_TEXT_BYTES];

    encoding_value_fill(kind, text_from(text), &value);
    Text found = encoding_value_part(&value, kind, wanted, buffer);
    *part =
        (Part){.bytes = {(uint8_t)field, (uint8_t)wanted}, .length = PART_HEAD + found.length, .count = 1};
    if (found.length > 0)
        memcpy(part->bytes + PART_HEAD, found.data, found.length);
    return found.length > 0;
}

static PartList list_parts(const Files *files, unsigned field, EncodingPart wanted, size_t most)
{
    PartList list = {.parts = memory_alloc((files->count + 1) * sizeof(Part))};
    size_t all = 0;

    for (size_t i = 0; i < files->count; i++)
        all += part_of(files, i, field, wanted, &list.parts[all]);
    qsort(list.parts, all, sizeof(Part), by_bytes);
    for (size_t i = 0; i < all; i++) {
        if (list.count > 0 && by_bytes(&list.parts[list.count - 1], &list.parts[i]) == 0)
            list.parts[list.count - 1].count++;
        else
            list.parts[list.count++] = list.parts[i];
    }
    qsort(list.parts, list.count, sizeof(Part), by_count);
    list.count = list.count < most ? list.count : most;
    return list;
}

static size_t parts_of(const BlockRule *rule)
{
    size_t count = 0;

    while (count < BLOCK_PARTS_MAX && rule->parts[count].part != ENCODING_PART_NONE)
        count++;
    return count;
}

Dictionary *dictionary_open(const Files *files, size_t most)
{
    Dictionary *made = memory_alloc(sizeof *made);

    made->rule_count = block_rules(files->people->kinds, files->people->field_count, true, made->rules);
    for (size_t r = 0; r < made->rule_count; r++)
        for (size_t p = 0; p < parts_of(&made->rules[r]); p++)
            made->lists[r][p] = list_parts(files, made->rules[r].parts[p].field,
                                           (EncodingPart)made->rules[r].parts[p].part, most);
    return made;
}

void dictionary_close(Dictionary **dictionary)
{
    if (*dictionary == NULL)
        return;
    for (size_t r = 0; r < (*dictionary)->rule_count; r++)
        for (size_t p = 0; p < BLOCK_PARTS_MAX; p++)
            memory_free((*dictionary)->lists[r][p].parts);
    memory_free(*dictionary);
    *dictionary = NULL;
}

/* ---- the table ---- */

typedef struct Stored {
    uint64_t token;
    uint32_t row;
} Stored;

/* map: of the tokens' lowest bits, which is what nearly all guesses end at. */
typedef struct Wanted {
    Stored *all;
    size_t count;
    uint64_t *map;
    bool *named;
} Wanted;

static int by_token(const void *a, const void *b)
{
    const Stored *left = a, *right = b;

    return (left->token > right->token) - (left->token < right->token);
}

static void want_row(Wanted *wanted, const Table *table, uint32_t row)
{
    for (size_t rule = 0; rule < table->rows[row][9]; rule++) {
        if ((row_rules(table->rows[row]) >> rule & 1) == 0)
            continue;
        Stored *made = &wanted->all[wanted->count++];
        made->row = row;
        memcpy(&made->token, row_token(table->rows[row], rule), TOKEN);
        uint64_t low = made->token & ((UINT64_C(1) << MAP_BITS) - 1);
        wanted->map[low >> 6] |= UINT64_C(1) << (low & 63);
    }
}

static Wanted want_tokens(const Table *table)
{
    Wanted wanted = {.all = memory_alloc(table->count * ENCODING_BLOCKS_MAX * sizeof(Stored)),
                     .map = memory_alloc((size_t)1 << (MAP_BITS - 3)),
                     .named = memory_alloc(table->count * sizeof(bool))};

    for (uint32_t row = 0; row < table->count; row++)
        want_row(&wanted, table, row);
    qsort(wanted.all, wanted.count, sizeof(Stored), by_token);
    return wanted;
}

static void close_wanted(Wanted *wanted)
{
    memory_free(wanted->all);
    memory_free(wanted->map);
    memory_free(wanted->named);
}

static size_t first_at_least(const Wanted *wanted, uint64_t token)
{
    size_t low = 0, high = wanted->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (wanted->all[middle].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void look_up(Wanted *wanted, const uint8_t *blocks, size_t count, Forged *forged)
{
    forged->guesses += count;
    for (size_t i = 0; i < count; i++) {
        uint64_t token;
        memcpy(&token, blocks + i * KEYED_BLOCK_BYTES, TOKEN);
        uint64_t low = token & ((UINT64_C(1) << MAP_BITS) - 1);
        if ((wanted->map[low >> 6] >> (low & 63) & 1) == 0)
            continue;
        size_t at = first_at_least(wanted, token);
        forged->hits += at < wanted->count && wanted->all[at].token == token;
        for (; at < wanted->count && wanted->all[at].token == token; at++)
            wanted->named[wanted->all[at].row] = true;
    }
}

/* ---- keys, by pseudonymise/encoding_create.c and encoding_block.c ---- */

typedef struct ForgedKeys {
    Cmac *codes;
    EVP_CIPHER_CTX *chain;
} ForgedKeys;

static void derive(const uint8_t secret[KEY_BYTES], const char *info, uint8_t key[KEY_BYTES])
{
    const KeyedDerivation derivation = {
        .secret = secret, .secret_length = KEY_BYTES, .info = info, .info_length = strlen(info)};
    Error error = {0};

    cr_assert(keyed_derive(&derivation, key, KEY_BYTES, &error).ok, "%s", error.message);
}

static ForgedKeys open_keys(const ForgedKey *key)
{
    uint8_t blocks[KEY_BYTES], derived[KEY_BYTES];
    ForgedKeys keys = {0};
    char info[128];
    Error error = {0};

    (void)snprintf(info, sizeof info, "cinque/encoding/v1/%zu/%s/%d/blocks", strlen(key->purpose),
                   key->purpose, key->version);
    derive(key->root, info, blocks);
    derive(blocks, "cinque/encoding/block-part/v1", derived);
    cr_assert(cmac_create(derived, &keys.codes, &error).ok, "%s", error.message);
    derive(blocks, "cinque/encoding/block-token/v1", derived);
    cr_assert(keyed_block_create(derived, KEYED_LOCK, &keys.chain, &error).ok, "%s", error.message);
    return keys;
}

static void close_keys(ForgedKeys *keys)
{
    cmac_close(&keys->codes);
    keyed_block_close(&keys->chain);
}

static void apply(const ForgedKeys *keys, uint8_t *blocks, size_t count)
{
    Error error = {0};

    cr_assert(keyed_blocks_apply(keys->chain, blocks, count, &error).ok, "%s", error.message);
}

/* ---- guesses ---- */

static uint8_t *codes_of(const ForgedKeys *keys, const PartList *list)
{
    uint8_t *codes = memory_alloc((list->count + 1) * KEYED_BLOCK_BYTES);
    Error error = {0};

    for (size_t from = 0; from < list->count; from += CMAC_MESSAGES_MAX) {
        CmacMessage messages[CMAC_MESSAGES_MAX];
        uint8_t digests[CMAC_MESSAGES_MAX][KEYED_BLOCK_BYTES];
        size_t count = list->count - from < CMAC_MESSAGES_MAX ? list->count - from : CMAC_MESSAGES_MAX;
        for (size_t i = 0; i < count; i++)
            messages[i] = (CmacMessage){list->parts[from + i].bytes, list->parts[from + i].length};
        cr_assert(cmac_of(keys->codes, messages, count, digests, &error).ok, "%s", error.message);
        memcpy(codes + from * KEYED_BLOCK_BYTES, digests, count * KEYED_BLOCK_BYTES);
    }
    return codes;
}

/* Every state with every code, one step on. */
static uint8_t *step(const ForgedKeys *keys, uint8_t *states, size_t *count, const PartList *list)
{
    uint8_t *codes = codes_of(keys, list);
    uint8_t *next = memory_alloc((*count * list->count + 1) * KEYED_BLOCK_BYTES), *at = next;

    for (size_t s = 0; s < *count; s++) {
        for (size_t c = 0; c < list->count; c++, at += KEYED_BLOCK_BYTES)
            for (size_t i = 0; i < KEYED_BLOCK_BYTES; i += sizeof(uint64_t)) {
                uint64_t state, code;
                memcpy(&state, states + s * KEYED_BLOCK_BYTES + i, sizeof state);
                memcpy(&code, codes + c * KEYED_BLOCK_BYTES + i, sizeof code);
                state ^= code;
                memcpy(at + i, &state, sizeof state);
            }
    }
    *count *= list->count;
    apply(keys, next, *count);
    memory_free(codes);
    memory_free(states);
    return next;
}

static void try_rule(const Dictionary *dictionary, size_t rule, const ForgedKeys *keys, Wanted *wanted,
                     Forged *forged)
{
    size_t parts = parts_of(&dictionary->rules[rule]), count = 1;
    uint8_t *states = memory_alloc(KEYED_BLOCK_BYTES);

    states[0] = (uint8_t)(rule + 1);
    states[1] = (uint8_t)parts;
    apply(keys, states, 1);
    for (size_t p = 0; p < parts; p++)
        states = step(keys, states, &count, &dictionary->lists[rule][p]);
    for (size_t p = parts; p < BLOCK_PARTS_MAX; p++)
        apply(keys, states, count);
    look_up(wanted, states, count, forged);
    memory_free(states);
}

Forged dictionary_try(const Dictionary *dictionary, const Table *table, const ForgedKey *key)
{
    Wanted wanted = want_tokens(table);
    ForgedKeys keys = open_keys(key);
    Forged forged = {0};

    for (size_t rule = 0; rule < dictionary->rule_count; rule++)
        try_rule(dictionary, rule, &keys, &wanted, &forged);
    for (size_t row = 0; row < table->count; row++)
        forged.named += wanted.named[row];
    close_keys(&keys);
    close_wanted(&wanted);
    return forged;
}
