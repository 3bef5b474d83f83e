/* Figures that others publish of what a delivery should hold, from a small CSV file. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "ingest/ingest.h"
#include "ingest/published.h"
#include "ingest_sql.h"

enum {
    FIELDS = 8,
    FILE_BYTES_MAX = 4 << 20,
    TOTALS_MAX = 20000,
    NAME_BYTES_MAX = 63,
    ORIGIN_BYTES_MAX = 200,
    ARENA_BYTES_MAX = 64 << 20,
};

typedef enum Field { SOURCE, SENDER, PERIOD, MEASURE, PRACTICE, VALUE, TOLERANCE, ORIGIN } Field;

static const char header[] = "source,sender,period,measure,practice,value,tolerance,origin";

static const DbStatement totals_put = {
    .name = "totals_put",
    .sql = ingest_sql_totals_put,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT_ARRAY},
    .columns = {VALUE_INT8},
};

typedef struct Totals {
    const char *path;
    Arena *arena;
    Text *fields;
    size_t count, line;
} Totals;

static Result wrong(const Totals *totals, const char *rule, Error *error)
{
    return fail(error, ERROR_INPUT, "%s line %zu: %s", totals->path, totals->line, rule);
}

static bool is_tolerance(Text text)
{
    char copy[16];

    if (text.length == 0 || text.length >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (strspn(copy, "0123456789.") != text.length)
        return false;
    char *end;
    double percent = strtod(copy, &end);
    return end != copy && *end == '\0' && percent <= 100;
}

/* As the required column of that shape has it, in which a list is counted. */
static bool is_practice(Text text)
{
    bool is_good = text.length == 6 && text.data[0] >= 'A' && text.data[0] <= 'Z';

    for (size_t i = 1; is_good && i < text.length; i++)
        is_good = text.data[i] >= '0' && text.data[i] <= '9';
    return is_good;
}

/* Of the same source, sender, month, measure and practice. */
static bool is_given_twice(const Totals *totals, const Text *fields)
{
    for (size_t i = 0; i < totals->count; i++) {
        const Text *earlier = totals->fields + i * FIELDS;
        size_t field = SOURCE;
        while (field <= PRACTICE && text_equal(earlier[field], fields[field]))
            field++;
        if (field > PRACTICE)
            return true;
    }
    return false;
}

static Result check(const Totals *totals, const Text *fields, Month *period, Error *error)
{
    bool is_list = text_equal(fields[MEASURE], TEXT("list size"));
    int64_t value;

    if (fields[SOURCE].length == 0 || fields[SENDER].length == 0 || fields[SENDER].length > NAME_BYTES_MAX)
        return wrong(totals, "source and sender are needed", error);
    if (!month_parse(fields[PERIOD], period))
        return wrong(totals, "period is not of the form CCYY-MM", error);
    if (!is_list && !text_equal(fields[MEASURE], TEXT("rows")) &&
        !text_equal(fields[MEASURE], TEXT("people")))
        return wrong(totals, "measure is rows, people or list size", error);
    if (is_list != (fields[PRACTICE].length > 0) || is_list == (fields[TOLERANCE].length > 0))
        return wrong(totals, "a list size names its practice, any other measure its tolerance", error);
    if (is_list && !is_practice(fields[PRACTICE]))
        return wrong(totals, "a practice is a letter and five digits", error);
    if (!text_to_int64(fields[VALUE], &value) || value < 0)
        return wrong(totals, "value is no whole number", error);
    if (!is_list && !is_tolerance(fields[TOLERANCE]))
        return wrong(totals, "tolerance is 0 to 100 percent", error);
    if (fields[ORIGIN].length == 0 || fields[ORIGIN].length > ORIGIN_BYTES_MAX)
        return wrong(totals, "origin says where the figure is from, in at most 200 bytes", error);
    return RESULT_OK;
}

static Result add_line(Totals *totals, Text line, Error *error)
{
    Text *fields = totals->fields + totals->count * FIELDS;
    Month period;

    if (memchr(line.data, '"', line.length) != NULL)
        return wrong(totals, "no quotes here", error);
    if (totals->count == TOTALS_MAX)
        return wrong(totals, "more figures than one file holds", error);
    for (size_t i = 0, commas = 0; i <= line.length; i++) {
        commas += i < line.length && line.data[i] == ',';
        if (i == line.length && commas != FIELDS - 1)
            return wrong(totals, "not as many fields as the header", error);
    }
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = text_trim(text_next(&line, ','));
    TRY(check(totals, fields, &period, error));
    fields[PERIOD] = text_format(totals->arena, "%d", (int)period);
    if (is_given_twice(totals, fields))
        return wrong(totals, "a line before gives this figure already", error);
    totals->count++;
    return RESULT_OK;
}

static Result read_totals(Totals *totals, Text text, Error *error)
{
    if (!text_is_utf8(text) || !text_equal(published_line(&text), text_from(header)))
        return fail(error, ERROR_INPUT, "%s line 1: the header is %s", totals->path, header);
    totals->fields = arena_alloc(totals->arena, (size_t)TOTALS_MAX * FIELDS * sizeof *totals->fields);
    for (totals->line = 2; text.length > 0; totals->line++) {
        Text line = published_line(&text);
        if (line.length > 0)
            TRY(add_line(totals, line, error));
    }
    return RESULT_OK;
}

Result ingest_totals_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                         Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    Totals totals = {.path = path, .arena = arena};
    char hex[HASH_TEXT_BYTES];
    Text text;

    TRY(input_read_all(path, FILE_BYTES_MAX, arena, &text, error));
    Hash content = hash_of(text.data, text.length);
    if (!governance_permit_covers(permit, GOVERNANCE_TOTALS_ADD, text_from(hash_format(&content, hex))))
        return fail(error, ERROR_REFUSED, "%s: the permit is not for this file", path);
    TRY(read_totals(&totals, text, error));
    const Value values[] = {
        value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
        value_text(text_from(hex)),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = totals.fields, .count = totals.count * FIELDS}},
    };
    return db_run_int8(loader, &totals_put, values, count, NULL, error);
}
