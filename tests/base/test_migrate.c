
#include "base/migrate.h"
#include "tests/base/town.h"

static const EmbeddedFile files[] = {
    {"001_town", "CREATE SCHEMA town; CREATE TABLE town.street (name text)"},
    {"010_people", "CREATE TABLE town.person (number int8); INSERT INTO town.person VALUES (1)"},
    {"011_more", "INSERT INTO town.person VALUES (2)"},
};

static int64_t count(Db *db, const char *sql)
{
    const DbStatement statement = {.name = "count", .sql = sql, .columns = {VALUE_INT8}};

    return town_count(db, &statement);
}

static void expect_refused(Db *db, const EmbeddedFile *given, size_t given_count, const char *message)
{
    Error error = {0};
    int64_t applied;

    Result result = migrate_apply(db, given, given_count, &applied, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, message);
    cr_expect_not(db_in_transaction(db));
}

Test(migrate, each_file_is_applied_once)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};
    int64_t first = -1, second = -1, third = -1;

    succeed(migrate_apply(db, files, 2, &first, &error), &error);
    succeed(migrate_apply(db, files, 2, &second, &error), &error);
    succeed(migrate_apply(db, files, 3, &third, &error), &error);

    cr_expect_eq(first, 2);
    cr_expect_eq(second, 0);
    cr_expect_eq(third, 1);
    cr_expect_eq(count(db, "SELECT count(*) FROM town.person"), 2);
}

Test(migrate, the_version_is_the_highest_number)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};
    int64_t applied = -1, known = -1;

    succeed(migrate_version(db, files, 3, &applied, &known, &error), &error);
    cr_expect_eq(applied, 0);
    cr_expect_eq(known, 11);

    succeed(migrate_apply(db, files, 2, &applied, &error), &error);
    succeed(migrate_version(db, files, 3, &applied, &known, &error), &error);
    cr_expect_eq(applied, 10);
    cr_expect_eq(known, 11);

    succeed(migrate_version(db, NULL, 0, &applied, &known, &error), &error);
    cr_expect_eq(known, 0);
}

Test(migrate, a_changed_file_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();
    static const EmbeddedFile changed[] = {
        {"001_town", "CREATE SCHEMA town; CREATE TABLE town.street (name text) "},
        {"010_people", "CREATE TABLE town.other (number int8)"},
    };
    Error error = {0};
    int64_t applied;
    succeed(migrate_apply(db, files, 1, &applied, &error), &error);

    expect_refused(db, changed, 2,
                   "schema 001_town: was applied with other content, and history does not change");

    cr_expect_eq(count(db, "SELECT count(*) FROM pg_tables WHERE schemaname = 'town'"), 1);
}

Test(migrate, a_file_that_comes_in_between_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();
    const EmbeddedFile between[] = {files[0], {"005_late", "SELECT 1"}, files[1]};
    Error error = {0};
    int64_t applied;
    succeed(migrate_apply(db, files, 2, &applied, &error), &error);

    expect_refused(db, between, 3, "schema: the database's history differs at 5");
}

Test(migrate, a_database_of_a_newer_program_is_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();
    Error error = {0};
    int64_t applied;
    succeed(migrate_apply(db, files, 3, &applied, &error), &error);

    expect_refused(db, files, 2, "schema: the database is newer than this program");
}

Test(migrate, a_failing_file_leaves_nothing_of_any)
{
    SCOPED(db_close) Db *db = support_empty_database();
    const EmbeddedFile failing[] = {files[0], {"002_broken", "CREATE TABLE town.a (x int8);\nSELECT 1 / 0"}};
    Error error = {0};
    int64_t applied;

    Result result = migrate_apply(db, failing, 2, &applied, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "statement schema/002_broken: SQLSTATE 22012 (data exception)");
    cr_expect_eq(count(db, "SELECT count(*) FROM pg_tables WHERE schemaname IN ('town', 'public')"), 0);
}

Test(migrate, names_without_rising_numbers_are_refused)
{
    SCOPED(db_close) Db *db = support_empty_database();
    static const EmbeddedFile unnumbered[] = {{"town", "SELECT 1"}};
    static const EmbeddedFile twice[] = {{"003_a", "SELECT 1"}, {"003_b", "SELECT 1"}};

    expect_refused(db, unnumbered, 1, "schema town: the name does not begin with a number as 001_");
    expect_refused(db, twice, 2, "schema 003_b: its number does not follow the file before");
}
