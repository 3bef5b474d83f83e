#include "tests/ingest/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/rule.h"

static World world;
static IngestSpec *spec;

static void set_up(void)
{
    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(ingest, .init = set_up, .fini = tear_down);

/* NHS numbers of the never-issued 999 range. */
#define GOOD_ROW "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,2026-07-05,A,W1,12.50,2,x,\n"
#define GOOD_ROWS                                                                                            \
    GOOD_ROW "v2,9990000026,1990-01-01,CT1 2AB,2026-07-04,,,,,,,\n"                                          \
             "v3,9990000018,1980-02-29,CT1 2AB,2026-06-30,,\"C, D\",W12,0.1,9,,\n"

static Result load_text(const char *content, IngestReport *report, Error *error)
{
    IngestDelivery delivery = world_delivery(content);
    return world_load(&world, spec, &delivery, report, error);
}

static IngestReport must_load(const char *content)
{
    IngestDelivery delivery = world_delivery(content);
    return world_must_load(&world, spec, &delivery);
}

Test(ingest, a_good_extract_is_loaded_whole)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.load_id, 1);
    cr_expect_eq(report.rows_read, 3);
    cr_expect_eq(report.rows_loaded, 3);
    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(report.subjects_new, 2);
    cr_expect_eq(report.nhs_valid, 3);
    cr_expect_str_eq(report.source, "visit");
    cr_expect_str_eq(report.sender, "hosp_a");
    cr_expect_str_eq(report.period, "2026-07");
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.load WHERE state = 'published' AND rows_loaded = 3 AND "
                    "subjects_new = 2 AND nhs_valid = 3 AND octet_length(content) = 32"),
        1);
}

Test(ingest, values_arrive_typed)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(
        world_count("SELECT count(*) FROM records.visit WHERE line_number = 2 AND visit_date = '2026-07-03' "
                    "AND end_date = '2026-07-05' AND kind = 'A' AND ward = 'W1' AND cost = 12.50 AND "
                    "beds = 2 AND urgent"),
        1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM records.visit WHERE line_number = 3 AND end_date IS NULL AND "
                    "kind IS NULL AND ward IS NULL AND cost IS NULL AND beds IS NULL AND NOT urgent"),
        1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE line_number = 4 AND kind = 'C, D' AND "
                             "cost = 0.10 AND age_days IS NULL"),
                 1);
    cr_expect_eq(world_count("SELECT count(DISTINCT record_key) FROM records.visit"), 3);
    cr_expect_eq(world_count("SELECT count(DISTINCT subject_id) FROM records.visit"), 2);
}

Test(ingest, subjects_hold_tokens_and_derived_items_alone)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE octet_length(nhs_token) = 16 AND "
                    "uprn_token IS NULL AND nhs_state = 1 AND birth_year IN (1980, 1990) AND sex IS NULL "
                    "AND first_load_id = 1 AND source_id = 1 AND key_version = 1"),
        2);
}

Test(ingest, the_views_show_active_rows_and_presence)
{
    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit WHERE cost > 0"), 2);
    cr_expect_eq(
        world_count("SELECT count(*) FROM presence.visit WHERE valid_from = valid_to AND subject_id IN "
                    "(SELECT subject_id FROM subjects.subject) AND load_id = 1"),
        3);
}

Test(ingest, the_same_delivery_twice_is_a_no_op_that_says_so)
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
Test(ingest, the_same_delivery_become_final_is_no_duplicate)
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

Test(ingest, another_delivery_of_a_held_period_is_refused_without_replace)
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

Test(ingest, a_replacement_supersedes_and_keeps_the_earlier_load)
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

