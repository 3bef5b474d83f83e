#pragma once
/*
 * Private to query: each person's first or last row among those that conditions let through, where each
 * condition reads one column of few values; such as the registration that covers a day. Rows are passed by
 * one look at a table for each column, and nothing is kept of those that are not chosen.
 */
#include "query/lookup.h"

enum { CHOICE_COLUMNS_MAX = 4 };

#define CHOICE_NONE UINT32_MAX

typedef struct ChoiceTest {
    LookupColumn column;
    bool *passes; /* by the column's places */
} ChoiceTest;

typedef struct Choice {
    const uint32_t *begin; /* of the source */
    ChoiceTest tests[CHOICE_COLUMNS_MAX];
    size_t test_count;
} Choice;

/* rows: kept and dropped. False: there is another condition among theirs. */
bool choice_make(const Plan *plan, Lookups *lookups, PlanId rows, Arena *arena, Choice *choice);
/* Row of the source, or CHOICE_NONE, of each of some people. */
void choice_first(const Choice *choice, uint32_t first, uint32_t people, uint32_t *rows);
void choice_last(const Choice *choice, uint32_t first, uint32_t people, uint32_t *rows);
