/* A release from its being published to its being retired: what verifies it, opens it, follows it. */
#include "tests/query/county.h"

/* Switch: release.verify compares the hashes. */
static void expect_noticed(Db *releaser, const char *change)
{
    Error error = {0};

    county_sql(change);
    Result changed = query_release_verify(releaser, 1, &error);
    cr_expect_not(changed.ok, "%s", change);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(error.message, "release 1: its content is not what was published");
}

/* Switches: rows, columns and coverage in release.content_hash. A column named t must not hide a row. */
Test(release_live, verify_notices_a_changed_row_column_or_coverage)
{
    SCOPED(db_close) Db *releaser = NULL;
    county_make(60, 2);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(query_release_verify(releaser, 1, must));

    expect_noticed(releaser, "UPDATE release_1.gp_event SET code = 'Y' WHERE record_number = 1");
    county_sql("UPDATE release.release SET content = release.content_hash(1)");
    expect_noticed(releaser, "UPDATE release.coverage SET rows = rows + 1 WHERE source = 'gp_event'");
    county_sql("UPDATE release.release SET content = release.content_hash(1)");
    expect_noticed(releaser, "ALTER TABLE release_1.person RENAME birth_year TO x;"
                             "ALTER TABLE release_1.person RENAME birth_month TO birth_year;"
                             "ALTER TABLE release_1.person RENAME x TO birth_month");
    county_sql("ALTER TABLE release_1.gp_event RENAME code TO t;"
               "UPDATE release.release SET content = release.content_hash(1)");
    expect_noticed(releaser,
                   "UPDATE release_1.gp_event SET person_number = person_number + 1 WHERE record_number = 2");
}

Test(release_live, verify_knows_a_retired_one_and_refuses_an_unknown_one)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 2);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(release_retire(releaser, COUNTY_RETIRE_PERMIT, 1, must));

    COUNTY_MUST(query_release_verify(releaser, 1, must));
    Result unknown = query_release_verify(releaser, 2, &error);
    cr_expect_not(unknown.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    Result too_large = query_release_verify(releaser, (int64_t)1 << 32 | 1, &error);
    cr_expect_not(too_large.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}

Test(release_live, a_build_of_the_same_month_succeeds_the_live_one)
{
    county_make(60, 0);
    county_release();

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release.release WHERE state = 'live'"), 1);
    cr_expect_eq(county_number("SELECT release_id::int8 FROM release.release WHERE state = 'live'"), 2);
    cr_expect_eq(county_number("SELECT count(*) FROM release.guard_person"), 59, "drawn once a person");
}

Test(release_live, a_leftover_of_a_killed_build_is_dropped)
{
    county_make(60, 0);
    county_sql("SET ROLE cinque_owner;"
               "INSERT INTO release.release (month, purpose, state, permit_id) VALUES (317, 'phm', "
               "'building', '\\x00');"
               "CREATE SCHEMA release_1; CREATE TABLE release_1.person (person_number int4)");

    ReleaseReport report = county_release();

    cr_expect_eq(report.release_id, 2);
    cr_expect_eq(county_number("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'release_1'"),
                 0);
}

Test(release_live, retire_takes_readers_out)
{
    SCOPED(db_close) Db *releaser = NULL;
    SCOPED(db_close) Db *reader = NULL;
    Error error = {0};
    int64_t release_id;
    county_make(60, 0);
    county_release();
    releaser = support_database("cinque_releaser");
    reader = support_database("cinque_query");

    COUNTY_MUST(query_release_newest(reader, "phm", DATE_NONE, &release_id, must));
    cr_expect_eq(release_id, 1);
    COUNTY_MUST(release_retire(releaser, COUNTY_RETIRE_PERMIT, 1, must));

    cr_expect_not(query_release_newest(reader, "phm", DATE_NONE, &release_id, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not(db_script(reader, "read", "SELECT count(*) FROM release_1.block", &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* Switch: 'state <> building' in query/sql/release_newest.sql. Release 1 is of the month before. */
Test(release_live, retiring_the_newest_brings_no_older_one_back)
{
    SCOPED(db_close) Db *releaser = NULL;
    SCOPED(db_close) Db *reader = NULL;
    Error error = {0};
    int64_t release_id;
    county_make(60, 0);
    county_release();
    county_sql("UPDATE release.release SET month = 316");
    county_release();
    county_sql("UPDATE audit.permit SET object = '2' WHERE action = 'release_retire'");
    releaser = support_database("cinque_releaser");
    reader = support_database("cinque_query");
    COUNTY_MUST(query_release_newest(reader, "phm", DATE_NONE, &release_id, must));
    cr_assert_eq(release_id, 2);

    COUNTY_MUST(release_retire(releaser, COUNTY_RETIRE_PERMIT, 2, must));

    cr_expect_not(query_release_newest(reader, "phm", DATE_NONE, &release_id, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* What the reader's door says of release 1 after a change; with nothing wrong it gets to the wording. */
static void expect_door(const char *change, const char *message)
{
    SCOPED(db_close) Db *reader = NULL;
    Error error = {0};
    county_make(60, 0);
    county_release();
    county_sql(change);
    reader = support_database("cinque_query");

    Result result =
        db_script(reader, "door",
                  "SELECT * FROM release.open(decode(repeat('03', 16), 'hex'), '1', '\\x00', 1)", &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, message), "%s", error.message);
}

/* Switch: release.is_newest in release.open. */
Test(release_live, one_that_was_followed_is_not_opened_when_its_follower_is_retired)
{
    expect_door("INSERT INTO release.release (month, purpose, state, content, permit_id, built, retired)"
                " VALUES (318, 'phm', 'retired', sha256(''), '\\x00', now(), now())",
                "not the newest of its purpose");
}

Test(release_live, one_of_another_purpose_or_an_older_month_does_not_close_it)
{
    expect_door("INSERT INTO release.release (month, purpose, state, content, permit_id, built)"
                " VALUES (318, 'care', 'live', sha256(''), '\\x00', now()),"
                " (316, 'phm', 'live', sha256(''), '\\x00', now())",
                "not approved in this wording");
}

/* Switch: release.agreements_are_current in release.open. */
Test(release_live, is_not_opened_once_an_agreement_behind_it_has_ended)
{
    expect_door("UPDATE governance.agreement SET ended_on = '2026-01-01' WHERE source = 'gp_event'",
                "an agreement behind it has ended");
}

/* Switch: release.release_controller in release.agreements_are_current. */
Test(release_live, is_not_opened_once_the_agreement_of_a_controller_in_it_has_ended)
{
    expect_door("UPDATE release.release_load SET each_controller = true WHERE source_id = 1;"
                "INSERT INTO release.release_controller VALUES (1, 1, 'G00001')",
                "an agreement behind it has ended");
}

/* Switch: is_filtered in release.agreements_are_current. */
Test(release_live, is_not_opened_once_each_controller_must_agree_and_it_was_built_without_asking)
{
    expect_door("UPDATE governance.agreement SET each_controller = true WHERE source = 'gp_event'",
                "an agreement behind it has ended");
}

Test(release_live, is_not_opened_once_its_purpose_has_ended)
{
    expect_door("UPDATE governance.purpose SET ended_on = '2026-01-01'", "its purpose has ended");
}

Test(release_live, the_list_shows_month_purpose_state_and_content)
{
    SCOPED(db_close) Db *releaser = NULL;
    SCOPED(table_close) Table *table = NULL;
    county_make(60, 0);
    county_release();
    releaser = support_database("cinque_releaser");

    COUNTY_MUST(query_release_list(releaser, &table, must));

    cr_expect_eq(table_row_count(table), 1);
}
