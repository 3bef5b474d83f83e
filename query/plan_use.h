#pragma once
/* Private to query: what a plan's nodes read, to find those that one column decides. */
#include "query/plan.h"

typedef enum PlanReads {
    READS_NOTHING, /* constants alone */
    READS_COLUMN,  /* one column of its level, at its own place */
    READS_MORE,
} PlanReads;

typedef struct PlanUse {
    PlanReads reads;
    uint16_t level, column; /* READS_COLUMN */
    uint32_t nodes;         /* to work it out; at most, as shared ones are counted again */
} PlanUse;

/* Of each node. */
const PlanUse *plan_uses(const Plan *plan, Arena *arena);
bool plan_gathers(PlanKind kind); /* from rows to people, or to other rows */