/* Switch: the update in ingest.subjects_compare. A newer directory may place a postcode elsewhere. */
Test(ingest, a_known_subject_gets_the_area_of_the_latest_load)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script(
        "SET ROLE cinque_owner; UPDATE subjects.subject SET lsoa_2011 = 'E01000001', lsoa_2021 = NULL;"
        "CREATE UNLOGGED TABLE staging.subject_7 (LIKE subjects.subject);"
        "INSERT INTO staging.subject_7 SELECT * FROM subjects.subject;"
        "UPDATE staging.subject_7 SET lsoa_2011 = NULL WHERE birth_year = 1980;"
        "UPDATE staging.subject_7 SET lsoa_2011 = 'E01000002', lsoa_2021 = 'E01000003'"
        " WHERE birth_year = 1990");

    cr_expect_eq(
        world_count("SELECT ingest.subjects_keep(1::int2, 7) WHERE ingest.subjects_enter(1::int2, 7)"), 0,
        "new ones");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1990 AND"
                             " lsoa_2011 = 'E01000002' AND lsoa_2021 = 'E01000003'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1980 AND"
                             " lsoa_2011 = 'E01000001' AND lsoa_2021 IS NULL"),
                 1, "nothing replaces what is known");
}

/* Switch: is_addressed in ingest.subjects_compare. Held as by a program that made no tokens of addresses. */
Test(ingest, a_known_subject_without_an_address_token_gets_that_of_a_later_load)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script(
        "SET ROLE cinque_owner;"
        "UPDATE subjects.subject SET address_token = decode(repeat('aa', 16), 'hex') WHERE birth_year = 1980;"
        "CREATE UNLOGGED TABLE staging.subject_7 (LIKE subjects.subject);"
        "INSERT INTO staging.subject_7 SELECT * FROM subjects.subject;"
        "UPDATE staging.subject_7 SET address_token = decode(repeat('bb', 16), 'hex')");

    cr_expect_eq(
        world_count("SELECT ingest.subjects_keep(1::int2, 7) WHERE ingest.subjects_enter(1::int2, 7)"), 0,
        "new ones");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1990 AND"
                             " address_token = decode(repeat('bb', 16), 'hex')"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE birth_year = 1980 AND"
                             " address_token = decode(repeat('aa', 16), 'hex')"),
                 1, "nothing replaces what is known");
}

Test(ingest, other_senders_and_periods_are_held_side_by_side)
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

Test(ingest, of_a_snapshot_source_the_latest_period_alone_is_active)
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

Test(ingest, a_nil_return_is_a_delivery_without_rows)
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

Test(ingest, a_header_without_rows_loads_no_rows)
{
    IngestReport report = must_load(WORLD_HEADER);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 0);
}

Test(ingest, an_empty_file_is_refused_and_leaves_nothing)
{
    IngestReport report;
    Error error = {0};

    Result result = load_text("", &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, "extract.csv: empty file") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
}

/* ---- quarantine ---- */

#define CANARY "9434765919" /* valid, so nothing but its place may be kept */

Test(ingest, bad_rows_are_quarantined_by_line_column_and_rule)
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

Test(ingest, a_quarantined_row_has_its_reasons_codes_and_its_bytes_place)
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

Test(ingest, every_reason_has_a_code_of_its_own)
{
    for (int reason = 1; reason < RULE_CROSS; reason++) {
        const char *code = rule_code((RuleFault){.reason = (uint16_t)reason});
        cr_assert_not_null(code, "reason %d", reason);
        for (int other = 1; other < reason; other++)
            cr_expect_str_neq(code, rule_code((RuleFault){.reason = (uint16_t)other}));
    }
    cr_expect_str_eq(rule_code((RuleFault){.reason = RULE_CROSS + 3}), "rule");
}

Test(ingest, the_report_counts_rules_most_frequent_first)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS "v4,,,,2026-07-32,,,,,,,\n"
                                                           "v5,,,,2026-07-33,,,,,0,,\n");

    cr_assert_eq(report.rule_count, 2);
    cr_expect_str_eq(report.rules[0].rule, "column visit_date: not a date");
    cr_expect_eq(report.rules[0].rows, 2);
    cr_expect_str_eq(report.rules[1].rule, "column beds: below its minimum");
    cr_expect_eq(report.rules[1].rows, 1);
}

