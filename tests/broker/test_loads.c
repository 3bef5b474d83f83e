/* Who may decide about a load that a limit held back. */
#include "tests/broker/workbench.h"

static char answer[ANSWER_BYTES];

/* A load of the engineer's, held back, as ingest leaves it (tests/ingest/test_hold.c). */
static const char held_sql[] =
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead, is_steward)"
    " VALUES ('steward', 61005, 'A Steward', false, false, false, true);"
    "INSERT INTO governance.supplier (supplier, title) VALUES ('hosp_a', 'A');"
    "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
    " VALUES ('hosp_a', 'visit', 'phm', '2020-01-01', '2090-12-31', 'b');"
    "INSERT INTO ingest.source (name, title, subject_kind, update_mode)"
    " VALUES ('visit', 'Visits', 'none', 'replace_by_period');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " VALUES (1, 1, sha256('x'), 'x', '2020-01-01');"
    "INSERT INTO ingest.load (source_id, sender, period, status, spec_version, permit_id, may_replace, state,"
    " rows_loaded) VALUES (1, 'hosp_a', 318, 'final', 1, '\\x00', false, 'held', 0);"
    "SET ROLE cinque_owner;"
    "CREATE TABLE records.visit (load_id int4 NOT NULL, line_number int4 NOT NULL, subject_id int8,"
    " record_key int8, age_days int2) PARTITION BY LIST (load_id);"
    "SELECT ingest.staging_make('visit', 1, false); RESET ROLE;"
    "INSERT INTO ingest.hold (load_id, loader) VALUES (1, 'engineer');"
    "INSERT INTO ingest.load_finding (load_id, measure, place, is_rows, value, threshold, verdict)"
    " VALUES (1, 'fall', '', false, 61.25, 50, 'hold')";

enum { STEWARD = 61005 };

static Bench open_held(void)
{
    Bench bench = bench_open();

    bench_sql(&bench, held_sql);
    return bench;
}

Test(loads, a_steward_sees_why_a_load_waits_and_releases_it)
{
    SCOPED(bench_close) Bench bench = open_held();

    cr_expect_eq(bench_call(&bench, STEWARD, "GET", "/loads/held?format=csv", "", answer), 200);
    cr_expect_not_null(strstr(answer, "1,visit,hosp_a,2026-07,engineer,"), "%s", answer);
    cr_expect_not_null(strstr(answer, "fall 61.3 percent, hold from 50"), "%s", answer);
    cr_expect_eq(bench_call(&bench, STEWARD, "POST", "/loads/1/release", "", answer), 200, "%s", answer);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM ingest.load WHERE state = 'published'"), 1);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM audit.permit WHERE action = 'load_release'"
                                     " AND object = '1' AND person_id = 'steward' AND spent_at IS NOT NULL"),
                 1);
}

Test(loads, an_ig_lead_refuses_it)
{
    SCOPED(bench_close) Bench bench = open_held();

    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/loads/1/refuse", "", answer), 200, "%s", answer);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM ingest.load WHERE state = 'refused'"), 1);
}

/* Switch: rule 'who loaded it cannot decide about it' in schema/010_governance.sql. */
Test(loads, neither_its_engineer_nor_an_analyst_decides)
{
    SCOPED(bench_close) Bench bench = open_held();
    bench_sql(&bench, "UPDATE governance.person SET is_steward = true WHERE person_id = 'engineer'");

    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/loads/1/release", "", answer), 403);
    cr_expect_not_null(strstr(answer, "who loaded it cannot decide about it"), "%s", answer);
    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/loads/1/refuse", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/loads/1/release", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/loads/held", "", answer), 403);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM ingest.load WHERE state = 'held'"), 1);
}

Test(loads, a_load_that_is_not_held_back_or_not_there_is_refused)
{
    SCOPED(bench_close) Bench bench = open_held();

    cr_expect_eq(bench_call(&bench, STEWARD, "POST", "/loads/2/release", "", answer), 403);
    cr_expect_eq(bench_call(&bench, STEWARD, "POST", "/loads/4294967297/release", "", answer), 400);
    cr_expect_eq(bench_call(&bench, STEWARD, "POST", "/loads/1/release", "", answer), 200);
    cr_expect_eq(bench_call(&bench, STEWARD, "POST", "/loads/1/refuse", "", answer), 403);
}
