#pragma once
/*
 * Private to query: works a plan out for a chunk of people at a time. What a node is worth does not depend on
 * how people are cut into chunks.
 */
#include "query/rows.h"

typedef struct Engine Engine;

Engine *engine_create(const Plan *plan); /* never NULL; plan outlives it */
void engine_close(Engine **engine);
/* From now on about people first to first+people-1; values handed out before end here. */
void engine_chunk(Engine *engine, uint32_t first, uint32_t people);
/* Of a node about people, for each of the chunk; lives until the next chunk. */
const Vector *engine_value(Engine *engine, PlanId id);
