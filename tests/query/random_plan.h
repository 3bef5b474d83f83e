#pragma once
/* Random data and random plans over it, for comparing two readings of the same plan. The same seed, the same
 * both. */
#include "query/plan.h"

void random_plan_seed(uint64_t seed);
/* Few people, two sources about them and few words, full of ties and of what is unknown. */
const Dataset *random_dataset(Arena *arena);
/* A node of this type about people; depth 0 gives a column or a constant. */
PlanId random_plan(Plan *plan, QueryType type, int depth);
QueryType random_type(void);
uint32_t random_people(uint32_t most); /* 1 to most */
