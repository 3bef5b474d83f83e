#pragma once
/*
 * Private to query: what a node that reads one column is worth for values of that column, each once, rather
 * than at each place where they stand. The engine itself works it out, so that it is the same.
 */
#include "query/engine.h"

typedef struct Probe Probe;

/* values: of the column, which is narrow; they and the plan outlive the probe. */
Probe *probe_create(const Plan *plan, uint16_t level, uint16_t column, const int32_t *values, uint32_t count);
void probe_close(Probe **probe);
/* Beside the values; of a node that reads nothing, or that column alone. Lives until the next. */
const Vector *probe_worth(Probe *probe, PlanId id);
