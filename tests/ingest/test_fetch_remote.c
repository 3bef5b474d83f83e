/* HTTPS and SFTP as pull.c sees them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/delivery.h"
#include "tests/support/sftp.h"
#include "tests/support/support.h"
#include "tests/support/web.h"

enum { FILE_BYTES = 100000, LARGE_BYTES = 4 << 20, LARGE_CUT = 3900000, ITEMS_MAX = 8 };

static FetchItem items[ITEMS_MAX];
static size_t item_count;
static TextBuilder got;

static Result note(void *context, const FetchItem *item, Error *error)
{
    (void)context;
    (void)error;
    cr_assert_lt(item_count, (size_t)ITEMS_MAX);
    items[item_count++] = *item;
    return RESULT_OK;
}

static Result keep(void *context, const void *bytes, size_t length, Error *error)
{
    (void)context;
    (void)error;
    text_add(&got, (Text){.data = bytes, .length = length});
    return RESULT_OK;
}

static void *open_feed(const FetchKind *kind, const Feed *feed)
{
    void *state = NULL;
    Error error = {0};

    cr_assert(kind->open(feed, &state, &error).ok, "%s", error.message);
    got = text_builder(4 * LARGE_BYTES);
    return state;
}

static void list(const FetchKind *kind, void *state)
{
    Error error = {0};

    item_count = 0;
    cr_assert(kind->list(state, note, NULL, &error).ok, "%s", error.message);
}

static void end(const FetchKind *kind, void *state)
{
    kind->close(&state);
    cr_expect_null(state);
    text_builder_close(&got);
}

static void expect_mistake(const FetchKind *kind, const Feed *feed, const char *message)
{
    void *state = NULL;
    Error error = {0};

    cr_expect_not(kind->open(feed, &state, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, message);
}

/* ---- HTTPS ---- */

static struct {
    TestAuthority *authority;
    TestWeb *web;
    char data[FILE_BYTES], url[96];
    const char *tag, *names, *type, *authorization;
    long cut_at;
    bool is_packed, has_no_end;
    int requests;
} host;

static bool is_path(const WebRequest *request, const char *path)
{
    return strcmp(web_path(request), path) == 0;
}

static void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *range = web_header(request, "Range"), *shown = web_header(request, "Authorization");
    (void)context;

    host.requests++;
    if (host.authorization != NULL && (shown == NULL || strcmp(shown, host.authorization) != 0)) {
        answer->status = 401;
    } else if (is_path(request, "/out/")) {
        web_add_header(answer, "Content-Type", host.type);
        answer->body = text_from(host.names);
    } else if (is_path(request, "/out/apc 1.csv")) {
        if (host.tag != NULL)
            web_add_header(answer, "ETag", host.tag);
        answer->has_no_end = host.has_no_end;
        answer->body = (Text){.data = host.data, .length = FILE_BYTES};
        if (host.is_packed)
            web_add_header(answer, "Content-Encoding", "gzip");
        if (range != NULL) {
            int64_t from = 0;
            Text rest = text_from(range + strlen("bytes="));
            cr_assert(text_to_int64(text_next(&rest, '-'), &from));
            answer->status = 206;
            answer->body = text_slice(answer->body, (size_t)from, FILE_BYTES);
            web_add_header(
                answer, "Content-Range",
                text_format(arena, "bytes %ld-%d/%d", (long)from, FILE_BYTES - 1, FILE_BYTES).data);
        }
        answer->cut_at = strcmp(web_method(request), "HEAD") == 0 ? WEB_WHOLE : host.cut_at;
    } else if (is_path(request, "/out/apc 1.csv.manifest")) {
        answer->body = TEXT("a manifest");
    } else {
        answer->status = 404;
    }
}

static Feed feed;

