/* What `archive sweep` tells of PostgreSQL's own files: those with bytes that no table owns, and no others.
 */
#include <stdio.h>

#include <criterion/criterion.h>

#include "cli_sql.h"
#include "tests/support/support.h"

enum { TRIES = 20, PATH_BYTES = 256 };

static Db *superuser;

static void set_up(void)
{
    superuser = support_database(NULL);
}

static void tear_down(void)
{
    db_close(&superuser);
}

TestSuite(orphan_list, .init = set_up, .fini = tear_down);

static void run(const char *sql)
{
    Error error = {0};

    cr_assert(db_script(superuser, "orphan list", sql, &error).ok, "%s", error.message);
}

static DbRows *ask(const char *sql)
{
    const DbStatement statement = {.name = "ask", .sql = sql, .columns = {VALUE_TEXT}};
    DbRows *rows = NULL;
    Error error = {0};

    cr_assert(db_run(superuser, &statement, NULL, &rows, &error).ok, "%s", error.message);
    return rows;
}

static void expect_listed(const char *path)
{
    SCOPED(db_rows_close) DbRows *listed = ask(cli_sql_orphan_list);

    cr_assert_eq(db_row_count(listed), path != NULL ? 1 : 0, "%zu files", db_row_count(listed));
    if (path != NULL)
        cr_expect(text_equal(db_text(listed, 0, 0), text_from(path)), "%.*s",
                  TEXT_ARG(db_text(listed, 0, 0)));
}

/* A file of the database's folder that nothing owns, with so many lines; its path below the server's. */
static void plant(const char *number, int lines, char path[PATH_BYTES])
{
    char sql[2 * PATH_BYTES];

    (void)snprintf(sql, sizeof sql,
                   "DO $$ BEGIN EXECUTE format('COPY (SELECT 1 FROM generate_series(1, %d)) TO %%L',"
                   " current_setting('data_directory') || '/base/' || (SELECT oid FROM pg_database"
                   " WHERE datname = current_database()) || '/%s'); END $$",
                   lines, number);
    run(sql);
    SCOPED(db_rows_close)
    DbRows *rows = ask("SELECT 'base/' || oid::text FROM pg_database WHERE datname = current_database()");
    (void)snprintf(path, PATH_BYTES, "%.*s/%s", TEXT_ARG(db_text(rows, 0, 0)), number);
}

/* Switch: IS NULL of pg_filenode_relation in cli/sql/orphan_list.sql, and the size above 0. */
Test(orphan_list, a_file_with_bytes_that_no_table_owns_is_told_and_what_is_owned_is_not)
{
    char path[PATH_BYTES];
    run("CREATE TABLE public.owned AS SELECT g FROM generate_series(1, 1000) AS g;"
        "CREATE INDEX ON public.owned (g)");
    expect_listed(NULL);

    plant("999999901", 3, path);

    expect_listed(path);
}

/* Whether the table's file was still there, empty, when it was looked for: a checkpoint may have come
 * between. */
static bool drop_and_look(void)
{
    run("CREATE TABLE public.dropped AS SELECT g FROM generate_series(1, 1000) AS g;"
        "CREATE TEMP TABLE file AS SELECT pg_relation_filepath('public.dropped') AS path;"
        "DROP TABLE public.dropped");
    expect_listed(NULL);
    SCOPED(db_rows_close)
    DbRows *there = ask("SELECT path FROM file WHERE (pg_stat_file(path, true)).size = 0");
    run("DROP TABLE file");
    return db_row_count(there) == 1;
}

/* Goes red without the size above 0 in cli/sql/orphan_list.sql. */
Test(orphan_list, a_file_that_a_dropped_table_left_empty_is_nobodys_loss_and_not_told)
{
    bool was_there = false;

    for (int i = 0; i < TRIES && !was_there; i++)
        was_there = drop_and_look();

    cr_assert(was_there, "an emptied file lay there while it was looked for");
}

Test(orphan_list, an_emptied_file_hides_no_other)
{
    char empty[PATH_BYTES], path[PATH_BYTES];
    plant("999999902", 0, empty);
    plant("999999903", 1, path);

    expect_listed(path);
}
