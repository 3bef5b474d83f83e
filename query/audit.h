#pragma once
/*
 * Private to query: can a hidden cell be worked out? The unknowns are the hidden inner cells of all tables
 * (an attacker knows that each is at least 1, and that blank combinations are 0); the equations are the
 * published margins, and that tables of one cohort agree on their common margins.
 */
#include "query/suppress.h"

typedef struct Audit Audit;

/* Of the states as they are. people_min: of the policy; below it are all hidden cells when none of them is
 * complementary. */
Audit *audit_open(const CountTable *tables, size_t table_count, CellState *const *states, int64_t people_min);
/*
 * Once more is hidden, nothing shown that was not. What was safe stays so without another look: the solution
 * that proved it, in which what is hidden since keeps its count, has the same published cells still.
 */
void audit_renew(Audit *audit);
void audit_close(Audit **audit);
/*
 * True when there is proof of doubt: another table with the same published cells, whole numbers, hidden inner
 * cells at least 1, in which this hidden cell has another count. No proof found counts as not safe.
 */
bool audit_is_safe(Audit *audit, size_t table, size_t cell);
size_t audit_unknown_count(const Audit *audit);
