#include "tests/linkage/workbench.h"

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

/* Two runs: two people; then a merger of them and a third subject. */
static Bench two_runs(void)
{
    Bench bench = bench_open();

    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', 'H1'), bench.person(2, 'list', 'B', 'H2')");
    bench_link(&bench);
    bench_state(&bench, text);
    bench_run(bench.owner, "SELECT bench.person(3, 'spell', 'C', 'H3'), bench.merger(10, 'A', 'B')");
    bench_link(&bench);
    return bench;
}

Test(undo, everything_is_as_it_was_before_the_run)
{
    SCOPED(bench_close) Bench bench = two_runs();

    bench_undo(&bench, 2);

    cr_expect_str_eq(bench_state(&bench, other), text);
    cr_expect_str_eq(bench_people(&bench, other), "1|2");
}

Test(undo, the_links_go_to_the_history_and_the_run_says_so)
{
    SCOPED(bench_close) Bench bench = two_runs();

    bench_undo(&bench, 2);

    bench_text(&bench,
               "SELECT string_agg(concat_ws(' ', subject_id, person_id, run_id, pass), ';') FROM "
               "linkage.link_history",
               text);
    cr_expect_str_eq(text, "3 3 2 1");
    bench_text(&bench, "SELECT string_agg(state, ' ' ORDER BY run_id) FROM linkage.run", text);
    cr_expect_str_eq(text, "done undone");
}

Test(undo, ids_of_people_are_never_used_again)
{
    SCOPED(bench_close) Bench bench = two_runs();
    bench_undo(&bench, 2);

    bench_link(&bench);

    bench_text(&bench, "SELECT string_agg(person_id::text, ' ' ORDER BY person_id) FROM linkage.person",
               text);
    cr_expect_str_eq(text, "1 2 4");
}

Test(undo, a_run_with_later_ones_is_refused)
{
    SCOPED(bench_close) Bench bench = two_runs();
    Error error = {0};

    Result result = bench_try_undo(&bench, 1, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "linkage: runs made after this one must be undone first");
}

Test(undo, a_run_is_undone_once)
{
    SCOPED(bench_close) Bench bench = two_runs();
    Error error = {0};
    bench_undo(&bench, 2);

    Result result = bench_try_undo(&bench, 2, &error);

    cr_expect(!result.ok);
    cr_expect_str_eq(error.message, "linkage: this run is already undone");
}

Test(undo, a_run_that_never_was_is_refused)
{
    SCOPED(bench_close) Bench bench = two_runs();
    Error error = {0};

    Result unknown = bench_try_undo(&bench, 77, &error);
    Result negative = bench_try_undo(&bench, -1, &error);

    cr_expect(!unknown.ok);
    cr_expect(!negative.ok);
    cr_expect_str_eq(error.message, "linkage: there is no such finished run");
}
