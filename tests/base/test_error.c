#include "base/error.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

Test(error, a_failure_carries_its_code_and_message)
{
    Error error = {0};

    Result result = fail(&error, ERROR_INPUT, "births.csv line %d: not a date", 7);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "births.csv line 7: not a date");
}

Test(error, a_message_longer_than_its_room_is_cut_at_the_end)
{
    Error error = {0};
    char longer[ERROR_MESSAGE_BYTES + 100];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';

    Result result = fail(&error, ERROR_LIMIT, "%s", longer);

    cr_expect_not(result.ok);
    cr_expect_eq(strlen(error.message), ERROR_MESSAGE_BYTES - 1);
}

Test(error, a_message_may_be_built_from_the_message_it_replaces)
{
    Error error = {.code = ERROR_INPUT, .message = "not a date"};

    Result result = fail(&error, ERROR_CONFIG, "line 2: %s", error.message);

    cr_expect_not(result.ok);
    cr_expect_str_eq(error.message, "line 2: not a date");
}

Test(error, context_stands_before_the_message_and_keeps_the_code)
{
    Error error = {.code = ERROR_INPUT, .message = "not a date"};

    Result result = fail_context(&error, "%s line %d", "births.csv", 7);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "births.csv line 7: not a date");
}

Test(error, context_before_a_full_message_cuts_the_message)
{
    Error error = {.code = ERROR_INPUT};
    memset(error.message, 'x', sizeof error.message - 1);

    Result result = fail_context(&error, "place");

    cr_expect_not(result.ok);
    cr_expect_eq(strlen(error.message), ERROR_MESSAGE_BYTES - 1);
    cr_expect_eq(strncmp(error.message, "place: xxx", 10), 0);
}

Test(error, context_that_fills_all_room_leaves_no_message)
{
    Error error = {.code = ERROR_INPUT, .message = "not a date"};
    char longer[ERROR_MESSAGE_BYTES + 100];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';

    Result result = fail_context(&error, "%s", longer);

    cr_expect_not(result.ok);
    cr_expect_eq(strlen(error.message), ERROR_MESSAGE_BYTES - 1);
    cr_expect_eq(strspn(error.message, "x"), ERROR_MESSAGE_BYTES - 1);
}

Test(error, a_failed_system_call_is_named_behind_the_place)
{
    Error error = {0};

    errno = ENOENT;
    Result result = fail_errno(&error, "%s", "births.csv");

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "births.csv: No such file or directory");
}

Test(error, a_failure_that_nobody_reads_is_still_a_failure)
{
    Error *nobody = NULL;

    cr_expect_not(fail(nobody, ERROR_INPUT, "x").ok);
    cr_expect_not(fail_context(nobody, "x").ok);
    cr_expect_not(fail_errno(nobody, "x").ok);
}

static Result stops_early(bool *went_on, Error *error)
{
    TRY(RESULT_OK);
    TRY(fail(error, ERROR_USAGE, "first"));
    *went_on = true;
    return RESULT_OK;
}

Test(error, try_returns_the_first_failure)
{
    Error error = {0};
    bool went_on = false;

    Result result = stops_early(&went_on, &error);

    cr_expect_not(result.ok);
    cr_expect_not(went_on);
    cr_expect_str_eq(error.message, "first");
}

Test(error, the_exit_status_tells_usage_and_refusal_from_the_rest)
{
    static const int expected[] = {
        [ERROR_USAGE] = 2,   [ERROR_CONFIG] = 1,   [ERROR_INPUT] = 1,  [ERROR_LIMIT] = 1,
        [ERROR_REFUSED] = 3, [ERROR_DATABASE] = 1, [ERROR_SYSTEM] = 1,
    };

    for (int code = ERROR_USAGE; code <= ERROR_SYSTEM; code++) {
        Error error = {.code = (ErrorCode)code};
        cr_expect_eq(error_exit_status(&error), expected[code], "code %d", code);
    }
}
