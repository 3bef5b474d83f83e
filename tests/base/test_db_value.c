#include <criterion/criterion.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/db.h"
#include "tests/support/support.h"

/* Sends the value, and has the server say in its own words what it got and send it back. */
static Value round_trip(Db *db, Value sent, const char *server_says)
{
    DbStatement statement = {.name = "round_trip",
                             .sql = "SELECT $1, $1::text",
                             .parameters = {sent.type},
                             .columns = {sent.type, VALUE_TEXT}};
    static DbRows *rows; /* the views of the last value live until the next */
    Error error = {0};

    db_rows_close(&rows);
    Result result = db_run(db, &statement, &sent, &rows, &error);
    cr_assert(result.ok, "%s", error.message);
    Text said = db_text(rows, 0, 1);
    cr_expect(text_equal(said, text_from(server_says)), "the server says %.*s, not %s", TEXT_ARG(said),
              server_says);
    Value got = db_value(rows, 0, 0);
    cr_expect_eq(got.type, sent.type);
    cr_expect_eq(got.is_null, sent.is_null);
    return got;
}

static void expect_integer(Db *db, Value sent, const char *server_says)
{
    Value got = round_trip(db, sent, server_says);

    cr_expect_eq(got.integer, sent.integer, "%s came back as %" PRId64, server_says, got.integer);
}

/* A statement of one column without parameters must fail so. */
static void expect_refused(Db *db, const char *sql, ValueType type, const char *message)
{
    DbStatement statement = {.name = "refused", .sql = sql, .columns = {type}};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};

    Result result = db_run(db, &statement, NULL, &rows, &error);

    cr_expect(!result.ok, "%s", sql);
    cr_expect_str_eq(error.message, message);
}

Test(db_value, integers_keep_their_extremes)
{
    SCOPED(db_close) Db *db = support_empty_database();

    expect_integer(db, value_int2(-32768), "-32768");
    expect_integer(db, value_int2(32767), "32767");
    expect_integer(db, value_int4(-2147483647 - 1), "-2147483648");
    expect_integer(db, value_int4(2147483647), "2147483647");
    expect_integer(db, value_int8(INT64_MIN), "-9223372036854775808");
    expect_integer(db, value_int8(INT64_MAX), "9223372036854775807");
    expect_integer(db, value_int8(0), "0");
}

Test(db_value, times_of_day_are_microseconds_since_midnight)
{
    SCOPED(db_close) Db *db = support_empty_database();

    expect_integer(db, (Value){.type = VALUE_TIME, .integer = 0}, "00:00:00");
    expect_integer(db, (Value){.type = VALUE_TIME, .integer = INT64_C(86399999999)}, "23:59:59.999999");
}

Test(db_value, numerics_are_hundredths)
{
    SCOPED(db_close) Db *db = support_empty_database();

    expect_integer(db, value_numeric(0), "0.00");
    expect_integer(db, value_numeric(1), "0.01");
    expect_integer(db, value_numeric(-5), "-0.05");
    expect_integer(db, value_numeric(100), "1.00");
    expect_integer(db, value_numeric(-12345), "-123.45");
    expect_integer(db, value_numeric(1000000), "10000.00");
    expect_integer(db, value_numeric(100000001), "1000000.01");
    expect_integer(db, value_numeric(INT64_C(10000000000000000)), "100000000000000.00");
    expect_integer(db, value_numeric(INT64_MAX), "92233720368547758.07");
    expect_integer(db, value_numeric(INT64_MIN), "-92233720368547758.08");
}

Test(db_value, numerics_of_the_server_are_read_whatever_their_scale)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {
        .name = "numerics",
        .sql = "SELECT 10000::numeric, 0.5::numeric, 12.3400::numeric, "
               "100000000::numeric, 0.0000::numeric",
        .columns = {VALUE_NUMERIC, VALUE_NUMERIC, VALUE_NUMERIC, VALUE_NUMERIC, VALUE_NUMERIC}};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};

    Result result = db_run(db, &statement, NULL, &rows, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_eq(db_int(rows, 0, 0), 1000000);
    cr_expect_eq(db_int(rows, 0, 1), 50);
    cr_expect_eq(db_int(rows, 0, 2), 1234);
    cr_expect_eq(db_int(rows, 0, 3), INT64_C(10000000000));
    cr_expect_eq(db_int(rows, 0, 4), 0);
}

Test(db_value, a_numeric_that_hundredths_cannot_hold_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();

    expect_refused(db, "SELECT 0.001::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric has more than 2 decimals");
    expect_refused(db, "SELECT 0.00001::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric has more than 2 decimals");
    expect_refused(db, "SELECT 0.000000001::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric has more than 2 decimals");
    expect_refused(db, "SELECT 1.230001::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric has more than 2 decimals");
    expect_refused(db, "SELECT 92233720368547758.08::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric out of range");
    expect_refused(db, "SELECT 1e30::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric out of range");
    expect_refused(db, "SELECT 'NaN'::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric is not finite");
    expect_refused(db, "SELECT '-Infinity'::numeric", VALUE_NUMERIC,
                   "statement refused: column 1: numeric is not finite");
}

