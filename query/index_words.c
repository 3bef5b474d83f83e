#include <stdlib.h>
#include <string.h>

#include "query/index_private.h"

enum { WORDS_MIN = 64 };

void word_set_open(WordSet *set, Arena *arena)
{
    *set = (WordSet){.arena = arena, .max = WORDS_MIN};
    set->words = arena_alloc(arena, set->max * sizeof *set->words);
    set->slots = memory_alloc(2 * set->max * sizeof *set->slots);
}

void word_set_close(WordSet *set)
{
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
    Text *words = arena_alloc(set->arena, 2 * set->max * sizeof *words);

    memcpy(words, set->words, set->count * sizeof *words);
    set->words = words;
    set->max *= 2;
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

/* ---- all words of a release ---- */

static int compare_words(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

/* All of them, each once, ascending. */
static Text *gather_words(const Index *index, size_t *count)
{
    size_t all = 0, kept = 0;

    for (size_t s = 0; s < index->source_count; s++)
        for (size_t c = 0; c < index->sources[s].column_count; c++)
            all += index->sources[s].columns[c].words.count;
    Text *words = memory_alloc((all + 1) * sizeof *words);
    all = 0;
    for (size_t s = 0; s < index->source_count; s++)
        for (size_t c = 0; c < index->sources[s].column_count; c++) {
            const WordSet *set = &index->sources[s].columns[c].words;
            memcpy(words + all, set->words, set->count * sizeof *words);
            all += set->count;
        }
    qsort(words, all, sizeof *words, compare_words);
    for (size_t i = 0; i < all; i++)
        if (kept == 0 || !text_equal(words[kept - 1], words[i]))
            words[kept++] = words[i];
    *count = kept;
    return words;
}

static Result write_column_words(Index *index, const Text *words, size_t word_count, Error *error)
{
    BlockPlace place = {.kind = BLOCK_COLUMN_WORDS};

    for (place.source = 0; place.source < index->source_count; place.source++)
        for (place.column = 0; place.column < index->sources[place.source].column_count; place.column++) {
            const IndexColumn *column = &index->sources[place.source].columns[place.column];
            if (column->type != TYPE_TEXT)
                continue;
            index_reserve(index, column->words.count);
            for (size_t i = 0; i < column->words.count; i++)
                index->numbers[i] = (const Text *)bsearch(&column->words.words[i], words, word_count,
                                                          sizeof *words, compare_words) -
                                    words;
            TRY(index_numbers(index, &place, column->words.count, NULL, error));
        }
    return RESULT_OK;
}

static Result write_words(Index *index, const Text *words, size_t word_count, Error *error)
{
    BlockPlace place = {.kind = BLOCK_WORDS};

    for (size_t from = 0; from < word_count; from += MANIFEST_WORDS_PART, place.part++) {
        SCOPED(text_builder_close) TextBuilder raw = text_builder(BLOCK_BYTES_MAX);
        size_t count = word_count - from < MANIFEST_WORDS_PART ? word_count - from : MANIFEST_WORDS_PART,
               bytes = 0;
        index_reserve(index, count);
        for (size_t i = 0; i < count; i++) {
            index->numbers[i] = (int64_t)words[from + i].length;
            bytes += words[from + i].length;
        }
        if (bytes > BLOCK_BYTES_MAX / 2)
            return fail(error, ERROR_LIMIT, "release: its texts are too long");
        size_t length = numbers_put(index->numbers, count, NULL, index->raw);
        text_add(&raw, (Text){.data = (const char *)index->raw, .length = length});
        for (size_t i = 0; i < count; i++)
            text_add(&raw, words[from + i]);
        TRY(index_block(index, &place, text_built(&raw), error));
    }
    return RESULT_OK;
}

Result index_write_words(Index *index, Error *error)
{
    size_t count;
    Text *words = gather_words(index, &count);
    Result written = count > INT32_MAX ? fail(error, ERROR_LIMIT, "release: too many different texts")
                                       : write_column_words(index, words, count, error);

    if (written.ok)
        written = write_words(index, words, count, error);
    memory_free(words);
    index->manifest.word_count = (uint32_t)count;
    return written;
}