Test(ingest, rows_after_the_period_are_quarantined_and_earlier_ones_kept)
{
    IngestReport report = must_load(WORLD_HEADER "v1,,,,2026-07-31,,,,,,,\n"
                                                 "v2,,,,2026-08-01,,,,,,,\n"
                                                 "v3,,,,2025-12-01,,,,,,,\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_assert_eq(report.rule_count, 1);
    cr_expect_str_eq(report.rules[0].rule, "column visit_date: after the period");
}

Test(ingest, more_bad_rows_than_allowed_keep_nothing_but_the_quarantine)
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

Test(ingest, a_larger_share_of_bad_rows_than_allowed_is_rejected)
{
    IngestReport at_limit = must_load(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\n");
    IngestDelivery worse = world_delivery(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\nv5,,,,x,,,,,,,\n");
    worse.period = month_from(2026, 8);

    IngestReport past_limit = world_must_load(&world, spec, &worse);

    cr_expect_eq(at_limit.outcome, INGEST_LOADED, "50 of 100 is what the spec allows");
    cr_expect_eq(past_limit.outcome, INGEST_REJECTED);
}

Test(ingest, a_rejected_delivery_can_be_given_again)
{
    const char *bad = WORLD_HEADER "v4,,,,x,,,,,,,\n";
    must_load(bad);

    IngestReport report = must_load(WORLD_HEADER GOOD_ROW);

    cr_expect_eq(report.outcome, INGEST_LOADED);
}

Test(ingest, excluded_rows_are_counted_and_never_stored)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROW "v2,9990000026,,,not even a date,,,,,,,SECRET\n");

    cr_expect_eq(report.rows_excluded, 1);
    cr_expect_eq(report.rows_loaded, 1);
    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 1);
}

Test(ingest, a_row_with_withheld_identity_has_no_subject)
{
    IngestReport report = must_load(WORLD_HEADER "v1,9990000018,1980-02-29,,2026-07-03,,,,,,,03\n");

    cr_expect_eq(report.rows_withheld, 1);
    cr_expect_eq(report.nhs_absent, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE subject_id IS NULL"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

Test(ingest, a_row_with_an_invalid_number_is_kept_without_token)
{
    IngestReport report = must_load(WORLD_HEADER "v1,9990000019,1980-02-29,,2026-07-03,,,,,,,\n"
                                                 "v2,,1980-02-29,,2026-07-03,,,,,,,\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_expect_eq(report.nhs_invalid, 1);
    cr_expect_eq(report.nhs_absent, 1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE nhs_state = 2 AND nhs_token IS NULL"), 1);
}

Test(ingest, no_value_reaches_errors_quarantine_or_report)
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

/* ---- sealed lines ---- */

static Result see_line(void *context, uint64_t line_number, Text line, Error *error)
{
    (void)error;
    snprintf(context, 512, "%" PRIu64 " %.*s", line_number, TEXT_ARG(line));
    return RESULT_OK;
}

Test(ingest, the_raw_bad_line_is_sealed_and_nobody_else_can_read_it)
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

/* ---- breaking off ---- */

Test(ingest, a_failed_load_leaves_neither_rows_nor_tables_nor_sealed_lines)
{
    char path[600];
    IngestReport report;
    Error error = {0};
    struct stat status;
    static const char trailed[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited, trailer: END }\nupdate: snapshot\ncontroller: sender\n"
        "subject: none\nrejects: { rows_max: 9, percent_max: 100 }\n"
        "columns:\n  - { name: ward, use: dimension, shape: \"A9\" }\n";
    SCOPED(ingest_spec_close) IngestSpec *stay = world_spec(trailed);
    IngestDelivery cut = world_delivery("ward\nA1\nbad\nA2\n");
    world_apply(stay);

    Result result = world_load(&world, stay, &cut, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
    snprintf(path, sizeof path, "%s/load-1.sealed", support_folder());
    cr_expect_neq(stat(path, &status), 0);
}

Test(ingest, leftovers_of_a_killed_load_are_cleaned_by_the_next)
{
    IngestDelivery delivery = world_delivery(WORLD_HEADER GOOD_ROWS);
    /* As a SIGKILL leaves it: an open load, its tables, and no session that holds its lock. */
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'hosp_a', 318, 'final', 1, '\\x00', false);"
        "SELECT ingest.staging_make('visit', 1)");

    IngestReport report = world_must_load(&world, spec, &delivery);

    cr_expect_eq(report.load_id, 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'abandoned'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 3);
}

Test(ingest, leftovers_of_other_deliveries_are_cleaned_as_well)
{
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'hosp_b', 300, 'final', 1, '\\x00', false);"
        "SELECT ingest.staging_make('visit', 1)");

    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'abandoned'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
}

Test(ingest, a_load_that_is_under_way_is_not_taken_for_a_leftover)
{
    SCOPED(db_close) Db *other = support_connect(NULL);
    Error error = {0};
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'hosp_b', 318, 'final', 1, '\\x00', false);"
        "SELECT ingest.staging_make('visit', 1)");
    cr_assert(db_script(other, "lock", "SELECT pg_advisory_lock(1667852913, 1)", &error).ok);

    must_load(WORLD_HEADER GOOD_ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND state = 'open'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 3);
}

