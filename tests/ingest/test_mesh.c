/*
 * The adapter against a strict host. Each test collects the inbox as pulling does: what came whole is kept,
 * and acknowledged behind that alone. sandbox.messages[i].acknowledged says what the host was told.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/date.h"
#include "ingest/mesh.h"
#include "tests/ingest/mesh_sandbox.h"
#include "tests/support/support.h"

enum { CHUNK_BYTES = 50000, KEPT_MAX = 16, MANY = 10000 };

static Sandbox sandbox;
static char halves[2][CHUNK_BYTES];
static char now_text[16];
static SandboxMessage messages[4];
static MeshSettings how;
static const char *certificate_file, *key_file;

static const char *hours_ago(int hours, char out[16])
{
    time_t then = time(NULL) - 3600 * (time_t)hours;
    struct tm parts;

    (void)strftime(out, 16, "%Y%m%d%H%M%S", gmtime_r(&then, &parts));
    return out;
}

static Text half(int number)
{
    return (Text){.data = halves[number], .length = CHUNK_BYTES};
}

static void start(void)
{
    const char *certificate, *key;

    for (size_t i = 0; i < CHUNK_BYTES; i++) {
        halves[0][i] = (char)('a' + i * i % 23);
        halves[1][i] = (char)('A' + i * i % 19);
    }
    messages[0] = (SandboxMessage){.id = "20261122_PLAIN",
                                   .name = "apc.csv",
                                   .workflow = "EXTRACT",
                                   .sent = hours_ago(1, now_text),
                                   .chunks = {half(0)},
                                   .chunk_count = 1};
    messages[1] = (SandboxMessage){.id = "20261122_CHUNKED",
                                   .name = "ecds.csv",
                                   .workflow = "EXTRACT",
                                   .sent = now_text,
                                   .chunks = {half(0), half(1), TEXT("the end\n")},
                                   .chunk_count = 3,
                                   .is_packed = true};
    sandbox_start(&sandbox, messages, 2);
    test_authority_sign(sandbox.authority, "us.example", &certificate, &key);
    certificate_file = support_file("us.pem", certificate);
    key_file = support_file("us.key", key);
    cr_assert_eq(chmod(key_file, 0600), 0);
    how = (MeshSettings){.place = "the feed",
                         .url = sandbox.url,
                         .mailbox = SANDBOX_MAILBOX,
                         .trust_file = support_file("authority.pem", test_authority_pem(sandbox.authority)),
                         .certificate_file = certificate_file,
                         .key_file = key_file,
                         .page = 10,
                         .wait_ms = 1};
}

static void stop(void);

TestSuite(mesh, .init = start, .fini = stop);

static Secret *secret(const char *text)
{
    Secret *made = NULL;
    Error error = {0};

    cr_assert(secret_create(strlen(text), &made, &error).ok, "%s", error.message);
    memcpy(secret_bytes(made), text, strlen(text));
    return made;
}

static Result open_with(const char *password, Mesh **mesh, Error *error)
{
    how.password = secret(password);
    how.password_length = strlen(password);
    how.shared_key = secret(SANDBOX_SHARED_KEY);
    how.shared_key_length = strlen(SANDBOX_SHARED_KEY);
    return mesh_open(&how, mesh, error);
}

static Mesh *open_mesh(void)
{
    Mesh *mesh = NULL;
    Error error = {0};

    cr_assert(open_with(SANDBOX_PASSWORD, &mesh, &error).ok, "%s", error.message);
    return mesh;
}

/* ---- as pulling does ---- */

typedef struct Kept {
    char id[MESH_ID_BYTES];
    TextBuilder content;
    bool is_whole;
} Kept;

static Kept kept[KEPT_MAX];
static size_t kept_count;
static char listed[KEPT_MAX][MESH_ID_BYTES];
static size_t listed_count;

static void forget_kept(void)
{
    while (kept_count > 0)
        text_builder_close(&kept[--kept_count].content);
}

static void stop(void)
{
    forget_kept();
    sandbox_stop(&sandbox);
}

static Result note(void *context, const char *id, Error *error)
{
    (void)context;
    (void)error;
    if (listed_count < KEPT_MAX)
        (void)snprintf(listed[listed_count], MESH_ID_BYTES, "%s", id);
    listed_count++;
    return RESULT_OK;
}

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static Kept *find_kept(const char *id)
{
    for (size_t i = 0; i < kept_count; i++)
        if (kept[i].is_whole && strcmp(kept[i].id, id) == 0)
            return &kept[i];
    return NULL;
}

