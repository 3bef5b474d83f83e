#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/base/town.h"

static const char people_sql[] = "CREATE SCHEMA town;"
                                 "CREATE TABLE town.person (number int8 PRIMARY KEY, name text NOT NULL,"
                                 " CONSTRAINT short_name CHECK (length(name) < 10));"
                                 "INSERT INTO town.person VALUES (1, 'one'), (2, 'two'), (3, 'three')";

static const DbStatement insert_person = {
    .name = "insert_person",
    .sql = "INSERT INTO town.person (number, name) VALUES ($1, $2)",
    .parameters = {VALUE_INT8, VALUE_TEXT},
};

static const DbStatement count_people = {
    .name = "count_people",
    .sql = "SELECT count(*) FROM town.person",
    .columns = {VALUE_INT8},
};

static Db *town(void)
{
    return town_open(people_sql);
}

static int64_t people(Db *db)
{
    return town_count(db, &count_people);
}

Test(db, a_malformed_connection_string_is_not_quoted)
{
    Db *db = NULL;
    Error error = {0};

    Result result = db_open("host=/nowhere password='canary", "test", &db, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "database connection string: malformed");
}

Test(db, an_absent_server_is_an_error)
{
    Db *db = NULL;
    Error error = {0};

    Result result = db_open("host=/nowhere dbname=x user=y", "test", &db, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_eq(strncmp(error.message, "cannot connect to PostgreSQL: ", 30), 0);
    cr_expect_null(strchr(error.message, '\n'));
}

Test(db, a_database_that_is_not_in_utf8_is_refused)
{
    SCOPED(db_close) Db *server = support_empty_database();
    Db *db = NULL;
    Error error = {0};
    char conninfo[256];
    succeed(db_script(server, "latin",
                      "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", &error),
            &error);
    snprintf(conninfo, sizeof conninfo, "%s dbname=latin", support_conninfo(NULL));

    Result result = db_open(conninfo, "test", &db, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "database: its encoding is not UTF8");
    succeed(db_script(server, "latin", "DROP DATABASE latin", &error), &error);
}

Test(db, the_session_is_pinned)
{
    SCOPED(db_close) Db *db = support_empty_database();
    SCOPED(db_rows_close) DbRows *rows = NULL;
    DbStatement statement = {.name = "session",
                             .sql =
                                 "SELECT current_setting('search_path'), current_setting('timezone'), "
                                 "current_setting('application_name'), current_setting('client_encoding'), "
                                 "current_setting('synchronous_commit')",
                             .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT}};
    Error error = {0};

    succeed(db_run(db, &statement, NULL, &rows, &error), &error);

    cr_expect(text_equal(db_text(rows, 0, 0), TEXT("pg_catalog, pg_temp")));
    cr_expect(text_equal(db_text(rows, 0, 1), TEXT("UTC")));
    cr_expect(text_equal(db_text(rows, 0, 2), TEXT("test")));
    cr_expect(text_equal(db_text(rows, 0, 3), TEXT("UTF8")));
    cr_expect(text_equal(db_text(rows, 0, 4), TEXT("on")));
}

Test(db, a_temporary_table_takes_no_catalogues_place)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {
        .name = "classes", .sql = "SELECT count(*) FROM pg_class", .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t count = 0;
    succeed(db_script(db, "shadow", "CREATE TEMPORARY TABLE pg_class ()", &error), &error);

    succeed(db_run_int8(db, &statement, NULL, &count, NULL, &error), &error);

    cr_expect_gt(count, 100);
}

Test(db, a_column_of_another_type_is_refused_before_the_statement_runs)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {.name = "shape",
                             .sql = "DELETE FROM town.person RETURNING number, number",
                             .columns = {VALUE_INT8, VALUE_TEXT}};
    Error error = {0};

    Result result = db_run(db, &statement, NULL, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "statement shape: column 2 is not text");
    cr_expect_eq(people(db), 3, "it did not run");
}

Test(db, a_wrong_number_of_columns_is_refused)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {
        .name = "shape", .sql = "SELECT number, name FROM town.person", .columns = {VALUE_INT8}};
    Error error = {0};

    Result result = db_run(db, &statement, NULL, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement shape: gives 2 columns, 1 are declared");
}

