/* What becomes of rows that break a rule. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ingest/rule.h"
#include "tests/ingest/visits.h"

TestSuite(quarantine, .init = set_up, .fini = tear_down);

#define CANARY "9434765919" /* valid, so nothing but its place may be kept */

Test(quarantine, bad_rows_are_quarantined_by_line_column_and_rule)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS "v4,9990000018,,,2026-07-32,,Z,wx,1.234,0,,\n"
                                                           "v5,9990000018,,,2026-07-09,2026-07-08,,,,,,\n"
                                                           "v6,9990000018\n");

    cr_expect_eq(report.rows_read, 6);
    cr_expect_eq(report.rows_loaded, 3);
    cr_expect_eq(report.rows_quarantined, 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 7);
    cr_expect_eq(
        world_count(
            "SELECT count(*) FROM ingest.quarantine AS q JOIN (VALUES (5, 'visit_date', 'not a date'),"
            " (5, 'kind', 'not in list kind'), (5, 'ward', 'not of its shape'), (5, 'cost', 'more than 2 "
            "decimals'),"
            " (5, 'beds', 'below its minimum'), (6, 'end_date', 'rule ends_before_it_starts'),"
            " (7, NULL, 'another number of fields than the header')) AS e (line, name, rule)"
            " ON q.line_number = e.line AND q.column_name IS NOT DISTINCT FROM e.name AND q.rule = e.rule"),
        7);
}

Test(quarantine, a_quarantined_row_has_its_reasons_codes_and_its_bytes_place)
{
#define BAD_ROW    "v4,9990000018,,,2026-07-32,,Z,wx,1.234,0,,"
#define RAGGED_ROW "v6,9990000018"
    char sql[256];
    must_load(WORLD_HEADER GOOD_ROWS BAD_ROW "\n" RAGGED_ROW "\n");

    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM ingest.quarantine WHERE byte_offset = %zu AND byte_length = %zu AND reason IN "
        "('not_date', 'not_in_list', 'not_shape', 'decimals', 'below')",
        strlen(WORLD_HEADER GOOD_ROWS), strlen(BAD_ROW));
    cr_expect_eq(world_count(sql), 5);
    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM ingest.quarantine WHERE byte_offset = %zu AND byte_length = %zu AND reason = "
        "'ragged'",
        strlen(WORLD_HEADER GOOD_ROWS BAD_ROW) + 1, strlen(RAGGED_ROW));
    cr_expect_eq(world_count(sql), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 6);
}

Test(quarantine, every_reason_has_a_code_of_its_own)
{
    for (int reason = 1; reason < RULE_CROSS; reason++) {
        const char *code = rule_code((RuleFault){.reason = (uint16_t)reason});
        cr_assert_not_null(code, "reason %d", reason);
        for (int other = 1; other < reason; other++)
            cr_expect_str_neq(code, rule_code((RuleFault){.reason = (uint16_t)other}));
    }
    cr_expect_str_eq(rule_code((RuleFault){.reason = RULE_CROSS + 3}), "rule");
}

Test(quarantine, the_report_counts_rules_most_frequent_first)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS "v4,,,,2026-07-32,,,,,,,\n"
                                                           "v5,,,,2026-07-33,,,,,0,,\n");

    cr_assert_eq(report.rule_count, 2);
    cr_expect_str_eq(report.rules[0].rule, "column visit_date: not a date");
    cr_expect_eq(report.rules[0].rows, 2);
    cr_expect_str_eq(report.rules[1].rule, "column beds: below its minimum");
    cr_expect_eq(report.rules[1].rows, 1);
}

Test(quarantine, rows_after_the_period_are_quarantined_and_earlier_ones_kept)
{
    IngestReport report = must_load(WORLD_HEADER "v1,,,,2026-07-31,,,,,,,\n"
                                                 "v2,,,,2026-08-01,,,,,,,\n"
                                                 "v3,,,,2025-12-01,,,,,,,\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_assert_eq(report.rule_count, 1);
    cr_expect_str_eq(report.rules[0].rule, "column visit_date: after the period");
}

Test(quarantine, more_bad_rows_than_allowed_keep_nothing_but_the_quarantine)
{
    IngestReport report =
        must_load(WORLD_HEADER GOOD_ROWS GOOD_ROWS "v4,,,,x,,,,,,,\nv5,,,,x,,,,,,,\n"
                                                   "v6,,,,x,,,,,,,\nv7,,,,x,,,,,,,\nv8,,,,x,,,,,,,\n");

    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(report.rows_read, 11);
    cr_expect_eq(report.rows_loaded, 0);
    cr_expect_eq(report.rows_quarantined, 5);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE load_id = 1"), 4,
                 "up to the row that passed the limit");
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE state = 'rejected' AND rows_quarantined = 5"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
}

