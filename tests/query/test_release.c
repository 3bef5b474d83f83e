#include "tests/query/county.h"

/* 200 people: 4 are opted out (50, 100, 150, 200). */
Test(release, leaves_opted_out_people_out_whole)
{
    county_make(200, 1);

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 196);
    cr_expect_eq(report.opted_out, 4);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.apc_spell"), 30 - 6,
                 "20 and 10 spells, of which 4 and 2 are of people who opted out");
}

Test(release, counts_any_identity_of_a_merged_person_as_an_opt_out)
{
    county_make(200, 0);
    county_sql("UPDATE linkage.person SET merged_into = 3, merged_run = 1 WHERE person_id = 50");

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 195, "3 and 50 are one person, who opted out as 50");
}

/* 3 and 7 are known by a commissioner's pseudonym alone (passes 4 and 5), 9 also by an NHS number. */
static const char foreign[] =
    "UPDATE linkage.link SET pass = 4 WHERE person_id = 3 OR subject_id = 200000009;"
    "UPDATE linkage.link SET pass = 5 WHERE person_id = 7;";

/* No list could name them. Switch: release.unreachable_leave_out in release.people_number. */
Test(release, leaves_people_known_by_a_foreign_pseudonym_alone_out_where_opt_outs_apply)
{
    county_make(200, 0);
    county_sql(foreign);

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 194);
    cr_expect_eq(report.opted_out, 6, "50, 100, 150 and 200 by the list, 3 and 7 besides");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.guard AS r JOIN release.guard_person AS g"
                               " USING (guard_number) WHERE g.person_id IN (3, 7)"),
                 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.guard AS r JOIN release.guard_person AS g"
                               " USING (guard_number) WHERE g.person_id = 9"),
                 1);
}

/* A merger with somebody whom the lists can name makes them reachable. Switch: linkage.current_link there. */
Test(release, keeps_people_known_by_a_foreign_pseudonym_who_are_merged_with_somebody_else)
{
    county_make(200, 0);
    county_sql(foreign);
    county_sql("UPDATE linkage.person SET merged_into = 4, merged_run = 1 WHERE person_id = 7");

    ReleaseReport report = county_release();

    cr_expect_eq(report.opted_out, 5);
    cr_expect_eq(report.people, 194, "7 is 4 now");
}

Test(release, keeps_people_known_by_a_foreign_pseudonym_alone_where_opt_outs_do_not_apply)
{
    county_make(200, 0);
    county_sql(foreign);
    county_sql("UPDATE governance.purpose SET opt_out = 'not_applied'");

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 200);
    cr_expect_eq(report.opted_out, 0);
}

/* Somebody's spells were found alike with a register's record, under a rule for another purpose. Switch:
 * release.link_serves in release.people_number. */
Test(release, takes_what_was_found_alike_for_the_purposes_of_its_rule_alone)
{
    county_make(200, 0);
    county_sql(
        "UPDATE linkage.link SET pass = 8, weight = 9, levels = 0, other_subject = (SELECT min(o.subject_id)"
        "  FROM subjects.subject AS o JOIN ingest.source AS s USING (source_id) WHERE s.name = "
        "'patient_list')"
        " WHERE subject_id IN (SELECT subject_id FROM subjects.subject JOIN ingest.source AS s"
        "                      USING (source_id) WHERE s.name = 'apc_spell');"
        "INSERT INTO governance.purpose SELECT 'other', title, opt_out, legal_basis, approver,"
        " opt_out_max_age_days FROM governance.purpose LIMIT 1;"
        "INSERT INTO governance.linkage SELECT 'other', 'apc_spell', 'patient_list', '2020-01-01', "
        "'2090-12-31'");

    (void)county_release();
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.apc_spell"), 0);
    cr_expect_eq(
        county_number("SELECT count(*) FROM release.coverage WHERE source = 'apc_spell' AND match_rate > 0"),
        0, "nor is it said to be linked: link_serves in release.coverage_count");

    county_sql("UPDATE governance.linkage SET purpose = 'phm'");
    (void)county_release();
    cr_expect_gt(county_number("SELECT count(*) FROM release_2.apc_spell"), 0);
    cr_expect_gt(
        county_number("SELECT count(*) FROM release.coverage WHERE source = 'apc_spell' AND match_rate > 0"),
        0);
}

Test(release, leaves_rows_without_agreement_out_and_counts_them)
{
    county_make(200, 0);

    ReleaseReport report = county_release();

    cr_expect_eq(report.rows_without_agreement, 3);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'S2'"), 0);
    cr_expect_eq(report.rows_unlinked, 1, "the spell without an identity");
}

/* The register's sender no longer answers for both practices: only G00001 agreed itself. */
static const char each_practice[] =
    "UPDATE ingest.source SET controller_column = 'primary_care_provider' WHERE name = 'patient_list';"
    "UPDATE governance.agreement SET each_controller = true WHERE source = 'patient_list';"
    "INSERT INTO governance.supplier (supplier, title) VALUES ('G00001', 'One practice');"
    "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
    " VALUES ('G00001', 'patient_list', 'phm', '2020-01-01', '2090-12-31', 'b')";