Test(db, a_parameter_that_is_not_declared_is_refused)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {.name = "shape",
                             .sql = "DELETE FROM town.person WHERE number = $1 AND name = $2",
                             .parameters = {VALUE_INT8}};
    Value parameters[] = {value_int8(1)};
    Error error = {0};

    Result result = db_run(db, &statement, parameters, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement shape: takes 2 parameters, 1 are declared");
}

Test(db, a_value_of_another_type_than_declared_is_refused)
{
    SCOPED(db_close) Db *db = town();
    Value parameters[] = {value_int4(4), value_text(TEXT("four"))};
    Error error = {0};

    Result result = db_run(db, &insert_person, parameters, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement insert_person: value for parameter 1 is not int8");
}

Test(db, one_name_with_two_texts_is_two_statements)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {.name = "generated", .sql = "SELECT 1::int8", .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t first = 0, second = 0, again = 0;

    succeed(db_run_int8(db, &statement, NULL, &first, NULL, &error), &error);
    statement.sql = "SELECT 2::int8";
    succeed(db_run_int8(db, &statement, NULL, &second, NULL, &error), &error);
    statement.sql = "SELECT 1::int8";
    succeed(db_run_int8(db, &statement, NULL, &again, NULL, &error), &error);

    cr_expect_eq(first, 1);
    cr_expect_eq(second, 2);
    cr_expect_eq(again, 1);
}

Test(db, more_statements_than_slots_still_run_and_stay_bounded)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {.name = "generated", .columns = {VALUE_INT8}};
    DbStatement prepared = {
        .name = "prepared", .sql = "SELECT count(*) FROM pg_prepared_statements", .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t value = -1;

    for (int i = 0; i < 600; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d::int8", i);
        statement.sql = sql;
        succeed(db_run_int8(db, &statement, NULL, &value, NULL, &error), &error);
        cr_assert_eq(value, i);
    }

    succeed(db_run_int8(db, &prepared, NULL, &value, NULL, &error), &error);
    cr_expect_eq(value, 256);
}

Test(db, a_constraints_failure_names_it_and_quotes_no_value)
{
    SCOPED(db_close) Db *db = town();
    Value duplicate[] = {value_int8(1), value_text(TEXT("CANARY"))};
    Value too_long[] = {value_int8(9), value_text(TEXT("CANARY-CANARY"))};
    Error error = {0};

    Result result = db_run(db, &insert_person, duplicate, NULL, &error);
    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "statement insert_person: SQLSTATE 23505 (unique violation), constraint "
                                    "person_pkey");

    result = db_run(db, &insert_person, too_long, NULL, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message,
                     "statement insert_person: SQLSTATE 23514 (check violation), constraint short_name");
    cr_expect_null(strstr(error.message, "CANARY"));
}

/* The switch: db_fail hands on the server's text for our own class CQ alone. */
Test(db, the_servers_text_is_never_handed_on)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {
        .name = "cast", .sql = "SELECT $1::int8", .parameters = {VALUE_TEXT}, .columns = {VALUE_INT8}};
    Value parameters[] = {value_text(TEXT("CANARY"))};
    Error error = {0};

    Result result = db_run(db, &statement, parameters, NULL, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement cast: SQLSTATE 22P02 (data exception)");
}

Test(db, a_wrong_script_is_told_with_its_line)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};

    Result result = db_script(db, "broken", "-- naïve\nSELECT 1;\nSELECT nothing_like_it;\n", &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement broken line 3: SQLSTATE 42703 (undefined column)");
}