Test(quarantine, a_larger_share_of_bad_rows_than_allowed_is_rejected)
{
    IngestReport at_limit = must_load(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\n");
    IngestDelivery worse = world_delivery(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\nv5,,,,x,,,,,,,\n");
    worse.period = month_from(2026, 8);

    IngestReport past_limit = world_must_load(&world, spec, &worse);

    cr_expect_eq(at_limit.outcome, INGEST_LOADED, "50 of 100 is what the spec allows");
    cr_expect_eq(past_limit.outcome, INGEST_REJECTED);
}

Test(quarantine, a_rejected_delivery_can_be_given_again)
{
    const char *bad = WORLD_HEADER "v4,,,,x,,,,,,,\n";
    must_load(bad);

    IngestReport report = must_load(WORLD_HEADER GOOD_ROW);

    cr_expect_eq(report.outcome, INGEST_LOADED);
}

Test(quarantine, excluded_rows_are_counted_and_never_stored)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROW "v2,9990000026,,,not even a date,,,,,,,SECRET\n");

    cr_expect_eq(report.rows_excluded, 1);
    cr_expect_eq(report.rows_loaded, 1);
    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 1);
}

Test(quarantine, a_row_with_withheld_identity_has_no_subject)
{
    IngestReport report = must_load(WORLD_HEADER "v1,9990000018,1980-02-29,,2026-07-03,,,,,,,03\n");

    cr_expect_eq(report.rows_withheld, 1);
    cr_expect_eq(report.nhs_absent, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE subject_id IS NULL"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

Test(quarantine, a_row_with_an_invalid_number_is_kept_without_token)
{
    IngestReport report = must_load(WORLD_HEADER "v1,9990000019,1980-02-29,,2026-07-03,,,,,,,\n"
                                                 "v2,,1980-02-29,,2026-07-03,,,,,,,\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_expect_eq(report.nhs_invalid, 1);
    cr_expect_eq(report.nhs_absent, 1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE nhs_state = 2 AND nhs_token IS NULL"), 1);
}

Test(quarantine, no_value_reaches_errors_quarantine_or_report)
{
    IngestReport report;
    Error error = {0};
    /* the canary in each column and fault; the header last, as a file without one would have it */
    static const char *const rows[] = {
        WORLD_HEADER "v," CANARY ",,," CANARY "," CANARY ",\"" CANARY "\"," CANARY "," CANARY "," CANARY
                     ",,\n",
        WORLD_HEADER CANARY "\n",
        WORLD_HEADER "\"" CANARY ",\n",
        WORLD_HEADER "\"" CANARY "\"" CANARY ",\n",
        WORLD_HEADER "\xff" CANARY ",,,,,,,,,,,\n",
        "v1," CANARY ",1980-02-29,CT1 2AB,2026-07-03,2026-07-05,A,W1,12.50,2,x,\n",
        CANARY "," WORLD_HEADER,
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        error = (Error){0};
        Result result = load_text(rows[i], &report, &error);
        cr_expect(result.ok || i >= 5, "%s", error.message);
        cr_expect(strstr(error.message, CANARY) == NULL || i == 6, "case %zu: %s", i, error.message);
        for (size_t rule = 0; result.ok && rule < report.rule_count; rule++)
            cr_expect(strstr(report.rules[rule].rule, CANARY) == NULL);
    }

    cr_expect_gt(world_count("SELECT count(*) FROM ingest.quarantine"), 8);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine AS q WHERE q::text LIKE '%" CANARY "%'"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load AS l WHERE l::text LIKE '%" CANARY "%'"), 0);
}

static Result see_line(void *context, uint64_t line_number, Text line, Error *error)
{
    (void)error;
    snprintf(context, 512, "%" PRIu64 " %.*s", line_number, TEXT_ARG(line));
    return RESULT_OK;
}

Test(quarantine, the_raw_bad_line_is_sealed_and_nobody_else_can_read_it)
{
    char path[600], other[600], seen[512] = "", key[600], bytes[4096];
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROW "v4," CANARY ",,,x,,,,,,,\n");
    snprintf(path, sizeof path, "%s/load-1.sealed", support_folder());

    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);

    cr_expect(memmem(bytes, length, CANARY, strlen(CANARY)) == NULL);
    snprintf(key, sizeof key, "%s/quarantine.private", world.keyring_folder);
    cr_assert(ingest_rejected_read(support_folder(), 1, key, see_line, seen, &error).ok, "%s", error.message);
    cr_expect_str_eq(seen, "3 v4," CANARY ",,,x,,,,,,,");
    snprintf(other, sizeof other, "%s/load-2.sealed", support_folder());
    cr_assert_eq(rename(path, other), 0);
    cr_expect_not(ingest_rejected_read(support_folder(), 2, key, see_line, seen, &error).ok,
                  "in another load's place it does not open");
    cr_expect_eq(error.code, ERROR_INPUT);
}
