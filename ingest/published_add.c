/* What others publish that queries calculate with, from a small CSV file: people by dimensions, the
 * denominators of rates, and prices by code. */
#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "base/input.h"
#include "ingest/ingest.h"
#include "ingest/published.h"
#include "ingest_sql.h"

enum {
    BEFORE = 3, /* name, day, origin; the dimensions and the number come behind */
    DIMENSIONS_MAX = 6,
    WIDTH_MAX = BEFORE + DIMENSIONS_MAX + 1,
    FILE_BYTES_MAX = 8 << 20,
    LINES_MAX = 20000,
    VALUES_MAX = 10000, /* of a dimension */
    TEXT_BYTES_MAX = 63,
    ORIGIN_BYTES_MAX = 200,
    PEOPLE_MAX = 2000000000,
    PENCE = 100, /* a pound */
    POUNDS_MAX = 10000000,
    ARENA_BYTES_MAX = 64 << 20,
};

static const DbStatement published_put = {
    .name = "published_put",
    .sql = ingest_sql_published_put,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT4,
                   VALUE_TEXT_ARRAY},
    .columns = {VALUE_INT8},
};

/* ---- what is published ---- */

typedef struct Form {
    GovernanceAction action;
    const char *kind; /* heads the names */
    const char *when, *value;
    const char *dimension; /* the only one; NULL: up to DIMENSIONS_MAX, named as in a query */
    bool (*take_day)(Text text, Date *day);
    bool (*take_number)(Text text, int64_t *number);
    const char *header_rule, *name_rule, *day_rule, *number_rule, *same_rule, *whole_rule;
} Form;

static bool take_people(Text text, int64_t *people)
{
    return text_to_int64(text, people) && *people >= 0 && *people <= PEOPLE_MAX;
}

/* Pounds with up to two decimals, in pence: whole numbers add up to the same in any order. */
static bool take_price(Text text, int64_t *pence)
{
    Text rest = text, pounds = text_next(&rest, '.');
    int64_t whole, part = 0;

    if (!text_to_int64(pounds, &whole) || whole < 0 || whole > POUNDS_MAX || pounds.data[0] == '-')
        return false;
    if (pounds.length < text.length && (rest.length < 1 || rest.length > 2 || rest.data[0] < '0' ||
                                        rest.data[0] > '9' || !text_to_int64(rest, &part)))
        return false;
    *pence = whole * PENCE + (rest.length == 1 ? part * 10 : part);
    return true;
}

/* 2024/25, from April: its first day. */
static bool take_price_year(Text text, Date *day)
{
    Text rest = text, first = text_next(&rest, '/');
    int64_t year, next;

    if (first.length != 4 || rest.length != 2 || !text_to_int64(first, &year) ||
        !text_to_int64(rest, &next) || year < 1948 || (year + 1) % 100 != next)
        return false;
    *day = date_from_civil((int)year, 4, 1);
    return true;
}

static const Form of_population = {
    .action = GOVERNANCE_POPULATION_ADD,
    .kind = "population",
    .when = "day",
    .value = "people",
    .take_day = date_parse,
    .take_number = take_people,
    .header_rule = "the header is population,day,origin, up to six dimensions, people",
    .name_rule = "population is a name of at most 63 bytes",
    .day_rule = "day is not of the form CCYY-MM-DD",
    .number_rule = "people is no whole number",
    .same_rule = "population, day and origin are the same in each line",
    .whole_rule =
        "each combination of the dimensions' values stands once; where there is nobody, people is 0",
};
static const Form of_prices = {
    .action = GOVERNANCE_PRICES_ADD,
    .kind = "prices",
    .when = "year",
    .value = "price",
    .dimension = "code",
    .take_day = take_price_year,
    .take_number = take_price,
    .header_rule = "the header is prices,year,origin,code,price",
    .name_rule = "prices is a name of at most 63 bytes",
    .day_rule = "year is no financial year of the form 2024/25",
    .number_rule = "price is not of pounds with up to two decimals",
    .same_rule = "prices, year and origin are the same in each line",
    .whole_rule = "there is at least one code, and each stands once",
};

typedef struct Published {
    const Form *form;
    const char *path;
    Arena *arena;
    Text said[BEFORE]; /* by each line alike */
    Date day;
    size_t width; /* of dimensions and the number */
    Text *fields; /* the header, then the lines */
    size_t count, line;
    Text *values[DIMENSIONS_MAX]; /* in the order they come */
    size_t value_count[DIMENSIONS_MAX];
} Published;

/* ---- reading ---- */

