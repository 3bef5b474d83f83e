#include "linkage/alike_tokens.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

enum {
    SLOTS_FIRST = 1 << 12,
    SLOTS_PER_WORD = 8,
    /* Of a key: from which bit on its word goes, and its two marks in the word; its slot goes by the first.
     */
    WORD_FROM = 32,
    MARK_FROM = 52,
    OTHER_MARK_FROM = 58,
    FLAGS_AT = 1,
    FLAG_BY_BLOCKS = 1,
    FIELDS_AT = 8,
    BLOCKS_AT = 12,
    TOKENS_AT = 24,
    TOKEN_BYTES = 8
};

static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ number >> 27) * UINT64_C(0x94D049BB133111EB);
    return number ^ number >> 31;
}

static size_t mark_words(const TokenTable *table)
{
    return table->capacity / SLOTS_PER_WORD;
}

static uint64_t *word_of(const TokenTable *table, uint64_t key)
{
    return &table->marks[key >> WORD_FROM & (mark_words(table) - 1)];
}

static uint64_t marks_of(uint64_t key)
{
    return UINT64_C(1) << (key >> MARK_FROM) % 64 | UINT64_C(1) << (key >> OTHER_MARK_FROM);
}

/* Keys are mixed already. */
static TokenSlot *slot_of(const TokenTable *table, uint64_t key)
{
    size_t at = key & (table->capacity - 1);

    while (table->slots[at].key != 0 && table->slots[at].key != key)
        at = (at + 1) & (table->capacity - 1);
    return &table->slots[at];
}

/* Who shares them is what encodings are sealed for. */
static void close_slots(TokenTable *table)
{
    if (table->slots != NULL) {
        secret_wipe(table->slots, table->capacity * sizeof *table->slots);
        secret_wipe(table->marks, mark_words(table) * sizeof *table->marks);
    }
    memory_free(table->slots);
    memory_free(table->marks);
}

static TokenSlot *put(TokenTable *table, uint64_t key)
{
    *word_of(table, key) |= marks_of(key);
    return slot_of(table, key);
}

static void grow(TokenTable *table)
{
    TokenTable larger = {.used = table->used, .capacity = table->capacity * 2 + SLOTS_FIRST};

    while ((larger.capacity & (larger.capacity - 1)) != 0)
        larger.capacity &= larger.capacity - 1;
    larger.slots = memory_alloc(larger.capacity * sizeof *larger.slots);
    larger.marks = memory_alloc(mark_words(&larger) * sizeof *larger.marks);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].key != 0)
            *put(&larger, table->slots[i].key) = table->slots[i];
    close_slots(table);
    *table = larger;
}

void token_table_add(TokenTable *table, uint64_t key)
{
    if (table->used * 2 >= table->capacity)
        grow(table);
    TokenSlot *slot = put(table, key);
    table->used += slot->key == 0;
    slot->key = key;
}

TokenSlot *token_table_find(const TokenTable *table, uint64_t key)
{
    uint64_t marks = marks_of(key);

    if (table->capacity == 0 || (*word_of(table, key) & marks) != marks)
        return NULL;
    TokenSlot *slot = slot_of(table, key);
    return slot->key == key ? slot : NULL;
}

void token_table_close(TokenTable *table)
{
    close_slots(table);
    *table = (TokenTable){0};
}

size_t token_keys(Text head, uint64_t keys[TOKEN_KEYS_MAX])
{
    const uint8_t *bytes = (const uint8_t *)head.data;
    uint64_t blocks = 0, token;
    size_t count = 0;

    /* Without blocks' salts a weight would depend on who else is held. */
    if (head.length < TOKENS_AT || (bytes[FLAGS_AT] & FLAG_BY_BLOCKS) == 0)
        return 0;
    for (size_t i = 0; i < 8; i++)
        blocks = blocks << 8 | bytes[BLOCKS_AT + i];
    size_t at = TOKENS_AT + bytes[FIELDS_AT];
    if (head.length != at + (size_t)__builtin_popcountll(blocks) * TOKEN_BYTES)
        return 0;
    for (; blocks != 0; blocks &= blocks - 1, at += TOKEN_BYTES) {
        memcpy(&token, bytes + at, sizeof token);
        uint64_t key = mix(token + (uint64_t)__builtin_ctzll(blocks) * UINT64_C(0x9E3779B97F4A7C15));
        keys[count++] = key != 0 ? key : 1;
    }
    return count;
}