Test(db, what_our_own_functions_raise_keeps_its_text_and_kind)
{
    SCOPED(db_close) Db *db = support_empty_database();
    static const struct {
        const char *sql;
        ErrorCode code;
    } cases[] = {
        {"DO $$ BEGIN RAISE 'so says the rule' USING ERRCODE = 'CQ001'; END $$", ERROR_REFUSED},
        {"DO $$ BEGIN RAISE 'so says the rule' USING ERRCODE = 'CQ002'; END $$", ERROR_INPUT},
        {"DO $$ BEGIN RAISE 'so says the rule' USING ERRCODE = 'CQ003'; END $$", ERROR_CONFIG},
        {"DO $$ BEGIN RAISE 'so says the rule' USING ERRCODE = 'CQ004'; END $$", ERROR_LIMIT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Error error = {0};
        Result result = db_script(db, "raise", cases[i].sql, &error);
        cr_expect(!result.ok);
        cr_expect_eq(error.code, cases[i].code);
        cr_expect_str_eq(error.message, "so says the rule");
    }
}

Test(db, a_missing_privilege_is_a_refusal)
{
    SCOPED(db_close) Db *db = town();
    Error error = {0};
    succeed(db_script(db, "role", "CREATE ROLE test_nobody; SET ROLE test_nobody", &error), &error);

    Result result = db_script(db, "peek", "SELECT * FROM town.person", &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "statement peek line 1: SQLSTATE 42501 (insufficient privilege)");
    succeed(db_script(db, "role", "RESET ROLE; DROP ROLE test_nobody", &error), &error);
}

Test(db, what_is_rolled_back_is_not_there)
{
    SCOPED(db_close) Db *db = town();
    Value parameters[] = {value_int8(4), value_text(TEXT("four"))};
    Error error = {0};

    succeed(db_begin(db, &error), &error);
    cr_expect(db_in_transaction(db));
    succeed(db_run(db, &insert_person, parameters, NULL, &error), &error);
    succeed(db_rollback(db, &error), &error);

    cr_expect_not(db_in_transaction(db));
    cr_expect_eq(people(db), 3);
}

Test(db, a_transaction_in_a_transaction_is_an_error)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};
    succeed(db_begin(db, &error), &error);

    Result result = db_begin(db, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement begin: a transaction is already open");
}

Test(db, committing_a_failed_transaction_is_an_error)
{
    SCOPED(db_close) Db *db = town();
    Value duplicate[] = {value_int8(1), value_text(TEXT("again"))};
    Error error = {0};
    succeed(db_begin(db, &error), &error);
    Result inserted = db_run(db, &insert_person, duplicate, NULL, &error);
    cr_assert_not(inserted.ok);

    Result result = db_commit(db, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement commit: the transaction had failed and was rolled back");
    cr_expect_not(db_in_transaction(db));
}

/* Switch: the outcome of each commit in db_commit_all, behind the first. */
Test(db, of_transactions_committed_side_by_side_each_failure_is_told_and_each_success_kept)
{
    SCOPED(db_close) Db *good = town();
    SCOPED(db_close) Db *bad = support_connect(NULL);
    Db *const both[] = {good, bad};
    Value more[] = {value_int8(4), value_text(TEXT("Dan"))};
    Error error = {0};
    succeed(db_begin(good, &error), &error);
    succeed(db_run(good, &insert_person, more, NULL, &error), &error);
    succeed(db_begin(bad, &error), &error);
    cr_assert_not(db_script(bad, "broken", "SELECT 1 / 0", &error).ok);
    error = (Error){0};

    Result result = db_commit_all(both, 2, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement commit: the transaction had failed and was rolled back");
    cr_expect_not(db_in_transaction(good));
    cr_expect_not(db_in_transaction(bad));
    cr_expect_eq(people(bad), 4);
}

Test(db, closing_rolls_back)
{
    SCOPED(db_close) Db *db = town();
    Db *other = support_empty_database();
    Value parameters[] = {value_int8(4), value_text(TEXT("four"))};
    Error error = {0};
    succeed(db_begin(other, &error), &error);
    succeed(db_run(other, &insert_person, parameters, NULL, &error), &error);

    db_close(&other);

    cr_expect_null(other);
    cr_expect_eq(people(db), 3);
}

Test(db, a_command_tells_the_rows_it_touched)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {.name = "remove", .sql = "DELETE FROM town.person WHERE number > 1"};
    Error error = {0};
    int64_t count = -1;

    succeed(db_execute(db, &statement, NULL, &count, &error), &error);

    cr_expect_eq(count, 2);
    cr_expect_eq(people(db), 1);
}

Test(db, one_number_means_one_row)
{
    SCOPED(db_close) Db *db = town();
    DbStatement three = {.name = "three", .sql = "SELECT number FROM town.person", .columns = {VALUE_INT8}};
    DbStatement null = {.name = "null", .sql = "SELECT NULL::int8", .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t value = -1;
    bool is_null = false;

    Result result = db_run_int8(db, &three, NULL, &value, &is_null, &error);
    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement three: gave other than one row of one int8");

    succeed(db_run_int8(db, &null, NULL, &value, &is_null, &error), &error);
    cr_expect(is_null);
    cr_expect_eq(value, 0);
}

typedef struct Tally {
    int64_t rows, sum, stop_at;
    Db *db;
} Tally;

static Result tally_row(void *context, const Value *row, Error *error)
{
    Tally *tally = context;

    tally->rows++;
    tally->sum += row[0].integer;
    if (tally->rows == tally->stop_at)
        return fail(error, ERROR_LIMIT, "enough");
    return RESULT_OK;
}

Test(db, each_row_is_handed_over_once)
{
    SCOPED(db_close) Db *db = support_empty_database();
    DbStatement statement = {.name = "series",
                             .sql = "SELECT generate_series(1, $1)",
                             .parameters = {VALUE_INT8},
                             .columns = {VALUE_INT8}};
    Value parameters[] = {value_int8(100000)};
    Tally tally = {0};
    Error error = {0};

    succeed(db_each(db, &statement, parameters, tally_row, &tally, &error), &error);

    cr_expect_eq(tally.rows, 100000);
    cr_expect_eq(tally.sum, 5000050000);
}

Test(db, a_failure_stops_the_rows_and_leaves_the_connection_usable)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {
        .name = "endless", .sql = "SELECT generate_series(1, 1000000000000)", .columns = {VALUE_INT8}};
    Tally tally = {.stop_at = 10};
    Error error = {0};

    Result result = db_each(db, &statement, NULL, tally_row, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, "enough");
    cr_expect_eq(tally.rows, 10);
    cr_expect_eq(people(db), 3);
}

Test(db, an_error_in_the_midst_of_rows_is_told)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {.name = "midst",
                             .sql = "SELECT 10 / (100 - g) FROM generate_series(1::int8, 1000) AS g",
                             .columns = {VALUE_INT8}};
    Tally tally = {0};
    Error error = {0};

    Result result = db_each(db, &statement, NULL, tally_row, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement midst: SQLSTATE 22012 (data exception)");
    cr_expect_eq(tally.rows, 99);
    cr_expect_eq(people(db), 3);
}

static Result run_inside(void *context, const Value *row, Error *error)
{
    Tally *tally = context;

    (void)row;
    return db_run(tally->db, &count_people, NULL, NULL, error);
}

Test(db, a_statement_amid_rows_of_another_is_refused)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {
        .name = "outer", .sql = "SELECT number FROM town.person", .columns = {VALUE_INT8}};
    Tally tally = {.db = db};
    Error error = {0};

    Result result = db_each(db, &statement, NULL, run_inside, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "statement count_people: the connection is still busy with outer");
    cr_expect_eq(people(db), 3);
}

