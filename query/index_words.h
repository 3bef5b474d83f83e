#pragma once
/* Private to query: the different texts of a column, numbered in the order in which they are met. */
#include "base/text.h"

typedef struct WordSet {
    Arena *arena; /* holds the texts, and what `words` once was: another thread may still read that */
    Text *words;
    size_t count, max;
    uint32_t *slots; /* 2 * max, open addressing: a number plus 1 */
} WordSet;

void word_set_open(WordSet *set, Arena *arena);
void word_set_close(WordSet *set);
/* Its number; a new word is copied. */
uint32_t word_set_add(WordSet *set, Text word);