static Result collect_one(Mesh *mesh, const char *id, Error *error)
{
    MeshMessage message;
    bool is_there;

    TRY(mesh_describe(mesh, id, &message, &is_there, error));
    if (!is_there)
        return RESULT_OK;
    if (message.kind == MESH_DATA && find_kept(id) == NULL) {
        Kept *one = &kept[kept_count++];
        *one = (Kept){.content = text_builder(1 << 20)};
        (void)snprintf(one->id, sizeof one->id, "%s", id);
        TRY(mesh_get(mesh, id, 1 << 20, keep, &one->content, error));
        one->is_whole = true;
    }
    return mesh_acknowledge(mesh, id, error);
}

/* All messages; one's trouble does not keep the others away. The last trouble is what it returns. */
static Result collect(Error *error)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Result done = RESULT_OK;

    listed_count = 0;
    TRY(mesh_handshake(mesh, error));
    TRY(mesh_list(mesh, note, NULL, error));
    for (size_t i = 0; i < listed_count; i++) {
        Result one = collect_one(mesh, listed[i], error);
        if (!one.ok)
            done = one;
    }
    return done;
}

static void expect_content(const char *id, int chunks)
{
    static const char end[] = "the end\n";
    const Kept *one = find_kept(id);

    cr_assert_not_null(one, "%s is not here", id);
    cr_assert_eq(one->content.length, chunks == 1 ? (size_t)CHUNK_BYTES : 2 * (size_t)CHUNK_BYTES + 8);
    cr_expect_eq(memcmp(one->content.data, halves[0], CHUNK_BYTES), 0);
    if (chunks > 1) {
        cr_expect_eq(memcmp(one->content.data + CHUNK_BYTES, halves[1], CHUNK_BYTES), 0);
        cr_expect_eq(memcmp(one->content.data + (ptrdiff_t)2 * CHUNK_BYTES, end, 8), 0);
    }
}

static void expect_both_whole(void)
{
    expect_content("20261122_PLAIN", 1);
    expect_content("20261122_CHUNKED", 3);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[1].acknowledged, 1);
    cr_expect_eq(kept_count, 2U, "each once");
}

static void expect_only_the_plain(const char *message, const Error *error)
{
    cr_expect_str_eq(error->message, message);
    expect_content("20261122_PLAIN", 1);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[1].acknowledged, 0, "what is not whole stays there");
    cr_expect_null(find_kept("20261122_CHUNKED"));
}

Test(mesh, messages_come_whole_and_are_acknowledged_once)
{
    Error error = {0};

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(sandbox.handshakes, 1);
    cr_expect_eq(sandbox.refused, 0);
    cr_expect_eq(sandbox.token_count, (size_t)sandbox.requests, "each request had a token of its own");
}

Test(mesh, an_inbox_collected_again_brings_nothing_twice)
{
    Error error = {0};

    cr_assert(collect(&error).ok, "%s", error.message);
    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(listed_count, 0U);
}

