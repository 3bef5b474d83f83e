/* What a release is not built on: opt-outs that are old, links that are, permits for something else. */
#include "tests/query/county.h"

static void expect_refused(const char *change, const char *message)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 0);
    county_sql(change);
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, message), "%s", error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname ~ '^release_'"),
                 0);
}

Test(release_refused, is_refused_without_an_opt_out_list)
{
    expect_refused("UPDATE ingest.load SET state = 'withdrawn', held_to = now() WHERE load_id = 5",
                   "opt-out list: none is held");
}

Test(release_refused, is_refused_with_an_opt_out_list_older_than_21_days)
{
    expect_refused("UPDATE records.opt_out SET list_date = '2026-06-08'", "older than 21 days");
}

Test(release_refused, is_refused_with_an_empty_opt_out_list)
{
    expect_refused("DELETE FROM records.opt_out", "or empty");
}

Test(release_refused, is_refused_while_an_opted_out_person_is_not_linked)
{
    expect_refused("DELETE FROM linkage.link WHERE subject_id = 500000050", "not linked yet");
}

Test(release_refused, is_refused_without_a_permit_for_the_month)
{
    expect_refused("UPDATE audit.permit SET object = '2026-07' WHERE action = 'release_build'",
                   "permit: none is open");
}

Test(release_refused, is_refused_for_an_unknown_purpose)
{
    expect_refused("UPDATE governance.purpose SET ended_on = '2026-01-01'", "the purpose is not registered");
}

/* Switch: tag 11 of the permit's entry in release.build_begin. The other purpose leaves nobody out. */
Test(release_refused, is_refused_for_another_purpose_than_the_permits)
{
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 0);
    county_sql("INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, "
               "opt_out_max_age_days)"
               " VALUES ('care', 'Care', 'not_applied', 'basis', 'approver', 21)");
    releaser = support_database("cinque_releaser");

    const ReleaseWanted wanted = {.month = COUNTY_MONTH, .purpose = "care", .at_least = "provisional"};
    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &wanted, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "the permit is for another purpose"), "%s", error.message);
}

/* Switch: release.links_check in release.build_begin, here and in the next four. */
Test(release_refused, is_refused_with_a_register_newer_than_the_last_linkage)
{
    expect_refused("UPDATE ingest.load SET held_from = clock_timestamp() WHERE load_id = 1",
                   "run link first");
}

Test(release_refused, is_refused_with_an_opt_out_list_newer_than_the_last_linkage)
{
    expect_refused("UPDATE ingest.load SET held_from = clock_timestamp() WHERE load_id = 5",
                   "run link first");
}

Test(release_refused, is_refused_with_a_merger_newer_than_the_last_linkage)
{
    expect_refused("UPDATE ingest.source SET role = 'merger' WHERE name = 'death';"
                   "UPDATE ingest.load SET held_from = clock_timestamp() WHERE load_id = 6",
                   "run link first");
}

Test(release_refused, is_refused_when_a_register_was_withdrawn_since_the_last_linkage)
{
    expect_refused(
        "UPDATE ingest.load SET state = 'withdrawn', held_to = clock_timestamp() WHERE load_id = 1",
        "run link first");
}

Test(release_refused, is_refused_without_a_linkage_that_is_done)
{
    expect_refused("UPDATE linkage.run SET state = 'undone'", "run link first");
}

/* What another session publishes between two statements of a build, by a trigger between them: a delivery of
 * July, whose rows come by a line of its own. */
#define PUBLISH_MEANWHILE(load, at, rows)                                                                    \
    "CREATE FUNCTION public.meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"                        \
    " INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"         \
    " may_replace, state, rows_loaded, held_from) SELECT source_id, sender, 318, status, content,"           \
    " spec_version, uuid_send(gen_random_uuid()), true, 'published', 0, clock_timestamp()"                   \
    " FROM ingest.load WHERE load_id = " load ";" rows " RETURN NULL; END $$;"                               \
    "CREATE TRIGGER meanwhile AFTER INSERT ON " at " FOR EACH STATEMENT EXECUTE FUNCTION public.meanwhile()"
/* Names person 50 of the list before by a subject that no link knows. */
#define LIST_MEANWHILE(at)                                                                                   \
    PUBLISH_MEANWHILE("5", at,                                                                               \
                      " INSERT INTO records.opt_out (load_id, line_number, subject_id, decision,"            \
                      " list_date) VALUES ((SELECT max(load_id) FROM ingest.load), 1, 999999999,"            \
                      " 'not_allowed', '2026-06-30');")
#define LIST_CAME "an opt-out list came or went while it was built; run link, then build it again"

/* Switch: release.opt_outs_stand in release.build_publish, here and in the next. */
Test(release_refused, is_refused_when_an_opt_out_list_comes_before_its_people_are_taken)
{
    expect_refused(LIST_MEANWHILE("release.release_practice"), LIST_CAME);
}

Test(release_refused, is_refused_when_an_opt_out_list_comes_before_it_is_published)
{
    expect_refused(LIST_MEANWHILE("release.opened"), LIST_CAME);
}

/* Switch: release.links_check behind the loads in release.build_begin. */
Test(release_refused, is_refused_when_a_register_comes_before_its_loads_are_fixed)
{
    expect_refused(PUBLISH_MEANWHILE("1", "release.release", ""), "run link first");
}

Test(release_refused, other_loads_may_be_newer_than_the_last_linkage)
{
    county_make(60, 0);
    county_sql("UPDATE ingest.load SET held_from = clock_timestamp() WHERE load_id = 2");

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 59);
}

/* Switch: newest_day in release.opt_outs_check. The list was fresh in June; the data go to July. */
Test(release_refused, an_old_month_is_refused_with_a_list_that_is_old_for_the_newest_data)
{
    expect_refused("UPDATE ingest.load SET period = 318 WHERE load_id = 2", "newest month held");
}

/* Person 1 opted out on a list that came after the month: it counts for the month nevertheless. */
Test(release_refused, an_old_month_is_built_with_the_newest_list)
{
    county_make(60, 0);
    county_sql("UPDATE ingest.load SET period = 318 WHERE load_id = 5;"
               "UPDATE records.opt_out SET list_date = '2026-07-20';"
               "INSERT INTO records.opt_out (load_id, line_number, subject_id, decision, list_date)"
               " VALUES (5, 1, 500000001, 'not_allowed', '2026-07-20')");

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 58);
    cr_expect_eq(report.opted_out, 2);
}

Test(release_refused, a_list_of_exactly_21_days_is_fresh)
{
    county_make(60, 0);
    county_sql("UPDATE records.opt_out SET list_date = '2026-06-09'");

    ReleaseReport report = county_release();

    cr_expect_eq(report.people, 59);
}
