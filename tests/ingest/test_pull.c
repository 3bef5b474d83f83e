/* A drop folder pulled into archive and ledger, and what refuses it. */
#include "tests/ingest/pulling.h"

TestSuite(pull, .init = set_up, .fini = tear_down);

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

Test(pull, names_that_are_no_deliverys_are_counted)
{
    drop("visit_202607.csv", ROWS);
    drop("visits_202608.csv", ROWS);

    SCOPED(ingest_pull_close) IngestPull *pull = look();

    cr_expect_eq(ingest_pull_count(pull), 1);
    cr_expect_eq(ingest_pull_others(pull), 1);
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

/* Archived it would be acknowledged, and fail at each load for ever. Switch: check_content. */
Test(pull, an_empty_file_is_not_taken_and_stays)
{
    IngestPulled pulled;
    Error error = {0};
    drop("visit_202607.csv", "");

    cr_expect_not(take_first(&pulled, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "visit_202607.csv: empty file");
    cr_expect(is_there("drop/visit_202607.csv"));
    cr_expect_not(is_there("archive/1.sealed"));
    cr_expect_not(is_there("archive/1.opening"));
    expect_state(1, "seen");
    drop("visit_202607.csv", ROWS);
    cr_expect(take_first(&pulled, &error).ok, "%s", error.message);
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

/* It would be taken for the month of all that is pulled, and is for none. */
Test(pull, a_month_is_not_given_to_a_feed_whose_files_tell_theirs)
{
    const IngestPullContext context = {.loader = world.loader,
                                       .keyring = world.keyring,
                                       .archive_folder = archive,
                                       .period = month_from(2026, 7)};
    SCOPED(ingest_pull_close) IngestPull *pull = NULL;
    Error error = {0};

    cr_expect_not(ingest_pull_look(&context, feed, &pull, &error).ok);
    cr_expect_eq(error.code, ERROR_USAGE);
    cr_expect_str_eq(error.message, "feed visits: its deliveries tell their month: no --period");
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
