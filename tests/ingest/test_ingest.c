/* What a load keeps of a delivery, and what is left of one that breaks off. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/ingest/under_way.h"
#include "tests/ingest/visits.h"

TestSuite(ingest, .init = set_up, .fini = tear_down);

Test(ingest, a_good_extract_is_loaded_whole)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.load_id, 1);
    cr_expect_eq(report.rows_read, 3);
    cr_expect_eq(report.rows_loaded, 3);
    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(report.subjects_new, 2);
    cr_expect_eq(report.nhs_valid, 3);
    cr_expect_str_eq(report.source, "visit");
    cr_expect_str_eq(report.sender, "hosp_a");
    cr_expect_str_eq(report.period, "2026-07");
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE state = 'published' AND rows_loaded = 3 AND "
                    "subjects_new = 2 AND nhs_valid = 3 AND octet_length(content) = 32"),
        1);
}

/* Switch: FREEZE in base/db_copy_in.c. Else whoever reads them first writes all their pages again, and their
 * log. */
Test(ingest, nobody_who_reads_rows_writes_to_their_pages)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    world_script("CREATE EXTENSION pg_visibility");
    cr_expect_eq(
        world_count(
            "SELECT s.all_frozen FROM pg_partition_tree('records.visit') AS t,"
            " pg_visibility_map_summary(t.relid) AS s WHERE t.isleaf AND pg_relation_size(t.relid) > 0"),
        1);
}

/* Switch: the loads in ingest.active_load. Frozen rows are there for every snapshot; their load is not. */
Test(ingest, who_reads_since_before_a_load_was_published_is_shown_none_of_its_rows)
{
    static const DbStatement shown = {
        .name = "test shown", .sql = "SELECT count(*) FROM records.active_visit", .columns = {VALUE_INT8}};
    SCOPED(db_close)
    Db *reader = under_way_session(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ingest.load");
    static const DbStatement stored = {
        .name = "test stored", .sql = "SELECT count(*) FROM records.visit", .columns = {VALUE_INT8}};
    int64_t before = -1, there = -1;
    Error error = {0};

    must_load(WORLD_HEADER GOOD_ROWS);

    cr_assert(db_run_int8(reader, &shown, NULL, &before, NULL, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(reader, &stored, NULL, &there, NULL, &error).ok, "%s", error.message);
    cr_expect_eq(before, 0);
    cr_expect_eq(there, 3, "or this would show nothing");
    cr_expect_eq(world_count(shown.sql), 3);
}

Test(ingest, values_arrive_typed)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(
        world_count("SELECT count(*) FROM records.visit WHERE line_number = 2 AND visit_date = '2026-07-03' "
                    "AND end_date = '2026-07-05' AND kind = 'A' AND ward = 'W1' AND cost = 12.50 AND "
                    "beds = 2 AND urgent"),
        1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM records.visit WHERE line_number = 3 AND end_date IS NULL AND "
                    "kind IS NULL AND ward IS NULL AND cost IS NULL AND beds IS NULL AND NOT urgent"),
        1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE line_number = 4 AND kind = 'C, D' AND "
                             "cost = 0.10 AND age_days IS NULL"),
                 1);
    cr_expect_eq(world_count("SELECT count(DISTINCT record_key) FROM records.visit"), 3);
    cr_expect_eq(world_count("SELECT count(DISTINCT subject_id) FROM records.visit"), 2);
}

Test(ingest, subjects_hold_tokens_and_derived_items_alone)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE octet_length(nhs_token) = 16 AND "
                    "uprn_token IS NULL AND nhs_state = 1 AND birth_year IN (1980, 1990) AND sex IS NULL "
                    "AND first_load_id = 1 AND source_id = 1 AND key_version = 1"),
        2);
}

Test(ingest, the_views_show_active_rows_and_presence)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit WHERE cost > 0"), 2);
    cr_expect_eq(
        world_count("SELECT count(*) FROM presence.visit WHERE valid_from = valid_to AND subject_id IN "
                    "(SELECT subject_id FROM subjects.subject) AND load_id = 1"),
        3);
}

