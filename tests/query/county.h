#pragma once
/*
 * The county of county.sql in the test's own database, its release 1, and a query's way through it. Tests are
 * one process each, so what they share is static.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "query/dataset_open.h"
#include "query/query_private.h"
#include "query/release.h"
#include "query/run.h"
#include "tests/support/support.h"

enum { COUNTY_MONTH = 317 }; /* 2026-06 */

static const uint8_t COUNTY_BUILD_PERMIT[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const uint8_t COUNTY_RETIRE_PERMIT[16] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
static const uint8_t COUNTY_RUN_PERMIT[16] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};

#define COUNTY_HEAD "query \"t\" project PHM-2026-014 "
#define COUNTY_MUST(call)                                                                                    \
    do {                                                                                                     \
        Error must_error = {0};                                                                              \
        Error *must = &must_error;                                                                           \
        Result must_result = (call);                                                                         \
        cr_assert(must_result.ok, "%s", must->message);                                                      \
    } while (0)

__attribute__((unused)) static void county_sql(const char *sql)
{
    SCOPED(db_close) Db *db = support_database(NULL);

    COUNTY_MUST(db_script(db, "county", sql, must));
}

/* people and further GP events a person */
__attribute__((unused)) static void county_make(int people, int events)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    char settings[128];
    Text script;

    snprintf(settings, sizeof settings, "SET county.people = '%d'; SET county.events = '%d'", people, events);
    COUNTY_MUST(db_script(db, "county settings", settings, must));
    COUNTY_MUST(input_read_all(TEST_FILES "/county.sql", 1 << 18, arena, &script, must));
    COUNTY_MUST(db_script(db, "county", text_to_string(arena, script), must));
}

static const ReleaseWanted COUNTY_WANTED = {
    .month = COUNTY_MONTH, .purpose = "phm", .at_least = "provisional"};

__attribute__((unused)) static ReleaseReport county_release_of(const ReleaseWanted *wanted)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    ReleaseReport report;

    COUNTY_MUST(release_build(releaser, COUNTY_BUILD_PERMIT, wanted, &report, must));
    return report;
}

__attribute__((unused)) static ReleaseReport county_release(void)
{
    return county_release_of(&COUNTY_WANTED);
}

/* One number of the superuser's, for checks. */
__attribute__((unused)) static int64_t county_number(const char *sql)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    const DbStatement statement = {.name = "county number", .sql = sql, .columns = {VALUE_INT8}};
    int64_t number = 0;

    COUNTY_MUST(db_run_int8(db, &statement, NULL, &number, NULL, must));
    return number;
}

/* Writes the query down as number 1, by ann, approved by ian. */
__attribute__((unused)) static void county_approve(const Query *query)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    const DbStatement statement = {
        .name = "county approve",
        .sql =
            "WITH q AS (INSERT INTO governance.query (project_id, author, title, query_text, content, "
            "sources,"
            " permit_id) VALUES ('PHM-2026-014', 'ann', 't', $1, sha256(convert_to($1, 'UTF8')), '{}', "
            "'\\x00')"
            " RETURNING *) INSERT INTO governance.approval (query_id, author, approver, content, permit_id)"
            " SELECT query_id, author, 'ian', content, '\\x00' FROM q",
        .parameters = {VALUE_TEXT},
    };
    const Value parameters[] = {value_text(query_canonical(query))};

    COUNTY_MUST(db_run(db, &statement, parameters, NULL, must));
}

static const GovernancePolicy COUNTY_POLICY = {
    .name = "nhs", .effective_from = 7305, .people_min = 8, .round_to = 5};

__attribute__((unused)) static DatasetHold *county_dataset(Db *reader, int64_t release_id)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "manifest",
                                   .sql = "SELECT manifest FROM release.release WHERE release_id = $1",
                                   .parameters = {VALUE_INT8},
                                   .columns = {VALUE_BYTES}};
    const Value parameters[] = {value_int8(release_id)};
    DatasetHold *hold = NULL;
    Hash manifest;

    COUNTY_MUST(db_run(db, &statement, parameters, &rows, must));
    memcpy(manifest.bytes, db_text(rows, 0, 0).data, HASH_BYTES);
    COUNTY_MUST(dataset_open(reader, release_id, &manifest, &hold, must));
    return hold;
}

/* Opens, approves and runs a query over release 1; the first table's canonical bytes are in the arena. */
__attribute__((unused)) static Text county_ask(const char *text, Arena *arena)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    size_t table_count;
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};

    COUNTY_MUST(query_open(reader, "test.cohort", text_from(text), NULL, &query, must));
    county_approve(query);
    COUNTY_MUST(run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &table_count, must));
    Text canonical = text_copy(arena, released_table_canonical(tables[0]));
    for (size_t i = 0; i < table_count; i++)
        released_table_close(&tables[i]);
    return canonical;
}

__attribute__((unused)) static void county_expect(Text answer, const char *part)
{
    cr_expect_not_null(strstr(answer.data, part), "%s is not in %s", part, answer.data);
}

/* Opens, approves and runs a query over release 1, which refuses it. message: its first line. */
__attribute__((unused)) static void county_expect_refused(const char *text, const char *message)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    Error error = {0};
    size_t count;

    COUNTY_MUST(query_open(reader, "q", text_from(text), NULL, &query, must));
    county_approve(query);
    cr_expect_not(run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &count, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, message);
}
