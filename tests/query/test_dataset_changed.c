/* What was changed since it was published is not read, and nobody but the builder changes it. */
#include "tests/query/datasets.h"

static void expect_open_refused(const char *change, bool at_open)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    DatasetHold *hold = NULL;
    Error error = {0};
    county_make(60, 1);
    county_release();
    Hash manifest = manifest_of(1);
    county_sql(change);

    Result result = dataset_open(reader, 1, &manifest, &hold, &error);
    cr_expect_eq(result.ok, !at_open, "%s", error.message);
    if (result.ok) {
        const DatasetColumn column = {.source = 0, .column = 2};
        result = dataset_fetch(hold, reader, &column, 1, &error);
        cr_expect_null(dataset_of(hold)->sources[0].columns[2].narrow);
    }

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    dataset_close(&hold);
}

/* Switch, here and in the next: the comparison of hashes in take_block (query/dataset_fetch.c). */
Test(dataset_changed, a_flipped_byte_in_a_column_is_refused)
{
    expect_open_refused("UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
                        " get_byte(content, length(content) / 2) # 1) WHERE kind = 4 AND source = 0",
                        false);
}

Test(dataset_changed, a_column_in_the_place_of_another_is_refused)
{
    expect_open_refused("UPDATE release_1.block AS b SET content = o.content FROM release_1.block AS o"
                        " WHERE b.kind = 4 AND b.source = 0 AND b.\"column\" = 2"
                        "   AND o.kind = 4 AND o.source = 0 AND o.\"column\" = 3",
                        false);
}

Test(dataset_changed, a_missing_block_is_refused)
{
    expect_open_refused("DELETE FROM release_1.block WHERE kind = 4 AND source = 0", false);
}

/* Switch: the comparison of hashes in read_manifest. */
Test(dataset_changed, a_flipped_byte_in_the_manifest_is_refused)
{
    expect_open_refused(
        "UPDATE release_1.block SET content = set_byte(content, 40, get_byte(content, 40) # 1)"
        " WHERE kind = 0",
        true);
}

Test(dataset_changed, a_flipped_byte_in_the_words_is_refused)
{
    expect_open_refused(
        "UPDATE release_1.block SET content = set_byte(content, 20, get_byte(content, 20) # 1)"
        " WHERE kind = 1",
        true);
}

/* The same by way of a query. Switch: take_block (query/dataset_fetch.c). */
Test(dataset_changed, a_query_that_reads_a_changed_block_is_refused)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    size_t table_count;
    Error error = {0};
    county_make(200, 1);
    county_release();
    county_sql(
        "UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
        " get_byte(content, length(content) / 2) # 1) WHERE kind = 4 AND source = 0 AND \"column\" = 2");
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "t.cohort",
                           TEXT("query \"t\" project PHM-2026-014 cohort sex = \"1\" table \"t\" by district "
                                "measure people"),
                           NULL, &query, must));
    county_approve(query);

    Result result =
        run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &table_count, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    cr_expect_eq(table_count, 0);
}

/* Switch: release.manifest_hash in release.verify. */
Test(dataset_changed, verify_finds_a_changed_block)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 1);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(query_release_verify(releaser, 1, must));

    county_sql("UPDATE release_1.block SET content = content || '\\x00' WHERE kind = 4 AND source = 0"
               " AND \"column\" = 2");
    Result result = query_release_verify(releaser, 1, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
}

/* Switch: the check of manifest_hash in release.build_publish. */
Test(dataset_changed, a_release_without_its_blocks_is_not_published)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 1);
    county_sql(
        "CREATE OR REPLACE FUNCTION release.build_block(permit bytea, wanted int4, kind int4, source int4,"
        " \"column\" int4, part int4, content bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS $$ BEGIN IF kind = 4 AND source = 2 THEN RETURN;"
        " END IF; EXECUTE format('INSERT INTO %I.block VALUES ($1, $2, $3, $4, $5)',"
        " release.schema_name(wanted)) USING kind, source, \"column\", part, content; END $$");
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, "its blocks are not those of its manifest"), "%s",
                       error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
}

/* What stands for an unknown day must not come in as a known one. Switch: take_number in query/index_part.c.
 */
Test(dataset_changed, a_day_that_is_none_stops_the_build)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 1);
    county_sql("UPDATE records.gp_event SET clinical_effective_date = '-infinity' WHERE line_number = 3");
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(
        strstr(error.message, "source gp_event column clinical_effective_date: a value is out of range"),
        "%s", error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
}

/* ---- who may read ---- */

/* Switch: REVOKE in release.build_publish. */
Test(dataset_changed, the_builder_reads_nothing_of_a_release_once_it_is_published)
{
    county_make(60, 1);

    county_release();

    cr_expect_eq(
        county_number("SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
                      " ON n.oid = c.relnamespace WHERE n.nspname = 'release_1'"
                      " AND has_table_privilege('cinque_releaser', c.oid, 'SELECT')"),
        0);
    cr_expect_eq(
        county_number("SELECT has_schema_privilege('cinque_releaser', 'release_1', 'USAGE')::int4::int8"), 0);
}

/* Switch: release.opened_check. */
Test(dataset_changed, a_build_that_let_its_builder_read_is_not_kept_unpublished)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 1);
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(db_script(releaser, "begin",
                          "BEGIN; SELECT release.build_begin(decode(repeat('01', 16), 'hex'), 317, 'phm',"
                          " 'provisional', NULL);"
                          "SELECT release.build_places(decode(repeat('01', 16), 'hex'), 1);"
                          "SELECT release.build_columns(decode(repeat('01', 16), 'hex'), 1);"
                          "SELECT count(*) FROM release_1.registration",
                          must));

    Result result = db_script(releaser, "commit", "COMMIT", &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, "begun and not published"), "%s", error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'release_1'"),
                 0);
}
