#pragma once
/*
 * Private to query: which cell of a table each person of a chunk stands in, and who stands in each. Who does
 * is told as a SetHash, which counts them too: nobody is listed.
 */
#include "query/engine.h"
#include "query/set_hash.h"

enum { TALLY_DIMENSIONS_MAX = 8, TALLY_RANGE_MAX = 1 << 20, TALLY_CELLS_MAX = 1 << 16 };

/* A person's place is that of their value, or `count`: it is none of them, or not known. */
typedef struct TallyDimension {
    PlanId value; /* a whole number, date, word or condition */
    uint32_t count;
    const int64_t *values; /* ascending, each once */
} TallyDimension;

typedef struct Tally Tally;

/* The cell of each person of a chunk. */
typedef struct TallyCells {
    const uint16_t *cells;
    uint32_t first, people;
} TallyCells;

/* What is asked of the people of a chunk, and who says it, by cells. */
typedef struct TallyAnswer {
    const uint64_t *bits; /* of the chunk's people */
    SetHash *sets;
    uint64_t *sketches; /* of each cell one bit a person, the same whatever is asked; NULL: none are kept */
} TallyAnswer;

/* Cells, TALLY_CELLS_MAX at most, are in row-major order over count + 1 places a dimension. Engine and values
 * outlive the tally. */
Tally *cell_tally_create(Engine *engine, const TallyDimension *dimensions, size_t dimension_count);
void cell_tally_close(Tally **tally);
/* Of the engine's chunk. to: where they are put; NULL: they live until the next one. */
TallyCells cell_tally_cells(Tally *tally, uint16_t *to);
/* Adds each of the chunk's people whose bit is set in both to the set of their cell, for each answer; one
 * whose index is i has the number i + 1. */
void cell_tally_add(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                    size_t answer_count);
