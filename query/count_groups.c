/* Groups of people by their values, and within each those of whom a table's condition is true or not known.
 */
#include <inttypes.h>
#include <string.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "query/engine_parts.h"

enum { MEBIBYTE = 1 << 20 };

/* ---- which there are ---- */

static size_t find_group(Counting *counting, const size_t *dimensions, size_t count)
{
    size_t g = 0;

    while (g < counting->group_count &&
           (counting->groups[g].dimension_count != count ||
            memcmp(counting->groups[g].dimensions, dimensions, count * sizeof *dimensions) != 0))
        g++;
    if (g < counting->group_count)
        return g;
    counting->groups[g] = (CountGroup){.dimension_count = count};
    memcpy(counting->groups[g].dimensions, dimensions, count * sizeof *dimensions);
    counting->group_count++;
    return g;
}

size_t count_bound(const Counting *counting, const Part *part, size_t dimension)
{
    const Dimension of = bound_of_part(counting->tree, part, dimension, counting->bound->as_at);

    return bound_dimension(counting->bound, &of);
}

static CountPart make_part(Counting *counting, const Part *of)
{
    size_t dimensions[QUERY_DIMENSIONS_MAX] = {0}, count = of->dimension_count;
    CountPart part = {.is_asked = count > 0 && of->dimensions[count - 1]->condition != NULL};

    for (size_t d = 0; d < count; d++)
        dimensions[d] = count_bound(counting, of, d);
    if (part.is_asked) {
        part.condition = dimensions[--count];
        part.values = count_values_of(counting, part.condition);
    }
    part.group = find_group(counting, dimensions, count);
    return part;
}

/* Who stands where is kept where parts are compared with each other, and where people have amounts. */
static bool keeps_who(const Counting *counting, size_t group)
{
    size_t asked = 0;
    bool has_amounts = false;

    for (size_t p = 0; p < counting->tree->part_count; p++) {
        const CountPart *part = &counting->parts[p];
        asked += part->group == group && part->is_asked;
        has_amounts = has_amounts || (part->group == group && part->values != NULL);
    }
    return asked > 1 || has_amounts;
}

static size_t asked_of(const Counting *counting, size_t group)
{
    size_t asked = 0;

    for (size_t p = 0; p < counting->tree->part_count; p++)
        asked += counting->parts[p].group == group && counting->parts[p].is_asked;
    return asked;
}

/* BUDGET_PLACES_MAX + 1: more than that. */
static uint64_t cells_of(const Counting *counting, const CountGroup *group)
{
    uint64_t cells = 1;

    for (size_t d = 0; d < group->dimension_count && cells <= BUDGET_PLACES_MAX; d++)
        cells *= counting->domains[group->dimensions[d]].code_count + UINT64_C(1);
    return cells <= BUDGET_PLACES_MAX ? cells : BUDGET_PLACES_MAX + 1;
}

static uint64_t bytes_of(const Counting *counting, size_t group)
{
    uint64_t asked = asked_of(counting, group), people = counting->bound->plan->dataset->people;
    uint64_t cells = cells_of(counting, &counting->groups[group]);
    uint64_t sets = cells * (1 + 2 * asked) * sizeof(SetHash),
             sketches = cells * 2 * asked * sizeof(uint64_t);

    /* of each person a place, once more in order, and a bit for the cohort and for each answer */
    return !keeps_who(counting, group) ? sets : sets + sketches + people * 6 + people / 8 * (1 + 2 * asked);
}

/* The first that is counted by the group. */
static Mention table_at(const Counting *counting, size_t group)
{
    size_t p = 0;

    while (counting->parts[p].group != group)
        p++;
    return tree_mention(counting->tree, counting->tree->tables[counting->tree->parts[p].table].place);
}

