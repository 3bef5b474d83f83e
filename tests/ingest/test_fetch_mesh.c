/* A MESH mailbox as pull.c sees it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "ingest/fetch.h"
#include "tests/ingest/mesh_sandbox.h"
#include "tests/support/support.h"

enum { ITEMS_MAX = 8 };

static Sandbox sandbox;
static SandboxMessage messages[4];
static Feed feed;
static FetchItem items[ITEMS_MAX];
static size_t item_count;
static char now_text[16], four_days_ago[16];

static const char *hours_ago(int hours, char out[16])
{
    time_t then = time(NULL) - 3600 * (time_t)hours;
    struct tm parts;

    (void)strftime(out, 16, "%Y%m%d%H%M%S", gmtime_r(&then, &parts));
    return out;
}

static const char *private_file(const char *name, const char *content)
{
    const char *path = support_file(name, content);

    cr_assert_eq(chmod(path, 0600), 0);
    return path;
}

static void start(void)
{
    const char *certificate, *key;

    messages[0] = (SandboxMessage){.id = "M1",
                                   .name = "apc.csv",
                                   .workflow = "EXTRACT",
                                   .sent = hours_ago(1, now_text),
                                   .chunks = {TEXT("one "), TEXT("two")},
                                   .chunk_count = 2,
                                   .is_packed = true};
    messages[1] = (SandboxMessage){.id = "M2",
                                   .name = "apc.csv.manifest",
                                   .workflow = "EXTRACT",
                                   .sent = now_text,
                                   .chunks = {TEXT("a manifest")},
                                   .chunk_count = 1};
    messages[2] = (SandboxMessage){.id = "M3",
                                   .name = "report",
                                   .workflow = "EXTRACT",
                                   .is_report = true,
                                   .status_code = "14",
                                   .sent = now_text};
    messages[3] = (SandboxMessage){.id = "M4",
                                   .name = "../up.csv",
                                   .workflow = "EXTRACT",
                                   .sent = hours_ago(100, four_days_ago),
                                   .chunks = {TEXT("old")},
                                   .chunk_count = 1};
    sandbox_start(&sandbox, messages, 4);
    test_authority_sign(sandbox.authority, "us.example", &certificate, &key);
    feed =
        (Feed){.name = "acute",
               .transport = FEED_MESH,
               .settings = {.url = sandbox.url,
                            .mailbox = SANDBOX_MAILBOX,
                            .from = SANDBOX_SENDER,
                            .workflow = "EXTRACT",
                            .ca_file = support_file("authority.pem", test_authority_pem(sandbox.authority)),
                            .certificate_file = support_file("us.pem", certificate),
                            .key_file = private_file("us.key", key),
                            .password_file = private_file("password", SANDBOX_PASSWORD "\n"),
                            .shared_key_file = private_file("shared_key", SANDBOX_SHARED_KEY "\n")}};
}

static void stop(void)
{
    sandbox_stop(&sandbox);
}

TestSuite(fetch_mesh, .init = start, .fini = stop);

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
    (void)error;
    text_add(context, (Text){.data = bytes, .length = length});
    return RESULT_OK;
}

static void *open_and_list(void)
{
    void *state = NULL;
    Error error = {0};

    cr_assert(FETCH_MESH.open(&feed, &state, &error).ok, "%s", error.message);
    item_count = 0;
    cr_assert(FETCH_MESH.list(state, note, NULL, &error).ok, "%s", error.message);
    return state;
}

/* The switch: revoked_file in mesh_open. The last that the authority signed is our own: the host is not on
 * it, but a list of another authority says nothing of the host. */
Test(fetch_mesh, a_host_of_whom_the_lists_of_revoked_certificates_say_nothing_is_refused)
{
    TestAuthority *other = test_authority_create();
    void *state = NULL;
    Error error = {0};

    feed.settings.crl_file = support_file("other.crl", test_authority_revoked(other, false));
    cr_assert(FETCH_MESH.open(&feed, &state, &error).ok, "%s", error.message);
    cr_assert_not(FETCH_MESH.list(state, note, NULL, &error).ok);
    FETCH_MESH.close(&state);
    cr_expect_eq(error.code, ERROR_REFUSED);
    feed.settings.crl_file = support_file("ours.crl", test_authority_revoked(sandbox.authority, false));
    state = open_and_list();

    cr_expect_eq(item_count, 2U);
    FETCH_MESH.close(&state);
    test_authority_close(&other);
}