Test(mesh, pieces_of_one_byte_make_the_same_message)
{
    Error error = {0};
    sandbox.faults.piece_bytes = 1;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

Test(mesh, a_storm_of_503_is_waited_out_with_fresh_tokens)
{
    Error error = {0};
    sandbox.faults.busy = 2;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
    cr_expect_eq(sandbox.token_count, (size_t)sandbox.requests);
}

Test(mesh, a_storm_that_lasts_ends_in_an_error_and_nothing_acknowledged)
{
    Error error = {0};
    sandbox.faults.busy = 1000;

    cr_assert_not(collect(&error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "the feed: MESH is busy or out of order (503) at the handshake");
    cr_expect_eq(sandbox.requests, 3);
    cr_expect_eq(messages[0].acknowledged + messages[1].acknowledged, 0);
}

Test(mesh, lost_connections_are_made_again)
{
    Error error = {0};
    sandbox.faults.drops = 2;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: is_last != (chunk == chunks) in check_chunk, and the 404 of the chunk. */
Test(mesh, a_missing_chunk_leaves_the_message_there)
{
    Error error = {0};
    sandbox.faults.missing_chunk = 2;

    cr_assert_not(collect(&error).ok);

    expect_only_the_plain("the feed: MESH answers 404 at a message", &error);
    sandbox.faults.missing_chunk = 0;
    text_builder_close(&kept[--kept_count].content); /* the half */
    cr_assert(collect(&error).ok, "%s", error.message);
    expect_content("20261122_CHUNKED", 3);
    cr_expect_eq(messages[1].acknowledged, 1);
}

/* The switch: gunzip_end in end_chunk. mesh-client of NHS England takes such a message and deletes it. */
Test(mesh, a_gzip_that_is_cut_leaves_the_message_there)
{
    static const size_t cuts[] = {1, 4, 8, 60};

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        Error error = {0};
        sandbox.faults.damaged_chunk = 2;
        sandbox.faults.damaged_bytes = cuts[i];
        messages[0].acknowledged = 0;
        forget_kept();

        cr_assert_not(collect(&error).ok, "cut by %zu", cuts[i]);

        expect_only_the_plain("message 20261122_CHUNKED, chunk 2: the feed: gzip member ends early", &error);
    }
}

/* The switch: check_end in end_chunk. */
Test(mesh, a_chunk_that_ends_only_with_its_connection_leaves_the_message_there)
{
    Error error = {0};
    messages[1].is_packed = false;
    messages[0].acknowledged = 1;
    sandbox.faults.endless_chunk = 3;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 3: MESH does not say where it ends");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh, a_chunk_whose_transfer_says_its_end_needs_no_length)
{
    Error error = {0};
    messages[1].is_packed = false;
    sandbox.faults.has_no_length = true;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: check_chunk. */
Test(mesh, a_206_where_200_is_due_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1; /* not there */
    sandbox.faults.says_more_at_last = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 3: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh, a_200_where_206_is_due_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    sandbox.faults.says_last_at_first = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 1: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh, a_chunk_under_another_number_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    sandbox.faults.has_wrong_range = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message,
                     "the feed: message 20261122_CHUNKED, chunk 1: MESH's chunks do not fit together");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh, a_message_that_ends_in_the_middle_as_expired_is_an_error)
{
    Error error = {0};
    sandbox.faults.gone_at_chunk = 2;

    cr_assert_not(collect(&error).ok);

    expect_only_the_plain("the feed: MESH has given up on the message (410): ask the sender to send it again",
                          &error);
}

Test(mesh, an_expired_message_does_not_keep_the_others_away)
{
    Error error = {0};
    sandbox.faults.gone_at_chunk = 1;

    cr_assert(collect(&error).ok, "%s", error.message);
    sandbox.faults.gone_at_chunk = 0;
    messages[1].is_gone = true;
    cr_assert(collect(&error).ok, "%s", error.message);

    expect_content("20261122_PLAIN", 1);
    cr_expect_eq(messages[1].acknowledged, 0);
}

/* The switch: what hand_on does with bytes that an earlier try handed on. */
Test(mesh, a_chunk_that_breaks_off_goes_on_without_a_byte_twice)
{
    static const long cuts[] = {0, 1, 11, 300, 4000};

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        Error error = {0};
        sandbox.faults.cut_chunk = 2;
        sandbox.faults.cut_at = cuts[i];
        messages[0].acknowledged = messages[1].acknowledged = 0;
        forget_kept();

        cr_assert(collect(&error).ok, "%s", error.message);

        expect_both_whole();
        cr_expect_eq(sandbox.faults.cut_at, WEB_WHOLE, "it did break off");
    }
}

Test(mesh, a_plain_message_that_breaks_off_goes_on_without_a_byte_twice)
{
    Error error = {0};
    messages[1].is_packed = false;
    sandbox.faults.cut_chunk = 1;
    sandbox.faults.cut_at = 49999;

    cr_assert(collect(&error).ok, "%s", error.message);

    expect_both_whole();
}

/* The switch: check_repeated. */
Test(mesh, a_chunk_that_is_another_after_it_broke_off_is_an_error)
{
    Error error = {0};
    messages[0].acknowledged = 1;
    messages[1].is_packed = false;
    sandbox.faults.cut_chunk = 2;
    sandbox.faults.cut_at = 40000;
    sandbox.faults.is_changed_behind_cut = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_str_eq(error.message, "the feed: message 20261122_CHUNKED, chunk 2: is another than before");
    cr_expect_eq(messages[1].acknowledged, 0);
}

Test(mesh, a_lost_answer_to_an_acknowledgement_is_asked_for_again)
{
    Error error = {0};
    sandbox.faults.lost_acknowledgements = 1;

    cr_assert(collect(&error).ok, "%s", error.message);

    cr_expect_eq(messages[0].acknowledged, 2, "which is harmless");
    cr_expect_eq(messages[0].fetched, 1, "and brings nothing twice");
    cr_expect_eq(kept_count, 2U);
}

Test(mesh, an_acknowledgement_that_never_arrives_brings_nothing_twice)
{
    Error error = {0};
    sandbox.faults.lost_acknowledgements = 3;

    cr_assert_not(collect(&error).ok);
    cr_expect_eq(messages[0].acknowledged, 3);
    messages[0].acknowledged = 0; /* none of them reached the mailbox */
    cr_assert(collect(&error).ok, "%s", error.message);

    cr_expect_eq(messages[0].fetched, 1);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(kept_count, 2U);
}

Test(mesh, a_token_that_counts_no_more_is_refused_and_said_so)
{
    Error error = {0};
    sandbox.faults.repeats_tokens = true;

    cr_assert_not(collect(&error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message,
                     "the feed: MESH refuses us (403) at the handshake: mailbox, password, shared "
                     "key, or a clock that is hours off");
    cr_expect_eq(sandbox.requests, 1, "a refusal is no reason to try again");
}

Test(mesh, a_clock_three_hours_off_is_refused_and_one_hour_is_not)
{
    static const struct {
        long hours;
        bool ok;
    } cases[] = {{3, false}, {-3, false}, {1, true}, {-1, true}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SCOPED(mesh_close) Mesh *mesh = open_mesh();
        Error error = {0};
        sandbox.faults.clock_hours = cases[i].hours;
        cr_expect_eq(mesh_handshake(mesh, &error).ok, cases[i].ok, "%ld hours", cases[i].hours);
        cr_expect(cases[i].ok || error.code == ERROR_REFUSED);
    }
}

Test(mesh, a_wrong_password_is_refused)
{
    SCOPED(mesh_close) Mesh *mesh = NULL;
    Error error = {0};

    cr_assert(open_with("another", &mesh, &error).ok);

    cr_expect_not(mesh_handshake(mesh, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_null(strstr(error.message, "another"), "no secret in a message");
}

Test(mesh, a_report_is_told_from_data)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage message;
    bool is_there;
    Error error = {0};
    messages[0].is_report = true;
    messages[0].status_code = "14";

    cr_assert(mesh_describe(mesh, "20261122_PLAIN", &message, &is_there, &error).ok, "%s", error.message);

    cr_assert(is_there);
    cr_expect_eq(message.kind, MESH_REPORT);
    cr_expect_str_eq(message.status_code, "14");
    cr_expect_str_eq(message.linked, "20201122");
    cr_expect_eq(message.chunks, 0);
    cr_assert(collect(&error).ok, "%s", error.message);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_null(find_kept("20261122_PLAIN"));
}

Test(mesh, a_message_is_described)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage message;
    bool is_there;
    Error error = {0};
    messages[1].sent = "20261121230136";

    cr_assert(mesh_describe(mesh, "20261122_CHUNKED", &message, &is_there, &error).ok, "%s", error.message);

    cr_expect_eq(message.kind, MESH_DATA);
    cr_expect_str_eq(message.name, "ecds.csv");
    cr_expect_str_eq(message.sender, "X26HC006");
    cr_expect_str_eq(message.workflow, "EXTRACT");
    cr_expect_eq(message.chunks, 3);
    cr_expect_eq(message.sent_us, 1795302096000000);
    cr_assert(mesh_describe(mesh, "UNKNOWN", &message, &is_there, &error).ok, "%s", error.message);
    cr_expect_not(is_there);
}

/* MESH gives up after five days, 120 hours. */
Test(mesh, a_message_of_four_days_is_nearly_lost)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    MeshMessage young = {.sent_us = time_now_us() - (int64_t)95 * 3600 * 1000000};
    MeshMessage old = {.sent_us = time_now_us() - (int64_t)96 * 3600 * 1000000};
    MeshMessage unknown = {0};

    cr_expect_not(mesh_is_nearly_lost(mesh, &young));
    cr_expect(mesh_is_nearly_lost(mesh, &old));
    cr_expect_not(mesh_is_nearly_lost(mesh, &unknown));
}

/* ---- lists ---- */

static Result count_one(void *context, const char *id, Error *error)
{
    size_t *count = context;
    (void)id;
    (void)error;
    ++*count;
    return RESULT_OK;
}

Test(mesh, an_inbox_of_ten_thousand_is_listed_whole)
{
    static SandboxMessage many[MANY];
    static char ids[MANY][16];
    Error error = {0};
    size_t count = 0;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "M%d", i);
        many[i] = (SandboxMessage){.id = ids[i], .name = "x", .workflow = i % 10 == 0 ? "RARE" : "EXTRACT"};
    }
    sandbox.messages = many;
    sandbox.message_count = MANY;
    how.page = 0;
    SCOPED(mesh_close) Mesh *mesh = open_mesh();

    cr_assert(mesh_list(mesh, count_one, &count, &error).ok, "%s", error.message);

    cr_expect_eq(count, (size_t)MANY);
    cr_expect_eq(sandbox.pages, 20);
    how.workflow = "RARE";
    SCOPED(mesh_close) Mesh *filtered = open_mesh();
    count = 0;
    cr_assert(mesh_list(filtered, count_one, &count, &error).ok, "%s", error.message);
    cr_expect_eq(count, (size_t)MANY / 10);
}