static Result check_bytes(const Counting *counting, Error *error)
{
    /* of each person every amount, and once more one, when those of a place are released */
    uint64_t kept = counting->value_count + (counting->value_count > 0);
    uint64_t bytes = kept * counting->bound->plan->dataset->people * sizeof(double);

    for (size_t g = 0; g < counting->group_count; g++) {
        Mention at = table_at(counting, g);
        if (cells_of(counting, &counting->groups[g]) > BUDGET_PLACES_MAX)
            return source_text_fail_at(&at, ERROR_LIMIT, error,
                                       "this table has more than %d cells; use fewer or coarser dimensions",
                                       BUDGET_PLACES_MAX);
        bytes += bytes_of(counting, g);
    }
    if (bytes <= BUDGET_COUNT_BYTES_MAX)
        return RESULT_OK;
    return source_text_fail_at(&counting->tree->cohort->at, ERROR_LIMIT, error,
                               "counting would take up to %" PRIu64
                               " MiB of memory, more than %d; ask fewer tables and measures",
                               bytes / MEBIBYTE, BUDGET_COUNT_BYTES_MAX / MEBIBYTE);
}

/* Bits of a chunk end anywhere, and so there is one word more. */
static uint64_t *make_bits(const Counting *counting)
{
    return arena_alloc(counting->arena,
                       ((size_t)counting->bound->plan->dataset->people / 64 + 2) * sizeof(uint64_t));
}

static void make_who(Counting *counting, CountGroup *group)
{
    uint32_t people = counting->bound->plan->dataset->people;

    group->cohort = make_bits(counting);
    group->places = arena_alloc_unset(counting->arena, (size_t)people * sizeof *group->places);
    group->who = arena_alloc(counting->arena, sizeof *group->who);
    *group->who = (CountPeople){.people = people,
                                .place_count = (uint32_t)group->cell_count,
                                .cohort = group->cohort,
                                .places = group->places};
}

static SetHash *make_cells(const Counting *counting, size_t group)
{
    return arena_alloc(counting->arena, counting->groups[group].cell_count * sizeof(SetHash));
}

static uint64_t *make_sketches(const Counting *counting, size_t group)
{
    return arena_alloc(counting->arena, counting->groups[group].cell_count * sizeof(uint64_t));
}

static void make_group(Counting *counting, size_t number)
{
    CountGroup *group = &counting->groups[number];

    group->cell_count = cells_of(counting, group);
    group->cells = make_cells(counting, number);
    if (keeps_who(counting, number))
        make_who(counting, group);
}

static void make_sets(Counting *counting, CountPart *part)
{
    if (!part->is_asked)
        return;
    part->yes = make_cells(counting, part->group);
    part->unknown = make_cells(counting, part->group);
    if (counting->groups[part->group].who == NULL)
        return;
    part->yes_bits = make_bits(counting);
    part->unknown_bits = make_bits(counting);
    part->yes_sketches = make_sketches(counting, part->group);
    part->unknown_sketches = make_sketches(counting, part->group);
}

Result count_groups_make(Counting *counting, Error *error)
{
    size_t count = counting->tree->part_count;

    counting->groups = arena_alloc(counting->arena, (count + 1) * sizeof *counting->groups);
    counting->parts = arena_alloc(counting->arena, (count + 1) * sizeof *counting->parts);
    for (size_t p = 0; p < count; p++)
        counting->parts[p] = make_part(counting, &counting->tree->parts[p]);
    TRY(check_bytes(counting, error));
    for (size_t g = 0; g < counting->group_count; g++)
        make_group(counting, g);
    for (size_t i = 0; i < counting->value_count; i++)
        counting->values[i].values = arena_alloc(
            counting->arena, ((size_t)counting->bound->plan->dataset->people + 1) * sizeof(double));
    for (size_t p = 0; p < count; p++)
        make_sets(counting, &counting->parts[p]);
    counting->rest = make_bits(counting);
    counting->answers = arena_alloc(counting->arena, (count + 1) * sizeof *counting->answers);
    return RESULT_OK;
}

void count_groups_places(const Counting *counting, const CountGroup *group, size_t cell, size_t *places)
{
    for (size_t d = group->dimension_count; d-- > 0;) {
        size_t count = counting->domains[group->dimensions[d]].code_count + (size_t)1;
        places[d] = cell % count;
        cell /= count;
    }
}

