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

/* ---- by address, where there is no UPRN ---- */

/* Switch: the coalesce of linkage.homes_settle. */
Test(household, an_address_alone_is_a_home_and_a_uprns_where_one_is_known_of_it)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(
        bench.owner,
        "SELECT bench.home(1, 'list', 'A', 'H1', 'street 1'), bench.home(2, 'tax', NULL, NULL, 'street 1'),"
        " bench.home(3, 'spell', 'B', NULL, 'street 2'), bench.home(4, 'tax', NULL, NULL, 'street 2'),"
        " bench.home(5, 'tax', NULL, NULL, NULL)");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1,2|3,4");
    cr_expect_eq(report.households, 2);
}

/* Switch: the count of UPRNs in linkage.homes_wanted. */
Test(household, an_address_of_two_uprns_places_nobody)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.home(1, 'list', 'A', 'H1', 'flats'), bench.home(2, 'list', 'B', 'H2', 'flats'),"
              " bench.home(3, 'tax', NULL, NULL, 'flats')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1|2");
    cr_expect_eq(report.households, 2);
}

Test(household, whoever_has_an_address_alone_moves_to_its_uprn_once_that_is_known_and_back_by_undo)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.home(1, 'list', 'A', NULL, 'street 1'), bench.home(2, 'tax', NULL, 'H1', NULL)");
    bench_link(&bench);
    bench_state(&bench, text);
    bench_run(bench.owner, "SELECT bench.home(3, 'tax', NULL, 'H1', 'street 1')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, other), "1,2,3");
    cr_expect_eq(report.households, 1, "nobody is left in the address's own");
    cr_expect_str_eq(bench_residences(&bench, other), "1 2020-01-01..");
    bench_undo(&bench, report.run_id);
    cr_expect_str_eq(bench_state(&bench, other), text);
}

Test(household, an_address_that_turns_out_to_be_of_two_uprns_loses_whom_it_placed)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.home(1, 'list', 'A', NULL, 'flats'), bench.home(2, 'tax', NULL, 'H1', 'flats')");
    bench_link(&bench);
    bench_state(&bench, text);
    bench_run(bench.owner, "SELECT bench.home(3, 'tax', NULL, 'H2', 'flats')");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, other), "2|3");
    cr_expect_str_eq(bench_residences(&bench, other), "");
    bench_undo(&bench, report.run_id);
    cr_expect_str_eq(bench_state(&bench, other), text);
}

Test(household, a_re_keyed_address_stays_the_same_household)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.home(1, 'tax', NULL, NULL, 'street 1')");
    bench_link(&bench);
    bench_run(bench.owner,
              "SELECT bench.home(2, 'tax', NULL, NULL, 'street 1 again');"
              "UPDATE subjects.subject SET address_token = bench.token('street 1 again'), key_version = 2");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_text(&bench, places_sql, text), "1,2");
    cr_expect_eq(report.households, 1);
}