/* Switch: the update in ingest.subjects_compare. A newer directory may place a postcode elsewhere. */
Test(ingest, a_known_subject_gets_the_area_of_the_latest_load)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script(
        "SET ROLE cinque_owner; UPDATE subjects.subject SET lsoa_2011 = 'E01000001', lsoa_2021 = NULL;"
        "CREATE UNLOGGED TABLE staging.subject_7 (LIKE subjects.subject);"
        "INSERT INTO staging.subject_7 SELECT * FROM subjects.subject;"
        "UPDATE staging.subject_7 SET lsoa_2011 = NULL WHERE birth_year = 1980;"
        "UPDATE staging.subject_7 SET lsoa_2011 = 'E01000002', lsoa_2021 = 'E01000003'"
        " WHERE birth_year = 1990");

    cr_expect_eq(
        world_count("SELECT ingest.subjects_keep(1::int2, 7) WHERE ingest.subjects_enter(1::int2, 7)"), 0,
        "new ones");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1990 AND"
                             " lsoa_2011 = 'E01000002' AND lsoa_2021 = 'E01000003'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1980 AND"
                             " lsoa_2011 = 'E01000001' AND lsoa_2021 IS NULL"),
                 1, "nothing replaces what is known");
}

/* Switch: is_addressed in ingest.subjects_compare. Held as by a program that made no tokens of addresses. */
Test(ingest, a_known_subject_without_an_address_token_gets_that_of_a_later_load)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script(
        "SET ROLE cinque_owner;"
        "UPDATE subjects.subject SET address_token = decode(repeat('aa', 16), 'hex') WHERE birth_year = 1980;"
        "CREATE UNLOGGED TABLE staging.subject_7 (LIKE subjects.subject);"
        "INSERT INTO staging.subject_7 SELECT * FROM subjects.subject;"
        "UPDATE staging.subject_7 SET address_token = decode(repeat('bb', 16), 'hex')");

    cr_expect_eq(
        world_count("SELECT ingest.subjects_keep(1::int2, 7) WHERE ingest.subjects_enter(1::int2, 7)"), 0,
        "new ones");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1990 AND"
                             " address_token = decode(repeat('bb', 16), 'hex')"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1980 AND"
                             " address_token = decode(repeat('aa', 16), 'hex')"),
                 1, "nothing replaces what is known");
}

Test(ingest, a_header_without_rows_loads_no_rows)
{
    IngestReport report = must_load(WORLD_HEADER);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 0);
}

Test(ingest, an_empty_file_is_refused_and_leaves_nothing)
{
    IngestReport report;
    Error error = {0};

    Result result = load_text("", &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, "extract.csv: empty file") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
}

Test(ingest, the_report_is_a_table)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS);

    SCOPED(table_close) Table *table = ingest_report_table(&report, 1);
    const char *text = support_csv(table);

    cr_expect(strstr(text, "visit,hosp_a,2026-07,loaded,3,3,0,0,0,2,3,0,0,") != NULL, "%s", text);
}

Test(ingest, a_failed_load_leaves_neither_rows_nor_tables_nor_sealed_lines)
{
    char path[600];
    IngestReport report;
    Error error = {0};
    struct stat status;
    static const char trailed[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited, trailer: END }\nupdate: snapshot\ncontroller: sender\n"
        "subject: none\nrejects: { rows_max: 9, percent_max: 100 }\n"
        "columns:\n  - { name: ward, use: dimension, shape: \"A9\" }\n";
    SCOPED(ingest_spec_close) IngestSpec *stay = world_spec(trailed);
    IngestDelivery cut = world_delivery("ward\nA1\nbad\nA2\n");
    world_apply(stay);

    Result result = world_load(&world, stay, &cut, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
    snprintf(path, sizeof path, "%s/load-1.sealed", support_folder());
    cr_expect_neq(stat(path, &status), 0);
}

/* Load 1 as a SIGKILL leaves it: open, with its tables, and no session that holds its lock. */
static void leave_open(const char *sender, int months_since_2000)
{
    char sql[512];

    snprintf(
        sql, sizeof sql,
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, '%s', %d, 'final', 1, '\\x00', false);"
        "SELECT ingest.staging_make('visit', 1, false)",
        sender, months_since_2000);
    world_script(sql);
}

Test(ingest, leftovers_of_a_killed_load_are_cleaned_by_the_next)
{
    IngestDelivery delivery = world_delivery(WORLD_HEADER GOOD_ROWS);
    leave_open("hosp_a", 318);

    IngestReport report = world_must_load(&world, spec, &delivery);

    cr_expect_eq(report.load_id, 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'abandoned'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 3);
}

Test(ingest, leftovers_of_other_deliveries_are_cleaned_as_well)
{
    leave_open("hosp_b", 300);

    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'abandoned'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
}

Test(ingest, a_load_that_is_under_way_is_not_taken_for_a_leftover)
{
    SCOPED(db_close) Db *other = support_connect(NULL);
    Error error = {0};
    leave_open("hosp_b", 318);
    cr_assert(db_script(other, "lock", "SELECT pg_advisory_lock(1667852913, 1)", &error).ok);

    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'open'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 3);
}
