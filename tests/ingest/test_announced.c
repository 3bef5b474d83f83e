/* Deliveries whose SHA-256 was announced: their permit is asked before they are read. */
#include <string.h>

#include "tests/ingest/visits.h"

TestSuite(announced, .init = set_up, .fini = tear_down);

static const char another[] = WORLD_HEADER GOOD_ROW
    "v2,9990000026,1990-13-01,CT1 2AB,2026-07-04,,,,,,,\n"; /* the second is for the quarantine */

/* What is announced is the hash of announced; what comes is content. */
static Result load_announced(const char *announced, const char *content, IngestReport *report, Error *error)
{
    const Hash hash = hash_of(announced, strlen(announced));
    IngestDelivery delivery = world_delivery(content);

    delivery.announced = &hash;
    return world_load(&world, spec, &delivery, report, error);
}

static void expect_refused(Result result, const Error *error)
{
    cr_assert_not(result.ok);
    cr_expect_eq(error->code, ERROR_REFUSED);
    cr_expect_not_null(
        strstr(error->message, "extract.csv: not the file that was announced: its SHA-256 is another"), "%s",
        error->message);
}

Test(announced, a_file_of_its_hash_is_loaded)
{
    IngestReport report;
    Error error = {0};

    cr_assert(load_announced(WORLD_HEADER GOOD_ROWS, WORLD_HEADER GOOD_ROWS, &report, &error).ok, "%s",
              error.message);
    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_loaded, 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'published'"), 1);
}

/* Switch: check_content in read_file. */
Test(announced, nothing_of_another_file_is_kept_and_the_right_one_is_loaded_after_it)
{
    IngestReport report;
    Error error = {0};

    expect_refused(load_announced(WORLD_HEADER GOOD_ROWS, another, &report, &error), &error);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'published'"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'"), 0);
    cr_expect(load_announced(WORLD_HEADER GOOD_ROWS, WORLD_HEADER GOOD_ROWS, &report, &error).ok, "%s",
              error.message);
    cr_expect_eq(report.outcome, INGEST_LOADED);
}

Test(announced, what_is_held_is_told_as_a_duplicate)
{
    IngestReport report;
    Error error = {0};

    must_load(WORLD_HEADER GOOD_ROWS);
    cr_assert(load_announced(WORLD_HEADER GOOD_ROWS, WORLD_HEADER GOOD_ROWS, &report, &error).ok, "%s",
              error.message);
    cr_expect_eq(report.outcome, INGEST_DUPLICATE);
}

/* By last month's hash a new file would pass for a duplicate, and be lost. Switch: check_unread in run. */
Test(announced, a_file_under_the_hash_of_one_that_is_held_is_no_duplicate)
{
    IngestReport report;
    Error error = {0};

    must_load(WORLD_HEADER GOOD_ROWS);
    expect_refused(load_announced(WORLD_HEADER GOOD_ROWS, another, &report, &error), &error);
}

/* Switches: announced in is_protected and in read_file, ingest.is_announced. */
Test(announced, the_hash_tells_whether_a_file_was_cut)
{
    static const char first[] = WORLD_HEADER "v2,9990000026,1990-01-01,CT1 2AB,2026-07-04,,,,,,,",
                      second[] = WORLD_HEADER "v2,9990000026,1990-01-01,CT1 2AB,2026-07-05,,,,,,,";
    static const char unprotected[] =
        "SELECT count(*) FROM ingest.load AS l WHERE l.state = 'published' AND NOT ingest.is_protected(l)";
    const Hash hash = hash_of(second, strlen(second));

    IngestReport report = must_load(first);
    cr_expect(report.ends_open);
    cr_expect(report.is_unprotected);
    cr_expect_eq(world_count(unprotected), 1);

    IngestDelivery delivery = world_delivery(second);
    delivery.announced = &hash;
    delivery.replace = true;
    report = world_must_load(&world, spec, &delivery);
    cr_expect_not(report.ends_open);
    cr_expect_not(report.is_unprotected);
    cr_expect_eq(world_count(unprotected), 0);
}
