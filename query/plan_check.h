#pragma once
/*
 * Private to query: a second look at a plan before it runs, which shares nothing with what made it. Says
 * whether all that can come out of it are numbers of people, and amounts of those of whom they are known, by
 * registered categories or wide bands, out of sources that were granted. A plan that the language can make
 * always passes; what is refused here is a fault in our own making of plans, and does not run.
 */
#include "query/plan.h"

typedef struct ReleasedValue {
    Text name;                  /* of the dimension */
    const uint8_t *band_starts; /* the ages at which bands begin */
    size_t band_count;          /* 0: categories */
    PlanId value;
    bool is_condition; /* three cells: who has it, who has not, not known */
    bool is_of_amount; /* then that condition is that this one is known, and it is added up in the cells */
    PlanId amount;
} ReleasedValue;

/* Cells count people for whom `cohort` is true, by the values, and hold what amounts come to. */
typedef struct PlanReleased {
    PlanId cohort;
    const ReleasedValue *values;
    size_t value_count;
} PlanReleased;

/* What the run was permitted for. */
typedef struct PlanGrant {
    const Catalogue *catalogue;
    const Text *sources;
    size_t source_count;
} PlanGrant;

/* ERROR_REFUSED "plan: RULE". */
Result plan_check(const Plan *plan, const PlanReleased *released, const PlanGrant *grant, Error *error)
    CHECKED;