static void start_https(void)
{
    for (size_t i = 0; i < FILE_BYTES; i++)
        host.data[i] = (char)('a' + i * i % 23);
    host.tag = "\"one\"";
    host.names = "apc 1.csv\n\nmissing.csv\napc 1.csv.manifest\nhalf.csv.part\n.hidden\nup/down.csv\n";
    host.type = "text/plain; charset=utf-8";
    host.cut_at = WEB_WHOLE;
    host.authority = test_authority_create();
    host.web = test_web_start(host.authority, "localhost", false, serve, NULL);
    (void)snprintf(host.url, sizeof host.url, "https://localhost:%d/out/", test_web_port(host.web));
    feed = (Feed){.name = "acute",
                  .transport = FEED_HTTPS,
                  .settings = {.url = host.url,
                               .ca_file = support_file("authority.pem", test_authority_pem(host.authority))}};
}

static void stop_https(void)
{
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
}

TestSuite(fetch_https, .init = start_https, .fini = stop_https);

Test(fetch_https, lists_the_files_that_are_there_without_what_goes_with_them)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);

    list(&FETCH_HTTPS, state);

    cr_assert_eq(item_count, 1U);
    cr_expect_str_eq(items[0].id, "apc 1.csv");
    cr_expect_str_eq(items[0].name, "apc 1.csv");
    cr_expect_eq(items[0].bytes, (uint64_t)FILE_BYTES);
    end(&FETCH_HTTPS, state);
}

/* The switch: revoked_file in open_https. */
Test(fetch_https, a_host_on_the_feed_s_list_of_revoked_certificates_is_refused)
{
    Error error = {0};
    feed.settings.crl_file = support_file("host.crl", test_authority_revoked(host.authority, true));
    void *state = open_feed(&FETCH_HTTPS, &feed);

    cr_assert_not(FETCH_HTTPS.list(state, note, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "acute: the host's certificate cannot be verified");
    end(&FETCH_HTTPS, state);
}

Test(fetch_https, brings_a_file_and_what_goes_with_it)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Error error = {0};
    Text content;
    bool is_found;
    list(&FETCH_HTTPS, state);

    cr_assert(FETCH_HTTPS.get(state, &items[0], 0, keep, NULL, &error).ok, "%s", error.message);
    cr_expect_eq(got.length, (size_t)FILE_BYTES);
    cr_expect_eq(memcmp(got.data, host.data, FILE_BYTES), 0);
    cr_assert(
        FETCH_HTTPS.companion(state, &items[0], ".manifest", 100, arena, &content, &is_found, &error).ok);
    cr_expect(is_found && text_equal(content, TEXT("a manifest")));
    cr_assert(
        FETCH_HTTPS.companion(state, &items[0], ".manifest.sig", 100, arena, &content, &is_found, &error).ok);
    cr_expect_not(is_found);
    cr_expect_not(
        FETCH_HTTPS.companion(state, &items[0], ".manifest", 3, arena, &content, &is_found, &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect(FETCH_HTTPS.acknowledge(state, &items[0], &error).ok);

    end(&FETCH_HTTPS, state);
}

Test(fetch_https, goes_on_from_an_offset)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    list(&FETCH_HTTPS, state);

    cr_assert(FETCH_HTTPS.get(state, &items[0], 99990, keep, NULL, &error).ok, "%s", error.message);
    cr_assert_eq(got.length, 10U);
    cr_expect_eq(memcmp(got.data, host.data + 99990, 10), 0);
    cr_assert(FETCH_HTTPS.get(state, &items[0], FILE_BYTES, keep, NULL, &error).ok, "%s", error.message);
    cr_expect_eq(got.length, 10U, "nothing is left");

    end(&FETCH_HTTPS, state);
}

/* The switch: the version in delivery_item. */
Test(fetch_https, a_file_under_another_tag_is_another_delivery)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    host.has_no_end = true;
    list(&FETCH_HTTPS, state);
    Hash first = delivery_item(&feed, &items[0]);
    list(&FETCH_HTTPS, state);
    Hash again = delivery_item(&feed, &items[0]);
    host.tag = "\"two\"";
    list(&FETCH_HTTPS, state);
    Hash corrected = delivery_item(&feed, &items[0]);

    cr_expect_eq(items[0].bytes, FETCH_BYTES_UNKNOWN);
    cr_expect_not(items[0].is_vague);
    cr_expect_eq(memcmp(&first, &again, sizeof first), 0);
    cr_expect_neq(memcmp(&first, &corrected, sizeof first), 0);
    end(&FETCH_HTTPS, state);
}

