/* From the archive into a load, and back when it is withdrawn, rejected or abandoned. */
#include "tests/ingest/pulling.h"

TestSuite(pull_loaded, .init = set_up, .fini = tear_down);

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

Test(pull_loaded, a_load_from_the_archive_is_a_load_and_the_ledger_follows)
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
Test(pull_loaded, what_was_withdrawn_is_not_taken_again_without_a_reason)
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
Test(pull_loaded, with_a_reason_it_is_taken_and_loaded_and_the_reason_is_in_the_log)
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

Test(pull_loaded, what_was_published_since_it_was_withdrawn_needs_no_reason)
{
    take_and_withdraw();
    given_reason = "the sender was right";
    (void)must_take("visit_202607_again.csv", ROWS);
    (void)load_held(2, ROWS);
    given_reason = NULL;

    cr_expect(must_take("visit_202607_third.csv", ROWS).is_duplicate);
}

Test(pull_loaded, a_rejected_load_shows_in_the_ledger)
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

Test(pull_loaded, a_load_that_a_second_person_decides_on_is_staged)
{
    (void)must_take("visit_202607.csv", ROWS);
    open_load();

    world_script("UPDATE ingest.load SET state = 'held'");
    expect_state(1, "staged");
    world_script("UPDATE ingest.load SET state = 'refused'");
    expect_state(1, "rejected");
}

Test(pull_loaded, a_load_that_is_abandoned_gives_its_delivery_back)
{
    (void)must_take("visit_202607.csv", ROWS);
    open_load();
    expect_state(1, "loading");

    world_script("UPDATE ingest.load SET state = 'abandoned'");

    expect_state(1, "archived");
}

/* Switch: let ingest.delivery_follow take rejected deliveries at INSERT. Then the feed's next load waits for
 * one whose opening is gone. */
Test(pull_loaded, a_rejected_delivery_never_waits_to_be_loaded_again)
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

/* Switch: leave the days out of ingest.delivery_end. */
Test(pull_loaded, an_archive_is_not_deleted_before_its_time_or_before_it_is_loaded)
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