Test(fetch_mesh, lists_deliveries_without_reports_and_what_goes_with_them)
{
    void *state = open_and_list();

    cr_assert_eq(item_count, 2U);
    cr_expect_str_eq(items[0].id, "M1");
    cr_expect_str_eq(items[0].name, "apc.csv");
    cr_expect_eq(items[0].bytes, FETCH_BYTES_UNKNOWN);
    cr_expect_gt(items[0].changed_us, 0);
    cr_expect_str_eq(items[1].name, "M4.dat", "a name that is a path is not used");
    cr_expect_eq(sandbox.handshakes, 1);
    FETCH_MESH.close(&state);
}

/* The switch: is_from_sender. */
Test(fetch_mesh, what_others_send_is_passed_over_and_stays_there)
{
    messages[0].from = "X26OT999";
    messages[1].from = "X26OT999"; /* its manifest */
    void *state = open_and_list();
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    FetchItem delivery = {.id = "M1", .name = "apc.csv"};
    Error error = {0};
    Text manifest;
    bool is_found;

    cr_assert_eq(item_count, 1U);
    cr_expect_str_eq(items[0].id, "M4");
    cr_assert(
        FETCH_MESH.companion(state, &delivery, ".manifest", 100, arena, &manifest, &is_found, &error).ok);
    cr_expect_not(is_found);
    cr_expect_eq(messages[0].acknowledged + messages[1].acknowledged, 0);
    FETCH_MESH.close(&state);
}

/* The switch: who calls acknowledge: list and get never do. */
Test(fetch_mesh, acknowledges_a_delivery_only_when_told_and_a_report_by_itself)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(1024);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    void *state = open_and_list();
    Error error = {0};
    Text manifest;
    bool is_found;

    cr_assert(FETCH_MESH.get(state, &items[0], 0, keep, &content, &error).ok, "%s", error.message);
    cr_assert(
        FETCH_MESH.companion(state, &items[0], ".manifest", 100, arena, &manifest, &is_found, &error).ok);

    cr_expect(text_equal(text_built(&content), TEXT("one two")));
    cr_expect(is_found && text_equal(manifest, TEXT("a manifest")));
    cr_expect_eq(messages[0].acknowledged + messages[1].acknowledged + messages[3].acknowledged, 0);
    cr_expect_eq(messages[2].acknowledged, 1);
    cr_assert(FETCH_MESH.acknowledge(state, &items[0], &error).ok, "%s", error.message);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[1].acknowledged, 1, "with what goes with it");
    cr_expect_eq(messages[3].acknowledged, 0);
    FETCH_MESH.close(&state);
}

Test(fetch_mesh, goes_on_behind_what_came_before_the_connection_was_lost)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(1024);
    void *state = open_and_list();
    Error error = {0};
    sandbox.faults.busy = 4; /* the first chunk comes, the second does not */
    sandbox.faults.busy_from_chunk = 2;

    cr_assert_not(FETCH_MESH.get(state, &items[0], 0, keep, &content, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect(text_equal(text_built(&content), TEXT("one ")));
    sandbox.faults.busy = 0;
    cr_assert(FETCH_MESH.get(state, &items[0], 4, keep, &content, &error).ok, "%s", error.message);

    cr_expect(text_equal(text_built(&content), TEXT("one two")));
    FETCH_MESH.close(&state);
}

/* The switch: the comparison in pass_again. */
Test(fetch_mesh, does_not_glue_two_messages)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(1024);
    void *state = open_and_list();
    Error error = {0};
    sandbox.faults.busy = 4;
    sandbox.faults.busy_from_chunk = 2;

    cr_assert_not(FETCH_MESH.get(state, &items[0], 0, keep, &content, &error).ok);
    sandbox.faults.busy = 0;
    messages[0].chunks[0] = TEXT("One ");
    cr_expect_not(FETCH_MESH.get(state, &items[0], 4, keep, &content, &error).ok);
    cr_expect_str_eq(error.message, "feed acute: message M1 is another than before");
    cr_expect_not(FETCH_MESH.get(state, &items[1], 4, keep, &content, &error).ok, "nor is it that one");

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect(text_equal(text_built(&content), TEXT("one ")));
    FETCH_MESH.close(&state);
}

Test(fetch_mesh, secrets_come_from_files_that_are_ours_alone)
{
    void *state = NULL;
    Error error = {0};
    cr_assert_eq(chmod(feed.settings.shared_key_file, 0640), 0);

    cr_expect_not(FETCH_MESH.open(&feed, &state, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_null(strstr(error.message, SANDBOX_SHARED_KEY));
}

Test(fetch_mesh, a_feed_without_its_secrets_is_a_mistake)
{
    void *state = NULL;
    Error error = {0};
    feed.settings.password_file = NULL;

    cr_expect_not(FETCH_MESH.open(&feed, &state, &error).ok);

    cr_expect_str_eq(error.message, "feed acute: MESH wants url, mailbox, password_file, shared_key_file, "
                                    "certificate_file and key_file");
}
