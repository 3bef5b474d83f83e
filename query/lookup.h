#pragma once
/*
 * Private to query: what one or two columns decide, such as the band of an age at a day, worked out for each
 * of the values that they may hold and then looked up for each person or row.
 */
#include "query/plan_use.h"
#include "query/vector.h"

enum { LOOKUP_VALUES_MAX = 1 << 16 };

/* Whole numbers of a column: what is not known is at place 0, the lowest at 1, or the codes are the places.
 */
typedef struct LookupColumn {
    const int32_t *column; /* of each person or row of the dataset */
    const uint8_t *codes;  /* NULL: it has none */
    uint32_t lowest;       /* its bits */
    uint32_t count;        /* of places */
    uint32_t step;         /* from place to place, in Lookup.worth */
} LookupColumn;

typedef struct Lookup {
    LookupColumn columns[PLAN_COLUMNS_FEW];
    size_t column_count;
    const Vector *worth;
    const uint8_t *truths; /* beside worth, of a condition: 0 false, 1 true, 2 not known; else NULL */
    uint32_t count;        /* of worth */
} Lookup;

typedef struct Lookups Lookups;

/* always: also where the columns could hold more values than there are places. */
Lookups *lookups_create(const Plan *plan, bool always);
void lookups_close(Lookups **lookups);
/* NULL where that is no way to work the node out. Lives as long as the lookups. */
const Lookup *lookup_of(Lookups *lookups, PlanId id);
/* What a person's or row's column adds to the place of what it is worth. */
static inline uint32_t lookup_place(const LookupColumn *column, size_t at)
{
    if (column->codes != NULL)
        return column->codes[at] * column->step;
    int32_t value = column->column[at];
    return (value == SMALL_UNKNOWN ? 0 : (uint32_t)value - column->lowest + 1) * column->step;
}

/* Where in worth each of some people or rows is. */
void lookup_places(const Lookup *lookup, size_t first, size_t count, uint32_t *places);
/* Of a condition: whether it is as wanted of each of some people; nothing is set beyond them. plain: one by
 * one, which is the same. */
void lookup_bits(const Lookup *lookup, size_t first, uint32_t people, bool wanted, uint64_t *bits);
void lookup_bits_plain(const Lookup *lookup, size_t first, uint32_t people, bool wanted, uint64_t *bits);
