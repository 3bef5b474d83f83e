#pragma once
/* Private to engine*.c. */
#include "query/choice.h"
#include "query/engine.h"

/* Of a node about rows: which row of each person, by row tests alone. */
typedef struct Chosen {
    bool was_asked;
    const Choice *choice;         /* NULL: not by them alone */
    const uint32_t *first, *last; /* in this chunk */
} Chosen;

/* What is known of a node in this chunk. */
typedef struct Slot {
    const Vector *value;
    const Rows *rows;
    const uint64_t *bits[2]; /* where it is false, where it is true */
} Slot;

typedef struct Homes Homes;

struct Engine {
    const Plan *plan;
    Slot *slots;
    bool *is_constant; /* of each node */
    Arena *arena;      /* of the chunk */
    uint32_t first, people;
    PostingReader *postings; /* NULL, as the next two: everything is scanned */
    Lookups *lookups;
    Chosen *chosen; /* of each node */
    Arena *choices;
    Homes *homes; /* NULL: nothing is counted over them */
};

const DataSource *engine_source(const Engine *engine, uint16_t level);
size_t engine_first_row(const Engine *engine, uint16_t level);
/* Ways that are shorter than a look at every row. False: there is none. */
bool engine_gather_short(Engine *engine, PlanId id, Vector *out);
bool engine_look_up(Engine *engine, PlanId id, size_t count, Vector *out);
/* Of a condition about people: where it is as wanted. */
bool engine_bits_short(Engine *engine, PlanId id, bool wanted, uint64_t *bits);
/* engine_homes.c. NULL: the plan has none. */
Homes *homes_create(const Plan *plan);
void homes_close(Homes **homes);
void engine_at_home(Engine *engine, PlanId id, Vector *out);
