#include "tests/cli/workbench.h"

TestSuite(commands, .init = cr_redirect_stdout);

Test(commands, an_unknown_verb_names_the_nearest)
{
    Error error = {0};

    Result result = CLI(&error, "lod");

    expect_failure(result, &error, ERROR_USAGE, "did you mean: cinque load");
}

Test(commands, an_unknown_second_word_names_the_nearest)
{
    Error error = {0};

    Result result = CLI(&error, "release", "bild");

    expect_failure(result, &error, ERROR_USAGE, "did you mean: cinque release build");
}

Test(commands, the_exit_status_tells_usage_from_refusal_from_the_rest)
{
    const Error usage = {.code = ERROR_USAGE}, refused = {.code = ERROR_REFUSED},
                input = {.code = ERROR_INPUT};

    cr_expect_eq(error_exit_status(&usage), 2);
    cr_expect_eq(error_exit_status(&refused), 3);
    cr_expect_eq(error_exit_status(&input), 1);
}

Test(commands, the_help_lists_every_verb)
{
    static const char *const verbs[] = {"init",         "key create",  "key delivery",  "source apply",
                                        "load",         "link undo",   "release build", "query submit",
                                        "audit verify", "broker start"};
    char help[8192] = "";
    FILE *out = fmemopen(help, sizeof help - 1, "w");
    cr_assert_not_null(out);

    cli_help(out);
    fclose(out);

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        cr_expect_not_null(strstr(help, verbs[i]), "%s", verbs[i]);
}

/* By an option that none has: what is another command, or none, says something else of it. */
Test(commands, each_verb_of_the_help_is_found_by_all_its_words)
{
    char help[16384] = "", *line, *lines;
    FILE *out = fmemopen(help, sizeof help - 1, "w");
    int found = 0;
    cr_assert_not_null(out);
    cli_help(out);
    fclose(out);
    lines = help;

    while ((line = strsep(&lines, "\n")) != NULL) {
        const char *words[WORDS_MAX] = {NULL};
        char name[32] = "", *left = name;
        size_t count = 0;
        Error error = {0};
        if (strncmp(line, "  cinque ", 9) != 0)
            continue;
        (void)snprintf(name, 25, "%s", line + 9);
        for (char *word; (word = strsep(&left, " ")) != NULL && word[0] != '\0';)
            words[count++] = word;
        words[count] = "--no-such-option";
        expect_failure(bench_cli(&error, words), &error, ERROR_USAGE, "no such option");
        found++;
    }

    cr_expect_gt(found, 70);
}

Test(commands, a_third_word_that_is_misspelt_names_the_nearest)
{
    Error error = {0};

    expect_failure(CLI(&error, "link", "clerical", "lst"), &error, ERROR_USAGE,
                   "did you mean: cinque link clerical list");
    expect_failure(CLI(&error, "link", "clerical"), &error, ERROR_USAGE,
                   "of link clerical there are: list, decide");
    expect_failure(CLI(&error, "link", "foo"), &error, ERROR_USAGE, "of link there are: evaluate, explain,");
    expect_failure(CLI(&error, "link", "repart"), &error, ERROR_USAGE, "did you mean: cinque link report");
}

Test(commands, without_a_data_folder_the_user_is_told_how_to_name_one)
{
    Error error = {0};
    unsetenv("CINQUE_DATA");

    Result result = CLI(&error, "loads");

    expect_failure(result, &error, ERROR_USAGE, "CINQUE_DATA");
}

Test(commands, the_page_of_a_source_needs_no_data_folder)
{
    Error error = {0};
    unsetenv("CINQUE_DATA");

    Result result = CLI(&error, "source", "show", "drug_treatment", "--markdown");

    cr_assert(result.ok, "%s", error.message);
    fflush(stdout);
    cr_expect_stdout_neq_str("");
}

Test(commands, a_check_is_told_a_month)
{
    Error error = {0};

    Result result = CLI(&error, "source", "check", "drug_treatment", "none.csv", "--period", "2026-6");

    expect_failure(result, &error, ERROR_USAGE, "--period: a month is CCYY-MM");
}

Test(commands, a_data_folder_that_is_not_there_is_named)
{
    Error error = {0};

    Result result = CLI(&error, "loads", "--data", "/nonexistent/cinque");

    expect_failure(result, &error, ERROR_CONFIG, "/nonexistent/cinque");
}

Test(commands, an_unknown_option_names_the_nearest)
{
    Error error = {0};

    Result result = CLI(&error, "load", "--sendr", "x");

    expect_failure(result, &error, ERROR_USAGE, "did you mean --sender");
}

