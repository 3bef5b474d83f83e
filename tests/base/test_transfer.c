#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/transfer.h"
#include "tests/support/sftp.h"
#include "tests/support/support.h"
#include "tests/support/web.h"

/* Over SFTP large enough that some has been taken when it breaks off near its end, whatever libssh2 reads
 * ahead. */
enum { FILE_BYTES = 100000, SFTP_BYTES = 4 << 20, SFTP_CUT = 3900000, URL_BYTES = 128 };

static const char *const last_week = "Sun, 15 Nov 2020 08:00:00 GMT";

/* ---- the host: one file, and what is to go wrong with it ---- */

typedef struct Host {
    TestAuthority *authority;
    TestWeb *web;
    char data[FILE_BYTES];
    const char *tag, *changed;
    int requests;
    int busy; /* the first so many answers */
    int busy_status;
    int drops;   /* the first so many requests */
    long cut_at; /* of the first answer with a body */
    size_t piece_bytes;
    bool changes_after_first, ignores_range;
    bool redirects;
    char ranges[4][32]; /* asked for */
    char signatures[8][16];
    char method[8];
    char url[URL_BYTES];
    const char *trust_file;
} Host;

static Host host;

static void answer_range(const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *range = web_header(request, "Range"), *proof = web_header(request, "If-Range");
    int64_t from = 0;

    if (range == NULL || host.ignores_range ||
        (proof != NULL && host.tag != NULL && strcmp(proof, host.tag) != 0))
        return;
    Text rest = text_from(range);
    (void)text_next(&rest, '=');
    cr_assert(text_to_int64(text_next(&rest, '-'), &from));
    answer->status = 206;
    answer->body = text_slice(answer->body, (size_t)from, answer->body.length);
    web_add_header(answer, "Content-Range",
                   text_format(arena, "bytes %ld-%d/%d", (long)from, FILE_BYTES - 1, FILE_BYTES).data);
}

static void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *range = web_header(request, "Range"), *signature = web_header(request, "X-Signature");
    int number = host.requests++;
    (void)context;

    if (number < 4)
        (void)snprintf(host.ranges[number], sizeof host.ranges[0], "%s", range != NULL ? range : "");
    if (number < 8)
        (void)snprintf(host.signatures[number], sizeof host.signatures[0], "%s",
                       signature != NULL ? signature : "");
    (void)snprintf(host.method, sizeof host.method, "%s", web_method(request));
    if (host.redirects) {
        answer->status = 302;
        web_add_header(answer, "Location", "https://localhost/elsewhere");
        return;
    }
    answer->is_dropped = number < host.drops;
    if (number < host.busy) {
        answer->status = host.busy_status;
        answer->body = TEXT("busy, and nobody wants this text");
        return;
    }
    if (host.changes_after_first && number > 0)
        host.tag = "\"another\"";
    answer->body = (Text){.data = host.data, .length = FILE_BYTES};
    answer->piece_bytes = host.piece_bytes;
    if (host.cut_at >= 0) {
        answer->cut_at = host.cut_at;
        host.cut_at = WEB_WHOLE;
    }
    if (host.tag != NULL)
        web_add_header(answer, "eTaG", host.tag);
    if (host.changed != NULL)
        web_add_header(answer, "LAST-MODIFIED", host.changed);
    answer_range(request, arena, answer);
}

static void start_as(const char *name, bool wants_client)
{
    for (size_t i = 0; i < FILE_BYTES; i++)
        host.data[i] = (char)('a' + i * i % 23);
    host.cut_at = WEB_WHOLE;
    host.authority = test_authority_create();
    host.web = test_web_start(host.authority, name, wants_client, serve, NULL);
    host.trust_file = support_file("authority.pem", test_authority_pem(host.authority));
    (void)snprintf(host.url, sizeof host.url, "https://localhost:%d/file", test_web_port(host.web));
}

static void start(void)
{
    start_as("localhost", false);
}

static void stop(void)
{
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
}

