#pragma once
/* Private to query: the nodes of a plan in words. */
#include "query/plan.h"

typedef struct Explainer {
    const Plan *plan;
    TextBuilder *text;
    uint32_t *uses;  /* of each node */
    uint32_t *steps; /* its number, where it is said once for several uses; 0: in its place */
} Explainer;

/* Its number, or what it is. */
void explain_node(const Explainer *explainer, PlanId id);
void explain_in_full(const Explainer *explainer, PlanId id);
