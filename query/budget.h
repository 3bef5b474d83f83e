#pragma once
/*
 * Private to query: how much memory a plan takes to work out, said before it is. People are worked out in
 * chunks, as many at a time as fit.
 */
#include "query/posting_answer.h"

enum {
    BUDGET_CHUNK_BYTES = 4 << 20,       /* meant: near the processor */
    BUDGET_CHUNK_BYTES_MAX = 256 << 20, /* of a chunk of one person */
    BUDGET_COUNT_BYTES_MAX = 512 << 20, /* of who is counted where */
    BUDGET_PLACES_MAX = 1 << 16,        /* of a table, where every band has its line */
    BUDGET_HOMES_BYTES_MAX = 256 << 20, /* of counts over households */
};

/* What a plan's node is to a chunk. */
typedef enum BudgetNeed {
    BUDGET_NOTHING,
    BUDGET_ANSWERED, /* from posting lists: its values are held */
    BUDGET_WORKED,   /* out, and so its operands are needed */
} BudgetNeed;

typedef struct Budget {
    size_t always; /* bytes a chunk takes whoever is in it */
    size_t person; /* and each person */
    size_t *rows;  /* and each row of each source; 0: rows of it are not looked at */
    const Dataset *dataset;
} Budget;

/* Of who is counted where, were everybody counted; parts: of all tables, amounts: of those. */
uint64_t budget_counting_bytes(uint64_t people, size_t tables, size_t parts, size_t amounts);
/* Who asks for these nodes, which of the plan's does it need, where postings (NULL: none) answer some? Nodes
 * that only what they answer would read are not worked out, nor are rows of theirs. Beside the plan's. */
const BudgetNeed *budget_needs(const Plan *plan, PostingReader *postings, const PlanId *asked,
                               size_t asked_count, Arena *arena);
void budget_of(const Plan *plan, const BudgetNeed *needs, Arena *arena, Budget *budget);
/* Bytes that people first to first+people-1 take. */
size_t budget_bytes(const Budget *budget, uint32_t first, uint32_t people);
/* How many people from first on are worked out together: at least one. */
uint32_t budget_chunk(const Budget *budget, uint32_t first, size_t bytes);
