#pragma once
/*
 * A second reading of query/plan.h: one person, one node at a time, by the book and as slow as that is.
 * Shares with the engine the plan and the columns alone.
 */
#include "query/plan.h"

typedef struct Answer {
    bool is_known, is_decimal;
    int64_t number;
    double decimal;
} Answer;

/* Of a node about people. */
Answer reference_value(const Plan *plan, PlanId id, uint32_t person);
bool answer_equal(Answer a, Answer b); /* decimals to the bit */