Test(db_value, dates_and_times_mean_the_same_on_both_sides)
{
    SCOPED(db_close) Db *db = support_empty_database();

    cr_expect_eq(round_trip(db, value_date(0), "2000-01-01").date, 0);
    cr_expect_eq(round_trip(db, value_date(-1), "1999-12-31").date, -1);
    cr_expect_eq(round_trip(db, value_date(9820), "2026-11-20").date, 9820);
    expect_integer(db, value_time(0), "1970-01-01 00:00:00+00");
    expect_integer(db, value_time(-1), "1969-12-31 23:59:59.999999+00");
    expect_integer(db, value_time(INT64_C(1795253400000001)), "2026-11-21 09:30:00.000001+00");
    expect_integer(db, value_time(INT64_MAX), "infinity");
    expect_integer(db, value_time(INT64_MIN), "-infinity");
}

Test(db_value, truth_reals_texts_and_bytes_come_back)
{
    SCOPED(db_close) Db *db = support_empty_database();

    cr_expect(round_trip(db, value_bool(true), "true").boolean);
    cr_expect_not(round_trip(db, value_bool(false), "false").boolean);
    cr_expect_eq(round_trip(db, value_float8(-0.1), "-0.1").real, -0.1);
    cr_expect_eq(round_trip(db, value_float8(1e300), "1e+300").real, 1e300);
    cr_expect(
        text_equal(round_trip(db, value_text(TEXT("Zoë 'x'\t\\")), "Zoë 'x'\t\\").text, TEXT("Zoë 'x'\t\\")));
    cr_expect_eq(round_trip(db, value_text((Text){0}), "").text.length, 0);
    Text bytes = round_trip(db, value_bytes("\0\377\1", 3), "\\x00ff01").text;
    cr_expect_eq(bytes.length, 3);
    cr_expect_eq(memcmp(bytes.data, "\0\377\1", 3), 0);
}

Test(db_value, arrays_come_back)
{
    SCOPED(db_close) Db *db = support_empty_database();
    const int64_t numbers[] = {INT64_MIN, 0, 7};
    const Text texts[] = {TEXT("a,b"), TEXT(""), TEXT("{\"}")};
    Value sent_numbers = {.type = VALUE_INT8_ARRAY, .array = {.items = numbers, .count = 3}};
    Value sent_texts = {.type = VALUE_TEXT_ARRAY, .array = {.items = texts, .count = 3}};
    Value sent_empty = {.type = VALUE_TEXT_ARRAY};

    Value got = round_trip(db, sent_numbers, "{-9223372036854775808,0,7}");
    cr_assert_eq(got.array.count, 3);
    cr_expect_eq(memcmp(got.array.items, numbers, sizeof numbers), 0);

    got = round_trip(db, sent_texts, "{\"a,b\",\"\",\"{\\\"}\"}");
    cr_assert_eq(got.array.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect(text_equal(((const Text *)got.array.items)[i], texts[i]));

    cr_expect_eq(round_trip(db, sent_empty, "{}").array.count, 0);
}

Test(db_value, an_array_of_another_shape_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();

    expect_refused(db, "SELECT ARRAY[1, NULL]::int8[]", VALUE_INT8_ARRAY,
                   "statement refused: column 1: array holds a null");
    expect_refused(db, "SELECT ARRAY[ARRAY['a'], ARRAY['b']]::text[]", VALUE_TEXT_ARRAY,
                   "statement refused: column 1: array has more than one dimension");
}

Test(db_value, nulls_of_every_type_come_back)
{
    SCOPED(db_close) Db *db = support_empty_database();
    static const ValueType types[] = {VALUE_BOOL,    VALUE_BYTES,      VALUE_INT8,       VALUE_INT2,
                                      VALUE_INT4,    VALUE_TEXT,       VALUE_FLOAT8,     VALUE_DATE,
                                      VALUE_NUMERIC, VALUE_INT8_ARRAY, VALUE_TEXT_ARRAY, VALUE_TIMESTAMPTZ,
                                      VALUE_TIME};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        cr_expect(round_trip(db, value_null(types[i]), "").is_null, "type %d", (int)types[i]);
}

Test(db_value, an_integer_too_large_for_its_type_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {.name = "narrow",
                             .sql = "SELECT $1, $2",
                             .parameters = {VALUE_INT2, VALUE_INT4},
                             .columns = {VALUE_INT2, VALUE_INT4}};
    Value too_large_2[] = {value_int2(32768), value_int4(0)};
    Value too_large_4[] = {value_int2(0), value_int4(INT64_C(2147483648))};
    Error error = {0};

    Result result = db_run(db, &statement, too_large_2, NULL, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement narrow: value for parameter 1 is out of range");

    result = db_run(db, &statement, too_large_4, NULL, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement narrow: value for parameter 2 is out of range");
}
