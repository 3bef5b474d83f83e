/* Layouts that change by year: a late month of the old one still loads when the new one is applied. */
#include <string.h>

#include "tests/ingest/world.h"

#define SPEC(version, days, column)                                                                          \
    "source: visit\ntitle: T\nversion: " version "\n" days "file: { format: delimited }\n"                   \
    "update: replace_by_period\ncontroller: sender\nsubject: person\n"                                       \
    "rejects: { rows_max: 3, percent_max: 50 }\ncolumns:\n"                                                  \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: seen_on, use: date, required: true }\n" column
#define OLD SPEC("1", "effective_from: 2024-04-01\neffective_to: 2026-06-30\n", "")
#define NEW                                                                                                  \
    SPEC("2", "effective_from: 2026-07-01\n",                                                                \
         "  - { name: beds, use: measure, type: integer, min: 0, max: 9, required: true }\n")

Test(version, a_late_month_of_the_old_layout_loads_by_its_own_version)
{
    World world = world_open();
    SCOPED(ingest_spec_close) IngestSpec *old = world_spec(OLD);
    SCOPED(ingest_spec_close) IngestSpec *new = world_spec(NEW);
    world_apply(old);
    world_apply(new);
    IngestDelivery july = world_delivery("nhs_number,seen_on,beds\n9990000018,2026-07-01,3\n");
    world_must_load(&world, new, &july);

    IngestDelivery june = world_delivery("nhs_number,seen_on\n9990000018,2026-06-01\n");
    june.period = month_from(2026, 6);
    IngestReport report = world_must_load(&world, old, &june);

    cr_expect_eq(report.rows_loaded, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit WHERE beds IS NULL"), 1);
    cr_expect_eq(
        world_count("SELECT string_agg(spec_version::text, '' ORDER BY load_id)::int8 FROM ingest.load"), 21);
    world_close(&world);
}

/* Texts in front would make all behind them be counted out, and an integer behind a date stand behind a gap.
 */
Test(version, a_new_sources_columns_stand_by_their_widths)
{
    World world = world_open();
    SCOPED(ingest_spec_close)
    IngestSpec *spec = world_spec(SPEC("1", "effective_from: 2024-04-01\n",
                                       "  - { name: kind, use: dimension, shape: \"A\" }\n"
                                       "  - { name: price, use: measure, type: decimal, min: 0, max: 9 }\n"
                                       "  - { name: seen_at, use: time }\n"
                                       "  - { name: beds, use: measure, type: integer, min: 0, max: 9 }\n"));

    world_apply(spec);

    cr_expect_eq(
        world_count(
            "SELECT count(*) FROM (SELECT string_agg(attname, ' ' ORDER BY attnum) AS columns"
            " FROM pg_attribute WHERE attrelid = 'records.visit'::regclass AND attnum > 0) AS t"
            " WHERE columns = 'load_id line_number subject_id record_key beds seen_at seen_on age_days"
            " kind price'"),
        1);
    world_close(&world);
}

Test(version, an_older_one_that_is_registered_is_applied_again_without_a_word)
{
    World world = world_open();
    SCOPED(ingest_spec_close) IngestSpec *old = world_spec(OLD);
    SCOPED(ingest_spec_close) IngestSpec *new = world_spec(NEW);
    world_apply(old);
    world_apply(new);

    world_apply(old);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source_column WHERE name = 'beds'"), 1);
    cr_expect_eq(world_count("SELECT max(last_version)::int8 FROM ingest.source_column"), 2);
    world_close(&world);
}

static void expect_refused(const World *world, const IngestSpec *spec, const IngestDelivery *delivery)
{
    IngestReport report;
    Error error = {0};

    cr_expect_not(world_load(world, spec, delivery, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "version 1 is superseded in the delivery's period by version 2"),
                       "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 0);
}

/* From before a limit that the newer one brings. Switch: ingest.version_require in ingest.load_open. */
Test(version, a_version_that_is_superseded_in_the_period_is_refused)
{
    World world = world_open();
    SCOPED(ingest_spec_close)
    IngestSpec *first = world_spec(SPEC("1", "effective_from: 2024-04-01\n", ""));
    SCOPED(ingest_spec_close)
    IngestSpec *second = world_spec(SPEC("2", "effective_from: 2026-06-15\n", ""));
    IngestDelivery june = world_delivery("nhs_number,seen_on\n9990000018,2026-06-01\n");
    june.period = month_from(2026, 6);
    world_apply(first);
    world_apply(second);

    expect_refused(&world, first, &june);

    cr_expect_eq(world_must_load(&world, second, &june).rows_loaded, 1);
    world_close(&world);
}

/* Of a month in which the newer one is in effect on no last day. */
Test(version, an_older_one_is_read_for_the_months_before)
{
    World world = world_open();
    SCOPED(ingest_spec_close)
    IngestSpec *first = world_spec(SPEC("1", "effective_from: 2024-04-01\n", ""));
    SCOPED(ingest_spec_close)
    IngestSpec *second = world_spec(SPEC("2", "effective_from: 2026-06-15\n", ""));
    IngestDelivery may = world_delivery("nhs_number,seen_on\n9990000018,2026-05-01\n");
    may.period = month_from(2026, 5);
    world_apply(first);
    world_apply(second);

    cr_expect_eq(world_must_load(&world, first, &may).rows_loaded, 1);
    world_close(&world);
}

Test(version, covers_is_asked_of_the_months_last_day)
{
    SCOPED(ingest_spec_close) IngestSpec *old = world_spec(OLD);

    cr_expect(ingest_spec_covers(old, month_from(2026, 6)));
    cr_expect_not(ingest_spec_covers(old, month_from(2026, 7)));
    cr_expect(ingest_spec_covers(old, month_from(2024, 4)));
    cr_expect_not(ingest_spec_covers(old, month_from(2024, 3)));
}
