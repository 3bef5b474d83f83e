#pragma once
/*
 * Private to query: how much memory a plan takes to work out, said before it is. People are worked out in
 * chunks, as many at a time as fit.
 */
#include "query/plan.h"

enum {
    BUDGET_CHUNK_BYTES = 4 << 20,       /* meant: near the processor */
    BUDGET_CHUNK_BYTES_MAX = 256 << 20, /* of a chunk of one person */
    BUDGET_COUNT_BYTES_MAX = 512 << 20, /* of who is counted where */
};

typedef struct Budget {
    size_t always; /* bytes a chunk takes whoever is in it */
    size_t person; /* and each person */
    size_t *rows;  /* and each row of each source; 0: rows of it are not looked at */
    const Dataset *dataset;
} Budget;

void budget_of(const Plan *plan, Arena *arena, Budget *budget);
/* Bytes that people first to first+people-1 take. */
size_t budget_bytes(const Budget *budget, uint32_t first, uint32_t people);
/* How many people from first on are worked out together: at least one. */
uint32_t budget_chunk(const Budget *budget, uint32_t first, size_t bytes);