Test(mesh, an_empty_page_does_not_end_the_list)
{
    Error error = {0};
    size_t count = 0;
    sandbox.faults.has_empty_pages = true;
    SCOPED(mesh_close) Mesh *mesh = open_mesh();

    cr_assert(mesh_list(mesh, count_one, &count, &error).ok, "%s", error.message);

    cr_expect_eq(count, 2U);
    cr_expect_eq(sandbox.pages, 2);
}

Test(mesh, a_next_page_elsewhere_is_not_fetched)
{
    static const char *const elsewhere[] = {
        "https://example.org/messageexchange/" SANDBOX_MAILBOX "/inbox?x",
        "/messageexchange/OTHER/inbox?continue_from=1",
        "@example.org/",
        "/messageexchange/" SANDBOX_MAILBOX "/inbox?a b",
    };

    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        SCOPED(mesh_close) Mesh *mesh = open_mesh();
        Error error = {0};
        size_t count = 0;
        sandbox.faults.next = elsewhere[i];
        cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);
        cr_expect_str_eq(error.message, "the feed: MESH's list of messages is not as specified");
    }
    cr_expect_eq(sandbox.pages, 4);
}

Test(mesh, a_list_that_leads_to_itself_ends)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Error error = {0};
    size_t count = 0;
    sandbox.faults.next = "/messageexchange/" SANDBOX_MAILBOX "/inbox?max_results=10";

    cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);

    cr_expect_eq(sandbox.pages, 1);
}

