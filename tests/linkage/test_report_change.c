/* What a report says of the run before, and leaves out of what came since the run. */
#include "tests/linkage/reporting.h"

static const char spell_came[] =
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " VALUES (2, 1, sha256(''), '', '2020-01-01');"
    "INSERT INTO ingest.load (load_id, source_id, sender, period, status, spec_version, permit_id,"
    "       may_replace, state, held_from) OVERRIDING SYSTEM VALUE"
    " VALUES (2, 2, 'a', 300, 'final', 1, '', false, 'published', now());"
    "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 20) AS i;"
    "UPDATE subjects.subject SET first_load_id = 2 WHERE source_id = 2;";

/* Run 1 was forty days ago, over list alone; spell came since, and some of list got a number. */
static void link_twice(Bench *bench, int linked_first)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT bench.person(i, 'list', CASE WHEN i <= %d THEN 'n' || i END, NULL) FROM "
             "generate_series(1, 60) AS i",
             linked_first);
    bench_run(bench->owner, sql);
    bench_link(bench);
    bench_run(bench->owner, "UPDATE linkage.run SET started = started - interval '40 days'");
    bench_run(bench->owner, spell_came);
    bench_run(bench->owner,
              "UPDATE subjects.subject SET nhs_token = bench.token('n' || subject_id), nhs_state = 1"
              " WHERE subject_id <= 40 AND source_id = 1");
    bench_link(bench);
}

/* Switch: disclosure_round in share_of and in put_interval. From 52 of 62 and 52 of 63 the one who came could
 * be told. */
Test(report_change, rates_are_of_counts_to_the_nearest_five)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', CASE WHEN i <= 52 THEN 'n' || i END, NULL) FROM "
                           "generate_series(1, 62) AS i");
    bench_link(&bench);
    char *first = report_csv(&bench);
    bench_run(bench.owner, "UPDATE linkage.run SET started = started - interval '1 minute';"
                           "SELECT bench.person(61 + i, 'list', NULL, NULL) FROM generate_series(2, 2) AS i");
    bench_link(&bench);

    char *second = report_csv(&bench);

    expect_line(first, "source,list,60,50,0.8333,0.7197,0.9069,\r\n");
    expect_line(second, "source,list,65,50,0.7692,0.6536,0.8549,\r\n");
    free(first);
    free(second);
}

/* Switch: held_from in report_subject. */
Test(report_change, what_came_since_the_run_is_not_in_it)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_run(bench.owner, spell_came);

    char *csv = report_csv(&bench);

    expect_line(csv, "all,person sources,20,20,1.0000,");
    cr_expect_null(strstr(csv, "spell"), "%s", csv);
    free(csv);
}

Test(report_change, a_change_too_small_to_be_seen_has_no_sign)
{
    char out[REPORT_CELL_BYTES];

    cr_expect(text_equal(report_rate_cell(true, -0.00004, out), TEXT("0.0000")), "%s", out);
    cr_expect(text_equal(report_rate_cell(true, -0.00006, out), TEXT("-0.0001")), "%s", out);
}

/* Switch: held_from in report_mobility. */
Test(report_change, an_address_that_came_since_the_run_makes_nobody_a_mover)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, 'H' || i) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_run(bench.owner, spell_came);
    bench_run(bench.owner,
              "SELECT bench.person(200 + i, 'list', 'n' || i, 'I' || i) FROM generate_series(1, 20) AS i;"
              "UPDATE subjects.subject SET first_load_id = 2 WHERE subject_id > 200");

    char *csv = report_csv(&bench);

    expect_line(csv, "addresses,1,20,20,1.0000,");
    free(csv);
}

Test(report_change, the_change_is_since_the_last_run_of_an_earlier_month)
{
    SCOPED(bench_close) Bench bench = bench_open();
    link_twice(&bench, 30);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "all,person sources,80,60,0.7500,0.6452,0.8319,0.2500\r\n");
    expect_line(csv, "source,list,60,40,0.6667,0.5406,0.7727,0.1667\r\n");
    expect_line(csv, "source,spell,20,20,1.0000,0.8389,1.0000,\r\n");
    expect_line(page, "changes are since run 1 of ");
    expect_line(page, "\u25b2 16.7</text>");
    free(csv);
    free(page);
}

/* Switch: protect(before) in protect_kind. Of list 3 were linked before. */
Test(report_change, a_change_that_would_tell_a_small_count_before_is_left_out)
{
    SCOPED(bench_close) Bench bench = bench_open();
    link_twice(&bench, 3);

    char *csv = report_csv(&bench);

    expect_line(csv, "source,list,60,40,0.6667,0.5406,0.7727,\r\n");
    free(csv);
}

Test(report_change, a_run_of_the_same_month_or_one_that_was_undone_is_not_compared_with)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_undo(&bench, 1);
    bench_run(bench.owner, "UPDATE linkage.run SET started = started - interval '40 days'");
    bench_link(&bench);
    bench_link(&bench);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "source,list,20,20,1.0000,0.8389,1.0000,\r\n");
    expect_line(page, "no run of an earlier month");
    free(csv);
    free(page);
}
