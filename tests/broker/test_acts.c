#include "tests/broker/workbench.h"
#include "tests/support/openable.h"

#define PRINT "f35e5616160a30bf3c6e79fa73c576d40205e8fc3ba4e1c6dcf93e6b98e857b4"
#define BODY  "{\"fingerprint\": \"" PRINT "\"}"

static char answer[ANSWER_BYTES];

Test(acts, an_ig_lead_approves_a_providers_key)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/keys/approve", BODY, answer), 200, "%s", answer);

    cr_expect_not_null(strstr(answer, PRINT), "%s", answer);
    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM governance.act_approval WHERE approver = 'lead' AND"
                             " object = '" PRINT "' AND act = 'key_seal' AND actor IS NULL"),
                 1);
    cr_expect_eq(
        bench_count(&bench,
                    "SELECT count(*) FROM audit.permit WHERE action = 'key_approve' AND object = '" PRINT
                    "' AND person_id = 'lead' AND spent_at IS NOT NULL"),
        1);
}

/* Switch: 'key_approve' in governance.decide. */
Test(acts, neither_an_engineer_nor_an_analyst_approves_one)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/keys/approve", BODY, answer), 403);
    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/keys/approve", BODY, answer), 403);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.act_approval"), 0);
}

Test(acts, what_is_no_fingerprint_is_not_even_asked_for)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/keys/approve", "{\"fingerprint\": \"f35e\"}", answer),
                 400);
    cr_expect_not_null(strstr(answer, "64 hexadecimal digits"), "%s", answer);
    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/keys/approve", "", answer), 400);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM audit.permit WHERE action = 'key_approve'"), 0);
}

Test(acts, an_ig_lead_approves_that_an_archive_is_opened)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, openable_sql);

    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/deliveries/17/approve", "", answer), 200, "%s",
                 answer);

    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM governance.act_approval WHERE approver = 'lead' AND"
                             " object = '17' AND act = 'archive_open' AND actor IS NULL"),
                 1);
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM audit.permit WHERE action = 'archive_approve' AND"
                                     " object = '17' AND person_id = 'lead' AND spent_at IS NOT NULL"),
                 1);
}

Test(acts, an_ig_lead_approves_that_rejected_lines_are_opened)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, openable_sql);

    cr_expect_eq(bench_call(&bench, IG_LEAD, "POST", "/loads/17/quarantine/approve", "", answer), 200, "%s",
                 answer);

    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM governance.act_approval WHERE approver = 'lead' AND"
                             " object = '17' AND act = 'quarantine_open' AND actor IS NULL"),
                 1);
}

static void expect_refused(const Bench *bench, const char *path, const char *why)
{
    cr_expect_eq(bench_call(bench, IG_LEAD, "POST", path, "", answer), 403, "%s: %s", path, answer);
    cr_expect_not_null(strstr(answer, why), "%s: %s", path, answer);
}

/* Switch: rule_open_approve in governance.decide. */
Test(acts, nothing_that_is_not_there_can_be_approved)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, openable_sql);

    expect_refused(&bench, "/deliveries/21/approve", "there is no delivery of this number");
    expect_refused(&bench, "/deliveries/19/approve", "the delivery has no archive");
    expect_refused(&bench, "/deliveries/20/approve", "the delivery has no archive");
    expect_refused(&bench, "/loads/20/quarantine/approve", "there is no load of this number");
    expect_refused(&bench, "/loads/19/quarantine/approve", "the load has no rejected lines");

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.act_approval"), 0);
}

Test(acts, an_ig_lead_approves_a_rules_file)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(
        bench_call(&bench, IG_LEAD, "POST", "/rules/approve", "{\"content\": \"" PRINT "\"}", answer), 200,
        "%s", answer);
    cr_expect_eq(
        bench_call(&bench, ENGINEER, "POST", "/rules/approve", "{\"content\": \"" PRINT "\"}", answer), 403);

    cr_expect_eq(bench_count(&bench,
                             "SELECT count(*) FROM governance.act_approval WHERE approver = 'lead' AND"
                             " object = '" PRINT "' AND act = 'apply' AND actor IS NULL"),
                 1);
}

/* Switch: 'archive_approve' and 'quarantine_approve' in governance.decide. */
Test(acts, neither_an_engineer_nor_an_analyst_approves_that_one_is_opened)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/deliveries/17/approve", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/deliveries/17/approve", "", answer), 403);
    cr_expect_eq(bench_call(&bench, ENGINEER, "POST", "/loads/17/quarantine/approve", "", answer), 403);

    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.act_approval"), 0);
}
