#include "query/index_words.h"

#include <string.h>

enum { WORDS_MIN = 64 };

void word_set_open(WordSet *set, Arena *arena)
{
    *set = (WordSet){.arena = arena, .max = WORDS_MIN};
    set->words = memory_alloc(set->max * sizeof *set->words);
    set->slots = memory_alloc(2 * set->max * sizeof *set->slots);
}

void word_set_close(WordSet *set)
{
    memory_free(set->words);
    memory_free(set->slots);
    *set = (WordSet){0};
}

static uint64_t hash_word(Text word)
{
    uint64_t hash = word.length;

    for (size_t i = 0; i < word.length; i++)
        hash = (hash ^ (unsigned char)word.data[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Where the word is, or would be. max is a power of 2. */
static uint32_t *slot_of(const WordSet *set, Text word)
{
    size_t mask = 2 * set->max - 1, slot = hash_word(word) & mask;

    while (set->slots[slot] != 0 && !text_equal(set->words[set->slots[slot] - 1], word))
        slot = (slot + 1) & mask;
    return &set->slots[slot];
}

static void grow(WordSet *set)
{
    set->max *= 2;
    set->words = memory_resize(set->words, set->max * sizeof *set->words);
    memory_free(set->slots);
    set->slots = memory_alloc(2 * set->max * sizeof *set->slots);
    for (size_t i = 0; i < set->count; i++)
        *slot_of(set, set->words[i]) = (uint32_t)i + 1;
}

uint32_t word_set_add(WordSet *set, Text word)
{
    uint32_t *slot = slot_of(set, word);

    if (*slot != 0)
        return *slot - 1;
    if (set->count == set->max) {
        grow(set);
        slot = slot_of(set, word);
    }
    set->words[set->count] = text_copy(set->arena, word);
    *slot = (uint32_t)++set->count;
    return *slot - 1;
}
