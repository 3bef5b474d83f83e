#pragma once
/*
 * Private to query: what one column of people decides, such as the band of an age at a day, worked out for
 * each value that the column may hold and then looked up for each person.
 */
#include "query/plan_use.h"
#include "query/vector.h"

enum { LOOKUP_VALUES_MAX = 1 << 16 };

typedef struct Lookup {
    const int32_t *column; /* of each person of the dataset */
    const Vector *worth;   /* first of what is not known, then of lowest, lowest + 1 and so on */
    uint32_t count;        /* of worth */
    int32_t lowest;
} Lookup;

typedef struct Lookups Lookups;

/* always: also where the column could hold more values than there are people. */
Lookups *lookups_create(const Plan *plan, bool always);
void lookups_close(Lookups **lookups);
/* NULL where that is no way to work the node out. Lives as long as the lookups. */
const Lookup *lookup_of(Lookups *lookups, PlanId id);

static inline uint32_t lookup_place(const Lookup *lookup, uint32_t person)
{
    int32_t value = lookup->column[person];

    return value == SMALL_UNKNOWN ? 0 : (uint32_t)value - (uint32_t)lookup->lowest + 1;
}
