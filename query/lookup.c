#include "query/lookup.h"

#include <string.h>

#include "query/probe.h"

enum { BYTES_MAX = 1 << 28, LOOKUP_WORK_MAX = 1 << 24 };

/* A column of people. */
typedef struct Range {
    bool is_known; /* that is, has been looked at */
    bool is_small;
    const int32_t *values; /* what is not known, then each from the lowest */
    int32_t lowest;
    uint32_t count;
    Probe *probe;
} Range;

typedef struct Slot {
    bool was_asked;
    const Lookup *lookup; /* NULL: there is none */
} Slot;

struct Lookups {
    const Plan *plan;
    bool always;
    Arena *arena;
    const PlanUse *uses;
    Range *ranges; /* of each column of the first source */
    Slot *slots;   /* of each node */
};

Lookups *lookups_create(const Plan *plan, bool always)
{
    Lookups *lookups = memory_alloc(sizeof *lookups);

    lookups->plan = plan;
    lookups->always = always;
    lookups->arena = arena_create(BYTES_MAX);
    lookups->uses = plan_uses(plan, lookups->arena);
    lookups->ranges =
        arena_alloc(lookups->arena, (plan->dataset->sources[0].column_count + 1) * sizeof(Range));
    lookups->slots = arena_alloc(lookups->arena, (plan->count + 1) * sizeof *lookups->slots);
    return lookups;
}

void lookups_close(Lookups **lookups)
{
    if (*lookups == NULL)
        return;
    for (size_t c = 0; c < (*lookups)->plan->dataset->sources[0].column_count; c++)
        probe_close(&(*lookups)->ranges[c].probe);
    arena_close(&(*lookups)->arena);
    memory_free(*lookups);
    *lookups = NULL;
}

/* ---- which values a column may hold ---- */

static void find_ends(const int32_t *column, uint32_t people, int64_t *lowest, int64_t *highest)
{
    int32_t low = INT32_MAX, high = SMALL_UNKNOWN;

    for (uint32_t p = 0; p < people; p++) {
        int32_t known = column[p] == SMALL_UNKNOWN ? INT32_MAX : column[p];
        low = known < low ? known : low;
        high = column[p] > high ? column[p] : high;
    }
    *lowest = high == SMALL_UNKNOWN ? 0 : low;
    *highest = high == SMALL_UNKNOWN ? -1 : high;
}

static void list_values(Lookups *lookups, int64_t lowest, Range *range)
{
    int32_t *values = arena_alloc(lookups->arena, range->count * sizeof *values);

    values[0] = SMALL_UNKNOWN;
    for (uint32_t i = 1; i < range->count; i++)
        values[i] = (int32_t)(lowest + i - 1);
    range->lowest = (int32_t)lowest;
    range->values = values;
}

static Range *range_of(Lookups *lookups, uint16_t column)
{
    const int32_t *narrow = lookups->plan->dataset->sources[0].columns[column].narrow;
    uint32_t people = lookups->plan->dataset->people;
    Range *range = &lookups->ranges[column];
    int64_t lowest, highest;

    if (range->is_known)
        return range;
    range->is_known = true;
    if (narrow == NULL)
        return range;
    find_ends(narrow, people, &lowest, &highest);
    int64_t values = highest - lowest + 2;
    range->is_small = values <= LOOKUP_VALUES_MAX && (values <= people || lookups->always);
    if (!range->is_small)
        return range;
    range->count = (uint32_t)values;
    list_values(lookups, lowest, range);
    range->probe = probe_create(lookups->plan, PLAN_PEOPLE, column, range->values, range->count);
    return range;
}

/* ---- nodes ---- */

static const Vector *kept(Lookups *lookups, const Vector *worth, uint32_t count)
{
    Vector *copy = vector_create(lookups->arena, worth->decimals != NULL ? TYPE_DECIMAL : TYPE_NUMBER, count);

    if (worth->decimals != NULL)
        memcpy(copy->decimals, worth->decimals, count * sizeof *copy->decimals);
    else
        memcpy(copy->numbers, worth->numbers, count * sizeof *copy->numbers);
    return copy;
}

static const Lookup *make(Lookups *lookups, PlanId id)
{
    const PlanUse *use = &lookups->uses[id];
    const PlanNode *node = &lookups->plan->nodes[id];

    if (use->reads != READS_COLUMN || use->level != PLAN_PEOPLE || node->kind == PLAN_COLUMN)
        return NULL;
    const Range *range = range_of(lookups, use->column);
    if (!range->is_small || (uint64_t)range->count * use->nodes > LOOKUP_WORK_MAX ||
        arena_bytes_used(lookups->arena) + range->count * sizeof(int64_t) > BYTES_MAX / 2)
        return NULL;
    Lookup *lookup = arena_alloc(lookups->arena, sizeof *lookup);
    *lookup =
        (Lookup){lookups->plan->dataset->sources[0].columns[use->column].narrow,
                 kept(lookups, probe_worth(range->probe, id), range->count), range->count, range->lowest};
    return lookup;
}

const Lookup *lookup_of(Lookups *lookups, PlanId id)
{
    Slot *slot = &lookups->slots[id];

    if (!slot->was_asked)
        *slot = (Slot){true, make(lookups, id)};
    return slot->lookup;
}
