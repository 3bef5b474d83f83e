#pragma once
/*
 * Private to query: which cells may be shown. Counts of 1 to people_min - 1 are hidden (primary), with them
 * the zeros of a cohort of so few and of a condition asked of so few, and as many more (complementary) as it
 * takes that no sum of published cells gives a hidden one back. The published counts are taken to be known
 * exactly: rounding afterwards only adds to it. docs/decisions/disclosure.md says what is promised.
 */
#include "query/count.h"

typedef enum CellState {
    CELL_NOT_ASKED, /* a margin that `totals` does not name */
    CELL_SHOWN,
    CELL_PRIMARY,
    CELL_COMPLEMENTARY,
} CellState;

typedef struct SuppressRule {
    int64_t people_min;
    Deadline *deadline; /* NULL: none. Once it is over, states are not all that they have to be */
    /* the switches of the tests that must turn red */
    bool without_complementary, without_nested, without_dominance, without_differences;
} SuppressRule;

/* states[t][cell]; all tables of one query at once, as their margins link them. Says of their amounts which
 * are hidden, too. */
void suppress(const CountTable *tables, size_t table_count, const SuppressRule *rule, Arena *arena,
              CellState **states);
bool cell_is_hidden(CellState state);
/* Nearest multiple, half up. */
int64_t round_people(int64_t people, int64_t round_to);
