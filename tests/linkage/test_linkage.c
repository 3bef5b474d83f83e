#include "tests/linkage/workbench.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

Test(linkage, subjects_with_the_same_number_are_one_person_across_sources)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'spell', 'A', NULL),"
                           " bench.person(3, 'spell', 'B', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_eq(report.people, 2);
    cr_expect_eq(report.people_new, 2);
    cr_expect_eq(report.people_merged, 0);
}

Test(linkage, a_subject_without_a_number_stays_unlinked_and_is_counted)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'spell', NULL, NULL),"
                           " bench.person(3, 'tax', NULL, 'H')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1");
    cr_expect_eq(report.subjects, 2, "a household source has no people");
    cr_expect_eq(report.linked, 1);
    cr_expect_eq(report.unlinked, 1);
}

Test(linkage, every_link_says_pass_run_and_rule)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(1, 'list', 'old', NULL), bench.person(2, 'list', 'new', NULL),"
              " bench.merger(10, 'old', 'new')");

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.run_id, 1);
    bench_text(
        &bench,
        "SELECT string_agg(concat_ws(' ', subject_id, pass, run_id, rule_version), '; ' ORDER BY subject_id)"
        " FROM linkage.link",
        text);
    cr_expect_str_eq(text, "1 2 1 4; 2 1 1 4",
                     "the superseded number went through the merger, and a merger's row is no record");
}

Test(linkage, a_chain_of_mergers_is_one_person)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'list', 'D', NULL),"
              " bench.person(3, 'list', 'E', NULL), bench.merger(10, 'A', 'B'), bench.merger(11, 'B', 'C'),"
              " bench.merger(12, 'C', 'D')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
}

Test(linkage, a_cycle_of_mergers_ends_and_is_one_person)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'list', 'B', NULL),"
              " bench.person(3, 'list', 'C', NULL), bench.merger(10, 'A', 'B'), bench.merger(11, 'B', 'C'),"
              " bench.merger(12, 'C', 'A'), bench.merger(13, 'A', 'A')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
}

Test(linkage, a_chain_of_two_thousand_mergers_ends)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(1, 'list', 'n1', NULL), bench.person(2, 'list', 'n2001', NULL);"
              "SELECT bench.merger(1000 + i, 'n' || i, 'n' || (i + 1)) FROM generate_series(1, 2000) AS i");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}

Test(linkage, a_merger_outside_active_loads_counts_for_nothing)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'list', 'B', NULL),"
                           " bench.merger(10, 'A', 'B'); DELETE FROM records.bench WHERE subject_id = 10");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: the comparison with today in linkage.mergers_collect. */
Test(linkage, a_merger_that_has_ended_or_not_begun_counts_for_nothing)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(
        bench.owner,
        "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 6) AS i;"
        "SELECT bench.merger(10, 'n1', 'n2'), bench.merger(11, 'n3', 'n4'), bench.merger(12, 'n5', 'n6');"
        "UPDATE records.bench SET valid_to = governance.today() - 1 WHERE subject_id = 10;"
        "UPDATE records.bench SET valid_from = governance.today() + 1 WHERE subject_id = 11;"
        "UPDATE records.bench SET valid_to = governance.today() WHERE subject_id = 12");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3|4|5,6");
}

Test(linkage, a_late_merger_merges_people_and_the_oldest_survives)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL)");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.person(2, 'list', 'B', NULL)");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B')");

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.people_merged, 1);
    cr_expect_eq(report.people, 1);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    bench_text(
        &bench,
        "SELECT string_agg(concat_ws(' ', person_id, merged_into, merged_run), '; ' ORDER BY person_id)"
        " FROM linkage.person",
        text);
    cr_expect_str_eq(text, "1; 2 1 3");
    cr_expect_str_eq(bench_text(&bench, "SELECT linkage.current_person(2)::text", text), "1");
}

