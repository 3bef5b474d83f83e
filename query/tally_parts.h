#pragma once
/* Private to tally*.c: cells by looking values up, and sets of cells, in plain C and 64 people at a time. */
#include "query/lookup.h"
#include "query/tally.h"

enum { TALLY_ROWS_MAX = 4, TALLY_CODES = 256, TALLY_WORD = 64 };

/* Of codes alone: what each adds to a cell's number, in as many rows as a second column's codes differ in. */
typedef struct TallyRows {
    const uint8_t *codes, *others; /* of each person; others: NULL, there is one row */
    uint32_t row_count;            /* 0: a lookup is no such rows */
    bool is_short;                 /* no code is above 127 */
    uint8_t row_of[TALLY_CODES];   /* of the others' codes */
    uint8_t low[TALLY_ROWS_MAX + 1][TALLY_CODES], high[TALLY_ROWS_MAX + 1][TALLY_CODES]; /* one to compare */
} TallyRows;

typedef struct TallyLookup {
    const Lookup *lookup;
    const uint16_t *adds; /* beside what the lookup is worth */
    const TallyRows *rows;
} TallyLookup;

void tally_find_rows(const Lookup *lookup, const uint16_t *adds, TallyRows *rows);

typedef struct TallyMethods {
    const char *name;
    /* To the cells of people first to first+people-1; put: to nothing, whatever stands there. */
    void (*add)(const TallyLookup *lookup, size_t first, uint32_t people, uint16_t *cells);
    void (*put)(const TallyLookup *lookup, size_t first, uint32_t people, uint16_t *cells);
    /* cell_tally_add */
    void (*add_sets)(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                     size_t answer_count);
} TallyMethods;

extern const TallyMethods tally_plain;
const TallyMethods *tally_wide(void); /* 64 people at a time; NULL: not by this processor */
const TallyMethods *tally_best(void);

void tally_add_sets_wide(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                         size_t answer_count);

/* ---- of all methods ---- */

__attribute__((always_inline)) static inline void tally_add_person(const TallyCells *cells, uint32_t person,
                                                                   SetHash hash, const TallyAnswer *answer)
{
    set_hash_add(&answer->sets[cells->cells[person]], hash);
}

__attribute__((always_inline)) static inline void
tally_sketch_person(const TallyCells *cells, uint32_t person, const TallyAnswer *answer)
{
    answer->sketches[cells->cells[person]] |= UINT64_C(1) << person % TALLY_WORD;
}