/* Switch: has_strong_tag in remote_list. A weak tag stays where only the bytes changed. */
Test(fetch_https, what_came_to_a_killed_process_is_taken_up_under_a_strong_tag_alone)
{
    static const struct {
        const char *tag;
        bool may_go_on;
    } cases[] = {{"\"one\"", true}, {"W/\"one\"", false}, {NULL, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        host.tag = cases[i].tag;
        void *state = open_feed(&FETCH_HTTPS, &feed);

        list(&FETCH_HTTPS, state);

        cr_assert_eq(item_count, 1);
        cr_expect_eq(items[0].may_go_on, cases[i].may_go_on, "case %zu", i);
        end(&FETCH_HTTPS, state);
    }
}

/* pull.c fetches it each time, and compares the content. */
Test(fetch_https, a_file_without_tag_and_time_is_known_by_its_content_alone)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    host.tag = NULL;

    list(&FETCH_HTTPS, state);

    cr_expect(items[0].is_vague);
    end(&FETCH_HTTPS, state);
}

/* The switch: the limit in look: a list of such would fill its arena. */
Test(fetch_https, a_tag_without_measure_is_refused)
{
    static char tag[1100];
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    memset(tag, 'e', sizeof tag - 1);
    tag[0] = tag[sizeof tag - 2] = '"';
    host.tag = tag;

    cr_expect_not(FETCH_HTTPS.list(state, note, NULL, &error).ok);

    cr_expect_str_eq(error.message, "feed acute: the host's ETag is longer than 1024 bytes");
    end(&FETCH_HTTPS, state);
}

/* The switch: the comparisons in check_same. */
Test(fetch_https, a_file_that_changed_since_it_was_listed_is_an_error)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    list(&FETCH_HTTPS, state);
    host.tag = "\"two\"";

    cr_expect_not(FETCH_HTTPS.get(state, &items[0], 0, keep, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "feed acute: the file is another than the one that was listed");
    end(&FETCH_HTTPS, state);
}

Test(fetch_https, a_host_that_cuts_every_time_is_an_error)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    list(&FETCH_HTTPS, state);
    host.cut_at = 0;

    cr_expect_not(FETCH_HTTPS.get(state, &items[0], 0, keep, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM, "pull.c tries again");
    end(&FETCH_HTTPS, state);
}

Test(fetch_https, what_is_packed_unasked_is_not_taken_for_the_file)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    list(&FETCH_HTTPS, state);
    host.is_packed = true;

    cr_expect_not(FETCH_HTTPS.get(state, &items[0], 0, keep, NULL, &error).ok);

    cr_expect_str_eq(error.message, "feed acute: packed in a way we did not ask for");
    end(&FETCH_HTTPS, state);
}

Test(fetch_https, a_page_made_for_people_is_no_list)
{
    void *state = open_feed(&FETCH_HTTPS, &feed);
    Error error = {0};
    host.type = "text/html";

    cr_expect_not(FETCH_HTTPS.list(state, note, NULL, &error).ok);

    cr_expect_str_eq(error.message, "feed acute: url does not answer with names as text/plain");
    end(&FETCH_HTTPS, state);
}

