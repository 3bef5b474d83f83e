#include "tests/linkage/workbench.h"

/* The statement fails for want of privilege; with any other result the wall is down. */
static void expect_denied(const char *role, const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(role);
    Error error = {0};

    Result result = db_script(db, "forbidden", sql, &error);

    cr_expect(!result.ok, "%s may: %s", role, sql);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s: %s", role, sql, error.message);
}

/* Switch: PERFORM audit.require in linkage.run_begin. Without it the run starts. */
Test(linkage_walls, no_run_begins_without_a_permit)
{
    SCOPED(bench_close) Bench bench = bench_open();
    Error error = {0};

    Result result =
        db_script(bench.linker, "forged",
                  "SELECT linkage.run_begin('\\x00000000000000000000000000000000', 1::int2)", &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "permit: none is open for this action and object");
}

/* Switch: PERFORM audit.require in linkage.undo. */
Test(linkage_walls, no_run_is_undone_without_a_permit)
{
    SCOPED(bench_close) Bench bench = bench_open();
    Error error = {0};

    Result result = db_script(bench.linker, "forged",
                              "SELECT linkage.undo('\\x00000000000000000000000000000000', 1)", &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* Switch: governance_permit_covers in linkage_run. */
Test(linkage_walls, a_permit_for_something_else_is_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(governance_permit_close) GovernancePermit *undo = bench_permit(&bench, GOVERNANCE_LINK_UNDO, "1");
    SCOPED(governance_permit_close) GovernancePermit *link = bench_permit(&bench, GOVERNANCE_LINK, "link");
    LinkageReport report = {0};
    Error error = {0};

    Result run = linkage_run(bench.linker, &bench_opener, undo, &report, &error);
    Result other_run = linkage_undo(bench.linker, undo, 2, &error);
    Result undone = linkage_undo(bench.linker, link, 1, &error);

    cr_expect(!run.ok);
    cr_expect(!other_run.ok);
    cr_expect(!undone.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

Test(linkage_walls, a_spent_permit_is_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(governance_permit_close) GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK, "link");
    const GovernanceOutcome outcome = {.succeeded = true};
    LinkageReport report = {0};
    Error error = {0};
    Result spent = governance_result(bench.governance, permit, &outcome, &error);
    cr_assert(spent.ok, "%s", error.message);

    Result result = linkage_run(bench.linker, &bench_opener, permit, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* Switch: grants of schema/040_linkage.sql and of the others; each line is one thing that linkage must not
 * see. */
Test(linkage_walls, the_linker_sees_no_payload_no_rules_and_no_release)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const forbidden[] = {
        "SELECT FROM records.bench",          "SELECT FROM governance.person",
        "SELECT FROM governance.query",       "SELECT FROM audit.intake",
        "SELECT FROM audit.permit",           "SELECT FROM ingest.load",
        "SELECT FROM ingest.quarantine",      "SELECT FROM linkage.merger_token",
        "CREATE TABLE linkage.mine (a int4)", "SET ROLE cinque_owner",
    };

    cr_assert_not_null(bench.owner);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        expect_denied("cinque_linker", forbidden[i]);
}

Test(linkage_walls, the_linker_writes_only_through_the_functions)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const forbidden[] = {
        "INSERT INTO linkage.link VALUES (1, 1, 1, 1, 1)",
        "UPDATE linkage.person SET merged_into = NULL",
        "DELETE FROM linkage.link_history",
        "UPDATE linkage.run SET state = 'done'",
        "TRUNCATE linkage.residence",
        "DELETE FROM subjects.subject",
        "SELECT linkage.people_merge(1)",
        "SELECT linkage.mergers_collect()",
    };

    cr_assert_not_null(bench.owner);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        expect_denied("cinque_linker", forbidden[i]);
}

Test(linkage_walls, no_other_role_sees_links_or_subjects)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const roles[] = {"cinque_loader", "cinque_governor", "cinque_query"};

    cr_assert_not_null(bench.owner);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        expect_denied(roles[i], "SELECT FROM linkage.link");
        expect_denied(roles[i], "SELECT FROM linkage.household");
        expect_denied(roles[i], "SELECT FROM subjects.subject");
        expect_denied(roles[i], "SELECT linkage.run_begin('\\x00', 1::int2)");
    }
}

/* A copy of a database does not get its grants, so the original is asked. Switch: REVOKE ALL ON DATABASE in
 * 001_roles.sql. */
Test(linkage_walls, the_linker_makes_no_temporary_tables)
{
    SCOPED(bench_close) Bench bench = bench_open();
    char text[BENCH_TEXT_BYTES];

    bench_text(&bench, "SELECT has_database_privilege('cinque_linker', 'cinque_template', 'TEMPORARY')::text",
               text);

    cr_expect_str_eq(text, "false");
}
