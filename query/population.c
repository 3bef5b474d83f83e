/* Reads the versions of populations that a query's rates are per. */
#include "query/population.h"

typedef struct Reading {
    Db *reader;
    Arena *arena;
    PopulationUse *uses;
    size_t count;
    const SourceText *text; /* the query's */
} Reading;

size_t population_dimension(const Published *population, Text name)
{
    size_t d = 0;

    while (d < population->dimension_count && !text_equal(population->dimensions[d], name))
        d++;
    return d;
}

Date population_day(const TableNode *table, Date as_at, size_t period)
{
    return table->series.count > 0 ? series_period(&table->series, as_at, period).last : as_at;
}

const Published *population_find(const PopulationUse *uses, size_t count, Text name, Date day)
{
    for (size_t i = 0; i < count; i++)
        if (uses[i].day == day && text_equal(uses[i].name, name))
            return uses[i].population;
    return NULL;
}

/* ---- one version ---- */

static Result read_version(const Reading *reading, const Measure *rate, Date day, const Published **found,
                           Error *error)
{
    Mention at = {reading->text, rate->place};
    Text name = rate->population;
    char text[DATE_TEXT_BYTES];
    Published *published;

    TRY(published_find(reading->reader, TEXT("population"), name, day, reading->arena, &published, error));
    if (published == NULL)
        return source_text_fail_at(&at, ERROR_INPUT, error,
                                   "there is no population \"%.*s\" of a day up to %s", TEXT_ARG(name),
                                   date_format(day, text));
    *found = published;
    for (size_t i = 0; i < reading->count; i++) {
        const Published *other = reading->uses[i].population;
        if (other != NULL && other->id == published->id) {
            *found = other;
            return RESULT_OK;
        }
    }
    return published_read_lines(reading->reader, published, reading->arena, error);
}

/* ---- of a query ---- */

/* A rate would be of a place's people over those of many. What the population is by besides is summed. */
static Result check_dimensions(const Reading *reading, const TableNode *table, const Measure *rate,
                               const Published *population, Error *error)
{
    Mention at = {reading->text, rate->place};

    for (size_t d = 0; d < table->dimension_count; d++) {
        Text name = text_from(table->dimensions[d].attribute->name);
        if (population_dimension(population, name) == population->dimension_count)
            return source_text_fail_at(&at, ERROR_INPUT, error,
                                       "the population \"%.*s\" is not by %.*s, as the table of its rate is",
                                       TEXT_ARG(population->name), TEXT_ARG(name));
    }
    return RESULT_OK;
}

static Result read_table(Reading *reading, const TableNode *table, const Measure *rate, Date as_at,
                         Error *error)
{
    size_t periods = table->series.count > 0 ? table->series.count : 1;

    for (size_t p = 0; p < periods; p++) {
        Date day = population_day(table, as_at, p);
        const Published *found = population_find(reading->uses, reading->count, rate->population, day);
        if (found == NULL) {
            TRY(read_version(reading, rate, day, &found, error));
            reading->uses[reading->count++] = (PopulationUse){rate->population, day, found};
        }
        TRY(check_dimensions(reading, table, rate, found, error));
    }
    return RESULT_OK;
}

Result population_read(Db *reader, const Tree *tree, Date as_at, Arena *arena, const PopulationUse **uses,
                       size_t *count, Error *error)
{
    size_t most = QUERY_TABLES_MAX * QUERY_MEASURES_MAX * QUERY_PERIODS_MAX;
    Reading reading = {.reader = reader, .arena = arena, .text = tree->project_at.text};

    reading.uses = arena_alloc(arena, most * sizeof *reading.uses);
    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t m = 0; m < tree->tables[t].measure_count; m++)
            if (tree->tables[t].measures[m].population.length > 0)
                TRY(read_table(&reading, &tree->tables[t], &tree->tables[t].measures[m], as_at, error));
    *uses = reading.uses;
    *count = reading.count;
    return RESULT_OK;
}