/* RFC 7617, section 2: the example of user Aladdin. */
Test(fetch_https, a_password_goes_with_each_request)
{
    Error error = {0};
    feed.settings.user = "Aladdin";
    feed.settings.password_file = support_file("password", "open sesame\n");
    cr_assert_eq(chmod(feed.settings.password_file, 0600), 0);
    host.authorization = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    void *state = open_feed(&FETCH_HTTPS, &feed);

    list(&FETCH_HTTPS, state);
    cr_expect_eq(item_count, 1U);
    host.authorization = "Basic another";
    cr_expect_not(FETCH_HTTPS.get(state, &items[0], 0, keep, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "feed acute: the host refuses us (401)");
    end(&FETCH_HTTPS, state);
}

Test(fetch_https, an_address_of_another_shape_is_a_mistake)
{
    static const char *const urls[] = {"http://localhost/out/", "https://localhost",
                                       "https://u:p@localhost/out/", "https://localhost/out/?token=x",
                                       "https://localhost/a%20b"};

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        feed.settings.url = urls[i];
        expect_mistake(
            &FETCH_HTTPS, &feed,
            "feed acute: url is https://HOST/PATH, without a user, ? or #, and no % in the file's name");
    }
    feed.settings.url = host.url;
    feed.settings.user = "alone";
    expect_mistake(&FETCH_HTTPS, &feed, "feed acute: user and password_file go together");
}

/* ---- SFTP ---- */

static TestSftp *sftp;
static SftpPlace place;
static char large[LARGE_BYTES + 1];

static void start_sftp(void)
{
    for (size_t i = 0; i < LARGE_BYTES; i++)
        large[i] = (char)('a' + i * i % 23);
    sftp = test_sftp_start(support_folder(), &place);
    test_sftp_put(sftp, "apc 1.csv", (Text){.data = large, .length = LARGE_BYTES}, 1700000000);
    test_sftp_put(sftp, "apc 1.csv.manifest", TEXT("a manifest"), 1700000000);
    test_sftp_put(sftp, "half.csv.filepart", TEXT("half"), 1700000000);
    test_sftp_put_folder(sftp, "old");
    feed = (Feed){.name = "acute",
                  .transport = FEED_SFTP,
                  .settings = {.url = place.url,
                               .user = "kent",
                               .key_file = place.client_key,
                               .known_hosts = place.known_hosts}};
}

static void stop_sftp(void)
{
    test_sftp_stop(&sftp);
}

TestSuite(fetch_sftp, .init = start_sftp, .fini = stop_sftp);

Test(fetch_sftp, lists_and_brings_a_file_and_what_goes_with_it)
{
    void *state = open_feed(&FETCH_SFTP, &feed);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Error error = {0};
    Text content;
    bool is_found;

    list(&FETCH_SFTP, state);
    cr_assert_eq(item_count, 1U);
    cr_expect_str_eq(items[0].name, "apc 1.csv");
    cr_expect_eq(items[0].bytes, (uint64_t)LARGE_BYTES);
    cr_expect_eq(items[0].changed_us, 1700000000000000);
    cr_assert(FETCH_SFTP.get(state, &items[0], 0, keep, NULL, &error).ok, "%s", error.message);
    cr_assert_eq(got.length, (size_t)LARGE_BYTES);
    cr_expect_eq(memcmp(got.data, large, LARGE_BYTES), 0);
    cr_assert(
        FETCH_SFTP.companion(state, &items[0], ".manifest", 100, arena, &content, &is_found, &error).ok);
    cr_expect(is_found && text_equal(content, TEXT("a manifest")));
    cr_assert(
        FETCH_SFTP.companion(state, &items[0], ".manifest.sig", 100, arena, &content, &is_found, &error).ok);
    cr_expect_not(is_found);

    end(&FETCH_SFTP, state);
}

Test(fetch_sftp, what_broke_off_goes_on)
{
    void *state = open_feed(&FETCH_SFTP, &feed);
    Error error = {0};
    list(&FETCH_SFTP, state);
    test_sftp_cut(sftp, LARGE_CUT, "apc 1.csv", TEXT(""));

    cr_assert(FETCH_SFTP.get(state, &items[0], 0, keep, NULL, &error).ok, "%s", error.message);

    cr_assert_eq(got.length, (size_t)LARGE_BYTES);
    cr_expect_eq(memcmp(got.data, large, LARGE_BYTES), 0);
    end(&FETCH_SFTP, state);
}

