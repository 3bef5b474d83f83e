#include "query/lookup.h"

#include <string.h>

#include "query/probe.h"

enum { BYTES_MAX = 1 << 28, LOOKUP_WORK_MAX = 1 << 24 };

/* Which values a column may hold: what is not known, then each from the lowest, or each that it holds. */
typedef struct Range {
    bool is_known, is_small;
    int32_t lowest;
    uint32_t count;
    DataCodes codes; /* none: each from the lowest */
} Range;

typedef struct Ranges {
    Range *columns; /* of a source; NULL until one was asked for */
} Ranges;

typedef struct Slot {
    bool was_asked;
    const Lookup *lookup; /* NULL: there is none */
} Slot;

struct Lookups {
    const Plan *plan;
    bool always;
    Arena *arena;
    const PlanUse *uses;
    Ranges *sources;
    Slot *slots; /* of each node */
};

Lookups *lookups_create(const Plan *plan, bool always)
{
    Lookups *lookups = memory_alloc(sizeof *lookups);

    lookups->plan = plan;
    lookups->always = always;
    lookups->arena = arena_create(BYTES_MAX);
    lookups->uses = plan_uses(plan, lookups->arena);
    lookups->sources =
        arena_alloc(lookups->arena, (plan->dataset->source_count + 1) * sizeof *lookups->sources);
    lookups->slots = arena_alloc(lookups->arena, (plan->count + 1) * sizeof *lookups->slots);
    return lookups;
}

void lookups_close(Lookups **lookups)
{
    if (*lookups == NULL)
        return;
    arena_close(&(*lookups)->arena);
    memory_free(*lookups);
    *lookups = NULL;
}

/* ---- which values a column may hold ---- */

static Range find_range(const DataSource *source, uint16_t column, uint32_t cells)
{
    if (source->codes != NULL && source->codes[column].cells != NULL)
        return (Range){true, true, 0, source->codes[column].count + 1, source->codes[column]};
    bool is_found = source->ranges != NULL && source->ranges[column].is_found;
    DataRange range = is_found ? source->ranges[column] : dataset_range(&source->columns[column], cells);
    int64_t values = (int64_t)range.highest - range.lowest + 2;

    return (Range){true, values <= LOOKUP_VALUES_MAX, range.lowest, (uint32_t)values, {0}};
}

static const DataSource *source_of(const Lookups *lookups, uint16_t level)
{
    return &lookups->plan->dataset->sources[level == PLAN_PEOPLE ? 0 : level];
}

static uint32_t places_of(const Lookups *lookups, uint16_t level)
{
    uint32_t people = lookups->plan->dataset->people;

    return level == PLAN_PEOPLE ? people : source_of(lookups, level)->begin[people];
}

static const Range *range_of(Lookups *lookups, uint16_t level, uint16_t column)
{
    const DataSource *source = source_of(lookups, level);
    Ranges *ranges = &lookups->sources[level == PLAN_PEOPLE ? 0 : level];

    if (ranges->columns == NULL)
        ranges->columns = arena_alloc(lookups->arena, source->column_count * sizeof *ranges->columns);
    Range *range = &ranges->columns[column];
    if (!range->is_known && source->columns[column].narrow != NULL)
        *range = find_range(source, column, places_of(lookups, level));
    range->is_known = true;
    return range;
}

/* ---- tables ---- */

static int32_t value_at(const Range *range, uint32_t place)
{
    if (place == 0)
        return SMALL_UNKNOWN;
    return range->codes.cells != NULL ? range->codes.values[place - 1]
                                      : (int32_t)((int64_t)range->lowest + place - 1);
}

/* Each value as often as those before it have values together. */
static const int32_t *list_values(Arena *arena, const Range *range, uint32_t step, uint32_t count)
{
    int32_t *values = arena_alloc(arena, count * sizeof *values);

    for (uint32_t i = 0; i < count; i++)
        values[i] = value_at(range, i / step % range->count);
    return values;
}

