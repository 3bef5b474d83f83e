/* A drop folder pulled into archive and ledger, and each state that a kill can leave. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/delivery.h"
#include "tests/ingest/world.h"

enum { PATH_BYTES = 512 };

/* NHS numbers of the never-issued 999 range. */
#define ROWS                                                                                                 \
    WORLD_HEADER "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,2026-07-05,A,W1,12.50,2,x,\n"                  \
                 "v2,9990000026,1990-01-01,CT1 2AB,2026-07-04,,,,,,,\n"
#define BAD_ROW "v9,,,,never,,,,,,,\n"

static const char FEED[] = "feed: visits\n"
                           "source: visit\n"
                           "sender: hosp_a\n"
                           "file: \"visit_{CCYY}{MM}*.csv\"\n"
                           "transport: { kind: folder, folder: drop, complete: done, after: delete }\n";

static World world;
static IngestSpec *spec;
static IngestFeed *feed;
static char archive[PATH_BYTES];
static const char *given_reason; /* the reason that pulls and loads give */

static const char *below(const char *name)
{
    static char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/%s", support_folder(), name);
    return path;
}

static void set_up(void)
{
    Error error = {0};

    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    cr_assert_eq(mkdir(below("drop"), 0700), 0);
    cr_assert_eq(mkdir(below("archive"), 0700), 0);
    snprintf(archive, sizeof archive, "%s", below("archive"));
    cr_assert(ingest_feed_open(support_file("visits.yaml", FEED), &feed, &error).ok, "%s", error.message);
}

static void tear_down(void)
{
    ingest_feed_close(&feed);
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(pull, .init = set_up, .fini = tear_down);

static void drop(const char *name, const char *content)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "drop/%s", name);
    support_file(path, content);
    snprintf(path, sizeof path, "drop/%s.done", name);
    support_file(path, "");
}

static bool is_there(const char *name)
{
    return access(below(name), F_OK) == 0;
}

static GovernancePermit *permit_of(const IngestFeed *of)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    GovernancePermit *permit = NULL;
    Error error = {0};
    const GovernanceRequest request = {
        .action = GOVERNANCE_PULL,
        .person_id = "eng",
        .source = text_from(ingest_feed_source(of)),
        .sender = text_from(ingest_feed_sender(of)),
        .object = text_from(ingest_feed_name(of)),
        .detail = ingest_pull_detail(of, given_reason, arena),
    };

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

static IngestPull *look(void)
{
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};
    IngestPull *pull = NULL;
    Error error = {0};

    cr_assert(ingest_pull_look(&context, feed, &pull, &error).ok, "%s", error.message);
    return pull;
}

static Result take_first(IngestPulled *pulled, Error *error)
{
    SCOPED(ingest_pull_close) IngestPull *pull = look();
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_of(feed);

    cr_assert_geq(ingest_pull_count(pull), 1);
    return ingest_pull_take(pull, permit, 0, pulled, error);
}

static IngestPulled must_take(const char *name, const char *content)
{
    IngestPulled pulled;
    Error error = {0};

    drop(name, content);
    cr_assert(take_first(&pulled, &error).ok, "%s", error.message);
    return pulled;
}

static void expect_state(int64_t delivery_id, const char *state)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    IngestHeld *held;
    size_t count;
    Error error = {0};

    cr_assert(ingest_held_list(world.loader, arena, &held, &count, &error).ok, "%s", error.message);
    for (size_t i = 0; i < count; i++)
        if (held[i].delivery_id == delivery_id) {
            cr_expect_str_eq(held[i].state, state);
            return;
        }
    cr_assert_fail("no such delivery");
}

Test(pull, what_lies_there_is_archived_entered_and_acknowledged)
{
    IngestPulled pulled = must_take("visit_202607.csv", ROWS);

    cr_expect_eq(pulled.delivery_id, 1);
    cr_expect_eq(pulled.period, month_from(2026, 7));
    cr_expect_eq(pulled.bytes, strlen(ROWS));
    cr_expect_not(pulled.is_duplicate);
    cr_expect_eq(memcmp(pulled.content.bytes, hash_of(ROWS, strlen(ROWS)).bytes, HASH_BYTES), 0);
    cr_expect(is_there("archive/1.sealed"));
    cr_expect(is_there("archive/1.opening"));
    cr_expect_not(is_there("drop/visit_202607.csv"), "acknowledged");
    cr_expect_not(is_there("drop/visit_202607.csv.done"));
    expect_state(1, "archived");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.delivery AS d WHERE d::text LIKE '%visit_202607%'"),
                 0, "no file name is kept");
}

