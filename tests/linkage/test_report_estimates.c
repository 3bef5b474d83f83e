/* False and missed matches. */
#include "tests/linkage/reporting.h"

/* 9 links of 8 to 1 and 9 of 32 to 1: 9/9 + 9/33 false, of 20 as is shown 18.7273 right; 20 pairs of 4 to 1:
 * 16 missed. Switch: unrounded in read_estimate: 1.3 of 0.0707 would be 18 links. */
Test(report_estimates, estimates_are_sums_of_the_weights_probabilities)
{
    SCOPED(bench_close) Bench bench = scored();

    char *csv = csv_of(&bench, linkage_estimates), *passes = csv_of(&bench, linkage_passes),
         *page = page_of(&bench);

    expect_line(csv, "false matches,20,1.3,0.0636,");
    expect_line(csv, "missed matches,20,16.0,0.4607,");
    expect_line(passes, "9 likeness,link,10,");
    expect_line(passes, "9 likeness,clerical,10,");
    expect_line(page, "<p class=\"figure\">6.36 %</p>");
    free(csv);
    free(passes);
    free(page);
}

/* Switch: the eighth of pass_names. */
Test(report_estimates, links_by_a_keyed_combination_have_a_line_of_their_own)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "SET ROLE cinque_owner; UPDATE linkage.link SET pass = 8 WHERE weight = 3; RESET ROLE");

    char *passes = csv_of(&bench, linkage_passes), *page = page_of(&bench);

    expect_line(passes, "8 keyed combination,clerical,10,");
    expect_line(passes, "9 likeness,link,10,");
    expect_line(page, "8 keyed combination");
    free(passes);
    free(page);
}

/* Said as such: an empty rate would say that there are few. */
Test(report_estimates, where_no_pair_is_left_nothing_is_missed)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner, "DELETE FROM linkage.pair");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,20,1.3,0.0636,");
    expect_line(csv, "missed matches,0,0.0,0.0000,");
    free(csv);
}

/* The other way round there is nothing that a share would be of. */
Test(report_estimates, without_links_no_share_is_missed)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner, "DELETE FROM linkage.link WHERE weight IS NOT NULL");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,0,,,");
    expect_line(csv, "missed matches,20,,,");
    free(csv);
}

/* Switch: is_shown in report_estimates. */
Test(report_estimates, an_estimate_from_few_pairs_is_not_shown)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    bench_run(bench.owner, "DELETE FROM linkage.link WHERE subject_id > 306");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,<8,,,");
    expect_line(csv, "missed matches,30,,,");
    free(csv);
}

/* Switch: report_decisions: 10 of the 20 pairs are decided after the run, and count from the next one on. */
Test(report_estimates, what_was_decided_since_the_run_is_not_in_it)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
              " SELECT i, 100 + i, false, 'a', '' FROM generate_series(1, 10) AS i;"
              "UPDATE linkage.decision SET ended = clock_timestamp() WHERE decided < '2020-01-02'");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "missed matches,20,16.0,0.4607,");
    free(csv);
}

Test(report_estimates, without_links_by_weights_no_share_is_missed)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    bench_run(bench.owner, "DELETE FROM linkage.link");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "missed matches,30,,,");
    free(csv);
}

Test(report_estimates, nothing_is_estimated_where_nothing_has_a_weight)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 30) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_estimates), *page = page_of(&bench);

    cr_expect_null(strstr(csv, "matches"));
    expect_line(page, "not estimated");
    free(csv);
    free(page);
}
