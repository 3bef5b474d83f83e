#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/base/town.h"

static const char rows_sql[] =
    "CREATE SCHEMA town;"
    "CREATE TABLE town.row (number int8 PRIMARY KEY, name text, pence numeric(14,2), "
    "held bool)";

static const DbCopyColumn columns[] = {
    {"number", VALUE_INT8}, {"name", VALUE_TEXT}, {"pence", VALUE_NUMERIC}, {"held", VALUE_BOOL}};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

static const DbStatement all_rows = {
    .name = "all_rows",
    .sql = "-- All of them.\nSELECT number, name, pence, held FROM town.row ORDER BY number;\n",
    .columns = {VALUE_INT8, VALUE_TEXT, VALUE_NUMERIC, VALUE_BOOL},
};

static const DbStatement count_rows = {
    .name = "count_rows", .sql = "SELECT count(*) FROM town.row", .columns = {VALUE_INT8}};

static Db *town(void)
{
    return town_open(rows_sql);
}

static int64_t rows(Db *db)
{
    return town_count(db, &count_rows);
}

static void copy_one(DbCopy *copy, int64_t number)
{
    char name[32];
    Error error = {0};

    snprintf(name, sizeof name, "row %" PRId64, number);
    Value values[] = {value_int8(number), value_text(text_from(name)), value_numeric(-number),
                      number % 2 == 0 ? value_bool(true) : value_null(VALUE_BOOL)};
    succeed(db_copy_row(copy, values, &error), &error);
}

static DbCopy *copy_many(Db *db, int64_t count)
{
    Error error = {0};
    DbCopy *copy = NULL;

    succeed(db_copy_in(db, "town.row", columns, COLUMN_COUNT, &copy, &error), &error);
    for (int64_t i = 0; i < count; i++)
        copy_one(copy, i);
    return copy;
}

typedef struct Tally {
    int64_t rows, wrong, stop_at;
} Tally;

static Result check_row(void *context, const Value *row, Error *error)
{
    Tally *tally = context;
    char name[32];
    int64_t number = tally->rows++;

    if (tally->rows == tally->stop_at)
        return fail(error, ERROR_LIMIT, "enough");
    snprintf(name, sizeof name, "row %" PRId64, number);
    bool right = row[0].integer == number && text_equal(row[1].text, text_from(name)) &&
                 row[2].integer == -number && row[3].is_null == (number % 2 != 0);
    tally->wrong += !right;
    return RESULT_OK;
}

