#include "query/word_list.h"

#include <stdlib.h>

void word_list_add(WordList *words, Text word)
{
    words->items = memory_room(words->items, words->count, &words->items_max, sizeof *words->items);
    words->items[words->count++] = word;
}

static int compare_words(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

void word_list_keep(WordList *words, Dataset *dataset, Arena *arena)
{
    Text *kept = arena_alloc(arena, (words->count + 1) * sizeof *kept);

    if (words->count > 0)
        qsort(words->items, words->count, sizeof *words->items, compare_words);
    dataset->words = kept;
    dataset->word_count = 0;
    for (size_t i = 0; i < words->count; i++)
        if (i == 0 || !text_equal(words->items[i], words->items[i - 1]))
            kept[dataset->word_count++] = words->items[i];
    memory_free(words->items);
    *words = (WordList){0};
}
