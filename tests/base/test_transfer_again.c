/* What broke off, and what a busy host is asked again. */
#include "tests/base/serving.h"

static const char *const last_week = "Sun, 15 Nov 2020 08:00:00 GMT";

TestSuite(transfer_again, .init = start, .fini = stop);

Test(transfer_again, a_busy_host_is_asked_again)
{
    static const int busy[] = {425, 429, 502, 503, 504};
    TransferSettings how = settings();
    TransferRequest what = request();

    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++) {
        TransferAnswer answer;
        Error error = {0};
        host.busy = host.requests + 2;
        host.busy_status = busy[i];

        cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

        cr_expect_eq(answer.status, 200);
        cr_expect_eq(answer.tries, 3U);
        expect_whole();
    }
}

Test(transfer_again, a_host_that_stays_busy_has_answered)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.busy = 100;
    host.busy_status = 503;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.status, 503);
    cr_expect(answer.is_transient);
    cr_expect_eq(host.requests, 3);
    cr_expect_eq(got.length, 0U, "its text is nobody's file");
}

Test(transfer_again, other_refusals_are_not_asked_again)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.busy = 100;
    host.busy_status = 403;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.status, 403);
    cr_expect_not(answer.is_transient);
    cr_expect_eq(host.requests, 1);
}

Test(transfer_again, a_lost_connection_is_made_again)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.drops = 2;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
    cr_expect_eq(answer.tries, 3U);
}

Test(transfer_again, what_broke_off_goes_on_behind_its_last_byte)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.tag = "\"one\"";
    host.cut_at = 70000;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
    cr_expect_eq(answer.tries, 2U);
    cr_expect_neq(host.ranges[1][0], '\0', "asked for from the middle");
    cr_expect_eq(answer.given, (uint64_t)FILE_BYTES);
}

Test(transfer_again, a_date_long_before_proves_a_file_too)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.changed = last_week;
    host.cut_at = 70000;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
    cr_expect_eq(answer.changed, 1605427200);
}

/* The switch: the check in see_http of what an answer to a range is. */
Test(transfer_again, two_halves_of_different_files_are_not_glued)
{
    TransferSettings how = settings();
    TransferRequest what = request();
    host.tag = "\"one\"";
    host.cut_at = 70000;
    host.changes_after_first = true;

    expect_failure(&how, &what, ERROR_INPUT,
                   "the feed: the file is another by now, or cannot be read from its middle");
}

/* The switch: prepare_next's demand for a validator. */
Test(transfer_again, without_a_proof_nothing_is_given_twice)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.tag = "W/\"weak\"";
    host.cut_at = 70000;

    cr_expect_not(fetch_with(&how, &what, &answer, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect(answer.is_transient);
    cr_expect_leq(got.length, 70000U);
    cr_expect_eq(host.requests, 1);
}

Test(transfer_again, goes_on_from_where_the_caller_was)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.tag = "\"one\"";
    what.offset = 99990;
    what.validator = "\"one\"";

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_assert_eq(got.length, 10U);
    cr_expect_eq(memcmp(got.data, host.data + 99990, 10), 0);
    cr_expect_eq(answer.size, FILE_BYTES);
    what.validator = "\"two\"";
    expect_failure(&how, &what, ERROR_INPUT,
                   "the feed: the file is another by now, or cannot be read from its middle");
    what.validator = NULL;
    expect_failure(&how, &what, ERROR_LIMIT,
                   "the feed: nothing proves that the file is the same: begin anew");
}

Test(transfer_again, a_body_that_ends_early_is_an_error)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    how.tries = 1;
    host.cut_at = FILE_BYTES - 1;

    cr_expect_not(fetch_with(&how, &what, &answer, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(transfer_again, no_more_comes_than_allowed)
{
    TransferSettings how = settings();
    TransferRequest what = request();
    what.bytes_max = FILE_BYTES - 1;

    expect_failure(&how, &what, ERROR_LIMIT, "the feed: sends more bytes than allowed");

    cr_expect_lt(got.length, (size_t)FILE_BYTES);
}

static Result sign(void *context, TextBuilder *header, Error *error)
{
    int *count = context;
    (void)error;

    text_add_format(header, "X-Signature: %d", ++*count);
    return RESULT_OK;
}

Test(transfer_again, each_try_is_signed_anew)
{
    TransferAnswer answer;
    Error error = {0};
    int count = 0;
    TransferSettings how = settings();
    TransferRequest what = request();
    what.method = "PUT";
    what.sign = sign;
    what.sign_context = &count;
    host.busy = 2;
    host.busy_status = 503;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_str_eq(host.signatures[0], "1");
    cr_expect_str_eq(host.signatures[1], "2");
    cr_expect_str_eq(host.signatures[2], "3");
    cr_expect_str_eq(host.method, "PUT");
}

/* The switch: attempt_begin. libcurl sends again by itself what a dead connection swallowed. */
Test(transfer_again, a_signature_is_never_sent_twice)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;
    TransferAnswer answer;
    Error error = {0};
    int count = 0;
    TransferSettings how = settings();
    TransferRequest what = request();
    what.method = "HEAD";
    what.sign = sign;
    what.sign_context = &count;

    cr_assert(transfer_open(&how, &transfer, &error).ok, "%s", error.message);
    cr_assert(transfer_perform(transfer, &what, &answer, &error).ok, "%s", error.message);
    host.drops = 2; /* the second request, on the connection of the first */
    cr_assert(transfer_perform(transfer, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_str_eq(host.signatures[1], "2");
    cr_expect_str_eq(host.signatures[2], "3");
    cr_expect_eq(host.requests, 3);
}
