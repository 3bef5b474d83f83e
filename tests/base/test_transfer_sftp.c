#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/base/fetching.h"
#include "tests/support/sftp.h"
#include "tests/support/support.h"

/* Large enough that some has been taken when it breaks off near its end, whatever libssh2 reads ahead. */
enum { SFTP_BYTES = 4 << 20, SFTP_CUT = 3900000, URL_BYTES = 128 };

static TestSftp *sftp;
static SftpPlace place;
static char url[URL_BYTES], large[SFTP_BYTES + 1];

static void start_sftp(void)
{
    for (size_t i = 0; i < SFTP_BYTES; i++)
        large[i] = (char)('a' + i * i % 23);
    sftp = test_sftp_start(support_folder(), &place);
    test_sftp_put(sftp, "one.csv", (Text){.data = large, .length = SFTP_BYTES}, 1700000000);
    (void)snprintf(url, sizeof url, "%sone.csv", place.url);
}

static void stop_sftp(void)
{
    test_sftp_stop(&sftp);
}

static TransferSettings settings(void)
{
    return (TransferSettings){.place = "the feed",
                              .user = "kent",
                              .known_hosts_file = place.known_hosts,
                              .private_key_file = place.client_key,
                              .wait_ms = 1};
}

static TransferRequest request(void)
{
    return (TransferRequest){
        .method = "GET", .url = url, .bytes_max = 2 * SFTP_BYTES, .may_go_on = true, .sink = keep};
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
    TransferSettings how = settings();
    TransferRequest what = request();

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_large();
    cr_expect_eq(answer.size, SFTP_BYTES);
    cr_expect_eq(answer.changed, 1700000000);
}

Test(transfer_sftp, size_and_time_are_told_without_the_file)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    what.method = "HEAD";

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.given, 0U);
    cr_expect_eq(answer.size, SFTP_BYTES);
    cr_expect_eq(answer.changed, 1700000000);
}

/* The switch: CURLOPT_SSH_KNOWNHOSTS in set_ssh. */
Test(transfer_sftp, a_host_that_is_not_known_is_refused_and_not_learnt)
{
    TransferSettings how = settings();
    TransferRequest what = request();
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
    TransferSettings how = settings();
    TransferRequest what = request();
    how.private_key_file = place.stranger_key;

    expect_failure(&how, &what, ERROR_REFUSED, "the feed: the host does not accept our key");
}

Test(transfer_sftp, a_file_that_is_not_there_is_an_answer)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    (void)snprintf(url, sizeof url, "%stwo.csv", place.url);

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    cr_expect_eq(answer.status, 404);
}

Test(transfer_sftp, what_broke_off_goes_on_behind_its_last_byte)
{
    TransferAnswer answer;
    Error error = {0};
    TransferSettings how = settings();
    TransferRequest what = request();
    test_sftp_cut(sftp, SFTP_CUT, "one.csv", TEXT(""));

    cr_assert(fetch_with(&how, &what, &answer, &error).ok, "%s", error.message);

    expect_large();
    cr_expect_eq(answer.tries, 2U);
    cr_expect_eq(test_sftp_connections(sftp), 2);
}

/* The switch: the comparison in see_sftp. */
Test(transfer_sftp, two_halves_of_different_files_are_not_glued)
{
    TransferSettings how = settings();
    TransferRequest what = request();
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
    TransferSettings how = settings();
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
    TransferSettings how = settings();
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
