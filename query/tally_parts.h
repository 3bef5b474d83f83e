#pragma once
/* Private to tally*.c: cells by looking values up, in plain C and eight people at a time. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The place of a value: how far it is above the lowest, but at most `last`, which is what is not known. */
typedef struct TallyColumn {
    const int32_t *column;
    uint32_t lowest, last, step;
} TallyColumn;

typedef struct TallyLookup {
    TallyColumn columns[2];
    size_t column_count;  /* 1 or 2 */
    const uint32_t *adds; /* by the sum of places times steps; fewer than 2^31 */
    bool is_even;         /* of one column: adds is base, base + slope, base + 2 * slope and so on */
    uint32_t base, slope;
} TallyLookup;

void tally_find_slope(TallyLookup *lookup, uint32_t count);

/* Adds to the cells of people first to first+people-1. */
typedef void TallyAdd(const TallyLookup *lookup, size_t first, uint32_t people, uint32_t *cells);

TallyAdd tally_add_plain;
TallyAdd tally_add_avx2; /* only where the processor has it */
TallyAdd *tally_best_add(void);
