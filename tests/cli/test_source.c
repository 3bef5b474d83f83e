#include "base/input.h"
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

/* Switch: spec_open_in in cli/cmd_source_diff.c and cmd_source_show.c. */
Test(source, a_comparison_and_a_page_are_of_the_version_in_effect_in_the_period)
{
    static const char older[] =
        "source: stay\ntitle: Stays of old\nversion: 1\neffective_from: 2023-04-01\n"
        "effective_to: 2024-03-31\nfile: { format: delimited }\nupdate: snapshot\ncontroller: sender\n"
        "subject: none\nrejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n";
    static const char newer[] =
        "source: stay\ntitle: Stays\nversion: 2\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n  - { name: ward, use: dimension, shape: A9 }\n";
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    Cli cli = {.arena = arena};
    Error error = {0};
    support_file("stay@1.yaml", older);
    const char *path = support_file("stay.yaml", newer);
    const char *file = support_file("stay.csv", "start_date\n2023-05-01\n");
    const char *const words[] = {"source", "diff", path, file, "--period", "2023-05"};

    cr_assert(cli_run(&cli, 6, words, &error).ok, "%s", error.message);
    cr_expect_eq(cli.exit_status, 0);
    cr_assert(cli_run(&cli, 4, words, &error).ok, "%s", error.message);
    cr_expect_eq(cli.exit_status, 5, "the newest has a column more");
    cr_assert(CLI(&error, "source", "show", path, "--period", "2023-05").ok, "%s", error.message);
    (void)fflush(stdout);
    cr_expect_stdout_neq_str("");
}

static const char sample[] = "visit_id,visit_date,kind\nA1,2026-01-01,x\nA2,2026-01-02,x\n";

Test(source, a_spec_is_proposed_once_and_never_written_over)
{
    char path[512];
    const char *file = support_file("GP visit_2026-09.csv", sample);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text written;
    Error error = {0};
    snprintf(path, sizeof path, "%s/proposed.yaml", support_folder());

    cr_assert(CLI(&error, "source", "new", file, "--out", path, "--codes").ok, "%s", error.message);

    cr_assert(input_read_all(path, 1 << 16, arena, &written, &error).ok, "%s", error.message);
    cr_expect_not_null(strstr(written.data, "source: gp_visit\n"), "%s", written.data);
    expect_failure(CLI(&error, "source", "new", file, "--out", path), &error, ERROR_SYSTEM, "File exists");
    cr_assert(CLI(&error, "source", "check", path, file).ok, "%s", error.message);
}

Test(source, names_that_no_source_may_have_are_refused)
{
    const char *file = support_file("subject.csv", sample);
    Error error = {0};

    expect_failure(CLI(&error, "source", "new", file, "--codes"), &error, ERROR_USAGE,
                   "--codes: needs --out");
    expect_failure(CLI(&error, "source", "new", file, "--source", "Visit"), &error, ERROR_USAGE, "--source");
    expect_failure(CLI(&error, "source", "new", file, "--source", "visit_7"), &error, ERROR_USAGE,
                   "--source");
    cr_expect(CLI(&error, "source", "new", file).ok, "%s", error.message);
}
