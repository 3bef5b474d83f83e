#pragma once
/* Private to query: texts on their way to be a dataset's words. */
#include "query/dataset.h"

typedef struct WordList {
    Text *items; /* NULL: none yet */
    size_t count, items_max;
} WordList;

/* The text's bytes outlive the dataset. */
void word_list_add(WordList *words, Text word);
/* In order, each once, in the arena; ends the list. */
void word_list_keep(WordList *words, Dataset *dataset, Arena *arena);
