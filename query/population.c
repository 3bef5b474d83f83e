/* Reads the versions of populations that a query's rates are per. */
#include "query/population.h"

#include <string.h>

#include "query_sql.h"

static const DbStatement population_statement = {
    .name = "population",
    .sql = query_sql_population,
    .parameters = {VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT4, VALUE_DATE, VALUE_TEXT, VALUE_BYTES, VALUE_INT4},
};
static const DbStatement fields_statement = {
    .name = "population fields",
    .sql = query_sql_population_fields,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT},
};

typedef struct Reading {
    Db *reader;
    Arena *arena;
    PopulationUse *uses;
    size_t count;
} Reading;

size_t population_dimension(const Population *population, Text name)
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

const Population *population_find(const PopulationUse *uses, size_t count, Text name, Date day)
{
    for (size_t i = 0; i < count; i++)
        if (uses[i].day == day && text_equal(uses[i].name, name))
            return uses[i].population;
    return NULL;
}

/* ---- one version ---- */

/* The header comes first: the dimensions, then people. */
static Result read_fields(const Reading *reading, Population *population, size_t width, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value id = value_int4((int32_t)population->id);

    TRY(db_run(reading->reader, &fields_statement, &id, &rows, error));
    population->dimension_count = width - 1;
    population->line_count = db_row_count(rows) / width - 1;
    population->dimensions = arena_alloc(reading->arena, width * sizeof(Text));
    population->values =
        arena_alloc(reading->arena, (population->line_count * (width - 1) + 1) * sizeof(Text));
    population->people = arena_alloc(reading->arena, (population->line_count + 1) * sizeof(int64_t));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        size_t line = i / width, field = i % width;
        Text text = text_copy(reading->arena, db_text(rows, i, 0));
        if (line == 0)
            population->dimensions[field] = text;
        else if (field < width - 1)
            population->values[(line - 1) * (width - 1) + field] = text;
        else if (!text_to_int64(text, &population->people[line - 1]))
            return fail(error, ERROR_DATABASE, "population: what is kept is no number");
    }
    return RESULT_OK;
}

static Result read_version(const Reading *reading, Text name, Date day, const Population **found,
                           Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char text[DATE_TEXT_BYTES];
    const Value parameters[] = {value_text(name), value_text(text_from(date_format(day, text)))};

    TRY(db_run(reading->reader, &population_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return fail(error, ERROR_INPUT, "query: there is no population \"%.*s\" of a day up to %s",
                    TEXT_ARG(name), text);
    for (size_t i = 0; i < reading->count; i++)
        if (reading->uses[i].population->id == db_int(rows, 0, 0)) {
            *found = reading->uses[i].population;
            return RESULT_OK;
        }
    Population *population = arena_alloc(reading->arena, sizeof *population);
    *population = (Population){.id = db_int(rows, 0, 0),
                               .name = name,
                               .day = (Date)db_int(rows, 0, 1),
                               .origin = text_copy(reading->arena, db_text(rows, 0, 2))};
    memcpy(population->content.bytes, db_text(rows, 0, 3).data, HASH_BYTES);
    *found = population;
    return read_fields(reading, population, (size_t)db_int(rows, 0, 4), error);
}

/* ---- of a query ---- */

/* A rate would be of a place's people over those of many. What the population is by besides is summed. */
static Result check_dimensions(const TableNode *table, const Population *population, Error *error)
{
    for (size_t d = 0; d < table->dimension_count; d++) {
        Text name = text_from(table->dimensions[d].attribute->name);
        if (population_dimension(population, name) == population->dimension_count)
            return fail(error, ERROR_INPUT,
                        "query: the population \"%.*s\" is not by %.*s, as the table of its rate is",
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
        const Population *found = population_find(reading->uses, reading->count, rate->population, day);
        if (found == NULL) {
            TRY(read_version(reading, rate->population, day, &found, error));
            reading->uses[reading->count++] = (PopulationUse){rate->population, day, found};
        }
        TRY(check_dimensions(table, found, error));
    }
    return RESULT_OK;
}

Result population_read(Db *reader, const Tree *tree, Date as_at, Arena *arena, const PopulationUse **uses,
                       size_t *count, Error *error)
{
    size_t most = QUERY_TABLES_MAX * QUERY_MEASURES_MAX * QUERY_PERIODS_MAX;
    Reading reading = {.reader = reader, .arena = arena};

    reading.uses = arena_alloc(arena, most * sizeof *reading.uses);
    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t m = 0; m < tree->tables[t].measure_count; m++)
            if (tree->tables[t].measures[m].population.length > 0)
                TRY(read_table(&reading, &tree->tables[t], &tree->tables[t].measures[m], as_at, error));
    *uses = reading.uses;
    *count = reading.count;
    return RESULT_OK;
}
