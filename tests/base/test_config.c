#include "base/config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

enum { POSITIONAL_MAX = 2, ARGUMENTS_MAX = 12 };

static bool force;
static const char *permit;
static int64_t jobs;
static Month month;
static Date birth;
static const char *positional[POSITIONAL_MAX];
static size_t positional_count;
static Error error;

static const Option options[] = {
    {"force", OPTION_FLAG, false, NULL, "do it all the same", &force},
    {"permit", OPTION_TEXT, false, NULL, "the agreement", &permit},
    {"jobs", OPTION_COUNT, false, "2", "how many at once", &jobs},
    {"month", OPTION_MONTH, false, NULL, "which release", &month},
    {"birth", OPTION_DATE, false, NULL, "a day", &birth},
};

/* Arguments end at NULL. */
static Result parse(const Option *table, size_t count, const char *const *arguments)
{
    int argc = 0;

    while (arguments[argc] != NULL)
        argc++;
    error = (Error){0};
    return config_parse(table, count, argc, arguments, positional, POSITIONAL_MAX, &positional_count, &error);
}

#define PARSE(...) parse(options, 5, (const char *const[]){__VA_ARGS__, NULL})

static void expect_usage(Result result, const char *message)
{
    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_USAGE);
    cr_expect_str_eq(error.message, message);
}

Test(config, every_kind_is_read_with_a_space_or_an_equals_sign)
{
    cr_expect(PARSE("--force", "--permit", "A 1", "--jobs=7", "--month", "2026-11", "--birth=2024-02-29").ok);

    cr_expect(force);
    cr_expect_str_eq(permit, "A 1");
    cr_expect_eq(jobs, 7);
    cr_expect_eq(month, 322);
    cr_expect_eq(birth, 8825);
    cr_expect_eq(positional_count, 0);
}

Test(config, what_is_not_given_gets_its_default_or_is_left_alone)
{
    permit = "before";
    month = 5;
    jobs = 99;

    cr_expect(parse(options, 5, (const char *const[]){NULL}).ok);

    cr_expect_eq(jobs, 2);
    cr_expect_str_eq(permit, "before");
    cr_expect_eq(month, 5);
    cr_expect_not(force);
}

Test(config, a_flag_may_be_on_by_default)
{
    static const Option table[] = {{"force", OPTION_FLAG, false, "true", "", &force}};

    cr_expect(parse(table, 1, (const char *const[]){NULL}).ok);

    cr_expect(force);
}

Test(config, an_empty_value_behind_an_equals_sign_is_a_value)
{
    cr_expect(PARSE("--permit=").ok);

    cr_expect_str_eq(permit, "");
}

Test(config, a_value_that_begins_with_dashes_stands_behind_an_equals_sign)
{
    cr_expect(PARSE("--permit=--x=y").ok);

    cr_expect_str_eq(permit, "--x=y");
}

Test(config, the_rest_is_positional_and_two_dashes_end_options)
{
    cr_expect(PARSE("-", "--force", "--", "--jobs").ok);

    cr_expect_eq(positional_count, 2);
    cr_expect_str_eq(positional[0], "-");
    cr_expect_str_eq(positional[1], "--jobs");
    cr_expect(force);
}

Test(config, one_positional_too_many_is_refused)
{
    expect_usage(PARSE("a", "b", "c"), "argument 3: one too many");
}

Test(config, an_unknown_option_names_the_nearest)
{
    expect_usage(PARSE("--permti", "x"), "--permti: no such option, did you mean --permit");
    expect_usage(PARSE("--xyz"), "--xyz: no such option");
    expect_usage(PARSE("--="), "--: no such option");
}

Test(config, the_value_of_an_unknown_option_is_not_repeated)
{
    expect_usage(PARSE("--token=secret"), "--token: no such option");
}

Test(config, one_dash_does_not_begin_an_option)
{
    expect_usage(PARSE("a", "-j4"),
                 "argument 2: options begin with two dashes, and what is none stands behind --");
}

Test(config, a_missing_value_is_refused)
{
    expect_usage(PARSE("--permit"), "--permit: needs a value: TEXT");
    expect_usage(PARSE("--month", "--force"), "--month: needs a value: CCYY-MM");
}

Test(config, a_flag_takes_no_value)
{
    expect_usage(PARSE("--force=true"), "--force: takes no value");
}

Test(config, an_option_given_twice_is_refused)
{
    expect_usage(PARSE("--jobs=1", "--jobs=2"), "--jobs: given twice");
}

Test(config, an_option_of_texts_may_be_given_several_times)
{
    OptionTexts set = {0};
    const Option several[] = {{"set", OPTION_TEXTS, false, NULL, "a value", &set}};

    Result result = parse(several, 1, (const char *const[]){"--set", "a=1", "--set=b=2", NULL});

    cr_expect(result.ok, "%s", error.message);
    cr_assert_eq(set.count, 2);
    cr_expect_str_eq(set.items[0], "a=1");
    cr_expect_str_eq(set.items[1], "b=2");
}

Test(config, an_option_of_texts_has_a_limit)
{
    OptionTexts set = {.count = OPTION_TEXTS_MAX};
    const Option several[] = {{"set", OPTION_TEXTS, false, NULL, "a value", &set}};

    expect_usage(parse(several, 1, (const char *const[]){"--set=a", NULL}),
                 "--set: given more than 32 times");
}

Test(config, a_value_of_the_wrong_form_is_refused_without_repeating_it)
{
    expect_usage(PARSE("--jobs=many"), "--jobs: not of the form NUMBER");
    expect_usage(PARSE("--jobs=-1"), "--jobs: not of the form NUMBER");
    expect_usage(PARSE("--month=2026-13"), "--month: not of the form CCYY-MM");
    expect_usage(PARSE("--birth=2023-02-29"), "--birth: not of the form CCYY-MM-DD");
}

Test(config, a_required_option_that_is_missing_is_refused)
{
    static const Option table[] = {
        {"jobs", OPTION_COUNT, false, NULL, "", &jobs},
        {"permit", OPTION_TEXT, true, NULL, "", &permit},
    };

    expect_usage(parse(table, 2, (const char *const[]){"--jobs=1", NULL}), "--permit: required");
    cr_expect(parse(table, 2, (const char *const[]){"--permit=x", NULL}).ok);
}

Test(config, a_default_of_the_wrong_kind_is_a_bug, .signal = SIGABRT)
{
    static const Option table[] = {{"jobs", OPTION_COUNT, false, "many", "", &jobs}};

    (void)parse(table, 1, (const char *const[]){NULL});
}

Test(config, a_default_of_a_flag_is_true_or_false, .signal = SIGABRT)
{
    static const Option table[] = {{"force", OPTION_FLAG, false, "yes", "", &force}};

    (void)parse(table, 1, (const char *const[]){NULL});
}

Test(config, help_lists_each_option_with_its_default)
{
    static const Option table[] = {
        {"force", OPTION_FLAG, false, NULL, "do it all the same", &force},
        {"jobs", OPTION_COUNT, false, "2", "how many at once", &jobs},
        {"permit", OPTION_TEXT, true, NULL, "the agreement", &permit},
    };
    char *help = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&help, &length);

    config_help(out, table, 3);
    cr_assert_eq(fclose(out), 0);

    cr_expect_str_eq(help, "  --force        do it all the same\n"
                           "  --jobs NUMBER  how many at once (default 2)\n"
                           "  --permit TEXT  the agreement (required)\n");
    free(help);
}