static const Vector *kept(Lookups *lookups, const Vector *worth, uint32_t count)
{
    Vector *copy = vector_create(lookups->arena, worth->decimals != NULL ? TYPE_DECIMAL : TYPE_NUMBER, count);

    if (worth->decimals != NULL)
        memcpy(copy->decimals, worth->decimals, count * sizeof *copy->decimals);
    else
        memcpy(copy->numbers, worth->numbers, count * sizeof *copy->numbers);
    return copy;
}

/* With room for all codes there can be. */
static const uint8_t *truths_of(Lookups *lookups, const Lookup *lookup)
{
    uint8_t *truths =
        arena_alloc(lookups->arena, lookup->count > DATA_CODES_MAX ? lookup->count : DATA_CODES_MAX + 1);

    for (uint32_t i = 0; i < lookup->count; i++) {
        int64_t worth = vector_number(lookup->worth, i);
        truths[i] = worth == NUMBER_UNKNOWN ? 2 : worth == 1;
    }
    return truths;
}

static void work_out(Lookups *lookups, PlanId id, Lookup *lookup)
{
    const PlanUse *use = &lookups->uses[id];
    SCOPED(arena_close) Arena *scratch = arena_create(BYTES_MAX);
    SCOPED(probe_close) Probe *probe = NULL;
    ProbeValues values[PLAN_COLUMNS_FEW];

    for (size_t c = 0; c < use->column_count; c++)
        values[c] = (ProbeValues){use->columns[c],
                                  list_values(scratch, range_of(lookups, use->level, use->columns[c]),
                                              lookup->columns[c].step, lookup->count)};
    probe = probe_create(lookups->plan, use->level, values, use->column_count, lookup->count);
    lookup->worth = kept(lookups, probe_worth(probe, id), lookup->count);
    if (lookups->plan->nodes[id].type == TYPE_BOOL)
        lookup->truths = truths_of(lookups, lookup);
}

static bool measure(Lookups *lookups, const PlanUse *use, Lookup *lookup)
{
    const DataSource *source = source_of(lookups, use->level);
    uint64_t count = 1;

    for (size_t c = 0; c < use->column_count; c++) {
        const Range *range = range_of(lookups, use->level, use->columns[c]);
        if (!range->is_small)
            return false;
        lookup->columns[c] = (LookupColumn){source->columns[use->columns[c]].narrow, range->codes.cells,
                                            (uint32_t)range->lowest, range->count, (uint32_t)count};
        count *= range->count;
        if (count > LOOKUP_VALUES_MAX)
            return false;
    }
    lookup->column_count = use->column_count;
    lookup->count = (uint32_t)count;
    return lookups->always || count <= places_of(lookups, use->level);
}

static const Lookup *make(Lookups *lookups, PlanId id)
{
    const PlanUse *use = &lookups->uses[id];
    Lookup lookup = {0};

    if (use->is_more || use->column_count == 0 || !measure(lookups, use, &lookup))
        return NULL;
    if ((uint64_t)lookup.count * use->nodes > LOOKUP_WORK_MAX ||
        arena_bytes_used(lookups->arena) + lookup.count * sizeof(int64_t) > BYTES_MAX / 2)
        return NULL;
    work_out(lookups, id, &lookup);
    Lookup *made = arena_alloc(lookups->arena, sizeof *made);
    *made = lookup;
    return made;
}

const Lookup *lookup_of(Lookups *lookups, PlanId id)
{
    Slot *slot = &lookups->slots[id];

    if (!slot->was_asked)
        *slot = (Slot){true, make(lookups, id)};
    return slot->lookup;
}

/* ---- people or rows ---- */

void lookup_places(const Lookup *lookup, size_t first, size_t count, uint32_t *places)
{
    const LookupColumn a = lookup->columns[0], b = lookup->columns[1];

    if (lookup->column_count == 1)
        for (size_t i = 0; i < count; i++)
            places[i] = lookup_place(&a, first + i);
    else
        for (size_t i = 0; i < count; i++)
            places[i] = lookup_place(&a, first + i) + lookup_place(&b, first + i);
}
