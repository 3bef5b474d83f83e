/* Each state that a kill, or another session, can leave a pull in. */
#include "tests/ingest/pulling.h"

TestSuite(pull_killed, .init = set_up, .fini = tear_down);

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

Test(pull_killed, killed_while_it_archived_the_next_begins_anew_under_its_number)
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

Test(pull_killed, killed_between_archive_and_ledger_the_next_begins_anew)
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

Test(pull_killed, killed_before_it_acknowledged_the_next_does_only_that)
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
Test(pull_killed, what_is_known_is_not_acknowledged_while_its_archive_is_missing)
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
    cr_expect_not_null(strstr(error.message, "visit_202607.csv: the archive of delivery 1 is missing"), "%s",
                       error.message);
    cr_expect(is_there("drop/visit_202607.csv"), "it is the last copy");
}

/* Switch: leave inode and inode_changed_us out of delivery_item. */
Test(pull_killed, another_content_of_the_same_size_and_time_is_another_delivery)
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
Test(pull_killed, while_one_pulls_a_feed_no_other_looks_though_sessions_are_lost)
{
    SCOPED(ingest_pull_close) IngestPull *other = NULL;
    const IngestPullContext context = {
        .loader = world.loader, .keyring = world.keyring, .archive_folder = archive, .period = DATE_NONE};
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
Test(pull_killed, two_sessions_do_not_pull_one_feed_at_a_time)
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
