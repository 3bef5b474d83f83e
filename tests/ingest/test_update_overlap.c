/* Bulk replacement of events that last, as adult social care sends them: windows overlap, and the newest says
 * all. */
#include "tests/ingest/world.h"

#include <stdio.h>

#define HEADER "nhs_number,part,first_day,last_day,begun_on,ended_on,cost\n"
#define SPEC                                                                                                 \
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"      \
    "update: bulk_replacement\n"                                                                             \
    "replaces: { group: part, from: first_day, to: last_day, until: ended_on }\n"                            \
    "controller: sender\nsubject: person\nevent_date: begun_on\n"                                            \
    "rejects: { rows_max: 3, percent_max: 80 }\n"                                                            \
    "columns:\n"                                                                                             \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: part, use: text, shape: \"AAA\", required: true }\n"                                        \
    "  - { name: first_day, use: date, required: true }\n"                                                   \
    "  - { name: last_day, use: date, required: true }\n"                                                    \
    "  - { name: begun_on, use: date, required: true }\n"                                                    \
    "  - { name: ended_on, use: date }\n"                                                                    \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000000 }\n"

static World world;
static IngestSpec *spec;

static void set_up(void)
{
    world = world_open();
    spec = world_spec(SPEC);
    world_apply(spec);
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(overlap, .init = set_up, .fini = tear_down);

static int64_t load_as(int month, IngestStatus status, bool may_replace, const char *content)
{
    IngestDelivery delivery = world_delivery(content);

    delivery.period = month_from(2026, month);
    delivery.status = status;
    delivery.replace = may_replace;
    return world_must_load(&world, spec, &delivery).load_id;
}

static int64_t load(int month, const char *content)
{
    return load_as(month, INGEST_FINAL, false, content);
}

/* Each row's cost is a decimal place of its own: the sum says which rows count. */
static int64_t cost(void)
{
    return world_count("SELECT coalesce(sum(cost), 0)::int8 FROM records.active_stay");
}

/* Switch: replaced_until_column in ingest.active_rows: with days alone, what began before would come back. */
Test(overlap, what_still_went_on_in_the_newer_window_is_replaced_by_it)
{
    load(3, HEADER "9990000018,KEN,2025-04-01,2026-03-31,2024-01-05,,1\n"
                   "9990000018,KEN,2025-04-01,2026-03-31,2025-05-01,2025-06-30,20\n"
                   "9990000018,KEN,2025-04-01,2026-03-31,2025-05-01,2025-07-01,300\n"
                   "9990000018,MED,2025-04-01,2026-03-31,2024-01-05,,4000\n");
    cr_expect_eq(cost(), 4321);

    load(6, HEADER "9990000018,KEN,2025-07-01,2026-06-30,2026-05-01,,50000\n");

    cr_expect_eq(cost(), 54020, "what ended in June stays, the open one is replaced by nothing");
}

/* Switch: is_in_window in ingest/rule_across.c. */
Test(overlap, a_row_may_begin_before_its_window_but_not_end_before_it)
{
    load(6, HEADER "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,,1\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,2026-04-01,20\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,2026-03-31,300\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2026-07-01,,4000\n");

    cr_expect_eq(cost(), 21);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE reason = 'outside_window'"), 2);
}

/* April to June, then May to July. Before the overlap 1; in it repeated 20, amended 300 to 700, gone 4000; an
 * open one that goes on 50000 and has ended 80000; new 100000. */
#define APRIL_TO_JUNE                                                                                        \
    HEADER "9990000018,KEN,2026-04-01,2026-06-30,2026-04-10,2026-04-30,1\n"                                  \
           "9990000018,KEN,2026-04-01,2026-06-30,2026-05-01,2026-05-01,20\n"                                 \
           "9990000018,KEN,2026-04-01,2026-06-30,2026-05-20,2026-05-20,300\n"                                \
           "9990000018,KEN,2026-04-01,2026-06-30,2026-06-30,2026-06-30,4000\n"                               \
           "9990000018,KEN,2026-04-01,2026-06-30,2025-01-05,,50000\n"
#define MAY_TO_JULY                                                                                          \
    HEADER "9990000018,KEN,2026-05-01,2026-07-31,2026-05-01,2026-05-01,20\n"                                 \
           "9990000018,KEN,2026-05-01,2026-07-31,2026-05-20,2026-05-20,700\n"                                \
           "9990000018,KEN,2026-05-01,2026-07-31,2025-01-05,2026-07-02,80000\n"                              \
           "9990000018,KEN,2026-05-01,2026-07-31,2026-07-31,,100000\n"

enum { FIRST_ALONE = 54321, BOTH = 180721 };

/* Switch: bulk_replacement in ingest.active_rows. */
Test(overlap, what_the_newer_window_repeats_counts_once_amends_as_amended_and_leaves_out_not_at_all)
{
    load(6, APRIL_TO_JUNE);
    cr_expect_eq(cost(), FIRST_ALONE);

    load(7, MAY_TO_JULY);

    cr_expect_eq(cost(), BOTH);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_stay"), 5);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay"), 9, "what was said before is kept");
}

/* Switch: the period before the load's number in ingest.active_rows; by arrival alone the older would win. */
Test(overlap, an_older_window_that_comes_late_resurrects_nothing)
{
    load(7, MAY_TO_JULY);

    load(6, APRIL_TO_JUNE);

    cr_expect_eq(cost(), BOTH);
}

Test(overlap, an_older_window_that_is_sent_again_corrects_only_what_ended_before_the_newer)
{
    load(6, APRIL_TO_JUNE);
    load(7, MAY_TO_JULY);

    load_as(6, INGEST_FINAL, true,
            HEADER "9990000018,KEN,2026-04-01,2026-06-30,2026-04-10,2026-04-30,2\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2026-05-20,2026-05-20,300\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2025-01-05,,50000\n");

    cr_expect_eq(cost(), BOTH + 1);
}

Test(overlap, a_newer_window_that_is_withdrawn_gives_back_what_it_had_replaced)
{
    Error error = {0};
    load(6, APRIL_TO_JUNE);
    int64_t newer = load(7, MAY_TO_JULY);

    cr_assert(world_withdraw(&world, newer, &error).ok, "%s", error.message);

    cr_expect_eq(cost(), FIRST_ALONE);
}
