#pragma once
/* Private to query: which rows of a source are spoken of, person by person and in order; and what they add up
 * to. */
#include "query/vector.h"

typedef struct Rows {
    size_t people;
    const uint32_t *begin; /* people + 1: the first of each person in `rows` */
    const uint32_t *rows;  /* counted from the first row of the chunk */
} Rows;

/* All of the source's rows of people first to first+people-1. */
Rows *rows_all(Arena *arena, const DataSource *source, uint32_t first, uint32_t people);
/* PLAN_KEEP and PLAN_DROP; condition: for each row of the chunk. */
Rows *rows_filter(Arena *arena, const Rows *rows, const Vector *condition, bool keeps_true);
Rows *rows_sort(Arena *arena, const Rows *rows, const Vector *key);
Rows *rows_pick(Arena *arena, const Rows *rows, int64_t place);
/*
 * Works out a node that gathers rows into one value a person; value: for each row of the chunk, NULL where
 * the node has none. Sums are of whole numbers exactly; of decimals in the order of the source's columns
 * whatever `rows` is sorted by, so that equal questions give equal bits.
 */
void rows_gather(const PlanNode *node, const Rows *rows, const Vector *value, Arena *arena, Vector *out);