static Result wrong(const Published *published, const char *rule, Error *error)
{
    return fail(error, ERROR_INPUT, "%s line %zu: %s", published->path, published->line, rule);
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

static bool is_column(Text field, const char *name)
{
    return text_equal(field, text_from(name));
}

static bool is_header(const Form *form, const Text *fields, size_t count)
{
    return count >= BEFORE + 2 && is_column(fields[0], form->kind) && is_column(fields[1], form->when) &&
           is_column(fields[2], "origin") && is_column(fields[count - 1], form->value) &&
           (form->dimension == NULL || (count == BEFORE + 2 && is_column(fields[BEFORE], form->dimension)));
}

static Result read_header(Published *published, Text line, Error *error)
{
    Text fields[WIDTH_MAX];
    size_t count;

    if (!split(line, fields, &count) || !is_header(published->form, fields, count))
        return wrong(published, published->form->header_rule, error);
    for (size_t i = BEFORE; i + 1 < count; i++) {
        if (!is_dimension(fields[i]))
            return wrong(published, "a dimension is a name as in a query", error);
        for (size_t j = BEFORE; j < i; j++)
            if (text_equal(fields[i], fields[j]))
                return wrong(published, "a dimension is there twice", error);
    }
    published->width = count - BEFORE;
    published->fields =
        arena_alloc(published->arena, (LINES_MAX + (size_t)1) * published->width * sizeof(Text));
    memcpy(published->fields, fields + BEFORE, published->width * sizeof(Text));
    for (size_t d = 0; d + 1 < published->width; d++)
        published->values[d] = arena_alloc(published->arena, VALUES_MAX * sizeof(Text));
    return RESULT_OK;
}

/* Which of its dimension's values it is; of a new one the next. */
static size_t value_of(Published *published, size_t dimension, Text value)
{
    const Text *values = published->values[dimension];
    size_t count = published->value_count[dimension], i = 0;

    while (i < count && !text_equal(values[i], value))
        i++;
    if (i == count && count < VALUES_MAX) {
        published->values[dimension][i] = value;
        published->value_count[dimension]++;
    }
    return i;
}

static Result check_said(Published *published, const Text *fields, Error *error)
{
    if (fields[0].length == 0 || fields[0].length > TEXT_BYTES_MAX)
        return wrong(published, published->form->name_rule, error);
    if (!published->form->take_day(fields[1], &published->day))
        return wrong(published, published->form->day_rule, error);
    if (fields[2].length == 0 || fields[2].length > ORIGIN_BYTES_MAX)
        return wrong(published, "origin says where the numbers are from, in at most 200 bytes", error);
    for (size_t i = 0; i < BEFORE; i++) {
        if (published->count == 0)
            published->said[i] = fields[i];
        if (!text_equal(published->said[i], fields[i]))
            return wrong(published, published->form->same_rule, error);
    }
    return RESULT_OK;
}

static Result add_line(Published *published, Text line, Error *error)
{
    Text fields[WIDTH_MAX];
    size_t count;
    int64_t number;

    if (memchr(line.data, '"', line.length) != NULL)
        return wrong(published, "no quotes here", error);
    if (published->count == LINES_MAX)
        return wrong(published, "more lines than one file holds", error);
    if (!split(line, fields, &count) || count != BEFORE + published->width)
        return wrong(published, "not as many fields as the header", error);
    TRY(check_said(published, fields, error));
    for (size_t d = 0; d + 1 < published->width; d++) {
        Text value = fields[BEFORE + d];
        if (value.length == 0 || value.length > TEXT_BYTES_MAX)
            return wrong(published, "a value of a dimension has 1 to 63 bytes", error);
        if (value_of(published, d, value) == VALUES_MAX)
            return wrong(published, "more values of a dimension than one file holds", error);
    }
    if (!published->form->take_number(fields[count - 1], &number))
        return wrong(published, published->form->number_rule, error);
    fields[count - 1] = text_format(published->arena, "%" PRId64, number);
    published->count++;
    memcpy(published->fields + published->count * published->width, fields + BEFORE,
           published->width * sizeof(Text));
    return RESULT_OK;
}

/* Of values that are there and a combination that is not, a sum would be of some of its people only. */
static Result check_whole(Published *published, Error *error)
{
    size_t cells = 1;

    for (size_t d = 0; d + 1 < published->width && cells <= published->count; d++)
        cells *= published->value_count[d];
    bool *seen = arena_alloc(published->arena, published->count + 1);
    for (size_t i = 1; i <= published->count && cells == published->count; i++) {
        size_t cell = 0;
        for (size_t d = 0; d + 1 < published->width; d++)
            cell = cell * published->value_count[d] +
                   value_of(published, d, published->fields[i * published->width + d]);
        if (seen[cell])
            cells = 0;
        seen[cell] = true;
    }
    if (published->count > 0 && cells == published->count)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: %s", published->path, published->form->whole_rule);
}

static Result read_published(Published *published, Text text, Error *error)
{
    published->line = 1;
    if (!text_is_utf8(text))
        return wrong(published, "not UTF-8", error);
    TRY(read_header(published, published_line(&text), error));
    for (published->line = 2; text.length > 0; published->line++) {
        Text line = text_trim(published_line(&text));
        if (line.length > 0)
            TRY(add_line(published, line, error));
    }
    return check_whole(published, error);
}

/* ---- keeping ---- */

static Result add(Db *loader, const GovernancePermit *permit, const Form *form, const char *path,
                  int64_t *count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    Published published = {.form = form, .path = path, .arena = arena};
    char hex[HASH_TEXT_BYTES], day[DATE_TEXT_BYTES];
    Text text;

    TRY(input_read_all(path, FILE_BYTES_MAX, arena, &text, error));
    Hash content = hash_of(text.data, text.length);
    if (!governance_permit_covers(permit, form->action, text_from(hash_format(&content, hex))))
        return fail(error, ERROR_REFUSED, "%s: the permit is not for this file", path);
    TRY(read_published(&published, text, error));
    const Value values[] = {
        value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
        value_text(text_from(form->kind)),
        value_text(text_from(hex)),
        value_text(published.said[0]),
        value_text(text_from(date_format(published.day, day))),
        value_text(published.said[2]),
        value_int4((int32_t)published.width),
        {.type = VALUE_TEXT_ARRAY,
         .array = {.items = published.fields, .count = (published.count + 1) * published.width}},
    };
    return db_run_int8(loader, &published_put, values, count, NULL, error);
}

Result ingest_population_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                             Error *error)
{
    return add(loader, permit, &of_population, path, count, error);
}

Result ingest_prices_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                         Error *error)
{
    return add(loader, permit, &of_prices, path, count, error);
}