/* ---- withdrawing and lists ---- */

Test(ingest, a_withdrawn_load_is_not_active_but_its_rows_stay)
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
Test(ingest, a_replaced_load_is_withdrawn_from_the_past)
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
Test(ingest, a_load_that_was_replaced_while_it_waited_cannot_be_withdrawn)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);
    world_script("UPDATE ingest.load SET state = 'replaced', held_from = NULL");

    cr_expect_not(world_withdraw(&world, 1, &error).ok);
    cr_expect_not_null(strstr(error.message, "never published"), "%s", error.message);
}

/* Switch: ingest.withdrawn_require in ingest.load_open. */
Test(ingest, what_was_withdrawn_is_loaded_again_for_a_reason_alone)
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
Test(ingest, a_nil_return_that_was_withdrawn_is_taken_again_for_a_reason_alone)
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

Test(ingest, other_content_than_was_withdrawn_needs_no_reason)
{
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROWS);
    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    cr_expect_eq(must_load(WORLD_HEADER).outcome, INGEST_LOADED);
}

Test(ingest, a_reason_is_one_line_of_text)
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

Test(ingest, a_load_that_is_not_published_cannot_be_withdrawn)
{
    Error error = {0};

    Result result = world_withdraw(&world, 7, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, "load 7: never published, or taken back before") != NULL, "%s",
              error.message);
}

static const char *printed(Table *table)
{
    static char text[2048];
    FILE *out = fmemopen(text, sizeof text - 1, "w");

    memset(text, 0, sizeof text);
    table_print(table, TABLE_CSV, out);
    fclose(out);
    table_close(&table);
    return text;
}

Test(ingest, loads_and_quarantine_can_be_listed_by_the_loader)
{
    Table *loads = NULL, *quarantine = NULL;
    Error error = {0};
    must_load(WORLD_HEADER GOOD_ROW "v4,,,,x,,,,,,,\n");

    cr_assert(ingest_load_list(world.loader, DATE_NONE, &loads, &error).ok, "%s", error.message);
    cr_assert(ingest_quarantine_list(world.loader, 1, 10, &quarantine, &error).ok, "%s", error.message);

    const char *text = printed(loads);
    cr_expect(strstr(text, "1,visit,hosp_a,2026-07,final,published,1,1,0,20") != NULL, "%s", text);
    text = printed(quarantine);
    cr_expect(strstr(text, "3,visit_date,not_date,not a date,") != NULL, "%s", text);
    cr_expect_not(ingest_quarantine_list(world.loader, 2, 10, &quarantine, &error).ok);
    cr_expect(strstr(error.message, "there is no load of this number") != NULL, "%s", error.message);
}