Test(pull, the_same_content_again_is_a_duplicate_and_kept_once)
{
    (void)must_take("visit_202607.csv", ROWS);

    IngestPulled again = must_take("visit_202607_v2.csv", ROWS);

    cr_expect(again.is_duplicate);
    cr_expect_eq(again.duplicate_of, 1);
    expect_state(2, "duplicate");
    cr_expect_not(is_there("archive/2.sealed"));
    cr_expect_not(is_there("archive/2.opening"));
    cr_expect_not(is_there("drop/visit_202607_v2.csv"), "acknowledged as well");
}

Test(pull, what_was_loaded_from_a_file_is_a_duplicate)
{
    IngestDelivery delivery = world_delivery(ROWS);
    (void)world_must_load(&world, spec, &delivery);

    IngestPulled pulled = must_take("visit_202607.csv", ROWS);

    cr_expect(pulled.is_duplicate);
    cr_expect_eq(pulled.duplicate_of, 0);
}

/* ---- what a kill leaves ---- */

static int64_t see_only(void)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_of(feed);
    struct stat status;
    FetchItem item = {.id = "visit_202607.csv"};
    int64_t delivery_id;
    Error error = {0};

    cr_assert_eq(stat(below("drop/visit_202607.csv"), &status), 0);
    item.bytes = (uint64_t)status.st_size;
    item.changed_us = (int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
    item.inode = status.st_ino;
    item.inode_changed_us = (int64_t)status.st_ctim.tv_sec * 1000000 + status.st_ctim.tv_nsec / 1000;
    DeliverySeen seen = {.feed = feed, .period = month_from(2026, 7), .item = delivery_item(feed, &item)};
    cr_assert(delivery_see(world.loader, permit, &seen, &delivery_id, &error).ok, "%s", error.message);
    return delivery_id;
}

Test(pull, killed_while_it_archived_the_next_begins_anew_under_its_number)
{
    drop("visit_202607.csv", ROWS);
    int64_t number = see_only();
    support_file("archive/1.part", "half");
    support_file("archive/1.opening", "of a key that is gone");

    IngestPulled pulled;
    Error error = {0};
    cr_assert(take_first(&pulled, &error).ok, "%s", error.message);

    cr_expect_eq(number, 1);
    cr_expect_eq(pulled.delivery_id, 1);
    cr_expect_not(is_there("archive/1.part"));
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.delivery"), 1);
    expect_state(1, "archived");
}

Test(pull, killed_between_archive_and_ledger_the_next_begins_anew)
{
    drop("visit_202607.csv", ROWS);
    (void)see_only();
    support_file("archive/1.sealed", "whole, and of no row that says so");

    IngestPulled pulled;
    Error error = {0};
    cr_assert(take_first(&pulled, &error).ok, "%s", error.message);

    expect_state(1, "archived");
    cr_expect_gt(pulled.archive_bytes, 100);
}

static IngestFeed *other_feed(const char *name, const char *text)
{
    char file[PATH_BYTES];
    IngestFeed *other = NULL;
    Error error = {0};

    snprintf(file, sizeof file, "%s.yaml", name);
    cr_assert(ingest_feed_open(support_file(file, text), &other, &error).ok, "%s", error.message);
    return other;
}

/* As FEED, and nothing is deleted. */
static void keep_what_is_taken(void)
{
    char text[sizeof FEED];

    snprintf(text, sizeof text, "%.*s }\n", (int)(strstr(FEED, ", after") - FEED), FEED);
    ingest_feed_close(&feed);
    feed = other_feed("visits", text);
}

static void delete_what_is_taken(void)
{
    ingest_feed_close(&feed);
    feed = other_feed("visits", FEED);
}

Test(pull, killed_before_it_acknowledged_the_next_does_only_that)
{
    keep_what_is_taken();
    (void)must_take("visit_202607.csv", ROWS);
    delete_what_is_taken();

    SCOPED(ingest_pull_close) IngestPull *pull = look();

    cr_expect_eq(ingest_pull_count(pull), 0);
    cr_expect_eq(ingest_pull_known(pull), 1);
    cr_expect_not(is_there("drop/visit_202607.csv"));
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.delivery"), 1);
}