/* Ends every other connection to the test's database. */
static void kill_others(void)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};

    succeed(db_script(db, "kill",
                      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                      "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                      &error),
            &error);
}

Test(db, a_lost_connection_is_a_clean_error)
{
    SCOPED(db_close) Db *db = town();
    Error error = {0};
    int64_t count;
    succeed(db_begin(db, &error), &error);
    kill_others();

    Result first = db_run_int8(db, &count_people, NULL, &count, NULL, &error);
    cr_expect(!first.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "statement count_people: the connection to PostgreSQL was lost");

    Result second = db_run_int8(db, &count_people, NULL, &count, NULL, &error);
    cr_expect(!second.ok);
    cr_expect_str_eq(error.message, "statement count_people: the connection to PostgreSQL was lost");
    cr_expect_not(db_in_transaction(db));
}

static Result kill_at_first(void *context, const Value *row, Error *error)
{
    Tally *tally = context;

    if (tally->rows == 0)
        kill_others();
    return tally_row(context, row, error);
}

Test(db, a_connection_lost_amid_rows_is_a_clean_error)
{
    SCOPED(db_close) Db *db = town();
    DbStatement statement = {
        .name = "endless", .sql = "SELECT generate_series(1, 1000000000000)", .columns = {VALUE_INT8}};
    Tally tally = {0};
    Error error = {0};

    Result result = db_each(db, &statement, NULL, kill_at_first, &tally, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "statement endless: the connection to PostgreSQL was lost");
}

Test(db, quoting_doubles_the_quotes)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(1024);

    db_add_identifier(&builder, TEXT("a\"b"));

    cr_expect(text_equal(text_built(&builder), TEXT("\"a\"\"b\"")));
}