/* ---- people ---- */

void count_groups_open(Counting *counting, Engine *engine)
{
    for (size_t g = 0; g < counting->group_count; g++) {
        CountGroup *group = &counting->groups[g];
        TallyDimension dimensions[QUERY_DIMENSIONS_MAX];
        for (size_t d = 0; d < group->dimension_count; d++) {
            const Domain *domain = &counting->domains[group->dimensions[d]];
            dimensions[d] = (TallyDimension){counting->bound->values[group->dimensions[d]],
                                             domain->code_count, domain->codes};
        }
        group->tally = cell_tally_create(engine, dimensions, group->dimension_count);
    }
}

void count_groups_close(Counting *counting)
{
    for (size_t g = 0; g < counting->group_count; g++)
        cell_tally_close(&counting->groups[g].tally);
}

/* Behind the chunk's people there are no bits in `from`. */
static void keep_bits(const TallyCells *cells, const uint64_t *from, uint64_t *kept)
{
    uint64_t *to = kept + cells->first / 64;
    uint32_t words = (cells->people + 63) / 64;
    unsigned shift = cells->first % 64;

    for (uint32_t i = 0; i < words; i++)
        to[i] |= from[i] << shift;
    for (uint32_t i = 0; i < words && shift > 0; i++)
        to[i + 1] |= from[i] >> (64 - shift);
}

/* bits: NULL where nobody compares */
static TallyAnswer answer_of(const TallyCells *cells, const uint64_t *answer, SetHash *sets, uint64_t *bits,
                             uint64_t *sketches)
{
    if (bits != NULL)
        keep_bits(cells, answer, bits);
    return (TallyAnswer){answer, sets, sketches};
}

/* Who of the cohort has neither answer; mostly nobody. */
static bool find_rest(const TallyCells *cells, const uint64_t *cohort, const uint64_t *yes,
                      const uint64_t *no, uint64_t *rest)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < (cells->people + 63) / 64; i++)
        any |= rest[i] = cohort[i] & ~yes[i] & ~no[i];
    return any != 0;
}

static TallyAnswer add_part(const Counting *counting, const CountPart *part, Engine *engine,
                            const TallyCells *cells, const uint64_t *cohort)
{
    PlanId condition = counting->bound->values[part->condition];
    const uint64_t *yes = engine_holds(engine, condition), *no = engine_fails(engine, condition);

    if (find_rest(cells, cohort, yes, no, counting->rest)) {
        const TallyAnswer rest =
            answer_of(cells, counting->rest, part->unknown, part->unknown_bits, part->unknown_sketches);
        cell_tally_add(cells, cohort, &rest, 1);
    }
    return answer_of(cells, yes, part->yes, part->yes_bits, part->yes_sketches);
}

/* All at once, since of each person there is one hash, whatever is asked. */
static void add_group(Counting *counting, size_t number, Engine *engine, const uint64_t *cohort)
{
    CountGroup *group = &counting->groups[number];
    const TallyCells cells =
        cell_tally_cells(group->tally, group->places == NULL ? NULL : group->places + engine->first);
    size_t count = 0;

    counting->answers[count++] = (TallyAnswer){cohort, group->cells, NULL};
    if (group->who != NULL)
        keep_bits(&cells, cohort, group->cohort);
    for (size_t p = 0; p < counting->tree->part_count; p++) {
        const CountPart *part = &counting->parts[p];
        if (part->group == number && part->is_asked)
            counting->answers[count++] = add_part(counting, part, engine, &cells, cohort);
    }
    cell_tally_add(&cells, cohort, counting->answers, count);
}

void count_groups_add(Counting *counting, Engine *engine, const uint64_t *cohort)
{
    count_values_add(counting, engine);
    for (size_t g = 0; g < counting->group_count; g++)
        add_group(counting, g, engine, cohort);
}