static const char *held_on(const char *day)
{
    Table *loads = NULL;
    Error error = {0};
    Date date;

    cr_assert(date_parse(text_from(day), &date));
    cr_assert(ingest_load_list(world.loader, date, &loads, &error).ok, "%s", error.message);
    return printed(loads);
}

Test(ingest, what_was_held_on_a_day_is_answered)
{
    must_load(WORLD_HEADER GOOD_ROWS);
    IngestDelivery corrected = world_delivery(WORLD_HEADER);
    corrected.replace = true;
    world_must_load(&world, spec, &corrected);
    world_script("UPDATE ingest.load SET held_from = '2026-03-01 23:59Z', held_to = '2026-04-02 00:00Z' "
                 "WHERE load_id = 1;"
                 "UPDATE ingest.load SET held_from = '2026-04-02 00:00Z' WHERE load_id = 2");

    cr_expect(strstr(held_on("2026-02-28"), ",visit,") == NULL);
    cr_expect(strstr(held_on("2026-03-01"), "1,visit,hosp_a") != NULL);
    cr_expect(strstr(held_on("2026-04-01"), "1,visit,hosp_a") != NULL, "until the day's end");
    cr_expect(strstr(held_on("2026-04-01"), "2,visit,hosp_a") == NULL);
    cr_expect(strstr(held_on("2026-04-02"), "1,visit,hosp_a") == NULL);
    cr_expect(strstr(held_on("2026-04-02"), "2,visit,hosp_a") != NULL);
}

static const char *missing(int month)
{
    Table *table = NULL;
    Error error = {0};

    cr_assert(ingest_load_missing(world.loader, month_from(2026, month), &table, &error).ok, "%s",
              error.message);
    return printed(table);
}

static void nil_return(const char *sender, int month)
{
    IngestDelivery nil = world_delivery(NULL);

    nil.sender = sender;
    nil.period = month_from(2026, month);
    world_must_load(&world, spec, &nil);
}

Test(ingest, a_sender_that_delivered_before_and_not_now_is_named)
{
    nil_return("hosp_a", 6);
    must_load(WORLD_HEADER GOOD_ROWS);
    nil_return("hosp_b", 6);
    nil_return("hosp_b", 7);
    nil_return("hosp_b", 8);

    cr_expect(strstr(missing(7), "visit") == NULL);
    cr_expect(strstr(missing(8), "visit,hosp_a,2026-07,3") != NULL, "%s", missing(8));
    cr_expect(strstr(missing(8), "hosp_b") == NULL, "a nil return is a delivery");
    cr_expect(strstr(missing(9), "visit,hosp_b,2026-08,0") != NULL);
    cr_expect(strstr(missing(10), "hosp_a") == NULL, "one month of three is no habit");
    world_script("UPDATE governance.agreement SET ended_on = '2026-07-31' WHERE sender = 'hosp_a'");
    cr_expect(strstr(missing(8), "hosp_a") == NULL, "nor is it expected without an agreement");
}

Test(ingest, the_report_is_a_table)
{
    IngestReport report = must_load(WORLD_HEADER GOOD_ROWS);

    const char *text = printed(ingest_report_table(&report, 1));

    cr_expect(strstr(text, "visit,hosp_a,2026-07,loaded,3,3,0,0,0,2,3,0,0,") != NULL, "%s", text);
}

/* ---- what a delivery must be ---- */

Test(ingest, the_senders_name_is_checked)
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

Test(ingest, a_spec_is_used_in_its_effect_alone)
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

Test(ingest, a_spec_that_is_not_registered_as_it_stands_is_refused)
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

Test(ingest, a_missing_file_is_an_error_of_its_path)
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
