#include <string.h>

#include "tests/ingest/visits.h"

TestSuite(withdraw, .init = set_up, .fini = tear_down);

Test(withdraw, a_withdrawn_load_is_not_active_but_its_rows_stay)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM presence.visit"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 3);
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE state = 'withdrawn' AND held_to IS NOT NULL"), 1);
}

/* Switch: 'replaced' in ingest.load_withdraw. What is published and when the other was held stay as they
 * were. */
Test(withdraw, a_replaced_load_is_withdrawn_from_the_past)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);
    IngestDelivery corrected = world_delivery(WORLD_HEADER GOOD_ROWS "\n");
    corrected.replace = true;
    (void)world_must_load(&world, spec, &corrected);
    cr_assert_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'replaced'"), 1);

    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load AS a JOIN ingest.load AS b ON b.load_id = 2"
                             " WHERE a.load_id = 1 AND a.state = 'withdrawn' AND a.held_to = b.held_from"
                             " AND b.state = 'published' AND b.held_to IS NULL"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 3);
}

/* Switch: held_from in ingest.load_withdraw. One that waited for a second person was never held. */
Test(withdraw, a_load_that_was_replaced_while_it_waited_cannot_be_withdrawn)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script("UPDATE ingest.load SET state = 'replaced', held_from = NULL");

    cr_expect_not(world_withdraw(&world, 1, &error).ok);
    cr_expect_not_null(strstr(error.message, "never published"), "%s", error.message);
}

/* Switch: ingest.withdrawn_require in ingest.load_open. */
Test(withdraw, what_was_withdrawn_is_loaded_again_for_a_reason_alone)
{
    Error error = {0};
    IngestReport report;
    must_load(WORLD_HEADER GOOD_ROWS);
    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);
    IngestDelivery delivery = world_delivery(WORLD_HEADER GOOD_ROWS);

    Result result = world_load(&world, spec, &delivery, &report, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "withdrawn as load 1"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 1);
    delivery.again = "it was right after all";
    cr_expect_eq(world_must_load(&world, spec, &delivery).outcome, INGEST_LOADED);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_text(entry, 14) ="
                             " 'period=2026-07 status=final replace=no again=it was right after all'"),
                 1);
}

/* Switch: IS NOT DISTINCT FROM in ingest.withdrawn_require: a nil return has no content that could be equal.
 */
Test(withdraw, a_nil_return_that_was_withdrawn_is_taken_again_for_a_reason_alone)
{
    Error error = {0};
    IngestReport report;
    IngestDelivery nil = world_delivery(NULL);
    world_must_load(&world, spec, &nil);
    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    Result result = world_load(&world, spec, &nil, &report, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "withdrawn as load 1"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 1);
    nil.again = "nothing happened, they say";
    cr_expect_eq(world_must_load(&world, spec, &nil).outcome, INGEST_LOADED);
}

Test(withdraw, other_content_than_was_withdrawn_needs_no_reason)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);
    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    cr_expect_eq(must_load(WORLD_HEADER).outcome, INGEST_LOADED);
}

Test(withdraw, a_reason_is_one_line_of_text)
{
    static const char *const wrong[] = {"", "  ", "two\nlines", "\xff", "\x7f"};
    char long_one[INGEST_AGAIN_BYTES_MAX + 2];
    Error error = {0};

    memset(long_one, 'x', sizeof long_one);
    long_one[sizeof long_one - 1] = '\0';
    cr_expect_not(ingest_again_check(long_one, &error).ok);
    cr_expect(ingest_again_check(long_one + 1, &error).ok);
    cr_expect(ingest_again_check(NULL, &error).ok);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_not(ingest_again_check(wrong[i], &error).ok, "%zu", i);
        cr_expect_eq(error.code, ERROR_USAGE);
    }
}

Test(withdraw, a_load_that_is_not_published_cannot_be_withdrawn)
{
    Error error = {0};

    Result result = world_withdraw(&world, 7, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, "load 7: never published, or taken back before") != NULL, "%s",
              error.message);
}
