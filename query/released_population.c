/*
 * Denominators from outside. They are of published tables, by the values that the released table shows
 * anyway: nothing here reads a count of anybody.
 */
#include "query/released_population.h"

#include <string.h>

enum { NOT_SAID = -1 };

static void note(ReleasedTable *table, const Published *population)
{
    for (size_t i = 0; i < table->population_count; i++)
        if (memcmp(&table->populations[i].content, &population->content, sizeof(Hash)) == 0 &&
            table->populations[i].day == population->day)
            return;
    table->populations[table->population_count++] =
        (ReleasedPublished){.name = text_copy(table->arena, population->name),
                            .origin = text_copy(table->arena, population->origin),
                            .day = population->day,
                            .content = population->content};
}

/* ---- the table's places ---- */

/* The dimensions without the period, the last place of each all of them. */
typedef struct Places {
    const CountDimension *dimensions;
    size_t dimension_count, count;
} Places;

static Places places_of(const ReleasedTable *table, bool has_periods)
{
    Places places = {
        .dimensions = &table->dimensions[has_periods],
        .dimension_count = table->dimension_count - has_periods,
        .count = 1,
    };

    for (size_t d = 0; d < places.dimension_count; d++)
        places.count *= places.dimensions[d].value_count + 1;
    return places;
}

static size_t place_number(const Places *places, const size_t *at)
{
    size_t number = 0;

    for (size_t d = 0; d < places->dimension_count; d++)
        number = number * (places->dimensions[d].value_count + 1) + at[d];
    return number;
}

/* value_count: the table has none of the name. */
static size_t value_of(const CountDimension *dimension, Text value)
{
    size_t i = 0;

    while (i < dimension->value_count && !text_equal(dimension->values[i], value))
        i++;
    return i;
}

/* ---- a population by them ---- */

/* To its place and to each where some of the dimensions are all; who is of no place of the table is of those
 * alone in which the dimension is all. */
static void add_line(const Places *places, const size_t *at, int64_t people, int64_t *sums)
{
    for (size_t all = 0; all < (size_t)1 << places->dimension_count; all++) {
        size_t to[QUERY_DIMENSIONS_MAX];
        bool is_counted_already = false;
        for (size_t d = 0; d < places->dimension_count; d++) {
            size_t margin = places->dimensions[d].value_count;
            bool is_all = (all >> d & 1) != 0;
            to[d] = is_all ? margin : at[d];
            is_counted_already = is_counted_already || (!is_all && at[d] == margin);
        }
        if (is_counted_already)
            continue;
        size_t place = place_number(places, to);
        sums[place] = (sums[place] == NOT_SAID ? 0 : sums[place]) + people;
    }
}

/* False where the table has people of a value that the population lacks, who would be counted above the line
 * and not below it; of those of whom it is not known they may be of any. */
static bool is_all_said(const CountDimension *dimension, const bool *said)
{
    for (size_t i = 0; i < dimension->value_count; i++)
        if (!said[i] && !text_equal(dimension->values[i], TEXT("not known")))
            return false;
    return true;
}

static void drop_margins(const Places *places, size_t dimension, int64_t *sums)
{
    size_t behind = 1, margin = places->dimensions[dimension].value_count;

    for (size_t d = dimension + 1; d < places->dimension_count; d++)
        behind *= places->dimensions[d].value_count + 1;
    for (size_t place = 0; place < places->count; place++)
        if (place / behind % (margin + 1) == margin)
            sums[place] = NOT_SAID;
}

static const int64_t *sums_of(const Places *places, const Published *population, Arena *arena)
{
    int64_t *sums = arena_alloc(arena, places->count * sizeof *sums);
    size_t from[QUERY_DIMENSIONS_MAX], at[QUERY_DIMENSIONS_MAX];
    bool *said[QUERY_DIMENSIONS_MAX];

    for (size_t d = 0; d < places->dimension_count; d++) {
        from[d] = population_dimension(population, places->dimensions[d].name);
        said[d] = arena_alloc(arena, places->dimensions[d].value_count + 1);
    }
    for (size_t place = 0; place < places->count; place++)
        sums[place] = NOT_SAID;
    for (size_t i = 0; i < population->line_count; i++) {
        const Text *values = population->values + i * population->dimension_count;
        for (size_t d = 0; d < places->dimension_count; d++) {
            at[d] = value_of(&places->dimensions[d], values[from[d]]);
            said[d][at[d]] = true;
        }
        add_line(places, at, population->numbers[i], sums);
    }
    for (size_t d = 0; d < places->dimension_count; d++)
        if (!is_all_said(&places->dimensions[d], said[d]))
            drop_margins(places, d, sums);
    return sums;
}

int64_t *released_population_people(ReleasedTable *table, const TableNode *node, const Measure *rate)
{
    SCOPED(arena_close) Arena *arena = arena_create(RELEASED_ARENA_BYTES_MAX);
    const Provenance *provenance = &table->provenance;
    size_t before = node->series.count > 0, made = SIZE_MAX;
    const Places places = places_of(table, before > 0);
    int64_t *people = arena_alloc(table->arena, (table->line_count + 1) * sizeof *people);
    const Published *of = NULL;
    const int64_t *sums = NULL;

    for (size_t i = 0; i < table->line_count; i++) { /* a period's stand together */
        const ReleasedLine *line = &table->lines[i];
        if (line->period != made) {
            Date day = population_day(node, provenance->as_at, line->period);
            const Published *next =
                population_find(provenance->populations, provenance->population_count, rate->population, day);
            if (next != NULL && next != of) {
                sums = sums_of(&places, next, arena);
                note(table, next);
            }
            of = next;
            made = line->period;
        }
        people[i] = of == NULL || sums == NULL ? NOT_SAID : sums[place_number(&places, line->place + before)];
    }
    return people;
}

/* ---- which they were ---- */

json_t *released_population_json(const ReleasedTable *table)
{
    json_t *populations = json_array();

    for (size_t i = 0; i < table->population_count; i++) {
        const ReleasedPublished *population = &table->populations[i];
        char day[DATE_TEXT_BYTES], hex[HASH_TEXT_BYTES];
        json_array_append_new(populations,
                              json_pack("{s:s%, s:s, s:s%, s:s}", "name", population->name.data,
                                        population->name.length, "day", date_format(population->day, day),
                                        "origin", population->origin.data, population->origin.length,
                                        "content", hash_format(&population->content, hex)));
    }
    return populations;
}

void released_population_print(const ReleasedTable *table, const char *before, FILE *out)
{
    for (size_t i = 0; i < table->population_count; i++) {
        const ReleasedPublished *population = &table->populations[i];
        char day[DATE_TEXT_BYTES], hex[HASH_TEXT_BYTES];
        fprintf(out, "%sPopulation \"%.*s\" of %s, content %s: %.*s.\n", before, TEXT_ARG(population->name),
                date_format(population->day, day), hash_format(&population->content, hex),
                TEXT_ARG(population->origin));
    }
}
