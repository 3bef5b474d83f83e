/* A pull over HTTPS that is killed in the middle of a file, and the next one, in a process of its own. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ingest/world.h"
#include "tests/support/web.h"

enum { PATH_BYTES = 512, FILE_BYTES = (3 << 20) + 4321, CUT_AT = (2 << 20) + (1 << 19) };

static World world;
static IngestFeed *feed;
static char archive[PATH_BYTES];
static struct {
    TestAuthority *authority;
    TestWeb *web;
    char data[FILE_BYTES];
    const char *tag;
    atomic_bool is_awaited, is_whole; /* a killed pull asks for the rest; nobody is to be killed any more */
    _Atomic int64_t first_from;       /* of the first request of the file since; -1: none came */
} host;

static int64_t range_of(const WebRequest *request)
{
    const char *range = web_header(request, "Range");
    int64_t from = 0;

    if (range != NULL) {
        Text rest = text_from(range + strlen("bytes="));
        cr_assert(text_to_int64(text_next(&rest, '-'), &from));
    }
    return from;
}

static void serve_file(const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    int64_t from = range_of(request);

    web_add_header(answer, "ETag", host.tag);
    answer->body = text_slice((Text){.data = host.data, .length = FILE_BYTES}, (size_t)from, FILE_BYTES);
    if (from > 0) {
        answer->status = 206;
        web_add_header(answer, "Content-Range",
                       text_format(arena, "bytes %ld-%d/%d", (long)from, FILE_BYTES - 1, FILE_BYTES).data);
    }
    if (strcmp(web_method(request), "HEAD") == 0)
        return;
    if (host.is_whole) {
        int64_t none = -1;
        (void)atomic_compare_exchange_strong(&host.first_from, &none, from);
    } else if (from > 0) {
        host.is_awaited = true;
        answer->is_dropped = true;
    } else {
        answer->cut_at = CUT_AT;
    }
}

static void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    (void)context;
    if (strcmp(web_path(request), "/out/") == 0) {
        web_add_header(answer, "Content-Type", "text/plain");
        answer->body = TEXT("visit_202607.csv\n");
    } else if (strcmp(web_path(request), "/out/visit_202607.csv") == 0) {
        serve_file(request, arena, answer);
    } else {
        answer->status = 404;
    }
}

static void start(void)
{
    char text[4 * PATH_BYTES];
    uint32_t state = 7;
    Error error = {0};
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;

    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    for (size_t i = 0; i < FILE_BYTES; i++) { /* which no archive makes smaller */
        state = state * 1664525 + 1013904223;
        host.data[i] = (char)(state >> 24);
    }
    host.tag = "\"one\"";
    host.first_from = -1;
    host.authority = test_authority_create();
    host.web = test_web_start(host.authority, "localhost", false, serve, NULL);
    snprintf(archive, sizeof archive, "%s/archive", support_folder());
    cr_assert_eq(mkdir(archive, 0700), 0);
    snprintf(text, sizeof text,
             "feed: visits\nsource: visit\nsender: hosp_a\nfile: \"visit_{CCYY}{MM}.csv\"\n"
             "transport: { kind: https, url: \"https://localhost:%d/out/\", ca_file: %s }\n",
             test_web_port(host.web), support_file("authority.pem", test_authority_pem(host.authority)));
    cr_assert(ingest_feed_open(support_file("visits.yaml", text), &feed, &error).ok, "%s", error.message);
}

static void stop(void)
{
    ingest_feed_close(&feed);
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
    world_close(&world);
}

TestSuite(pull_remote, .init = start, .fini = stop, .timeout = 120);

static Result take(IngestPulled *pulled, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    SCOPED(ingest_pull_close) IngestPull *pull = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};
    const GovernanceRequest request = {
        .action = GOVERNANCE_PULL,
        .person_id = "eng",
        .source = TEXT("visit"),
        .sender = TEXT("hosp_a"),
        .object = TEXT("visits"),
        .detail = ingest_pull_detail(feed, NULL, arena),
    };

    TRY(governance_request(world.governance, &request, &permit, error));
    TRY(ingest_pull_look(&context, feed, &pull, error));
    if (ingest_pull_count(pull) != 1)
        return fail(error, ERROR_INPUT, "%zu deliveries", ingest_pull_count(pull));
    return ingest_pull_take(pull, permit, 0, pulled, error);
}

/* By a process with connections and keys of its own. The file has come to CUT_AT, and the rest is asked for.
 */
static void pull_and_kill(void)
{
    pid_t child = fork();

    if (child == 0) {
        IngestPulled pulled;
        Error error = {0};
        world.loader = support_connect("cinque_loader");
        if (governance_open(support_conninfo("cinque_governor"), &world.governance, &error).ok &&
            keyring_open(world.keyring_folder, &world.keyring, &error).ok)
            (void)take(&pulled, &error).ok;
        _exit(1);
    }
    for (int tries = 0; !host.is_awaited && tries < 3000; tries++)
        usleep(10000);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    cr_assert(host.is_awaited);
    host.is_whole = true;
}

static void expect_whole(const IngestPulled *pulled)
{
    cr_expect_eq(pulled->delivery_id, 1);
    cr_expect_eq(pulled->bytes, FILE_BYTES);
    cr_expect_eq(memcmp(pulled->content.bytes, hash_of(host.data, FILE_BYTES).bytes, HASH_BYTES), 0);
}

/* Switch: may_go_on in remote_list. */
Test(pull_remote, killed_in_a_file_the_next_asks_for_the_rest_alone)
{
    IngestPulled pulled;
    Error error = {0};
    pull_and_kill();

    Result result = take(&pulled, &error);

    cr_assert(result.ok, "%s", error.message);
    expect_whole(&pulled);
    cr_expect_geq(host.first_from, 1 << 20);
    cr_expect_eq(host.first_from % (1 << 20), 0, "from the last block that was whole");
}

/* Switch: the item's hash in the ledger. Nothing of one file becomes part of another. */
Test(pull_remote, killed_in_a_file_that_was_replaced_since_the_next_begins_anew)
{
    IngestPulled pulled;
    Error error = {0};
    pull_and_kill();
    memset(host.data, 'x', FILE_BYTES);
    host.tag = "\"two\"";

    Result result = take(&pulled, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_eq(pulled.delivery_id, 2);
    cr_expect_eq(host.first_from, 0);
    cr_expect_eq(memcmp(pulled.content.bytes, hash_of(host.data, FILE_BYTES).bytes, HASH_BYTES), 0);
}
