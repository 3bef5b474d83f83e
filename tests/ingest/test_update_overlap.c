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
    "  - { name: cost, use: measure, type: integer, min: 0, max: 100000 }\n"

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

static void load(int month, const char *content)
{
    IngestDelivery delivery = world_delivery(content);

    delivery.period = month_from(2026, month);
    world_must_load(&world, spec, &delivery);
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

/* Switch: is_in_window in ingest/rule.c. */
Test(overlap, a_row_may_begin_before_its_window_but_not_end_before_it)
{
    load(6, HEADER "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,,1\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,2026-04-01,20\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2020-01-05,2026-03-31,300\n"
                   "9990000018,KEN,2026-04-01,2026-06-30,2026-07-01,,4000\n");

    cr_expect_eq(cost(), 21);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE reason = 'outside_window'"), 2);
}
