#include "tests/linkage/reporting.h"

Test(report, links_are_counted_by_pass)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 30) AS i;"
              "SELECT bench.merger(900 + i, 'n' || i, 'm' || i) FROM generate_series(1, 10) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_passes), *page = page_of(&bench);

    expect_line(csv, "1 NHS number,rule,20,0.6667\r\n");
    expect_line(csv, "\"2 superseded number, by a merger\",rule,10,0.3333\r\n");
    expect_line(page, "1 NHS number</text><rect");
    free(csv);
    free(page);
}

/* Switch: protect in report_passes. 33 links in all, so the 30 would tell the 3. */
Test(report, a_pass_of_few_links_is_hidden_with_another)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 33) AS i;"
              "SELECT bench.merger(900 + i, 'n' || i, 'm' || i) FROM generate_series(1, 3) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_passes);

    expect_line(csv, "1 NHS number,rule,hidden,\r\n");
    expect_line(csv, "by a merger\",rule,<8,\r\n");
    free(csv);
}

/* Switch: protect_named in report_waiting. Each kind of conflict is protected by another, not by what waits.
 */
Test(report, pairs_that_wait_and_conflicts_are_counted_where_they_are_not_few)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "INSERT INTO linkage.conflict (subject_a, subject_b, reason, run_id)"
              " SELECT i, 100 + i, CASE WHEN i <= 3 THEN 'ages' WHEN i <= 30 THEN 'two deaths' ELSE"
              "  'two numbers' END, 1 FROM generate_series(1, 80) AS i");

    char *csv = csv_of(&bench, linkage_waiting);

    expect_line(csv, "waiting,pairs for a decision,20\r\n");
    expect_line(csv, "conflict,ages,<8\r\n");
    expect_line(csv, "conflict,two deaths,hidden\r\n");
    expect_line(csv, "conflict,two numbers,50\r\n");
    free(csv);
}

Test(report, pseudonyms_mapped_to_more_than_one_are_counted)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, "UPDATE linkage.run SET crosswalk_ambiguous = 12");

    char *csv = csv_of(&bench, linkage_waiting);

    expect_line(csv, "cross-walk,pseudonyms mapped to more than one,10\r\n");
    free(csv);
}

Test(report, the_page_is_whole_before_the_first_run)
{
    SCOPED(bench_close) Bench bench = bench_open();

    char *page = page_of(&bench);

    expect_line(page, "Nothing has been linked yet.");
    expect_line(page, "</html>");
    free(page);
}

Test(report, runs_are_listed_with_their_state)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL)");
    bench_link(&bench);
    bench_undo(&bench, 1);

    Result result = linkage_run_list(bench.linker, &table, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_eq(table_row_count(table), 1);
}