Test(commands, too_few_and_too_many_words_are_refused)
{
    Error error = {0};

    expect_failure(CLI(&error, "quarantine"), &error, ERROR_USAGE, "usage: cinque quarantine LOAD");
    cr_expect(!CLI(&error, "link", "undo", "1", "2").ok);
    cr_expect_eq(error.code, ERROR_USAGE);
}

Test(commands, numbers_months_and_formats_are_checked_before_any_work)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "link", "undo", "one"), &error, ERROR_USAGE, "run: not a number");
    expect_failure(CLI(&error, "withdraw", "0"), &error, ERROR_USAGE, "load: not a number");
    expect_failure(CLI(&error, "release", "build", "2026-13", "--purpose", "phm"), &error, ERROR_USAGE,
                   "CCYY-MM");
    expect_failure(CLI(&error, "release", "build", "2026-09"), &error, ERROR_USAGE, "--purpose");
    expect_failure(CLI(&error, "loads", "--format", "xml"), &error, ERROR_USAGE, "terminal, csv, json");
    expect_failure(CLI(&error, "query", "run", "x"), &error, ERROR_USAGE, "query: not a number");
}

Test(commands, a_load_needs_source_file_sender_and_period)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "load"), &error, ERROR_USAGE, "usage: cinque load");
    expect_failure(CLI(&error, "load", "death", "f.csv", "--period", "2026-09"), &error, ERROR_USAGE,
                   "usage");
    expect_failure(CLI(&error, "load", "death", "f.csv", "--sender", "ons"), &error, ERROR_USAGE, "--period");
    expect_failure(CLI(&error, "load", "death", "f.csv", "--sender", "ons", "--period", "2026-09", "--nil"),
                   &error, ERROR_USAGE, "usage");
    expect_failure(CLI(&error, "load", "death", "f.csv", "--deliveries", "d.csv"), &error, ERROR_USAGE,
                   "--deliveries");
    expect_failure(
        CLI(&error, "load", "death", "f.csv", "--sender", "ons", "--period", "2026-09", "--status", "late"),
        &error, ERROR_USAGE, "provisional, final, year_end");
}

/* --status provisional beside a list would else hold each of its deliveries as final. Switch: check_alone. */
Test(commands, what_a_list_says_itself_is_not_said_beside_it)
{
    static const char *const beside[][2] = {
        {"--sender", "ons"}, {"--period", "2026-09"}, {"--status", "provisional"}, {"--nil", NULL}};
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        expect_failure(CLI(&error, "load", "--deliveries", "d.csv", beside[i][0], beside[i][1]), &error,
                       ERROR_USAGE, "say themselves what is loaded");
        expect_failure(CLI(&error, "load", "--delivery", "7", beside[i][0], beside[i][1]), &error,
                       ERROR_USAGE, "say themselves what is loaded");
    }
    expect_failure(CLI(&error, "load", "--deliveries", "d.csv", "--replace"), &error, ERROR_USAGE,
                   "its column replace");
    expect_failure(CLI(&error, "load", "--deliveries", "d.csv", "--delivery", "7"), &error, ERROR_USAGE,
                   "neither --delivery");
}

Test(commands, a_page_of_quality_is_not_cut_to_one_table)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "quality", "report", "2026-09", "--format", "html", "--table", "dqmi"), &error,
                   ERROR_USAGE, "a page holds them all");
    expect_failure(CLI(&error, "quality", "report", "2026-09", "--format", "pdf"), &error, ERROR_USAGE,
                   "html");
}

/* Switch: check_conninfo in base/db_place.c. Secrets are never on the command line. */
Test(commands, a_password_on_the_command_line_is_refused)
{
    Error error = {0};

    Result result = CLI(&error, "init", "--data", support_folder(), "--database", "host=db password=hunter2");

    expect_failure(result, &error, ERROR_USAGE, "no password");
    cr_expect_null(strstr(error.message, "hunter2"));
}

Test(commands, a_source_that_is_not_shipped_is_asked_for_by_its_path)
{
    Error error = {0};

    Result result = CLI(&error, "source", "check", "no_such_source");

    expect_failure(result, &error, ERROR_USAGE, "given by its path");
}

Test(commands, every_shipped_spec_is_good)
{
    static const char *const sources[] = {
        "apc_spell", "council_tax_account", "death",          "ec_attendance",    "fire_visit", "gp_event",
        "opt_out",   "patient_list",        "patient_merger", "social_care_event"};
    Error error = {0};

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        Result result = CLI(&error, "source", "check", sources[i]);
        cr_expect(result.ok, "%s: %s", sources[i], error.message);
    }
}

Test(commands, people_are_told_when_the_broker_does_not_run)
{
    Error error = {0};

    Result result = CLI(&error, "query", "list", "--data", support_folder());

    expect_failure(result, &error, ERROR_SYSTEM, "cinque broker start");
}