Test(db_copy, freezes_rows_of_a_table_emptied_in_the_transaction_alone)
{
    SCOPED(db_close) Db *db = town();
    Error error = {0};
    DbCopy *copy = NULL;

    succeed(db_begin(db, &error), &error);
    succeed(db_script(db, "empty", "TRUNCATE town.row", &error), &error);
    succeed(db_copy_in_frozen(db, "town.row", columns, COLUMN_COUNT, &copy, &error), &error);
    copy_one(copy, 1);
    succeed(db_copy_end(&copy, NULL, &error), &error);
    succeed(db_commit(db, &error), &error);
    cr_expect_eq(rows(db), 1);

    succeed(db_copy_in_frozen(db, "town.row", columns, COLUMN_COUNT, &copy, &error), &error);
    copy_one(copy, 2);
    cr_expect(!db_copy_end(&copy, NULL, &error).ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
}

Test(db_copy, a_hundred_thousand_rows_come_back_as_they_went)
{
    SCOPED(db_close) Db *db = town();
    Tally tally = {0};
    Error error = {0};
    int64_t count = -1;

    DbCopy *copy = copy_many(db, 100000);
    succeed(db_copy_end(&copy, &count, &error), &error);
    succeed(db_copy_out(db, &all_rows, check_row, &tally, &error), &error);

    cr_expect_null(copy);
    cr_expect_eq(count, 100000);
    cr_expect_eq(tally.rows, 100000);
    cr_expect_eq(tally.wrong, 0);
}

Test(db_copy, no_rows_are_a_copy_too)
{
    SCOPED(db_close) Db *db = town();
    Tally tally = {0};
    Error error = {0};
    int64_t count = -1;

    DbCopy *copy = copy_many(db, 0);
    succeed(db_copy_end(&copy, &count, &error), &error);
    succeed(db_copy_out(db, &all_rows, check_row, &tally, &error), &error);

    cr_expect_eq(count, 0);
    cr_expect_eq(tally.rows, 0);
}

Test(db_copy, a_row_larger_than_the_buffer_goes_through)
{
    SCOPED(db_close) Db *db = town();
    SCOPED(arena_close) Arena *arena = arena_create(4 << 20);
    DbStatement statement = {
        .name = "length", .sql = "SELECT length(name)::int8 FROM town.row", .columns = {VALUE_INT8}};
    char *large = arena_alloc(arena, 1 << 20);
    Value values[] = {value_int8(1), value_text((Text){large, 1 << 20}), value_numeric(0), value_bool(true)};
    Error error = {0};
    int64_t length = 0;
    memset(large, 'x', 1 << 20);

    DbCopy *copy = copy_many(db, 0);
    succeed(db_copy_row(copy, values, &error), &error);
    succeed(db_copy_end(&copy, NULL, &error), &error);

    succeed(db_run_int8(db, &statement, NULL, &length, NULL, &error), &error);
    cr_expect_eq(length, 1 << 20);
}

Test(db_copy, an_abandoned_copy_leaves_nothing)
{
    SCOPED(db_close) Db *db = town();
    DbCopy *copy = copy_many(db, 50000);

    db_copy_abandon(&copy);

    cr_expect_null(copy);
    cr_expect_eq(rows(db), 0);
}

Test(db_copy, leaving_the_scope_abandons_the_copy)
{
    SCOPED(db_close) Db *db = town();

    {
        SCOPED(db_copy_abandon) DbCopy *copy = copy_many(db, 5);
        cr_assert_not_null(copy);
    }

    cr_expect_eq(rows(db), 0);
}

Test(db_copy, a_refused_row_is_told_without_its_values)
{
    SCOPED(db_close) Db *db = town();
    Value values[] = {value_int8(7), value_text(TEXT("CANARY")), value_numeric(0), value_bool(true)};
    Error error = {0};

    DbCopy *copy = copy_many(db, 10);
    succeed(db_copy_row(copy, values, &error), &error); /* number 7 is there already */
    Result result = db_copy_end(&copy, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_null(copy);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message,
                     "statement copy into town.row: SQLSTATE 23505 (unique violation), constraint row_pkey");
    cr_expect_eq(rows(db), 0);
}

Test(db_copy, text_that_is_not_utf8_is_refused)
{
    SCOPED(db_close) Db *db = town();
    Value values[] = {value_int8(7), value_text(TEXT("CANARY\xff")), value_numeric(0), value_bool(true)};
    Error error = {0};

    DbCopy *copy = copy_many(db, 0);
    succeed(db_copy_row(copy, values, &error), &error);
    Result result = db_copy_end(&copy, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement copy into town.row: SQLSTATE 22021 (data exception)");
}

Test(db_copy, a_column_of_another_type_is_refused_before_the_first_row)
{
    SCOPED(db_close) Db *db = town();
    const DbCopyColumn wrong[] = {{"number", VALUE_INT8}, {"pence", VALUE_INT8}};
    DbCopy *copy = NULL;
    Error error = {0};

    Result result = db_copy_in(db, "town.row", wrong, 2, &copy, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "statement copy into town.row: column 2 is not int8");
    cr_expect_eq(rows(db), 0, "the connection is usable");
}

Test(db_copy, a_value_of_another_type_or_range_is_refused)
{
    SCOPED(db_close) Db *db = town();
    const DbCopyColumn narrow[] = {{"small", VALUE_INT2}};
    Value wrong[] = {value_int8(1)}, large[] = {value_int2(40000)};
    DbCopy *copy = NULL;
    Error error = {0};
    succeed(db_script(db, "narrow", "CREATE TABLE town.narrow (small int2)", &error), &error);
    succeed(db_copy_in(db, "town.narrow", narrow, 1, &copy, &error), &error);

    Result result = db_copy_row(copy, wrong, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement copy into town.narrow: value for column 1 is not int2");

    result = db_copy_row(copy, large, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement copy into town.narrow: value for column 1 is out of range");
    db_copy_abandon(&copy);
}

/* The middle two of four columns; packed_bytes: room for them. */
static Value pack_two(const Value *values, char *packed_bytes)
{
    Value packed = {0};
    Error error = {0};

    cr_assert_leq(db_pack_bytes(values + 1, 2), 256);
    succeed(db_pack(columns + 1, values + 1, 2, packed_bytes, &packed, &error), &error);
    return packed;
}

/* Goes red when put_packed leaves the number of columns out of account, or db_pack encodes otherwise than
 * db_encode does. */
Test(db_copy, packed_values_are_stored_as_the_values_they_were_made_of)
{
    SCOPED(db_close) Db *db = town();
    Tally tally = {0};
    Error error = {0};
    DbCopy *copy = NULL;
    char name[32], bytes[256];
    succeed(db_copy_in(db, "town.row", columns, COLUMN_COUNT, &copy, &error), &error);

    for (int64_t i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "row %" PRId64, i);
        Value values[] = {value_int8(i), value_text(text_from(name)), value_numeric(-i),
                          i % 2 == 0 ? value_bool(true) : value_null(VALUE_BOOL)};
        const Value partly[] = {values[0], pack_two(values, bytes), values[3]};
        memset(name, 0, sizeof name);
        succeed(db_copy_row(copy, partly, &error), &error);
    }
    succeed(db_copy_end(&copy, NULL, &error), &error);

    succeed(db_copy_out(db, &all_rows, check_row, &tally, &error), &error);
    cr_expect_eq(tally.rows, 5000);
    cr_expect_eq(tally.wrong, 0);
}

static const DbStatement all_kinds = {
    .name = "all_kinds",
    .sql = "SELECT number, small, middle, day, moment, share FROM town.kind ORDER BY number",
    .columns = {VALUE_INT8, VALUE_INT2, VALUE_INT4, VALUE_DATE, VALUE_TIMESTAMPTZ, VALUE_FLOAT8},
};

static Result check_kind(void *context, const Value *row, Error *error)
{
    int64_t *right = context;

    (void)error;
    *right += row[1].integer == -2 && row[2].integer == 70000 && row[3].date == 9000 &&
              row[4].integer == 1700000000000000 && row[5].real == 0.25;
    return RESULT_OK;
}

Test(db_copy, values_of_every_kind_of_a_fixed_length_can_be_packed)
{
    SCOPED(db_close) Db *db = town();
    const DbCopyColumn kinds[] = {{"number", VALUE_INT8},        {"small", VALUE_INT2},
                                  {"middle", VALUE_INT4},        {"day", VALUE_DATE},
                                  {"moment", VALUE_TIMESTAMPTZ}, {"share", VALUE_FLOAT8}};
    const Value values[] = {
        value_int8(1),     value_int2(-2), value_int4(70000), value_date(9000), value_time(1700000000000000),
        value_float8(0.25)};
    char bytes[256];
    Value packed;
    DbCopy *copy = NULL;
    Error error = {0};
    int64_t right = 0;
    succeed(db_script(db, "kinds",
                      "CREATE TABLE town.kind (number int8, small int2, middle int4, day date,"
                      " moment timestamptz, share float8)",
                      &error),
            &error);

    cr_assert_leq(db_pack_bytes(values, 6), sizeof bytes);
    succeed(db_pack(kinds, values, 6, bytes, &packed, &error), &error);
    succeed(db_copy_in(db, "town.kind", kinds, 6, &copy, &error), &error);
    succeed(db_copy_row(copy, &packed, &error), &error);
    succeed(db_copy_end(&copy, NULL, &error), &error);
    succeed(db_copy_out(db, &all_kinds, check_kind, &right, &error), &error);

    cr_expect_eq(right, 1);
}

Test(db_copy, texts_of_every_length_are_packed_whole)
{
    const DbCopyColumn one[] = {{"name", VALUE_TEXT}};
    char text[64], bytes[128];
    Value packed;
    Error error = {0};

    for (size_t length = 0; length <= sizeof text; length++) {
        char *from = text + sizeof text - length; /* AddressSanitizer sees a byte too many behind it */
        for (size_t i = 0; i < length; i++)
            from[i] = (char)('!' + (i * 7 + length) % 90);
        const Value value = value_text((Text){.data = from, .length = length});
        memset(bytes, 0, sizeof bytes);

        succeed(db_pack(one, &value, 1, bytes, &packed, &error), &error);

        cr_assert_eq(packed.text.length, 4 + length);
        cr_assert_arr_eq(bytes, ((char[]){0, 0, 0, (char)length}), 4);
        cr_assert_eq(memcmp(bytes + 4, from, length), 0);
        cr_assert_eq(bytes[4 + length], 0, "nothing is written behind it");
    }
}

Test(db_copy, what_cannot_be_packed_is_refused)
{
    const DbCopyColumn narrow[] = {{"small", VALUE_INT2}}, raw[] = {{"raw", VALUE_BYTES}};
    const Value wrong = value_int8(1), large = value_int2(40000), bytes = value_bytes("x", 1);
    char out[64];
    Value packed;
    Error error = {0};

    cr_expect_not(db_pack(narrow, &wrong, 1, out, &packed, &error).ok);
    cr_expect_str_eq(error.message, "pack: value for column 1 is not int2");
    cr_expect_not(db_pack(narrow, &large, 1, out, &packed, &error).ok);
    cr_expect_str_eq(error.message, "pack: value for column 1 is out of range, or none that is packed");
    cr_expect_not(db_pack(raw, &bytes, 1, out, &packed, &error).ok);
}

Test(db_copy, packed_values_for_more_columns_than_there_are_left_are_refused)
{
    SCOPED(db_close) Db *db = town();
    const Value values[] = {value_int8(1), value_text(TEXT("one")), value_numeric(1), value_bool(true)};
    char bytes[256];
    const Value packed = pack_two(values, bytes);
    const Value too_late[] = {values[0], values[1], values[2], packed};
    Value nothing[] = {packed, values[2], values[3], values[3]};
    DbCopy *copy = NULL;
    Error error = {0};
    succeed(db_copy_in(db, "town.row", columns, COLUMN_COUNT, &copy, &error), &error);
    nothing[0].packed_count = 0;

    cr_expect_not(db_copy_row(copy, too_late, &error).ok);
    cr_expect_str_eq(error.message,
                     "statement copy into town.row: packed values for 2 columns from column 4 on");
    cr_expect_not(db_copy_row(copy, nothing, &error).ok);
    db_copy_abandon(&copy);
}

Test(db_copy, a_name_that_needs_quotes_is_refused)
{
    SCOPED(db_close) Db *db = town();
    static const char *const tables[] = {"row",      "town.",        ".row",  "town.row\"",
                                         "Town.row", "town.row; --", "a.b.c", "town.1row"};
    const DbCopyColumn injected[] = {{"number) FROM stdin; --", VALUE_INT8}};
    DbCopy *copy = NULL;
    Error error = {0};

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        Result result = db_copy_in(db, tables[i], columns, COLUMN_COUNT, &copy, &error);
        cr_expect(!result.ok, "%s", tables[i]);
        cr_expect_str_eq(error.message, "copy: the table's name is not schema.table of plain letters");
    }

    Result result = db_copy_in(db, "town.row", injected, 1, &copy, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "copy into town.row: the name of column 1 is not of plain letters");
}

Test(db_copy, a_statement_amid_a_copy_is_refused)
{
    SCOPED(db_close) Db *db = town();
    DbCopy *copy = copy_many(db, 1);
    Error error = {0};
    int64_t count;

    Result result = db_run_int8(db, &count_rows, NULL, &count, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement count_rows: the connection is still busy with a copy");
    succeed(db_copy_end(&copy, NULL, &error), &error);
    cr_expect_eq(rows(db), 1);
}

Test(db_copy, a_role_that_may_only_insert_can_copy_in_and_not_out)
{
    SCOPED(db_close) Db *db = town();
    Tally tally = {0};
    Error error = {0};
    succeed(db_script(db, "role",
                      "CREATE ROLE test_loader; GRANT USAGE ON SCHEMA town TO test_loader;"
                      "GRANT INSERT ON town.row TO test_loader; SET ROLE test_loader",
                      &error),
            &error);

    DbCopy *copy = copy_many(db, 3);
    succeed(db_copy_end(&copy, NULL, &error), &error);
    Result result = db_copy_out(db, &all_rows, check_row, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(tally.rows, 0);
    succeed(db_script(db, "role", "RESET ROLE; DROP OWNED BY test_loader; DROP ROLE test_loader", &error),
            &error);
}

Test(db_copy, a_failure_stops_copying_out_and_leaves_the_connection_usable)
{
    SCOPED(db_close) Db *db = town();
    Tally tally = {.stop_at = 100};
    Error error = {0};
    DbCopy *copy = copy_many(db, 50000);
    succeed(db_copy_end(&copy, NULL, &error), &error);

    Result result = db_copy_out(db, &all_rows, check_row, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "enough");
    cr_expect_eq(tally.rows, 100);
    cr_expect_eq(rows(db), 50000);
}

Test(db_copy, an_error_amid_copying_out_is_told)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {.name = "midst",
                             .sql = "SELECT 10 / (100 - g) FROM generate_series(1::int8, 1000) AS g",
                             .columns = {VALUE_INT8}};
    Tally tally = {0};
    Error error = {0};

    Result result = db_copy_out(db, &statement, check_row, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement midst: SQLSTATE 22012 (data exception)");
    cr_expect_eq(rows(db), 0);
}

Test(db_copy, a_connection_lost_amid_a_copy_is_a_clean_error)
{
    SCOPED(db_close) Db *db = town();
    SCOPED(db_close) Db *killer = support_empty_database();
    Error error = {0};
    DbCopy *copy = copy_many(db, 10);
    succeed(db_script(killer, "kill",
                      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                      "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                      &error),
            &error);

    Result result = db_copy_end(&copy, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "statement copy into town.row: the connection to PostgreSQL was lost");
    cr_expect_null(copy);
}
