#include <sys/stat.h>

#include "tests/base/serving.h"

TestSuite(transfer, .init = start, .fini = stop);

Test(transfer, brings_a_file_whole)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
    cr_expect_eq(answer.status, 200);
    cr_expect_eq(answer.given, (uint64_t)FILE_BYTES);
    cr_expect_eq(answer.size, FILE_BYTES);
    cr_expect_eq(answer.tries, 1U);
}

Test(transfer, pieces_of_one_byte_make_the_same_file)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    host.piece_bytes = 1;

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
}

/* The switch: CURLOPT_SSL_VERIFYPEER. */
Test(transfer, a_host_under_another_authority_is_refused)
{
    TestAuthority *other = test_authority_create();
    TransferSettings how = settings();
    TransferRequest what = request();
    how.trust_file = support_file("other.pem", test_authority_pem(other));

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host's certificate cannot be verified");
    how.trust_file = NULL;
    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host's certificate cannot be verified");

    cr_expect_eq(host.requests, 0);
    test_authority_close(&other);
}

/* The switch: CURLOPT_SSL_VERIFYHOST. */
Test(transfer, a_host_with_a_certificate_of_another_name_is_refused)
{
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
    start_as("elsewhere.example", false);
    TransferSettings how = settings();
    TransferRequest what = request();

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host's certificate cannot be verified");

    cr_expect_eq(host.requests, 0);
}

/* The switch: CURLOPT_CRLFILE. */
Test(transfer, a_host_whose_certificate_was_revoked_is_refused)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();

    how.revoked_file = support_file("nobody.crl", test_authority_revoked(host.authority, false));
    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);
    how.revoked_file = support_file("host.crl", test_authority_revoked(host.authority, true));

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host's certificate cannot be verified");
    cr_expect_eq(host.requests, 1);
}

/* A list that is not the authority's, or none at all in the file, proves nothing. */
Test(transfer, a_host_of_whose_authority_there_is_no_list_is_refused)
{
    TestAuthority *other = test_authority_create();
    TransferSettings how = settings();
    TransferRequest what = request();

    how.revoked_file = support_file("other.crl", test_authority_revoked(other, false));

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host's certificate cannot be verified");
    cr_expect_eq(host.requests, 0);
    test_authority_close(&other);
}

Test(transfer, shows_its_own_certificate_where_one_is_wanted)
{
    const char *certificate, *key;
    TransferAnswer answer;
    Error error = {0};
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
    start_as("localhost", true);
    TransferSettings how = settings();
    TransferRequest what = request();

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);
    cr_expect_eq(answer.status, 403);
    test_authority_sign(host.authority, "us.example", &certificate, &key);
    how.certificate_file = support_file("us.pem", certificate);
    how.key_file = support_file("us.key", key);
    cr_assert_eq(chmod(how.key_file, 0600), 0);
    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_whole();
}

Test(transfer, a_private_key_that_others_may_read_is_not_used)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    how.certificate_file = how.key_file = host.trust_file;
    cr_assert_eq(chmod(how.key_file, 0640), 0);

    cr_assert_not(fetch_with(&how, &what, &answer, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "a private key must be its owner's alone"));
}

Test(transfer, goes_to_https_and_sftp_alone)
{
    TransferSettings how = settings();
    TransferRequest what = request();

    what.url = "http://localhost/";
    expect_failure(&how, &what, ERROR_CONFIG, "the feed: an address begins with https:// or sftp://");
    what.url = "file:///etc/passwd";
    expect_failure(&how, &what, ERROR_CONFIG, "the feed: an address begins with https:// or sftp://");
}

Test(transfer, is_not_led_elsewhere)
{
    TransferSettings how = settings();
    TransferRequest what = request();
    host.redirects = true;

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: answers 302, another place, where we do not go");

    cr_expect_eq(host.requests, 1);
    cr_expect_eq(got.length, 0U);
}

static Result refuse(void *context, const void *data, size_t length, Error *error)
{
    (void)context;
    (void)data;
    (void)length;
    return fail(error, ERROR_DATABASE, "the archive is full");
}

Test(transfer, what_the_sink_says_ends_it)
{
    TransferSettings how = settings();
    TransferRequest what = request();
    what.sink = refuse;

    expect_failure(&how, &what, ERROR_DATABASE, "the archive is full");

    cr_expect_eq(host.requests, 1);
}

Test(transfer, a_header_is_found_in_any_case)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    what.method = "HEAD";
    host.tag = "\"one\"";

    cr_assert(transfer_open(&how, &transfer, &error).ok);
    cr_assert(transfer_perform(transfer, &what, &answer, &error).ok, "%s", error.message);

    cr_expect(text_equal(transfer_header(transfer, "ETag"), TEXT("\"one\"")));
    cr_expect(text_equal(transfer_validator(transfer), TEXT("\"one\"")));
    cr_expect_eq(transfer_header(transfer, "X-Nothing").length, 0U);
    cr_expect_eq(answer.size, FILE_BYTES);
    cr_expect_eq(answer.given, 0U);
}

Test(transfer, a_header_with_a_line_end_is_not_sent)
{
    static const TransferHeader forged = {"X-Name", "value\r\nX-Other: forged"};
    TransferSettings how = settings();
    TransferRequest what = request();
    what.headers = &forged;
    what.header_count = 1;

    expect_failure(&how, &what, ERROR_CONFIG, "the feed: a header holds a line end");

    cr_expect_eq(host.requests, 0);
}