Test(mesh, an_identifier_that_is_a_path_is_not_used)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Error error = {0};
    size_t count = 0;
    messages[0].id = "../../OTHER/inbox/1";

    cr_expect_not(mesh_list(mesh, count_one, &count, &error).ok);
    cr_expect_not(mesh_acknowledge(mesh, messages[0].id, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_eq(sandbox.requests, 1);
}

Test(mesh, a_mailbox_or_address_of_another_shape_is_a_mistake)
{
    Mesh *mesh = NULL;
    Error error = {0};

    how.mailbox = "x26hc005";
    cr_expect_not(open_with(SANDBOX_PASSWORD, &mesh, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    how.mailbox = SANDBOX_MAILBOX;
    how.url = "http://localhost:1";
    cr_expect_not(open_with(SANDBOX_PASSWORD, &mesh, &error).ok);
    cr_expect_str_eq(error.message, "the feed: the address of MESH begins with https://");
}

Test(mesh, no_more_comes_than_allowed)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    SCOPED(text_builder_close) TextBuilder content = text_builder(1 << 20);
    Error error = {0};

    cr_expect_not(mesh_get(mesh, "20261122_CHUNKED", 2 * CHUNK_BYTES, keep, &content, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_leq(content.length, 2 * (size_t)CHUNK_BYTES);
}