/* Switch: leave check_archive out of consider. */
Test(pull, what_is_known_is_not_acknowledged_while_its_archive_is_missing)
{
    Error error = {0};
    IngestPull *pull = NULL;
    char sealed[PATH_BYTES];
    keep_what_is_taken();
    (void)must_take("visit_202607.csv", ROWS);
    delete_what_is_taken();
    snprintf(sealed, sizeof sealed, "%.400s/1.sealed", archive);
    cr_assert_eq(unlink(sealed), 0);
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};

    cr_expect_not(ingest_pull_look(&context, feed, &pull, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "the archive of delivery 1 is missing"), "%s", error.message);
    cr_expect(is_there("drop/visit_202607.csv"), "it is the last copy");
}

/* Switch: leave inode and inode_changed_us out of delivery_item. */
Test(pull, another_content_of_the_same_size_and_time_is_another_delivery)
{
    struct stat status;
    keep_what_is_taken();
    (void)must_take("visit_202607.csv", ROWS);
    cr_assert_eq(stat(below("drop/visit_202607.csv"), &status), 0);
    delete_what_is_taken();
    char content[] = ROWS;
    content[strlen(content) - 20] = 'x';
    drop("visit_202607.csv", content);
    const struct timespec times[2] = {status.st_atim, status.st_mtim};
    cr_assert_eq(utimensat(AT_FDCWD, below("drop/visit_202607.csv"), times, 0), 0);

    SCOPED(ingest_pull_close) IngestPull *pull = look();

    cr_expect_eq(ingest_pull_count(pull), 1);
    cr_expect(is_there("drop/visit_202607.csv"), "not deleted unread");
}

/* Switch: leave lock_feed out of ingest_pull_look. */
Test(pull, while_one_pulls_a_feed_no_other_looks_though_sessions_are_lost)
{
    SCOPED(ingest_pull_close) IngestPull *other = NULL;
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive};
    Error error = {0};
    drop("visit_202607.csv", ROWS);
    IngestPull *first = look();

    cr_expect_not(ingest_pull_look(&context, feed, &other, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "feed visits: another session is pulling it");

    ingest_pull_close(&first);
    cr_expect(ingest_pull_look(&context, feed, &other, &error).ok, "%s", error.message);
}

/* Switch: take the advisory lock out of ingest.delivery_see. */
Test(pull, two_sessions_do_not_pull_one_feed_at_a_time)
{
    drop("visit_202607.csv", ROWS);
    (void)see_only();
    SCOPED(db_close) Db *mine = world.loader;
    world.loader = support_connect("cinque_loader");

    IngestPulled pulled;
    Error error = {0};
    cr_expect_not(take_first(&pulled, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "feed visits: another session is pulling it"), "%s",
                       error.message);
    cr_expect(is_there("drop/visit_202607.csv"));
}

/* ---- what is refused leaves the file ---- */

Test(pull, without_room_in_the_archive_nothing_is_begun)
{
    IngestPulled pulled;
    Error error = {0};
    drop("visit_202607.csv", "");
    cr_assert_eq(truncate(below("drop/visit_202607.csv"), (off_t)8 << 40), 0, "a file with a hole of 8 TiB");

    cr_expect_not(take_first(&pulled, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "visit_202607.csv: needs 8388613 MiB in the archive"), "%s",
                       error.message);
    cr_expect(is_there("drop/visit_202607.csv"));
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.delivery"), 0);
}

