#pragma once
/* Private to suppress*.c. */
#include "query/suppress.h"

typedef struct CellName {
    size_t table, cell;
    SetHash set;
} CellName;

typedef struct Suppression {
    const CountTable *tables;
    size_t table_count;
    const SuppressRule *rule;
    CellState **states;
    Arena *arena;
    CellName *names; /* asked cells with people, sorted by set */
    size_t name_count;
    CellName *zeros; /* hidden */
    size_t zero_count;
    /* of amounts, whose cells are places and whose people contribute: their totals, and those of what they
     * differ by from others; NULL: it is of counts */
    const AmountTotal **totals;
    size_t total_count;
    size_t *hidden;     /* the cells of the line that was read last */
    bool **to_mend;     /* of each cell: was one below it hidden since its lines were looked at? */
    uint64_t **settled; /* of each margin: a bit for each set of dimensions whose line needs no other look */
} Suppression;

/* 1 to people_min - 1 */
bool suppress_is_few(const Suppression *s, int64_t people);
/* A margin is not told by what adds up to it, nor a hidden cell by the others of its line: from
 * suppress_lines_open on, once everything primary is hidden. */
void suppress_lines_open(Suppression *s);
void suppress_lines(Suppression *s);
void suppress_lines_look(Suppression *s, size_t table,
                         size_t cell); /* at its lines: the cell is hidden now */
/* A set of people hidden in one place is hidden in every place. */
void suppress_hide(Suppression *s, size_t table, size_t cell);
/*
 * The measures of a table count the same people by several conditions. A shown cell that lies within another
 * of its place and has few people less tells of those few by subtraction: it is hidden.
 */
void suppress_nested(Suppression *s);
/* Of states in which the first are hidden: hides the rest. */
void suppress_rest(Suppression *s);
/* What a line hides is a total as well: may it be told? */
bool suppress_is_total_safe(const Suppression *s, size_t hidden_count);
/* Once the states of counts are there: which amounts are hidden. */
void suppress_amounts(const CountTable *tables, size_t table_count, const SuppressRule *rule, Arena *arena,
                      CellState *const *states);
/* Do these two count one table's places, each by a condition? */
bool suppress_are_of_one_table(const CountTable *a, const CountTable *b);
/* Of an answer: has a measure of its place and period, one of several, few? */
bool suppress_is_beside_few(const Suppression *s, const CountTable *table, size_t cell);
/*
 * The roundings of many pairs of counts that differ by the same people average out: of two or more such pairs
 * at a place one cell of all but the first is hidden. Hiding more tells no more, so once is enough.
 */
void suppress_repeated(Suppression *s);