/* Switch: release.controller_condition in release.rows_of. */
Test(release, rows_of_a_controller_whose_agreement_has_ended_are_left_out)
{
    county_make(200, 0);
    county_sql(each_practice);

    county_release();

    cr_expect_gt(county_number("SELECT count(*) FROM records.patient_list"
                               " WHERE primary_care_provider = 'G00002'"),
                 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE practice <> 'G00001'"), 0);
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.registration WHERE practice = 'G00001'"), 0);
}

/* Switch: the case without a column in release.controller_condition. */
Test(release, rows_that_do_not_say_whose_they_are_are_left_out_where_each_controller_must_agree)
{
    county_make(200, 0);
    county_sql("UPDATE governance.agreement SET each_controller = true WHERE source = 'gp_event'");

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event"), 0);
}

Test(release, ends_a_registration_on_the_day_before_the_next_begins)
{
    county_make(200, 0);

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration"), 200,
                 "196 people, 4 of them with an earlier registration (25, 75, 125, 175)");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_to = '2019-12-31'"),
                 4);
}

static void expect_one_a_day(const char *table)
{
    char sql[512];

    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM release_1.%s AS a JOIN release_1.%s AS b USING (person_number) WHERE a.ctid "
        "< b.ctid AND daterange(a.valid_from, a.valid_to, '[]') && daterange(b.valid_from, b.valid_to, "
        "'[]')",
        table, table);
    cr_expect_eq(county_number(sql), 0, "%s", table);
}

/* Person 5 has a second identity, at the home of 7 and 8, which alone of these was visited. */
static const char unknown_beginnings[] =
    "DELETE FROM records.patient_list;"
    "UPDATE linkage.link SET person_id = 5 WHERE subject_id = 100000006;"
    "UPDATE linkage.subject_household SET household_id = 4 WHERE subject_id = 100000006;"
    "INSERT INTO records.patient_list (load_id, line_number, subject_id, primary_care_provider,"
    " business_effective_from, business_effective_to) VALUES"
    " (1, 1, 100000001, 'G00002', NULL, NULL), (1, 2, 100000001, 'G00001', NULL, NULL),"
    " (1, 3, 100000002, 'G00009', NULL, '2010-01-01'), (1, 4, 100000002, 'G00003', NULL, NULL),"
    " (1, 5, 100000003, 'G00004', NULL, NULL), (1, 6, 100000003, 'G00001', NULL, NULL),"
    " (1, 7, 100000003, 'G00005', '2020-01-01', NULL),"
    " (1, 8, 100000005, 'G00001', NULL, NULL), (1, 9, 100000006, 'G00006', NULL, NULL)";

/* Switch: '-infinity' in release.registrations_collect. */
Test(release, of_registrations_whose_beginning_is_unknown_keeps_the_one_that_ends_last)
{
    county_make(60, 0);
    county_sql(unknown_beginnings);

    county_release();

    expect_one_a_day("registration");
    expect_one_a_day("household");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration"), 5);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_from IS NULL"
                               " AND valid_to IS NULL AND practice IN ('G00002', 'G00003', 'G00006')"),
                 3, "of people 1, 2 and 5");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_from IS NULL"
                               " AND valid_to = '2019-12-31' AND practice = 'G00004'"),
                 1, "of person 3 before 2020");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.household"), 5);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.household JOIN release_1.registration"
                               " USING (person_number, valid_from)"),
                 1, "of person 3 since 2020");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.household JOIN release_1.fire_visit USING "
                               "(household_number)"),
                 1, "person 5 lives at the home of the registration that is kept");
}