TestSuite(transfer, .init = start, .fini = stop);

/* ---- us ---- */

static TextBuilder got;

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)context;
    (void)error;
    text_add(&got, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static Result fetch_with(const TransferSettings *settings, const TransferRequest *request,
                         TransferAnswer *answer, Error *error)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;

    text_builder_close(&got);
    got = text_builder(4 * SFTP_BYTES);
    TRY(transfer_open(settings, &transfer, error));
    return transfer_perform(transfer, request, answer, error);
}

static TransferSettings settings(void)
{
    return (TransferSettings){.place = "the feed", .trust_file = host.trust_file, .wait_ms = 1};
}

static TransferRequest request(void)
{
    return (TransferRequest){
        .method = "GET", .url = host.url, .bytes_max = FILE_BYTES, .may_go_on = true, .sink = keep};
}

static void expect_whole(void)
{
    cr_assert_eq(got.length, (size_t)FILE_BYTES);
    cr_expect_eq(memcmp(got.data, host.data, FILE_BYTES), 0);
}

static void expect_failure(const TransferSettings *how, const TransferRequest *what, ErrorCode code,
                           const char *message)
{
    TransferAnswer answer;
    Error error = {0};

    cr_assert_not(fetch_with(how, what, &answer, &error).ok);

    cr_expect_eq(error.code, code, "code %d", error.code);
    cr_expect_str_eq(error.message, message);
}

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

Test(transfer, a_busy_host_is_asked_again)
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

Test(transfer, a_host_that_stays_busy_has_answered)
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

Test(transfer, other_refusals_are_not_asked_again)
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

Test(transfer, a_lost_connection_is_made_again)
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

Test(transfer, what_broke_off_goes_on_behind_its_last_byte)
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

Test(transfer, a_date_long_before_proves_a_file_too)
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
Test(transfer, two_halves_of_different_files_are_not_glued)
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
Test(transfer, without_a_proof_nothing_is_given_twice)
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

Test(transfer, goes_on_from_where_the_caller_was)
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

Test(transfer, a_body_that_ends_early_is_an_error)
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

Test(transfer, no_more_comes_than_allowed)
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

Test(transfer, each_try_is_signed_anew)
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
Test(transfer, a_signature_is_never_sent_twice)
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

/* ---- SFTP ---- */

static TestSftp *sftp;
static SftpPlace place;
static char large[SFTP_BYTES + 1];

static void start_sftp(void)
{
    for (size_t i = 0; i < SFTP_BYTES; i++)
        large[i] = (char)('a' + i * i % 23);
    sftp = test_sftp_start(support_folder(), &place);
    test_sftp_put(sftp, "one.csv", (Text){.data = large, .length = SFTP_BYTES}, 1700000000);
    (void)snprintf(host.url, sizeof host.url, "%sone.csv", place.url);
}

static void stop_sftp(void)
{
    test_sftp_stop(&sftp);
}

static TransferSettings sftp_settings(void)
{
    return (TransferSettings){.place = "the feed",
                              .user = "kent",
                              .known_hosts_file = place.known_hosts,
                              .private_key_file = place.client_key,
                              .wait_ms = 1};
}

static TransferRequest sftp_request(void)
{
    TransferRequest what = request();

    what.bytes_max = 2 * SFTP_BYTES;
    return what;
}

static void expect_large(void)
{
    cr_assert_eq(got.length, (size_t)SFTP_BYTES);
    cr_expect_eq(memcmp(got.data, large, SFTP_BYTES), 0);
}

TestSuite(transfer_sftp, .init = start_sftp, .fini = stop_sftp);

Test(transfer_sftp, brings_a_file_whole_and_says_when_it_changed)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_large();
    cr_expect_eq(answer.size, SFTP_BYTES);
    cr_expect_eq(answer.changed, 1700000000);
}

Test(transfer_sftp, size_and_time_are_told_without_the_file)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    what.method = "HEAD";

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.given, 0U);
    cr_expect_eq(answer.size, SFTP_BYTES);
    cr_expect_eq(answer.changed, 1700000000);
}

