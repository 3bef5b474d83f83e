#include "tests/cli/workbench.h"

TestSuite(source, .init = cr_redirect_stdout);

static const char spec[] =
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
    "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
    "  - { name: start_date, use: date }\n"
    "  - { name: ward, use: dimension, shape: A9 }\n";

static int diff_status(const char *content)
{
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    Cli cli = {.arena = arena};
    Error error = {0};
    const char *const words[] = {"source", "diff", support_file("stay.yaml", spec),
                                 support_file("stay.csv", content)};

    cr_assert(cli_run(&cli, 4, words, &error).ok, "%s", error.message);
    return cli.exit_status;
}

Test(source, the_exit_status_of_a_comparison_tells_what_a_load_would_do)
{
    cr_expect_eq(diff_status("start_date,ward\n2026-01-01,A1\n"), 0);
    cr_expect_eq(diff_status("ward,start_date\nA1,2026-01-01\n"), 4);
    cr_expect_eq(diff_status("start,ward\n2026-01-01,A1\n"), 5);
}

Test(source, a_comparison_needs_a_spec_and_a_file_that_can_be_read)
{
    Error error = {0};

    expect_failure(CLI(&error, "source", "diff", "death"), &error, ERROR_USAGE, "usage: cinque source diff");
    expect_failure(CLI(&error, "source", "diff", "death", "/nowhere.csv"), &error, ERROR_SYSTEM,
                   "/nowhere.csv");
}
