/* Who may do what. Identity is the kernel's word alone. */
#include "tests/broker/workbench.h"

static char answer[ANSWER_BYTES];

/* Switch: rule 'an author cannot approve' in schema/010_governance.sql, and the constraint
 * approver_is_another. */
Test(people, an_author_cannot_approve_their_own_query)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, BOTH);

    int status = bench_call(&bench, BOTH, "POST", "/queries/1/approve", "", answer);

    cr_expect_eq(status, 403);
    cr_expect_not_null(strstr(answer, "an author cannot approve"));
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.approval"), 0);
}

Test(people, another_ig_lead_approves)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, BOTH);

    int status = bench_call(&bench, IG_LEAD, "POST", "/queries/1/approve", "", answer);

    cr_expect_eq(status, 200);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.approval WHERE approver = 'lead'"), 1);
}

Test(people, an_analyst_cannot_approve)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, BOTH);

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/approve", "", answer);

    cr_expect_eq(status, 403);
    cr_expect_not_null(strstr(answer, "\"code\":\"refused\""));
}

/* Switch: identify in broker/serve.c. */
Test(people, a_stranger_is_refused_at_every_door_and_it_is_logged)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const doors[][2] = {
        {"GET", "/catalogue"},        {"GET", "/queries"},
        {"POST", "/queries"},         {"POST", "/queries/check"},
        {"GET", "/queries/1"},        {"POST", "/queries/1/approve"},
        {"POST", "/queries/1/run"},   {"GET", "/audit"},
        {"POST", "/audit/verify"},    {"GET", "/loads/held"},
        {"POST", "/loads/1/release"}, {"POST", "/loads/1/refuse"},
        {"POST", "/keys/approve"},
    };
    const size_t door_count = sizeof doors / sizeof doors[0];

    for (size_t i = 0; i < door_count; i++) {
        int status = bench_call(&bench, STRANGER, doors[i][0], doors[i][1], "", answer);
        cr_expect_eq(status, 403, "%s %s: %s", doors[i][0], doors[i][1], answer);
    }

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM audit.intake"
                                     " WHERE audit.entry_text(entry, 6) = 'identify'"
                                     " AND audit.entry_field(entry, 7) <> '\\x01'"),
                 (int64_t)door_count);
}

/* Switch: peer_uid; a broker that believed any of these would answer 200. */
Test(people, nothing_in_the_request_says_who_calls)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char request[] =
        "GET /queries?person=lead&uid=61002 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        "X-Remote-User: lead\r\nX-Forwarded-For: lead\r\nFrom: lead\r\n"
        "Authorization: Basic bGVhZDo=\r\nCookie: uid=61002\r\n\r\n";

    int status = bench_send(&bench, STRANGER, request, sizeof request - 1, answer);

    cr_expect_eq(status, 403);
}

Test(people, an_engineer_cannot_run_or_read_queries)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, ANALYST);
    cr_assert_eq(bench_call(&bench, IG_LEAD, "POST", "/queries/1/approve", "", answer), 200);

    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/queries/1/run", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ENGINEER, "GET", "/queries", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ENGINEER, "GET", "/queries/1", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/queries", bench_query_body, answer), 403);
}

Test(people, only_an_ig_lead_reads_the_log)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/audit", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/audit/verify", "", answer), 403);
    cr_expect_eq(bench_call(&bench, IG_LEAD, "GET", "/audit?rows=5", "", answer), 200);
    cr_expect_not_null(strstr(answer, "audit_read"));
}

Test(people, verifying_tells_a_clean_log_from_a_changed_one)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, ANALYST);
    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/audit/verify", "{}", answer), 200);
    cr_expect_not_null(strstr(answer, "\"verified\":true"));
    bench_sql(&bench, "ALTER TABLE audit.intake DISABLE TRIGGER ALL;"
                      "UPDATE audit.intake SET entry = set_byte(entry, length(entry) - 1, 0) WHERE entry_id ="
                      " (SELECT min(entry_id) FROM audit.intake)");

    int status = bench_call(&bench, IG_LEAD, "POST", "/audit/verify", "{}", answer);

    cr_expect_eq(status, 200, "%s", answer);
    cr_expect_not_null(strstr(answer, "\"verified\":false"));
}

Test(people, a_query_that_nobody_approved_is_not_run)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, ANALYST);

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 403);
    cr_expect_not_null(strstr(answer, "not approved"));
}

Test(people, a_query_without_a_live_release_of_its_purpose_is_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_submit(&bench, ANALYST);
    cr_assert_eq(bench_call(&bench, IG_LEAD, "POST", "/queries/1/approve", "", answer), 200);

    int status = bench_call(&bench, ANALYST, "POST", "/queries/1/run", "", answer);

    cr_expect_eq(status, 403);
    cr_expect_null(strstr(answer, "tables"));
    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'result'"
                             " AND audit.entry_text(entry, 6) = 'query_run'"),
                 1, "the failure is the permit's result");
}
