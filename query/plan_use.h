#pragma once
/* Private to query: what a plan's nodes read, to find those that few columns decide. */
#include "query/plan.h"

enum { PLAN_COLUMNS_FEW = 2 };

/* Reads nothing but constants, or few columns of its level, each at its own place, or more. */
typedef struct PlanUse {
    bool is_more;
    uint16_t level, columns[PLAN_COLUMNS_FEW]; /* those that it reads, ascending */
    uint16_t column_count;
    uint32_t nodes; /* to work it out; at most, as shared ones are counted again */
} PlanUse;

/* Of each node. */
const PlanUse *plan_uses(const Plan *plan, Arena *arena);