/* The switch: the look behind the transfer in remote_get. */
Test(fetch_sftp, a_file_that_changes_while_it_is_read_is_an_error)
{
    void *state = open_feed(&FETCH_SFTP, &feed);
    Error error = {0};
    list(&FETCH_SFTP, state);
    test_sftp_put(sftp, "apc 1.csv", (Text){.data = large, .length = LARGE_BYTES}, 1700000001);

    cr_expect_not(FETCH_SFTP.get(state, &items[0], 0, keep, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "feed acute: the file is another than the one that was listed");
    end(&FETCH_SFTP, state);
}

/* That pull.c takes no bare one: tests/e2e/test_pull_sftp.sh. */
Test(fetch_sftp, where_a_done_file_is_wanted_a_file_before_it_is_bare)
{
    feed.settings.complete = FEED_DONE;
    void *state = open_feed(&FETCH_SFTP, &feed);

    list(&FETCH_SFTP, state);
    cr_assert_eq(item_count, 1U);
    cr_expect(items[0].is_bare);
    test_sftp_put(sftp, "apc 1.csv.done", TEXT(""), 1700000001);
    list(&FETCH_SFTP, state);

    cr_assert_eq(item_count, 1U);
    cr_expect_str_eq(items[0].name, "apc 1.csv");
    cr_expect_not(items[0].is_bare);
    end(&FETCH_SFTP, state);
}

Test(fetch_sftp, an_acknowledged_file_goes_where_the_feed_says_so)
{
    Error error = {0};
    void *state = open_feed(&FETCH_SFTP, &feed);
    list(&FETCH_SFTP, state);

    cr_assert(FETCH_SFTP.acknowledge(state, &items[0], &error).ok);
    list(&FETCH_SFTP, state);
    cr_expect_eq(item_count, 1U, "kept");
    feed.settings.deletes = true;
    cr_assert(FETCH_SFTP.acknowledge(state, &items[0], &error).ok, "%s", error.message);
    cr_assert(FETCH_SFTP.acknowledge(state, &items[0], &error).ok, "twice is harmless");
    list(&FETCH_SFTP, state);

    cr_expect_eq(item_count, 0U);
    end(&FETCH_SFTP, state);
}

/* The switch: the comparison in remote_acknowledge. */
Test(fetch_sftp, a_newer_file_of_the_same_name_is_not_deleted)
{
    Error error = {0};
    feed.settings.deletes = true;
    void *state = open_feed(&FETCH_SFTP, &feed);
    list(&FETCH_SFTP, state);
    test_sftp_put(sftp, "apc 1.csv", TEXT("corrected"), 1700000002);

    cr_assert(FETCH_SFTP.acknowledge(state, &items[0], &error).ok, "%s", error.message);
    list(&FETCH_SFTP, state);

    cr_expect_eq(item_count, 1U);
    end(&FETCH_SFTP, state);
}

Test(fetch_sftp, a_feed_without_a_known_host_or_with_a_password_is_a_mistake)
{
    feed.settings.known_hosts = NULL;
    expect_mistake(&FETCH_SFTP, &feed, "feed acute: SFTP wants user, key_file and known_hosts");
    feed.settings.known_hosts = place.known_hosts;
    feed.settings.password_file = "password";
    expect_mistake(&FETCH_SFTP, &feed, "feed acute: SFTP is by key, not by password");
    feed.settings.password_file = NULL;
    feed.settings.url = "sftp://127.0.0.1/file";
    expect_mistake(&FETCH_SFTP, &feed, "feed acute: url is sftp://HOST/FOLDER/ with a slash at its end");
}
