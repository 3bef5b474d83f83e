/* A MESH mailbox pulled into archive and ledger: what is acknowledged when, whatever breaks. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/ingest/mesh_sandbox.h"
#include "tests/ingest/world.h"

enum { PATH_BYTES = 512 };

static World world;
static Sandbox sandbox;
static SandboxMessage messages[1];
static IngestFeed *feed;
static char archive[PATH_BYTES], sent[16];
static int64_t rows_then = -1; /* archived, and */
static int files_then = -1;    /* sealed, when the acknowledgement came */

static int sealed_files(void)
{
    DIR *folder = opendir(archive);
    int count = 0;

    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        count += strstr(entry->d_name, ".sealed") != NULL && strstr(entry->d_name, ".new") == NULL;
    if (folder != NULL)
        (void)closedir(folder);
    return count;
}

static int64_t archived_rows(void)
{
    return world_count("SELECT count(*) FROM ingest.delivery WHERE state = 'archived'");
}

static void look_then(void)
{
    rows_then = archived_rows();
    files_then = sealed_files();
}

static const char *private_file(const char *name, const char *content)
{
    const char *path = support_file(name, content);

    cr_assert_eq(chmod(path, 0600), 0);
    return path;
}

static void open_feed(void)
{
    const char *certificate, *key;
    char text[4 * PATH_BYTES];
    Error error = {0};

    test_authority_sign(sandbox.authority, "us.example", &certificate, &key);
    (void)private_file("us.key", key);
    (void)private_file("password", SANDBOX_PASSWORD "\n");
    (void)private_file("shared_key", SANDBOX_SHARED_KEY "\n");
    (void)support_file("us.pem", certificate);
    (void)support_file("authority.pem", test_authority_pem(sandbox.authority));
    (void)snprintf(text, sizeof text,
                   "feed: visits\nsource: visit\nspec: spec.yaml\nsender: hosp_a\n"
                   "file: \"visit_{CCYY}{MM}.csv\"\n"
                   "transport: { kind: mesh, url: \"%s\", mailbox: " SANDBOX_MAILBOX ", from: " SANDBOX_SENDER
                   ", ca_file: authority.pem, "
                   "certificate_file: us.pem, key_file: us.key, password_file: password, "
                   "shared_key_file: shared_key }\narchive: { keep_days: 30 }\n",
                   sandbox.url);
    cr_assert(ingest_feed_open(support_file("visits.yaml", text), &feed, &error).ok, "%s", error.message);
}

static void start(void)
{
    time_t now = time(NULL);
    struct tm parts;

    world = world_open();
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    (void)strftime(sent, sizeof sent, "%Y%m%d%H%M%S", gmtime_r(&now, &parts));
    messages[0] = (SandboxMessage){.id = "M1",
                                   .name = "visit_202607.csv",
                                   .workflow = "EXTRACT",
                                   .sent = sent,
                                   .chunks = {TEXT(WORLD_HEADER), TEXT("the rest\n")},
                                   .chunk_count = 2,
                                   .is_packed = true};
    sandbox_start(&sandbox, messages, 1);
    sandbox.before_acknowledgement = look_then;
    (void)snprintf(archive, sizeof archive, "%s/archive", support_folder());
    cr_assert_eq(mkdir(archive, 0700), 0);
    open_feed();
}

static void stop(void)
{
    ingest_feed_close(&feed);
    sandbox_stop(&sandbox);
    world_close(&world);
}

TestSuite(pull_mesh, .init = start, .fini = stop);

static GovernancePermit *permit_to_pull(void)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    GovernancePermit *permit = NULL;
    Error error = {0};
    const GovernanceRequest request = {.action = GOVERNANCE_PULL,
                                       .person_id = "eng",
                                       .source = text_from(ingest_feed_source(feed)),
                                       .sender = text_from(ingest_feed_sender(feed)),
                                       .object = text_from(ingest_feed_name(feed)),
                                       .detail = ingest_pull_detail(feed, NULL, arena)};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

/* Looks, and takes what is new; *known: what lay there and was taken before. */
static Result pull(size_t *known, Error *error)
{
    SCOPED(ingest_pull_close) IngestPull *looked = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_to_pull();
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};
    IngestPulled pulled;
    Result done = RESULT_OK;

    TRY(ingest_pull_look(&context, feed, &looked, error));
    *known = ingest_pull_known(looked);
    for (size_t i = 0; done.ok && i < ingest_pull_count(looked); i++)
        done = ingest_pull_take(looked, permit, i, &pulled, error);
    return done;
}

/* The switch: the order of enter and acknowledge in take of pull.c. */
Test(pull_mesh, a_message_is_acknowledged_behind_archive_and_ledger_alone)
{
    size_t known;
    Error error = {0};

    cr_assert(pull(&known, &error).ok, "%s", error.message);

    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(rows_then, 1);
    cr_expect_eq(files_then, 1);
}

Test(pull_mesh, a_message_that_is_not_whole_stays_there_and_comes_once_it_is)
{
    size_t known;
    Error error = {0};
    sandbox.faults.damaged_chunk = 2;
    sandbox.faults.damaged_bytes = 8;

    cr_assert_not(pull(&known, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_eq(messages[0].acknowledged, 0);
    cr_expect_eq(archived_rows(), 0);
    cr_expect_eq(sealed_files(), 0);
    sandbox.faults.damaged_chunk = 0;
    cr_assert(pull(&known, &error).ok, "%s", error.message);

    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(archived_rows(), 1);
    cr_expect_eq(sealed_files(), 1);
}

Test(pull_mesh, a_lost_acknowledgement_brings_no_second_delivery)
{
    size_t known;
    Error error = {0};
    sandbox.faults.lost_acknowledgements = 3;

    cr_assert_not(pull(&known, &error).ok);
    cr_expect_eq(archived_rows(), 1);
    messages[0].acknowledged = 0; /* none of them reached the mailbox */
    cr_assert(pull(&known, &error).ok, "%s", error.message);

    cr_expect_eq(known, 1U);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[0].fetched, 1);
    cr_expect_eq(archived_rows(), 1);
    cr_expect_eq(sealed_files(), 1);
}

Test(pull_mesh, a_connection_lost_for_good_in_the_middle_leaves_the_message_there)
{
    size_t known;
    Error error = {0};
    sandbox.faults.busy = 100;
    sandbox.faults.busy_from_chunk = 2;

    cr_assert_not(pull(&known, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_eq(messages[0].acknowledged, 0);
    cr_expect_eq(sealed_files(), 0);
    sandbox.faults.busy = 4; /* longer than a transfer's tries: pull.c goes on by itself */
    cr_assert(pull(&known, &error).ok, "%s", error.message);

    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(archived_rows(), 1);
}
