/* People by dimensions that others publish, the denominators of rates, from a small CSV file. */
#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "base/input.h"
#include "ingest/ingest.h"
#include "ingest/published.h"
#include "ingest_sql.h"

enum {
    BEFORE = 3, /* population, day, origin; the dimensions and people come behind */
    DIMENSIONS_MAX = 6,
    WIDTH_MAX = BEFORE + DIMENSIONS_MAX + 1,
    FILE_BYTES_MAX = 8 << 20,
    LINES_MAX = 20000,
    VALUES_MAX = 10000, /* of a dimension */
    TEXT_BYTES_MAX = 63,
    ORIGIN_BYTES_MAX = 200,
    PEOPLE_MAX = 2000000000,
    ARENA_BYTES_MAX = 64 << 20,
};

static const DbStatement population_put = {
    .name = "population_put",
    .sql = ingest_sql_population_put,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_INT8},
};

typedef struct Population {
    const char *path;
    Arena *arena;
    Text said[BEFORE]; /* by each line alike */
    size_t width;      /* of dimensions and people */
    Text *fields;      /* the header, then the lines */
    size_t count, line;
    Text *values[DIMENSIONS_MAX]; /* in the order they come */
    size_t value_count[DIMENSIONS_MAX];
} Population;

static Result wrong(const Population *population, const char *rule, Error *error)
{
    return fail(error, ERROR_INPUT, "%s line %zu: %s", population->path, population->line, rule);
}

/* False when there are more than WIDTH_MAX. */
static bool split(Text line, Text fields[WIDTH_MAX], size_t *count)
{
    size_t commas = 0;

    for (size_t i = 0; i < line.length; i++)
        commas += line.data[i] == ',';
    *count = commas + 1;
    for (size_t i = 0; i < *count && *count <= WIDTH_MAX; i++)
        fields[i] = text_trim(text_next(&line, ','));
    return *count <= WIDTH_MAX;
}

static bool is_dimension(Text name)
{
    bool is_good = name.length > 0 && name.length <= TEXT_BYTES_MAX && name.data[0] >= 'a';

    for (size_t i = 0; i < name.length && is_good; i++)
        is_good = (name.data[i] >= 'a' && name.data[i] <= 'z') ||
                  (name.data[i] >= '0' && name.data[i] <= '9') || name.data[i] == '_';
    return is_good;
}

static Result read_header(Population *population, Text line, Error *error)
{
    static const char rule[] = "the header is population,day,origin, up to six dimensions, people";
    Text fields[WIDTH_MAX];
    size_t count;

    if (!split(line, fields, &count) || count < BEFORE + 2)
        return wrong(population, rule, error);
    if (!text_equal(fields[0], TEXT("population")) || !text_equal(fields[1], TEXT("day")) ||
        !text_equal(fields[2], TEXT("origin")) || !text_equal(fields[count - 1], TEXT("people")))
        return wrong(population, rule, error);
    for (size_t i = BEFORE; i + 1 < count; i++) {
        if (!is_dimension(fields[i]))
            return wrong(population, "a dimension is a name as in a query", error);
        for (size_t j = BEFORE; j < i; j++)
            if (text_equal(fields[i], fields[j]))
                return wrong(population, "a dimension is there twice", error);
    }
    population->width = count - BEFORE;
    population->fields =
        arena_alloc(population->arena, (LINES_MAX + (size_t)1) * population->width * sizeof(Text));
    memcpy(population->fields, fields + BEFORE, population->width * sizeof(Text));
    for (size_t d = 0; d + 1 < population->width; d++)
        population->values[d] = arena_alloc(population->arena, VALUES_MAX * sizeof(Text));
    return RESULT_OK;
}

/* Which of its dimension's values it is; of a new one the next. */
static size_t value_of(Population *population, size_t dimension, Text value)
{
    const Text *values = population->values[dimension];
    size_t count = population->value_count[dimension], i = 0;

    while (i < count && !text_equal(values[i], value))
        i++;
    if (i == count && count < VALUES_MAX) {
        population->values[dimension][i] = value;
        population->value_count[dimension]++;
    }
    return i;
}

