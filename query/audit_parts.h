#pragma once
/* Private to audit*.c: the unknowns and equations of an audit, and what is known of them. */
#include "query/audit.h"

/* One unknown in one equation. */
typedef struct Term {
    uint64_t equation; /* first a name, then an index */
    uint32_t unknown;
    int sign;
} Term;

typedef struct Unknown {
    uint32_t table, cell;
    int64_t people;
} Unknown;

enum { AUDIT_DEPTH_MAX = 40, AUDIT_MOVES_MAX = AUDIT_DEPTH_MAX + 1 };

struct Audit {
    const CountTable *tables;
    size_t table_count;
    CellState *const *states;
    int64_t people_min;
    /* of each cell: has it another count in some other solution, and what a solution changes in all of it */
    bool *is_doubted[QUERY_PARTS_MAX];
    int *shift[QUERY_PARTS_MAX];
    /* audit_equations.c */
    int32_t *unknown_of[QUERY_PARTS_MAX]; /* of each cell, or -1 */
    Unknown *unknowns;
    size_t unknown_count;
    int64_t people_max; /* of an unknown, as far as an attacker knows */
    Term *terms;        /* sorted by equation */
    size_t term_count, term_max;
    Term *by_unknown;                       /* the same, sorted by unknown */
    size_t *equation_start, *unknown_start; /* one more than there are */
    size_t equation_count;
    /* the cell in question, as unknowns from the lowest: itself, or of a margin those below it */
    bool *is_wanted;
    uint32_t *wanted;
    size_t wanted_count;
    /* audit_search.c */
    int *change;     /* of each unknown */
    int64_t *excess; /* of each equation */
    size_t *touched; /* equations, in the order in which they were */
    size_t touched_count, steps_left;
    uint32_t moved[AUDIT_MOVES_MAX]; /* the unknowns that are changed */
    size_t moved_count;
    int64_t wanted_change;
    /* audit_eliminate.c: reduced row echelon form of the equations */
    bool is_eliminated;
    uint32_t *rows;
    int32_t *pivot_row; /* of each unknown, or -1 */
    size_t row_count;
};

/* Fills in the unknowns and equations, of the states as they are. */
void audit_equations_make(Audit *audit);
/* What is wanted from now on. */
void audit_want(Audit *audit, size_t table, size_t cell);
/* Is there a solution in which what is wanted is another? False: none was found within so many steps, which
 * *is_all says were enough to look at all that a longer search would. What a solution changes is doubted. */
bool audit_search(Audit *audit, size_t steps_max, bool *is_all);
/* Exact linear algebra (modulo a prime): do the published cells alone, without any bound, fix what is wanted?
 * Too large a table is left to the search: false. */
bool audit_is_determined(Audit *audit);
