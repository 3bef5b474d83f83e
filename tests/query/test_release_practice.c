/* Practices whose list is too far off the published one. */
#include "tests/query/county.h"

/* 60 people: 31 on each list, since 25 and 50 were never taken off their old one. GP events say their
 * practice. */
static void make(const char *published)
{
    county_make(60, 0);
    county_sql(
        "UPDATE ingest.source_column SET shape = 'A99999' WHERE name = 'primary_care_provider';"
        "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, shape, required,"
        " first_version, last_version) SELECT source_id, 'practice_code', 4, 'practice_code', 'dimension',"
        " 'text', 'A99999', true, 1, 1 FROM ingest.source WHERE name = 'gp_event';"
        "ALTER TABLE records.gp_event ADD practice_code text;"
        "UPDATE records.gp_event SET practice_code = 'G0000' || 1 + subject_id % 2");
    county_sql(published);
}

#define PUBLISHED(source, practice, value)                                                                   \
    "INSERT INTO ingest.outside_total (source_id, sender, period, measure, practice, value, origin,"         \
    " permit_id) SELECT source_id, 's1', 317, 'list size', '" practice "', " value ", 'x', '\\x00'"          \
    " FROM ingest.source WHERE name = '" source "'"

static const char *practices(int64_t release_id)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    SCOPED(table_close) Table *table = NULL;

    COUNTY_MUST(query_release_practices(releaser, release_id, &table, must));
    return support_csv(table);
}

/* Switch: release.practices_judge in release.build_begin. Odd people are on the list of G00002. */
Test(release_practice, one_whose_list_is_20_percent_off_is_left_out_of_all_that_names_it)
{
    make(PUBLISHED("patient_list", "G00002", "100"));

    ReleaseReport report = county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE practice = 'G00002'"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE practice = 'G00001'"), 30,
                 "29 people who have not opted out, and 25 in earlier years");
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.patient_list"), 30);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE practice_code = 'G00002'"), 0);
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.gp_event"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.category WHERE value = 'G00002'"), 0);
    cr_expect_eq(report.people, 31, "29, with 25 of the earlier list and 7, who has died");
    cr_expect_eq(report.rows_practice_rejected, 47, "31 rows of the register and 16 GP events");
    cr_expect_eq(county_number("SELECT rows_practice_rejected FROM release.release"), 47);
    cr_expect_str_eq(practices(report.release_id), "source,sender,month,practice,people,published\r\n"
                                                   "patient_list,s1,2026-06,G00002,31,100\r\n");
}

/* Switch: release.rows_agreed in release.registrations_collect. */
Test(release_practice, who_is_on_its_list_is_not_given_back_to_the_practice_before)
{
    make(PUBLISHED("patient_list", "G00002", "100"));

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_from = '2010-01-01'"
                               " AND valid_to = '2019-12-31'"),
                 1);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_to IS NULL"), 29);
}

/* Another subject of person 25, as an address is written otherwise, is on the rejected list alone. Switch:
 * release.register_map. */
Test(release_practice, nor_under_another_identity)
{
    make(PUBLISHED("patient_list", "G00002", "100"));
    county_sql("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
               " nhs_token, nhs_state) SELECT 190000025, 1, '\\x00112233445566778899aabbccddeeff', 1, 1,"
               " nhs_token, 1 FROM subjects.subject WHERE subject_id = 100000025;"
               "INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version)"
               " VALUES (190000025, 25, 1, 1, 1);"
               "UPDATE records.patient_list SET subject_id = 190000025"
               " WHERE subject_id = 100000025 AND primary_care_provider = 'G00002'");

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_from = '2010-01-01'"
                               " AND valid_to = '2019-12-31'"),
                 1);
}

/* Person 3's registration was found alike with person 4, under a rule for another purpose. Switch:
 * release.link_serves in release.register_map. */
Test(release_practice, nor_to_whom_another_purposes_rule_found_alike)
{
    make(PUBLISHED("patient_list", "G00002", "100"));
    county_sql(
        "UPDATE records.patient_list SET business_effective_from = '2021-05-05', primary_care_provider = "
        "'G00001'"
        " WHERE subject_id = 100000003;"
        "UPDATE linkage.link SET person_id = 4, pass = 8, weight = 9, levels = 0, other_subject = 100000004"
        " WHERE subject_id = 100000003;"
        "INSERT INTO governance.purpose SELECT 'other', title, opt_out, legal_basis, approver,"
        " opt_out_max_age_days FROM governance.purpose LIMIT 1;"
        "INSERT INTO governance.linkage SELECT 'other', 'patient_list', 'patient_list', '2020-01-01',"
        " '2090-12-31'");

    county_release();
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.registration WHERE valid_from = '2021-05-05'"),
                 0);

    county_sql("UPDATE governance.linkage SET purpose = 'phm'");
    county_release();
    cr_expect_eq(county_number("SELECT count(*) FROM release_2.registration WHERE valid_from = '2021-05-05'"),
                 1);
}

/* Switch: the update modes in ingest.lists_rejected. */
Test(release_practice, a_load_of_changes_is_no_list)
{
    make(PUBLISHED("gp_event", "G00001", "500"));
    county_sql("UPDATE ingest.source SET update_mode = 'net_change', operation_column = 'practice_code',"
               " removal_code = 'x', change_date_column = event_date_column WHERE name = 'gp_event'");

    ReleaseReport report = county_release();

    cr_expect_eq(report.rows_practice_rejected, 0);
}

/* Switch: the limit in ingest.list_verdict. */
Test(release_practice, one_that_only_differs_stays)
{
    make(PUBLISHED("patient_list", "G00002", "38"));

    ReleaseReport report = county_release();

    cr_expect_gt(county_number("SELECT count(*) FROM release_1.registration WHERE practice = 'G00002'"), 25);
    cr_expect_eq(report.rows_practice_rejected, 0);
    cr_expect_str_eq(practices(report.release_id), "source,sender,month,practice,people,published\r\n");
}

Test(release_practice, of_another_source_than_the_register_its_load_alone_is_left_out)
{
    make(PUBLISHED("gp_event", "G00001", "500"));

    ReleaseReport report = county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE practice_code = 'G00001'"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE practice_code = 'G00002'"), 16);
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.registration WHERE practice = 'G00001'"), 0);
    cr_expect_eq(report.rows_practice_rejected, 16);
}

Test(release_practice, a_list_size_of_a_source_that_names_no_practice_rejects_nothing)
{
    make(PUBLISHED("apc_spell", "G00001", "500"));

    cr_expect_eq(county_release().rows_practice_rejected, 0);
}

/* Switch: release_practice in release.content_hash. */
Test(release_practice, what_was_left_out_is_part_of_the_content_and_later_figures_are_not)
{
    Error error = {0};
    make(PUBLISHED("patient_list", "G00002", "100"));
    county_release();
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    county_sql("UPDATE ingest.outside_total SET value = 31");
    cr_assert(query_release_verify(releaser, 1, &error).ok, "%s", error.message);

    county_sql("UPDATE release.release_practice SET published = 31");

    cr_expect_not(query_release_verify(releaser, 1, &error).ok);
}

Test(release_practice, each_answer_says_how_many)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    make(PUBLISHED("patient_list", "G00002", "100"));
    county_release();

    Text answer = county_ask("query \"t\" project PHM-2026-014 cohort exists apc_spell "
                             "table \"t\" by sex totals sex measure people",
                             arena);

    cr_expect_not_null(strstr(text_to_string(arena, answer), "\"practices_left_out\":1"));
}
