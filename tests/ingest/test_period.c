/* Which delivery of a month counts, and what a delivery must be. */
#include <stdio.h>
#include <string.h>

#include "tests/ingest/visits.h"

TestSuite(period, .init = set_up, .fini = tear_down);

Test(period, the_same_delivery_twice_is_a_no_op_that_says_so)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    IngestReport again = must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(again.outcome, INGEST_DUPLICATE);
    cr_expect_eq(again.load_id, 1);
    cr_expect_eq(again.rows_loaded, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 1);
}

/* Switch: status_rank in ingest.load_open. A release may ask for final deliveries alone. */
Test(period, the_same_delivery_become_final_is_no_duplicate)
{
    IngestReport report;
    Error error = {0};
    IngestDelivery delivery = world_delivery(WORLD_HEADER GOOD_ROWS);
    delivery.status = INGEST_PROVISIONAL;
    world_must_load(&world, spec, &delivery);

    delivery.status = INGEST_FINAL;
    cr_assert_not(world_load(&world, spec, &delivery, &report, &error).ok);

    cr_expect_not_null(strstr(error.message,
                              "the same content is held as load 1, provisional; give --replace to "
                              "hold it as final"),
                       "%s", error.message);
    delivery.replace = true;
    cr_expect_eq(world_must_load(&world, spec, &delivery).outcome, INGEST_LOADED);
    delivery.replace = false;
    delivery.status = INGEST_PROVISIONAL;
    cr_expect_eq(world_must_load(&world, spec, &delivery).outcome, INGEST_DUPLICATE,
                 "late, and settled since");
}

Test(period, another_delivery_of_a_held_period_is_refused_without_replace)
{
    IngestReport report;
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);

    Result second = load_text(WORLD_HEADER GOOD_ROW, &report, &error);

    cr_expect(!second.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "is held as load 1; give --replace") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 3);
}

Test(period, a_replacement_supersedes_and_keeps_the_earlier_load)
{
    IngestDelivery corrected;
    must_load(WORLD_HEADER GOOD_ROWS);
    corrected = world_delivery(WORLD_HEADER GOOD_ROW);
    corrected.replace = true;

    IngestReport report = world_must_load(&world, spec, &corrected);

    cr_expect_eq(report.load_id, 2);
    cr_expect_eq(report.subjects_new, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 4);
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'replaced' AND "
                    "replaced_by = 2 AND held_to = (SELECT held_from FROM ingest.load WHERE load_id = 2)"),
        1);
}

Test(period, other_senders_and_periods_are_held_side_by_side)
{
    IngestDelivery delivery = world_delivery(WORLD_HEADER GOOD_ROWS);
    world_must_load(&world, spec, &delivery);
    delivery.sender = "hosp_b";
    world_must_load(&world, spec, &delivery);
    delivery.period = month_from(2026, 8);

    IngestReport report = world_must_load(&world, spec, &delivery);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.subjects_new, 0, "identities are known by source, not by load");
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 9);
}

Test(period, of_a_snapshot_source_the_latest_period_alone_is_active)
{
    static const char text[] =
        "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 0, percent_max: 0 }\n"
        "columns:\n  - { name: ward, use: dimension, shape: \"A9\" }\n";
    SCOPED(ingest_spec_close) IngestSpec *list = world_spec(text);
    IngestDelivery delivery = world_delivery("ward\nA1\nA2\n");
    world_apply(list);
    world_must_load(&world, list, &delivery);
    delivery = world_delivery("ward\nA1\nA2\nA3\n");
    delivery.period = month_from(2026, 9);
    world_must_load(&world, list, &delivery);
    delivery = world_delivery("ward\nA1\n");
    delivery.sender = "hosp_b";
    world_must_load(&world, list, &delivery);

    cr_expect_eq(world_count("SELECT count(*) FROM records.active_list"), 4);
    cr_expect_eq(world_count("SELECT sum(load_id)::int8 FROM ingest.active_load(319)"), 1 + 3,
                 "month 319 is 2026-08");
}

Test(period, a_nil_return_is_a_delivery_without_rows)
{
    IngestDelivery nil = world_delivery(NULL);

    IngestReport report = world_must_load(&world, spec, &nil);
    IngestReport again = world_must_load(&world, spec, &nil);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 0);
    cr_expect_eq(again.outcome, INGEST_DUPLICATE);
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE state = 'published' AND content IS NULL"), 1);
}

Test(period, the_senders_name_is_checked)
{
    IngestDelivery delivery = world_delivery(NULL);
    GovernancePermit *permit = world_permit(&world, spec, &delivery);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    static const char *const names[] = {NULL, "", "_a", "a b", "a'b", "a\nb"};
    IngestReport report;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Error error = {0};
        delivery.sender = names[i];
        cr_expect(!ingest_load(&context, permit, spec, &delivery, &report, &error).ok);
        cr_expect_eq(error.code, ERROR_USAGE);
    }
    governance_permit_close(&permit);
}

Test(period, a_spec_is_used_in_its_effect_alone)
{
    IngestDelivery early = world_delivery(NULL);
    IngestReport report;
    Error error = {0};
    early.period = month_from(2024, 3);

    Result result = world_load(&world, spec, &early, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "not in effect yet") != NULL, "%s", error.message);
}

Test(period, a_spec_that_is_not_registered_as_it_stands_is_refused)
{
    char text[4096];
    IngestDelivery nil = world_delivery(NULL);
    IngestReport report;
    Error error = {0};
    snprintf(text, sizeof text, "%s# changed\n", WORLD_SPEC);
    SCOPED(ingest_spec_close) IngestSpec *changed = world_spec(text);

    Result result = world_load(&world, changed, &nil, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "source visit version 1: not registered") != NULL, "%s", error.message);
}

Test(period, a_missing_file_is_an_error_of_its_path)
{
    IngestDelivery delivery = world_delivery(WORLD_HEADER);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &delivery);
    IngestReport report;
    Error error = {0};
    delivery.path = "/nowhere/extract.csv";

    Result result = ingest_load(&context, permit, spec, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect(strstr(error.message, "/nowhere/extract.csv") != NULL, "%s", error.message);
    governance_permit_close(&permit);
}
