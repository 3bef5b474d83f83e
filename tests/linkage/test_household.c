#include "tests/linkage/workbench.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

static const char places_sql[] = "SELECT coalesce(string_agg(members, '|' ORDER BY members), '') FROM ("
                                 " SELECT string_agg(subject_id::text, ',' ORDER BY subject_id) AS members"
                                 "   FROM linkage.subject_household GROUP BY household_id) AS place";

Test(household, subjects_of_all_sources_at_one_uprn_share_a_household)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1'), bench.person(2, 'tax', NULL, 'H1'),"
                           " bench.person(3, 'spell', NULL, 'H2'), bench.person(4, 'spell', 'B', NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1,2|3");
    cr_expect_eq(report.households, 2);
}

Test(household, a_later_subject_joins_the_household_that_is_there)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1')");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.person(2, 'tax', NULL, 'H1')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1,2");
    cr_expect_eq(report.households, 1);
}

Test(household, a_re_keyed_uprn_stays_the_same_household)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'tax', NULL, 'H1')");
    bench_link(&bench);
    bench_run(bench.owner,
              "UPDATE subjects.subject SET uprn_token = bench.token('H1 again'), key_version = 2;"
              "SELECT bench.person(2, 'tax', NULL, 'H1 again');"
              "UPDATE subjects.subject SET key_version = 2");

    bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1,2");
}

Test(household, residence_follows_the_register_and_nothing_else)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1'), bench.person(2, 'spell', 'B', 'H1'),"
                           " bench.person(3, 'list', NULL, 'H1')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_residences(&bench, text), "1 2020-01-01..");
    cr_expect_eq(report.residences, 1);
}

Test(household, periods_that_touch_become_one_and_a_gap_stays)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(1, 'list', 'A', 'H1'); DELETE FROM records.bench;"
              "INSERT INTO records.bench VALUES (1, 'list', '2020-01-01', '2020-01-31'),"
              " (1, 'list', '2020-02-01', '2020-06-30'), (1, 'list', '2021-01-01', '2021-12-31'),"
              " (1, 'list', '2021-06-01', '2022-03-31'), (1, 'list', '2023-05-05', '2023-05-01')");

    bench_link(&bench);

    cr_expect_str_eq(bench_residences(&bench, text), "1 2020-01-01..2020-06-30; 1 2021-01-01..2022-03-31",
                     "a period that ends before it starts is none");
}

Test(household, a_new_snapshot_ends_a_residence_and_undo_opens_it_again)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1')");
    bench_link(&bench);
    bench_state(&bench, text);
    bench_run(bench.owner,
              "UPDATE records.bench SET valid_to = '2026-06-30'; SELECT bench.person(2, 'list', 'A', 'H2')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_residences(&bench, other), "1 2020-01-01..2026-06-30; 1 2020-01-01..");
    bench_undo(&bench, report.run_id);
    cr_expect_str_eq(bench_state(&bench, other), text);
}

Test(household, merged_people_live_on_as_the_survivor)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1'), bench.person(2, 'list', 'B', 'H1')");
    bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B')");

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.residences, 1);
    cr_expect_str_eq(bench_residences(&bench, text), "1 2020-01-01..");
}