/* Switch: leave governance_permit_covers out of delivery_see, and pull_require's audit.require. */
Test(pull, a_permit_for_another_feed_or_sender_pulls_nothing)
{
    SCOPED(ingest_feed_close)
    IngestFeed *other =
        other_feed("others", "feed: others\nsource: visit\nsender: hosp_a\nfile: \"{CCYY}{MM}\"\n"
                             "transport: { kind: folder, folder: drop }\n");
    SCOPED(ingest_pull_close) IngestPull *pull = NULL;
    IngestPulled pulled;
    Error error = {0};
    drop("visit_202607.csv", ROWS);
    pull = look();

    SCOPED(governance_permit_close) GovernancePermit *permit = permit_of(other);
    cr_expect_not(ingest_pull_take(pull, permit, 0, &pulled, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "feed visits: the permit is not for pulling it");

    SCOPED(ingest_feed_close)
    IngestFeed *same_name =
        other_feed("visits", "feed: visits\nsource: visit\nsender: hosp_b\nfile: \"{CCYY}{MM}\"\n"
                             "transport: { kind: folder, folder: drop }\n");
    SCOPED(governance_permit_close) GovernancePermit *of_other_sender = permit_of(same_name);
    error = (Error){0};
    cr_expect_not(ingest_pull_take(pull, of_other_sender, 0, &pulled, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "permit: not for this source and sender"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.delivery"), 0);
}

Test(pull, a_required_manifest_that_is_missing_refuses)
{
    ingest_feed_close(&feed);
    char text[1024];
    snprintf(text, sizeof text, "%smanifest: { required: true, key: none.pem }\n", FEED);
    feed = other_feed("visits", text);
    drop("visit_202607.csv", ROWS);

    IngestPulled pulled;
    Error error = {0};
    cr_expect_not(take_first(&pulled, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "visit_202607.csv: its manifest (NAME.manifest) is missing");
    cr_expect(is_there("drop/visit_202607.csv"));
}

/* ---- loading ---- */

static Result try_load_held(int64_t delivery_id, const char *content, IngestReport *report, Error *error)
{
    const IngestArchive held = {.folder = archive, .delivery_id = delivery_id, .keyring = world.keyring};
    IngestDelivery delivery = world_delivery(content);
    delivery.again = given_reason;
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(&world, spec, &delivery);
    const IngestContext context = {
        .loader = world.loader, .keyring = world.keyring, .quarantine_folder = support_folder()};
    Error failure = {0};

    delivery.path = ingest_archive_serve(&held);
    Result loaded = ingest_load(&context, permit, spec, &delivery, report, error);
    (void)ingest_archive_serve(NULL);
    cr_assert(
        governance_result(world.governance, permit, &(GovernanceOutcome){.succeeded = loaded.ok}, &failure)
            .ok,
        "%s", failure.message);
    return loaded;
}

static IngestReport load_held(int64_t delivery_id, const char *content)
{
    IngestReport report;
    Error error = {0};

    cr_assert(try_load_held(delivery_id, content, &report, &error).ok, "%s", error.message);
    return report;
}

Test(pull, a_load_from_the_archive_is_a_load_and_the_ledger_follows)
{
    (void)must_take("visit_202607.csv", ROWS);

    IngestReport report = load_held(1, ROWS);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_loaded, 2);
    cr_expect_eq(memcmp(report.content.bytes, hash_of(ROWS, strlen(ROWS)).bytes, HASH_BYTES), 0);
    expect_state(1, "published");

    Error error = {0};
    cr_assert(world_withdraw(&world, report.load_id, &error).ok, "%s", error.message);
    expect_state(1, "withdrawn");
}

static void take_and_withdraw(void)
{
    Error error = {0};

    (void)must_take("visit_202607.csv", ROWS);
    cr_assert(world_withdraw(&world, load_held(1, ROWS).load_id, &error).ok, "%s", error.message);
}

/* Switch: ingest.withdrawn_require in ingest.delivery_archive. */
Test(pull, what_was_withdrawn_is_not_taken_again_without_a_reason)
{
    IngestPulled pulled;
    Error error = {0};
    take_and_withdraw();
    drop("visit_202607_again.csv", ROWS);

    Result result = take_first(&pulled, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "withdrawn as load 1: if it is right after all, give --again"),
                       "%s", error.message);
    expect_state(2, "seen");
    cr_expect(is_there("drop/visit_202607_again.csv"), "and is not acknowledged");
    cr_expect_not(is_there("archive/2.sealed"));
    cr_expect_not(is_there("archive/2.opening"));
}

/* Switch: the same in ingest.load_open; what was archived is loaded under a reason of its own. */
Test(pull, with_a_reason_it_is_taken_and_loaded_and_the_reason_is_in_the_log)
{
    Error error = {0};
    take_and_withdraw();
    given_reason = "the sender was right";

    IngestPulled pulled = must_take("visit_202607_again.csv", ROWS);

    cr_expect_not(pulled.is_duplicate);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_text(entry, 14) ="
                             " 'feed=visits again=the sender was right'"),
                 1);
    given_reason = NULL;
    cr_expect_not(try_load_held(2, ROWS, &(IngestReport){0}, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    given_reason = "the sender was right";
    cr_expect_eq(load_held(2, ROWS).outcome, INGEST_LOADED);
    expect_state(2, "published");
}

Test(pull, what_was_published_since_it_was_withdrawn_needs_no_reason)
{
    take_and_withdraw();
    given_reason = "the sender was right";
    (void)must_take("visit_202607_again.csv", ROWS);
    (void)load_held(2, ROWS);
    given_reason = NULL;

    cr_expect(must_take("visit_202607_third.csv", ROWS).is_duplicate);
}

Test(pull, a_rejected_load_shows_in_the_ledger)
{
    (void)must_take("visit_202607.csv", ROWS BAD_ROW BAD_ROW BAD_ROW BAD_ROW);

    IngestReport report = load_held(1, ROWS BAD_ROW BAD_ROW BAD_ROW BAD_ROW);

    cr_expect_eq(report.outcome, INGEST_REJECTED);
    expect_state(1, "rejected");
}

static void open_load(void)
{
    world_script(
        "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"
        " may_replace) SELECT source_id, sender, period, status, content, spec_version,"
        " int4send((SELECT count(*)::int4 FROM ingest.load)), false"
        " FROM ingest.delivery");
}

Test(pull, a_load_that_a_second_person_decides_on_is_staged)
{
    (void)must_take("visit_202607.csv", ROWS);
    open_load();

    world_script("UPDATE ingest.load SET state = 'held'");
    expect_state(1, "staged");
    world_script("UPDATE ingest.load SET state = 'refused'");
    expect_state(1, "rejected");
}

Test(pull, a_load_that_is_abandoned_gives_its_delivery_back)
{
    (void)must_take("visit_202607.csv", ROWS);
    open_load();
    expect_state(1, "loading");

    world_script("UPDATE ingest.load SET state = 'abandoned'");

    expect_state(1, "archived");
}

/* Switch: let ingest.delivery_follow take rejected deliveries at INSERT. Then the feed's next load waits for
 * one whose opening is gone. */
Test(pull, a_rejected_delivery_never_waits_to_be_loaded_again)
{
    (void)must_take("visit_202607.csv", ROWS);
    open_load();
    world_script("UPDATE ingest.load SET state = 'rejected'");
    open_load();
    expect_state(1, "rejected");

    world_script("UPDATE ingest.load SET state = 'abandoned' WHERE state = 'open'");
    expect_state(1, "rejected");

    open_load();
    world_script("UPDATE ingest.load SET state = 'published' WHERE state = 'open'");
    expect_state(1, "published");
}

/* ---- the sweep ---- */

/* Switch: leave the days out of ingest.delivery_end. */
Test(pull, an_archive_is_not_deleted_before_its_time_or_before_it_is_loaded)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    Error error = {0};
    const GovernanceRequest request = {
        .action = GOVERNANCE_ARCHIVE_SWEEP, .person_id = "eng", .object = TEXT("1")};
    (void)must_take("visit_202607.csv", ROWS);
    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);

    world_script("UPDATE ingest.delivery SET archived_at = archived_at - interval '100 days'");
    cr_expect_not(ingest_archive_end(world.loader, permit, archive, 1, &error).ok, "not loaded yet");
    cr_expect_eq(error.code, ERROR_REFUSED);
    (void)load_held(1, ROWS);
    world_script("UPDATE ingest.delivery SET archived_at = now() - interval '89 days'");
    cr_expect_not(ingest_archive_end(world.loader, permit, archive, 1, &error).ok, "kept for 90 days");
    cr_expect(is_there("archive/1.sealed"));

    world_script("UPDATE ingest.delivery SET archived_at = now() - interval '91 days'");
    cr_expect(ingest_archive_end(world.loader, permit, archive, 1, &error).ok, "%s", error.message);
    cr_expect_not(is_there("archive/1.sealed"));
    cr_expect_not(is_there("archive/1.opening"));
}

static size_t orphans(void)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(table_close) Table *table = NULL;
    IngestHeld *held;
    size_t count;
    Error error = {0};

    cr_assert(ingest_held_list(world.loader, arena, &held, &count, &error).ok, "%s", error.message);
    cr_assert(ingest_archive_orphans(archive, held, count, &table, &error).ok, "%s", error.message);
    return table_row_count(table);
}

Test(pull, what_fits_not_between_folder_and_ledger_is_reported)
{
    (void)must_take("visit_202607.csv", ROWS);
    cr_expect(is_there("archive/visits.lock"));
    cr_expect_eq(orphans(), 0);

    support_file("archive/99.sealed", "");
    support_file("archive/1.part", "");
    support_file("archive/notes.txt", "");
    cr_expect_eq(orphans(), 3);
    cr_assert_eq(unlink(below("archive/1.sealed")), 0);

    cr_expect_eq(orphans(), 4);
}
