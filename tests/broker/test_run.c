/* Running a query: nothing of it leaves before its result is in the log. */
#include "broker/broker_private.h"
#include "query/dataset_kept.h"
#include "query/query.h"
#include "tests/broker/workbench.h"

static char answer[ANSWER_BYTES];

static void build_release(Bench *bench)
{
    SCOPED(governance_close) Governance *governance = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(db_close) Db *releaser = support_connect("cinque_releaser");
    const GovernanceRequest request = {.action = GOVERNANCE_RELEASE_BUILD,
                                       .person_id = "engineer",
                                       .purpose = TEXT("phm"),
                                       .object = TEXT("2026-08")};
    const ReleaseWanted wanted = {.month = month_from(2026, 8), .purpose = "phm", .at_least = "provisional"};
    ReleaseReport report;
    Error error = {0};

    bench_sql(bench, "UPDATE governance.purpose SET opt_out = 'not_applied'");
    cr_assert(governance_open(bench->governor, &governance, &error).ok, "%s", error.message);
    cr_assert(governance_request(governance, &request, &permit, &error).ok, "%s", error.message);
    cr_assert(query_release_build(releaser, permit, &wanted, &report, &error).ok, "%s", error.message);
}

/* A live release and an approved query, number 1. */
static Bench ready(void)
{
    Bench bench = bench_open();

    build_release(&bench);
    bench_submit(&bench, ANALYST);
    cr_assert_eq(bench_call(&bench, IG_LEAD, "POST", "/queries/1/approve", "", answer), 200, "%s", answer);
    return bench;
}

static const char results_sql[] = "SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'result'"
                                  " AND audit.entry_text(entry, 6) = 'query_run'";

Test(run, an_approved_query_gives_its_tables_and_is_logged_and_kept)
{
    SCOPED(bench_close) Bench bench = ready();

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"format\": \"csv\"}", answer);

    cr_expect_eq(status, 200, "%s", answer);
    cr_expect_not_null(strstr(answer, "\"tables\":[\"sex,people"), "%s", answer);
    cr_expect_eq(bench_count(&bench, results_sql), 1);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.output WHERE query_id = 1"), 1);
}

/* Switch: the order of keep and answer_run in broker/run.c. The log takes permits but no results here. */
Test(run, without_a_logged_result_nothing_is_shown)
{
    SCOPED(bench_close) Bench bench = ready();
    bench_sql(&bench, "CREATE FUNCTION audit.no_results() RETURNS trigger LANGUAGE plpgsql AS"
                      " 'BEGIN RAISE EXCEPTION ''no''; END';"
                      "CREATE TRIGGER no_results BEFORE INSERT ON audit.intake FOR EACH ROW"
                      " WHEN (audit.entry_kind(NEW.entry) = 'result') EXECUTE FUNCTION audit.no_results()");

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 500, "%s", answer);
    cr_expect_null(strstr(answer, "tables"));
    cr_expect_null(strstr(answer, "people"));
}

/* Switch: governance_output_keep in broker/run.c. */
Test(run, what_cannot_be_kept_is_not_shown)
{
    SCOPED(bench_close) Bench bench = ready();
    bench_sql(&bench, "ALTER TABLE governance.output ADD CONSTRAINT closed CHECK (query_id < 0)");

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 500, "%s", answer);
    cr_expect_null(strstr(answer, "tables"));
}

/* Switch: governance_request in handle_query_run. The whole log is gone: there is no permit, so no work. */
Test(run, without_a_log_nothing_is_run)
{
    SCOPED(bench_close) Bench bench = ready();
    bench_sql(&bench, "ALTER TABLE audit.intake RENAME TO gone");

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 500);
    cr_expect_null(strstr(answer, "tables"));
}

Test(run, another_member_is_asked_for_membership_and_a_lead_for_a_role)
{
    SCOPED(bench_close) Bench bench = ready();

    cr_expect_eq(bench_call(&bench, BOTH, "POST", "/queries/1/run", "", answer), 200, "a member may: %s",
                 answer);
    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/queries/1/run", "", answer), 403);
    bench_sql(&bench,
              "UPDATE governance.project_member SET ended_on = '2020-01-02' WHERE person_id = 'both'");
    cr_expect_eq(bench_call(&bench, BOTH, "POST", "/queries/1/run", "", answer), 403);
}

Test(run, a_retired_release_is_refused)
{
    SCOPED(bench_close) Bench bench = ready();
    bench_sql(&bench, "UPDATE release.release SET state = 'retired', retired = now()");

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 403, "%s", answer);
    cr_expect_null(strstr(answer, "tables"));
}

/* Switch: query_forget_retired in broker/run.c. The newest is retired, so no release is opened any more. */
Test(run, a_retired_release_does_not_stay_in_memory)
{
    SCOPED(bench_close) Bench bench = ready();
    cr_assert_eq(bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer), 200, "%s", answer);
    cr_assert_gt(kept_bytes(), 0);
    bench_sql(&bench, "UPDATE release.release SET state = 'retired', retired = now()");

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 403, "%s", answer);
    cr_expect_eq(kept_bytes(), 0);
}

Test(run, the_same_query_on_the_same_release_gives_the_same_answer)
{
    SCOPED(bench_close) Bench bench = ready();
    static char again[ANSWER_BYTES];

    bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"format\": \"json\"}", answer);
    bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"format\": \"json\"}", again);

    cr_assert_not_null(strstr(answer, "\r\n\r\n"));
    cr_assert_not_null(strstr(again, "\r\n\r\n"));
    cr_expect_str_eq(strstr(again, "\r\n\r\n"), strstr(answer, "\r\n\r\n"));
}

Test(run, what_is_kept_fills_its_limit_and_then_fails)
{
    SCOPED(text_builder_close) TextBuilder kept = text_builder(8);
    Error error = {0};

    cr_expect(run_kept_add(&kept, TEXT("abc"), &error).ok);
    cr_expect_not(run_kept_add(&kept, TEXT("abcd"), &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect(run_kept_add(&kept, TEXT("abc"), &error).ok);

    cr_expect(text_equal(text_built(&kept), TEXT("abc\nabc\n")));
}

Test(run, an_unknown_format_is_refused_before_a_permit_is_asked_for)
{
    SCOPED(bench_close) Bench bench = ready();

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"format\": \"xml\"}", answer);

    cr_expect_eq(status, 400);
    cr_expect_eq(
        bench_count(&bench,
                    "SELECT count(*) FROM audit.intake WHERE audit.entry_text(entry, 6) = 'query_run'"),
        0);
}