/* The wall of cinque_query; red when 050_release.sql or 001_roles.sql grants more. */
Test(release, the_reader_reaches_nothing_but_live_releases)
{
    static const char *const forbidden[] = {
        "SELECT count(*) FROM subjects.subject",
        "SELECT count(*) FROM linkage.link",
        "SELECT count(*) FROM linkage.person",
        "SELECT count(*) FROM records.gp_event",
        "SELECT count(*) FROM release.guard_person",
        "SELECT permit_id FROM release.release",
        "SELECT count(*) FROM audit.permit",
        "SELECT count(*) FROM ingest.load",
        "SELECT count(*) FROM release_1.person",
        "SELECT count(*) FROM release_1.gp_event",
        "SELECT count(*) FROM release_1.registration",
        "SELECT count(*) FROM release_1.guard",
        "DELETE FROM release_1.block",
        "INSERT INTO release_1.person (person_number) VALUES (0)",
        "CREATE TABLE release_1.mine (x int)",
        "CREATE TEMP TABLE mine (x int)",
        "SELECT release.build_begin('\\x00', 317, 'phm', 'final', NULL)",
        "SELECT release.retire('\\x00', 1)",
        "SELECT release.verify(1)",
    };
    SCOPED(db_close) Db *reader = NULL;
    county_make(60, 0);
    county_release();
    reader = support_database("cinque_query");

    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        Error error = {0};
        cr_expect_not(db_script(reader, "forbidden", forbidden[i], &error).ok, "%s", forbidden[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", forbidden[i], error.message);
    }
    COUNTY_MUST(db_script(reader, "allowed", "SELECT count(*) FROM release_1.block", must));
}

/* The releaser builds through functions and sees nothing itself. */
Test(release, the_releaser_reads_no_row)
{
    static const char *const forbidden[] = {
        "SELECT count(*) FROM release_1.person",     "SELECT count(*) FROM subjects.subject",
        "SELECT count(*) FROM linkage.link",         "SELECT count(*) FROM records.gp_event",
        "SELECT count(*) FROM release.guard_person", "SELECT count(*) FROM release.release",
    };
    SCOPED(db_close) Db *releaser = NULL;
    county_make(60, 0);
    county_release();
    releaser = support_database("cinque_releaser");

    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        Error error = {0};
        cr_expect_not(db_script(releaser, "forbidden", forbidden[i], &error).ok, "%s", forbidden[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", forbidden[i], error.message);
    }
}

/* The source becomes one of net change, all its rows said in May; day: a date column. */
#define NET_CHANGE(source, day)                                                                              \
    "UPDATE ingest.source SET update_mode = 'net_change', operation_column = 'done', removal_code = '1',"    \
    " change_date_column = 'said_on' WHERE name = '" source "';"                                             \
    "ALTER TABLE records." source " ADD COLUMN done text, ADD COLUMN said_on date;"                          \
    "UPDATE records." source " SET done = '9', said_on = '2026-05-01',"                                      \
    " record_key = line_number + 1000 * (" day " - date '2000-01-01')::int8;"

/* The same source's delivery 11 of the month built; its earlier one is of the month before. */
#define NEXT_LOAD(number)                                                                                    \
    "UPDATE ingest.load SET period = 316 WHERE load_id = " number ";"                                        \
    "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id, "         \
    "may_replace, state, rows_loaded, held_from) SELECT source_id, sender, 317, status, content, 1, "        \
    "'\\x0b', "                                                                                              \
    "false, 'published', 1, held_from FROM ingest.load WHERE load_id = " number ";"

/* Switch: ingest.active_rows in release.rows_of, here and in the next. */
Test(release, leaves_a_record_out_that_a_net_change_removed)
{
    county_make(60, 0);
    county_sql(NET_CHANGE("gp_event", "clinical_effective_date") NEXT_LOAD(
        "2") "INSERT INTO records.gp_event (load_id, line_number, record_key, done, said_on)"
             " SELECT 11, 1, record_key, '1', '2026-06-01' FROM records.gp_event"
             " WHERE load_id = 2 AND subject_id = 200000003 AND code = 'D1'");

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'D1'"), 19,
                 "20 people have it, one record of whom is removed");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'S1'"), 11,
                 "12 people smoke, 50 is opted out");
}

Test(release, leaves_a_registration_out_that_a_net_change_removed)
{
    county_make(60, 0);
    county_sql(NET_CHANGE("patient_list", "business_effective_from") NEXT_LOAD(
        "1") "INSERT INTO records.patient_list (load_id, line_number, record_key, done, said_on)"
             " SELECT 11, 1, record_key, '1', '2026-06-01' FROM records.patient_list"
             " WHERE load_id = 1 AND subject_id = 100000003");

    ReleaseReport report = county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration"), 59,
                 "59 people, 25 with an earlier one, less that of person 3");
    cr_expect_eq(report.people, 59, "person 3 is known by other records");
}

/* ---- a build that fails while it writes blocks ---- */

/* The release's third block goes wrong in the server; the thread that packs has others by then. */
static void expect_none_left(const char *fault, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(200, 1);
    county_sql(
        text_format(arena,
                    "ALTER FUNCTION release.build_block RENAME TO build_block_really;"
                    "CREATE FUNCTION release.build_block(permit bytea, wanted int4, kind int4, source int4,"
                    " \"column\" int4, part int4, content bytea) RETURNS void LANGUAGE plpgsql"
                    " SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN"
                    " IF source = 1 THEN %s; END IF;"
                    " PERFORM release.build_block_really(permit, wanted, kind, source, \"column\", part,"
                    " content); END $$;"
                    "GRANT EXECUTE ON FUNCTION release.build_block(bytea, int4, int4, int4, int4, int4,"
                    " bytea) TO cinque_releaser",
                    fault)
            .data);
    releaser = support_database("cinque_releaser");

    Result done = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(done.ok);
    cr_expect_str_eq(error.message, expected);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'release\\_%'"), 0);
}

/* Switch: db_rollback in release_build, and the error of the block in index_work.c. */
Test(release, nothing_is_left_of_one_whose_disk_is_full_while_blocks_are_written)
{
    expect_none_left("RAISE EXCEPTION 'full' USING ERRCODE = '53100'",
                     "release build: statement release block: SQLSTATE 53100 (disk full)");
}

Test(release, nothing_is_left_of_one_whose_connection_is_lost_while_blocks_are_written)
{
    expect_none_left("PERFORM pg_terminate_backend(pg_backend_pid())",
                     "release build: statement release block: the connection to PostgreSQL was lost");
}
