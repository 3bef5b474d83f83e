#pragma once
/*
 * Private to query: works a plan out for a chunk of people at a time. What a node is worth does not depend on
 * how people are cut into chunks.
 */
#include "query/posting_answer.h"
#include "query/rows.h"

typedef struct Engine Engine;

/* Which way answers come, which are the same whichever it is. */
typedef enum EngineWay {
    ENGINE_CHOOSES,  /* by lists and tables where that is cheaper */
    ENGINE_SCANS,    /* row by row */
    ENGINE_SHORTENS, /* by lists and tables wherever they can answer */
} EngineWay;

Engine *engine_create(const Plan *plan); /* never NULL; plan outlives it, and does not grow */
Engine *engine_create_as(const Plan *plan, EngineWay way);
void engine_close(Engine **engine);
/*
 * How often everybody has to be gone through before anything is asked for, as counts over homes need; mostly
 * 0. In each round, from 0 on, each chunk once, and engine_round for it.
 */
size_t engine_rounds(const Engine *engine);
void engine_round(Engine *engine, size_t round);
/* Bytes at most that counts over homes take, beside the chunks. */
uint64_t engine_homes_bytes(const Plan *plan);
/* Before anything is fetched: of homes whose numbers are at most so high. */
uint64_t engine_bytes_of_homes(const Plan *plan, uint64_t highest);
/* From now on about people first to first+people-1; values handed out before end here. */
void engine_chunk(Engine *engine, uint32_t first, uint32_t people);
/* Of a node about people, for each of the chunk; lives until the next chunk. */
const Vector *engine_value(Engine *engine, PlanId id);
/* Where a condition about people is true: of the chunk's person i bit i % 64 of the word i / 64. Where nobody
 * of the chunk is left, the rest of an `and` is not worked out. */
const uint64_t *engine_holds(Engine *engine, PlanId id);
const uint64_t *engine_fails(Engine *engine, PlanId id); /* where it is false; elsewhere it is not known */
/* Of a value about people that is one of a column's codes, as that of the registration at a day: which column
 * and, once there is a chunk, the codes of its people, 0 where there is no row. Else NULL. */
const DataCodes *engine_coded(Engine *engine, PlanId id);
const uint8_t *engine_codes(Engine *engine, PlanId id);
/* What a node is worth for each of the chunk's places of a level: its people, or rows of a source. */
const Vector *engine_value_at(Engine *engine, PlanId id, uint16_t level);
/* What answers the plan's nodes from posting lists: who fetches asks it which. NULL: ENGINE_SCANS. */
PostingReader *engine_postings(Engine *engine);