/* The switch: CURLOPT_SSH_KNOWNHOSTS in set_ssh. */
Test(transfer_sftp, a_host_that_is_not_known_is_refused_and_not_learnt)
{
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    struct stat status;

    how.known_hosts_file = place.no_hosts;
    expect_failure(&how, &what, ERROR_REFUSED,
                   "the feed: the host's key is not the one in the known hosts file");
    cr_assert_eq(stat(place.no_hosts, &status), 0);
    cr_expect_eq(status.st_size, 0);
    how.known_hosts_file = place.other_hosts;
    expect_failure(&how, &what, ERROR_REFUSED,
                   "the feed: the host's key is not the one in the known hosts file");
    how.known_hosts_file = NULL;
    expect_failure(&how, &what, ERROR_CONFIG,
                   "the feed: SFTP wants a user, a private key and a known hosts file");
}

Test(transfer_sftp, a_key_the_host_does_not_know_is_refused)
{
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    how.private_key_file = place.stranger_key;

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host does not accept our key");
}

Test(transfer_sftp, a_file_that_is_not_there_is_an_answer)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    (void)snprintf(host.url, sizeof host.url, "%stwo.csv", place.url);

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.status, 404);
}

Test(transfer_sftp, what_broke_off_goes_on_behind_its_last_byte)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    test_sftp_cut(sftp, SFTP_CUT, "one.csv", TEXT(""));

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_large();
    cr_expect_eq(answer.tries, 2U);
    cr_expect_eq(test_sftp_connections(sftp), 2);
}

/* The switch: the comparison in see_sftp. */
Test(transfer_sftp, two_halves_of_different_files_are_not_glued)
{
    TransferSettings how = sftp_settings();
    TransferRequest what = sftp_request();
    test_sftp_cut(sftp, SFTP_CUT, "one.csv", (Text){.data = large, .length = sizeof large});

    expect_failure(&how, &what, ERROR_INPUT,
                   "the feed: the file is another by now, or cannot be read from its middle");
}

Test(transfer_sftp, a_folder_is_listed_by_the_names_of_its_files)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text names;
    TransferSettings how = sftp_settings();
    test_sftp_put_folder(sftp, "old");
    test_sftp_put(sftp, "two words.csv", TEXT("x"), 1700000001);

    cr_assert(transfer_open(&how, &transfer, &error).ok, "%s", error.message);
    cr_assert(transfer_list(transfer, place.url, 1 << 16, arena, &names, &error).ok, "%s", error.message);

    cr_expect(text_equal(names, TEXT("one.csv\ntwo words.csv\n")), "%.*s", TEXT_ARG(names));
    cr_expect_str_eq(transfer_url(arena, place.url, TEXT("two words.csv")),
                     text_format(arena, "%stwo%%20words.csv", place.url).data);
}

Test(transfer_sftp, a_file_is_taken_away_and_that_it_is_gone_is_seen)
{
    SCOPED(transfer_close) Transfer *transfer = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text names;
    TransferSettings how = sftp_settings();
    test_sftp_put(sftp, "a \"b\" \\.csv", TEXT("x"), 1700000001);
    cr_assert(transfer_open(&how, &transfer, &error).ok, "%s", error.message);

    cr_assert(transfer_remove(transfer, place.url, TEXT("a \"b\" \\.csv"), &error).ok, "%s", error.message);
    cr_assert(transfer_remove(transfer, place.url, TEXT("a \"b\" \\.csv"), &error).ok, "twice is harmless");
    cr_assert(transfer_list(transfer, place.url, 1 << 16, arena, &names, &error).ok, "%s", error.message);
    cr_expect(text_equal(names, TEXT("one.csv\n")), "%.*s", TEXT_ARG(names));
    test_sftp_forbid_removal(sftp);
    cr_expect_not(transfer_remove(transfer, place.url, TEXT("one.csv"), &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "the feed: the host does not let us delete a file");
}
