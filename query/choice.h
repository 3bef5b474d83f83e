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
    bool *passes;   /* by the column's places */
    bool is_window; /* those that pass are a window of known values, or none; and those not known or not */
    uint32_t from, width; /* the window: the first one's bits, and how many they are */
} ChoiceTest;

typedef struct Choice {
    const uint32_t *begin; /* of the source */
    ChoiceTest tests[CHOICE_COLUMNS_MAX];
    size_t test_count;
} Choice;

/* rows: kept and dropped. False: there is another condition among theirs. */
bool choice_make(const Plan *plan, Lookups *lookups, PlanId rows, Arena *arena, Choice *choice);
/* Row of the source, or CHOICE_NONE, of each of some people: the last one that passes, or the first. scratch:
 * a bit a row of theirs. plain: one by one, which is the same. */
void choice_rows(const Choice *choice, uint32_t first, uint32_t people, bool last, Arena *scratch,
                 uint32_t *rows);
void choice_rows_plain(const Choice *choice, uint32_t first, uint32_t people, bool last, uint32_t *rows);
/* Who has one, as wanted; nobody beyond them. */
void choice_bits(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits);
void choice_bits_plain(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits);
/* choice_wide.c. False: not by this processor, or not by these tests. */
bool choice_rows_wide(const Choice *choice, uint32_t first, uint32_t people, bool last, Arena *scratch,
                      uint32_t *rows);
bool choice_bits_wide(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits);
