/* Running a query: nothing of it leaves before its result is in the log. */
#include <fcntl.h>

#include "broker/broker_private.h"
#include "query/dataset_kept.h"
#include "query/deadline.h"
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
static Bench ready_with(const char *query_body)
{
    Bench bench = bench_open();

    build_release(&bench);
    bench_submit_body(&bench, ANALYST, query_body);
    cr_assert_eq(bench_call(&bench, IG_LEAD, "POST", "/queries/1/approve", "", answer), 200, "%s", answer);
    return bench;
}

static Bench ready(void)
{
    return ready_with(bench_query_body);
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
    cr_expect_not_null(strstr(answer, "query:2:9: no release is built for this purpose"), "%s", answer);
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

/* Switch: query_refuse_table in keep. */
Test(run, an_answer_that_is_too_long_is_refused_at_its_table_and_nothing_of_it_is_kept)
{
    SCOPED(bench_close) Bench bench = ready();

    run_kept_bytes_max = 100;
    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 400, "%s", answer);
    cr_expect_not_null(strstr(answer, "query:6:6: up to this table the answer is longer than 100 bytes"),
                       "%s", answer);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.output"), 0);
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

/* Red without query_check_set or query_set in broker/run.c. */
Test(run, a_parameter_is_set_to_a_value_of_its_list_and_stands_in_the_log_and_the_answer)
{
    SCOPED(bench_close) Bench bench = ready_with(bench_parameter_body);
    static const struct {
        const char *body, *expected;
    } refused[] = {
        {"", "parameter limit is not set; --set NAME=VALUE with one of: 20, 40"},
        {"{\"set\": {\"limit\": \"30\"}}", "query:3:11: parameter limit is one of: 20, 40"},
        {"{\"set\": {\"limit\": 20}}", "request: a value of set is no text"},
        {"{\"set\": [\"limit\"]}", "request: set is no object"},
        {"{\"set\": {\"x\": \"20\"}}", "--set: the query has no parameter of this name"},
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/1/run", refused[i].body, answer), 400);
        cr_expect_not_null(strstr(answer, refused[i].expected), "%s", answer);
    }
    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run",
                            "{\"format\": \"csv\", \"set\": {\"limit\": \"40\"}}", answer);

    cr_expect_eq(status, 200, "%s", answer);
    cr_expect_not_null(strstr(answer, "# Parameter limit: 40."), "%s", answer);
    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'result' "
                             "AND audit.entry_text(entry, 14) = 'release=1 limit=40'"),
                 1);
}

/* Red without `request.detail` in broker/run.c. */
Test(run, the_log_says_which_value_is_asked_before_the_run_and_nothing_else_that_was_typed)
{
    SCOPED(bench_close) Bench bench = ready_with(bench_parameter_body);

    (void)bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"set\": {\"limit\": \"40\"}}", answer);
    (void)bench_call(&bench, ANALYST, "POST", "/queries/1/run", "{\"set\": {\"limit\": \"Smith\"}}", answer);

    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'decision' "
                             "AND audit.entry_text(entry, 6) = 'query_run' AND "
                             "audit.entry_text(entry, 14) = 'limit=40'"),
                 1);
    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'decision' "
                             "AND audit.entry_text(entry, 14) = 'parameters not as approved'"),
                 1);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM audit.intake "
                                     "WHERE position('Smith' IN audit.entry_text(entry, 14)) > 0"),
                 0);
}

/* Switch: deadline_check in query/run.c and query/count_people.c. */
Test(run, a_query_that_takes_too_long_is_refused_and_the_next_one_runs)
{
    SCOPED(bench_close) Bench bench = ready();
    int64_t usual = query_processor_us_max;

    query_processor_us_max = 0;
    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 400, "%s", answer);
    cr_expect_not_null(
        strstr(answer, "query:3:8: the query was stopped, as it took more than 0 s of processor time"), "%s",
        answer);
    cr_expect_null(strstr(answer, "tables"));
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.output"), 0);
    query_processor_us_max = usual;
    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer), 200, "%s", answer);
}

/* A caller who does not wait for the answer. */
static pid_t call_beside(const Bench *bench)
{
    static const char request[] = "POST /queries/1/run HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                  "Content-Length: 0\r\n\r\n";
    pid_t child = fork();

    cr_assert_geq(child, 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        call_in_child(bench->socket_path, ANALYST, request, sizeof request - 1, nowhere);
    }
    return child;
}

static void wait_until(Bench *bench, const char *sql)
{
    for (int i = 0; i < 2000 && bench_count(bench, sql) == 0; i++)
        usleep(10000);
    cr_assert_eq(bench_count(bench, sql), 1);
}

/* Switch: ROUTE_LONG in broker/routes.c. The query waits for a lock of ours, and so would everybody. */
Test(run, while_a_query_runs_others_are_answered)
{
    SCOPED(bench_close) Bench bench = ready();
    int status = 0;
    bench_sql(&bench, "BEGIN; LOCK TABLE release_1.category");

    pid_t runner = call_beside(&bench);
    wait_until(&bench, "SELECT count(*) FROM pg_locks WHERE NOT granted"
                       " AND relation = 'release_1.category'::regclass");
    int answered = bench_call(&bench, ANALYST, "GET", "/queries", "", answer);
    cr_expect_eq(bench_count(&bench, results_sql), 0, "it still runs");
    bench_sql(&bench, "COMMIT");

    cr_expect_eq(answered, 200, "%s", answer);
    cr_assert_eq(waitpid(runner, &status, 0), runner);
    cr_expect_eq(bench_count(&bench, results_sql), 1);
}
