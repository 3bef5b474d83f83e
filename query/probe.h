#pragma once
/*
 * Private to query: what a node that reads few columns is worth for values of those columns, each once,
 * rather than at each place where they stand. The engine itself works it out, so that it is the same.
 */
#include "query/engine.h"

typedef struct Probe Probe;

typedef struct ProbeValues {
    uint16_t column; /* narrow */
    const int32_t *values;
} ProbeValues;

/* Columns beside each other, each of count values, which outlive the probe, as the plan does. */
Probe *probe_create(const Plan *plan, uint16_t level, const ProbeValues *columns, size_t column_count,
                    uint32_t count);
void probe_close(Probe **probe);
/* Beside the values; of a node that reads nothing, or those columns alone. Lives until the next. */
const Vector *probe_worth(Probe *probe, PlanId id);
