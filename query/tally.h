#pragma once
/* Private to query: which cell of a table each person of a chunk stands in, and how many do. */
#include "query/engine.h"

enum { TALLY_DIMENSIONS_MAX = 8, TALLY_RANGE_MAX = 1 << 20 };

/* A person's place is that of their value, or `count`: it is none of them, or not known. */
typedef struct TallyDimension {
    PlanId value;          /* a whole number, date, word or condition */
    const int64_t *values; /* ascending, TALLY_RANGE_MAX apart at most */
    uint32_t count;
} TallyDimension;

typedef struct Tally Tally;

/* Cells are in row-major order over count + 1 places a dimension. The engine outlives the tally. */
Tally *tally_create(Engine *engine, const TallyDimension *dimensions, size_t dimension_count);
void tally_close(Tally **tally);
uint32_t tally_cell_count(const Tally *tally);
/* Of each person of the engine's chunk; lives until the next chunk. */
const uint32_t *tally_cells(Tally *tally);
/* Adds each of the chunk's people whose bit is set to their cell. */
void tally_add(const uint32_t *cells, const uint64_t *bits, uint32_t people, uint32_t *counts);