Test(linkage, merged_people_that_are_merged_again_resolve_to_one)
{
    SCOPED(bench_close) Bench bench = bench_open();
    for (int i = 1; i <= 3; i++) {
        char sql[96];
        snprintf(sql, sizeof sql, "SELECT bench.person(%d, 'list', 'n%d', NULL)", i, i);
        bench_run(bench.owner, sql);
        bench_link(&bench);
    }
    bench_run(bench.owner, "SELECT bench.merger(10, 'n2', 'n3')");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(11, 'n1', 'n3')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
    cr_expect_str_eq(bench_text(&bench, "SELECT linkage.current_person(3)::text", text), "1");
}

/* The merger of A and B was withdrawn after it had made one person of both; then each half meets someone
 * else. */
Test(linkage, a_person_between_two_groups_joins_them)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'C', NULL)");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.person(2, 'list', 'A', NULL), bench.person(3, 'list', 'B', NULL),"
                           " bench.merger(10, 'A', 'B')");
    bench_link(&bench);
    bench_run(bench.owner,
              "DELETE FROM records.bench WHERE subject_id = 10; SELECT bench.person(4, 'list', 'D', NULL)");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(11, 'A', 'C'), bench.merger(12, 'B', 'D')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2,3,4");
}

Test(linkage, many_small_runs_give_the_people_of_one_run)
{
    SCOPED(bench_close) Bench bench = bench_open();
    for (int month = 0; month < 4; month++) {
        char sql[400];
        snprintf(
            sql, sizeof sql,
            "SELECT bench.person(1000 * %d + i, 'list', 'n' || (i * 7 + %d * 13) %% 90, NULL)"
            "  FROM generate_series(1, 60) AS i;"
            "SELECT bench.merger(100000 + 1000 * %d + i, 'n' || (i * 11 + %d) %% 90, 'n' || (i * 17) %% 90)"
            "  FROM generate_series(1, 8) AS i",
            month, month, month, month);
        bench_run(bench.owner, sql);
        bench_link(&bench);
    }
    bench_people(&bench, text);
    for (int64_t run_id = 4; run_id >= 1; run_id--)
        bench_undo(&bench, run_id);

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, other), text);
    cr_expect_not_null(strchr(text, '|'), "a partition into one person would prove nothing");
}

Test(linkage, a_run_without_news_changes_nothing)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H'), bench.person(2, 'list', 'B', 'H')");
    bench_link(&bench);
    bench_state(&bench, text);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_state(&bench, other), text);
    cr_expect_eq(report.people_new, 0);
    cr_expect_eq(report.linked, 2, "all that are linked, not only the new ones");
}

Test(linkage, a_session_that_ends_in_a_run_leaves_nothing)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(governance_permit_close) GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK, "link");
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H')");
    char sql[200] = "BEGIN; SELECT linkage.run_begin('\\x";
    for (size_t i = 0; i < GOVERNANCE_PERMIT_BYTES; i++)
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "%02x", governance_permit_id(permit)[i]);
    snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "', 1::int2)");
    bench_run(bench.linker, sql);

    db_close(&bench.linker);
    bench.linker = support_connect("cinque_linker");
    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.linked, 1);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.run", text), "1");
}

Test(linkage, a_run_that_fails_leaves_nothing)
{
    SCOPED(bench_close) Bench bench = bench_open();
    LinkageReport report = {0};
    Error error = {0};
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H'); DROP VIEW presence.list");

    Result result = bench_try_link(&bench, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_str_eq(bench_state(&bench, text), "");
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.run", text), "0");
}

Test(linkage, tokens_of_two_key_versions_are_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    LinkageReport report = {0};
    Error error = {0};
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL), bench.person(2, 'list', 'B', NULL);"
                           "UPDATE subjects.subject SET key_version = 2 WHERE subject_id = 2");

    Result result = bench_try_link(&bench, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(
        error.message,
        "linkage: subjects hold tokens of more than one key version; re-key the older ones first");
}