static Result check_said(Population *population, const Text *fields, Error *error)
{
    Date day;

    if (fields[0].length == 0 || fields[0].length > TEXT_BYTES_MAX)
        return wrong(population, "population is a name of at most 63 bytes", error);
    if (!date_parse(fields[1], &day))
        return wrong(population, "day is not of the form CCYY-MM-DD", error);
    if (fields[2].length == 0 || fields[2].length > ORIGIN_BYTES_MAX)
        return wrong(population, "origin says where the numbers are from, in at most 200 bytes", error);
    for (size_t i = 0; i < BEFORE; i++) {
        if (population->count == 0)
            population->said[i] = fields[i];
        if (!text_equal(population->said[i], fields[i]))
            return wrong(population, "population, day and origin are the same in each line", error);
    }
    return RESULT_OK;
}

static Result add_line(Population *population, Text line, Error *error)
{
    Text fields[WIDTH_MAX];
    size_t count;
    int64_t people;

    if (memchr(line.data, '"', line.length) != NULL)
        return wrong(population, "no quotes here", error);
    if (population->count == LINES_MAX)
        return wrong(population, "more lines than one file holds", error);
    if (!split(line, fields, &count) || count != BEFORE + population->width)
        return wrong(population, "not as many fields as the header", error);
    TRY(check_said(population, fields, error));
    for (size_t d = 0; d + 1 < population->width; d++) {
        Text value = fields[BEFORE + d];
        if (value.length == 0 || value.length > TEXT_BYTES_MAX)
            return wrong(population, "a value of a dimension has 1 to 63 bytes", error);
        if (value_of(population, d, value) == VALUES_MAX)
            return wrong(population, "more values of a dimension than one file holds", error);
    }
    if (!text_to_int64(fields[count - 1], &people) || people < 0 || people > PEOPLE_MAX)
        return wrong(population, "people is no whole number", error);
    population->count++;
    memcpy(population->fields + population->count * population->width, fields + BEFORE,
           population->width * sizeof(Text));
    return RESULT_OK;
}

/* Of values that are there and a combination that is not, a sum would be of some of its people only. */
static Result check_whole(Population *population, Error *error)
{
    size_t cells = 1;

    for (size_t d = 0; d + 1 < population->width && cells <= population->count; d++)
        cells *= population->value_count[d];
    bool *seen = arena_alloc(population->arena, population->count + 1);
    for (size_t i = 1; i <= population->count && cells == population->count; i++) {
        size_t cell = 0;
        for (size_t d = 0; d + 1 < population->width; d++)
            cell = cell * population->value_count[d] +
                   value_of(population, d, population->fields[i * population->width + d]);
        if (seen[cell])
            cells = 0;
        seen[cell] = true;
    }
    if (population->count > 0 && cells == population->count)
        return RESULT_OK;
    return fail(error, ERROR_INPUT,
                "%s: each combination of the dimensions' values stands once; where there is nobody, people "
                "is 0",
                population->path);
}

static Result read_population(Population *population, Text text, Error *error)
{
    population->line = 1;
    if (!text_is_utf8(text))
        return wrong(population, "not UTF-8", error);
    TRY(read_header(population, published_line(&text), error));
    for (population->line = 2; text.length > 0; population->line++) {
        Text line = text_trim(published_line(&text));
        if (line.length > 0)
            TRY(add_line(population, line, error));
    }
    return check_whole(population, error);
}

Result ingest_population_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                             Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    Population population = {.path = path, .arena = arena};
    char hex[HASH_TEXT_BYTES];
    Text text;

    TRY(input_read_all(path, FILE_BYTES_MAX, arena, &text, error));
    Hash content = hash_of(text.data, text.length);
    if (!governance_permit_covers(permit, GOVERNANCE_POPULATION_ADD, text_from(hash_format(&content, hex))))
        return fail(error, ERROR_REFUSED, "%s: the permit is not for this file", path);
    TRY(read_population(&population, text, error));
    const Value values[] = {
        value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
        value_text(text_from(hex)),
        value_text(population.said[0]),
        value_text(population.said[1]),
        value_text(population.said[2]),
        value_int4((int32_t)population.width),
        {.type = VALUE_TEXT_ARRAY,
         .array = {.items = population.fields, .count = (population.count + 1) * population.width}},
    };
    return db_run_int8(loader, &population_put, values, count, NULL, error);
}
