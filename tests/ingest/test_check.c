#include "ingest/rule_value.h"
#include "tests/ingest/world.h"

#include <stdio.h>
#include <string.h>

static Result check(const char *spec_text, const char *content, IngestReport *report, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *opened = world_spec(spec_text);
    return ingest_check(opened, support_file("extract.csv", content), report, error);
}

static IngestReport must_check(const char *spec_text, const char *content)
{
    IngestReport report;
    Error error = {0};

    cr_assert(check(spec_text, content, &report, &error).ok, "%s", error.message);
    return report;
}

static void expect_file_error(const char *content, const char *message)
{
    IngestReport report;
    Error error = {0};

    cr_expect(!check(WORLD_SPEC, content, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, message) != NULL, "%s", error.message);
}

Test(check, it_tells_what_a_load_would_do_without_keys_or_database)
{
    IngestReport report = must_check(WORLD_SPEC, WORLD_HEADER "v1,9990000018,,,2026-07-03,,,,,,,\n"
                                                              "v2,9990000019,,,2026-07-03,,,,,,,\n"
                                                              "v3,,,,2026-07-03,,,,,,,\n"
                                                              "v4,9990000018,,,2026-07-03,,,,,,,01\n"
                                                              ",,,,,,,,,,,SECRET\n"
                                                              "v5,,,,bad,,,,,,,\n");

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 6);
    cr_expect_eq(report.rows_loaded, 4);
    cr_expect_eq(report.rows_quarantined, 1);
    cr_expect_eq(report.rows_excluded, 1);
    cr_expect_eq(report.rows_withheld, 1);
    cr_expect_eq(report.nhs_valid, 1);
    cr_expect_eq(report.nhs_invalid, 1);
    cr_expect_eq(report.nhs_absent, 2, "none, and one that is withheld");
}

static bool ends_open(const char *file, const char *content)
{
    char text[1024];

    snprintf(text, sizeof text,
             "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\nfile: { %s }\n"
             "update: snapshot\ncontroller: sender\nsubject: none\n"
             "rejects: { rows_max: 9, percent_max: 100 }\n"
             "columns:\n  - { name: n, use: measure, type: integer, min: 0, max: 99%s }\n",
             file, strstr(file, "fixed") != NULL ? ", width: 2" : "");
    return must_check(text, content).ends_open;
}

/* A value that was cut short is a good one: 12 of 123. Switch: reader_ends_open in pass_run. */
Test(check, a_last_line_without_its_end_may_have_been_cut)
{
    cr_expect(ends_open("format: delimited", "n\n12\n1"));
    cr_expect(ends_open("format: delimited, header: none", "12\r\n1"));
    cr_expect(ends_open("format: fixed", "12\n1"), "shorter than its columns");
    cr_expect(ends_open("format: json_lines", "{\"n\": 12}\n{\"n\": 1"));
    cr_expect(ends_open("format: delimited", "n"));
    cr_expect_not(ends_open("format: delimited", "n\n12\n1\n"));
    cr_expect_not(ends_open("format: delimited", "n\r12\r1\r"));
    cr_expect_not(ends_open("format: delimited", "n\n12\n1\n\n"));
    cr_expect_not(ends_open("format: fixed", "12\n13"), "as wide as its columns");
    cr_expect_not(ends_open("format: json_lines", "{\"n\": 12}\n{\"n\": 1}"));
    cr_expect_not(ends_open("format: xml, record: r", "<a><r><n>12</n></r></a>"));
    cr_expect_not(ends_open("format: delimited, trailer: END", "n\n12\nEND,1"));
}

Test(check, it_says_where_a_rule_is_broken_first)
{
    IngestReport report = must_check(WORLD_SPEC, WORLD_HEADER "v1,,,,2026-07-03,,,,,,,\n"
                                                              "v2,,,,bad,,,,,,,\n"
                                                              "v3,,,\n"
                                                              "v4,,,,bad,,,,,,,\n");

    cr_assert_eq(report.rule_count, 2);
    cr_expect_str_eq(report.rules[0].rule, "column visit_date: not a date");
    cr_expect_eq(report.rules[0].line, 3);
    cr_expect_eq(report.rules[1].line, 4);
}

Test(check, it_says_that_a_load_would_be_rejected)
{
    cr_expect_eq(must_check(WORLD_SPEC, WORLD_HEADER "v5,,,,bad,,,,,,,\n").outcome, INGEST_REJECTED);
}

Test(check, with_a_period_dates_are_held_to_it)
{
    SCOPED(ingest_spec_close) IngestSpec *opened = world_spec(WORLD_SPEC);
    const char *path = support_file("extract.csv", WORLD_HEADER "v1,,,,2026-07-03,,,,,,,\n"
                                                                "v2,,,,2026-08-01,,,,,,,\n");
    IngestReport any, july;
    Error error = {0};

    cr_assert(ingest_check(opened, path, &any, &error).ok, "%s", error.message);
    cr_assert(ingest_check_in(opened, path, month_from(2026, 7), &july, &error).ok, "%s", error.message);

    cr_expect_eq(any.rows_quarantined, 0);
    cr_assert_eq(july.rows_quarantined, 1);
    cr_expect_str_eq(july.rules[0].rule, "column visit_date: after the period");
}

Test(check, headers_are_matched_by_name_in_any_order_with_spaces_around)
{
    IngestReport report =
        must_check(WORLD_SPEC, "kind, ward ,cost,beds,urgent,withheld,visit_id,nhs_number,birth_date,"
                               "postcode,visit_date,end_date\nA,W1,,,,,v1,,,,2026-07-03,\n");

    cr_expect_eq(report.rows_loaded, 1);
}

Test(check, a_header_that_differs_from_the_spec_rejects_the_file)
{
    expect_file_error("visit_id,nhs_number\n", "extract.csv line 1: column birth_date is missing");
    expect_file_error("visit_id,visit_id," WORLD_HEADER, "line 1: column visit_id is there twice");
    expect_file_error("colour," WORLD_HEADER, "line 1: column 1 is not in the spec");
    expect_file_error("visit_id;nhs_number\n", "under the spec's delimiter there is one column alone");
    expect_file_error("\"visit_id\n", "line 1: the header: unclosed quote");
    expect_file_error("visit_\xff\n",
                      "line 1: the header: invalid utf-8: another encoding than the spec's? cinque source "
                      "new tells which");
    expect_file_error("", "extract.csv: empty file");
    expect_file_error("\xef\xbb\xbf", "extract.csv: empty file");
}

Test(check, a_file_without_header_is_rejected_without_its_values)
{
    IngestReport report;
    Error error = {0};

    cr_expect(!check(WORLD_SPEC, "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,,,,,,,\n", &report, &error).ok);

    cr_expect(strstr(error.message, "column visit_id is missing") != NULL, "%s", error.message);
    cr_expect(strstr(error.message, "9990000018") == NULL);
}

Test(check, a_header_that_lost_its_line_end_is_rejected_without_the_first_rows_values)
{
    char text[1024];
    IngestReport report;
    Error error = {0};
    snprintf(text, sizeof text, "%.*s,9990000018,SMITH\n", (int)strcspn(WORLD_HEADER, "\n"), WORLD_HEADER);

    cr_expect(!check(WORLD_SPEC, text, &report, &error).ok);

    cr_expect(strstr(error.message, "column 13 is not in the spec") != NULL, "%s", error.message);
    cr_expect(strstr(error.message, "9990000018") == NULL);
}

Test(check, extra_columns_pass_when_the_spec_ignores_them)
{
    char text[4096];
    snprintf(text, sizeof text, "extra: ignore\n%s", WORLD_SPEC);

    IngestReport report = must_check(text, "colour," WORLD_HEADER "red,v1,,,,2026-07-03,,,,,,,\n");

    cr_expect_eq(report.rows_loaded, 1);
}

/* One row of the source with one column changed; the rule that it breaks, or NULL. */
static IngestSpec *spec;
static const char *extract;

static void expect_rule(const char *column, const char *value, const char *rule)
{
    static const char *const names[] = {"visit_id",   "nhs_number", "birth_date", "postcode",
                                        "visit_date", "end_date",   "kind",       "ward",
                                        "cost",       "beds",       "urgent",     "withheld"};
    char text[1024];
    size_t length = (size_t)snprintf(text, sizeof text, "%s", WORLD_HEADER);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *cell = strcmp(names[i], column) == 0 ? value : i == 0 ? "v1" : i == 4 ? "2026-07-03" : "";
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", cell, i < 11 ? "," : "\n");
    }
    FILE *file = fopen(extract, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    fclose(file);
    IngestReport report;
    Error error = {0};
    cr_assert(ingest_check(spec, extract, &report, &error).ok, "%s", error.message);
    cr_expect_eq(report.rule_count, rule != NULL, "%s %s", column, value);
    if (rule != NULL && report.rule_count > 0) {
        char expected[128];
        snprintf(expected, sizeof expected, "column %s: %s", column, rule);
        cr_expect_str_eq(report.rules[0].rule, expected);
    }
}

/* Switch: the values that an exclude keeps. "Y" in place of "1" must not let a confidential row in. */
Test(rule, a_value_neither_excluded_nor_kept_is_a_fault)
{
    spec = world_spec(WORLD_SPEC);
    extract = support_file("extract.csv", "");

    expect_rule("withheld", "01", NULL);
    expect_rule("withheld", "", NULL);
    expect_rule("withheld", "SECRET", NULL);
    expect_rule("withheld", "secret", "neither excluded nor kept");
    expect_rule("withheld", "true", "neither excluded nor kept");
    ingest_spec_close(&spec);
}

/* Switch: check_birth. Where a column of dates was swapped with that of birth, the birth date would be
 * stored. */
Test(rule, a_date_before_that_of_birth_is_a_fault)
{
    IngestReport born = must_check(WORLD_SPEC, WORLD_HEADER "v1,,2026-07-03,,2026-07-03,2026-07-04,,,,,,\n");
    IngestReport swapped =
        must_check(WORLD_SPEC, WORLD_HEADER "v1,,2026-07-03,,1980-02-29,1980-03-01,,,,,,\n");

    cr_expect_eq(born.rows_quarantined, 0, "on the day of birth");
    cr_expect_eq(swapped.rows_quarantined, 1);
    cr_assert_eq(swapped.rule_count, 2);
    cr_expect_str_eq(swapped.rules[0].rule, "column visit_date: before the date of birth");
    cr_expect_str_eq(swapped.rules[1].rule, "column end_date: before the date of birth");
}

/* Switch: snomed_is_concept. Of a file whose columns were swapped the numbers of people must not be stored.
 */
Test(rule, a_snomed_column_takes_concepts_alone)
{
    static const char text[] = "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
                               "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\n"
                               "subject: none\nrejects: { rows_max: 9, percent_max: 100 }\n"
                               "columns:\n  - { name: c, use: code, check: snomed }\n";

    IngestReport report =
        must_check(text, "c\n44054006\n1064901000000108\n9434765919\n20000229\n07700900123\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_assert_eq(report.rule_count, 1);
    cr_expect_str_eq(report.rules[0].rule, "column c: not a snomed concept");
    cr_expect_eq(report.rules[0].rows, 3);
}

#define TIMED_SPEC                                                                                           \
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"                                   \
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\n"                                    \
    "subject: none\nrejects: { rows_max: 99, percent_max: 100 }\n"                                           \
    "columns:\n  - { name: at, use: time }\n"

/* Switch: HOURS and SIXTY in ingest/rule_value.c. */
Test(rule, a_time_of_day_is_one_of_the_clock)
{
    IngestReport report =
        must_check(TIMED_SPEC, "at\n00:00\n23:59\n 09:30 \n23:59:59\n00:00:00\n"
                               "24:00\n23:60\n23:59:60\n9:30\n09:3\n09.30\n0930\n09:30:\n09:30:1\n09:30.15\n"
                               "-1:30\n+9:30\n09:30:15.5\n09:30:15:00\n0/:30\n0::30\n09:30Z\n");

    cr_expect_eq(report.rows_loaded, 5);
    cr_assert_eq(report.rule_count, 1);
    cr_expect_str_eq(report.rules[0].rule, "column at: not a time of day");
    cr_expect_eq(report.rules[0].rows, 17);
}

/* A provider signs what it likes. */
Test(rule, a_time_of_day_that_was_typed_elsewhere_is_one_of_the_clock)
{
    SCOPED(ingest_spec_close) IngestSpec *timed = world_spec(TIMED_SPEC);
    const int64_t day_us = INT64_C(86400000000);
    const int64_t times[] = {-1, 0, day_us - 1, day_us};
    const int reasons[] = {RULE_NOT_TIME, READER_GOOD, READER_GOOD, RULE_NOT_TIME};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const Value value = {.type = VALUE_TIME, .integer = times[i]};
        cr_expect_eq(rule_stored(timed, &timed->columns[0], &value), reasons[i]);
    }
}

Test(rule, values_are_held_to_their_columns)
{
    spec = world_spec(WORLD_SPEC);
    extract = support_file("extract.csv", "");

    expect_rule("visit_id", "", "missing");
    expect_rule("visit_date", "", "missing");
    expect_rule("visit_date", "2026-02-30", "not a date");
    expect_rule("visit_date", "20260701", "not a date");
    expect_rule("visit_date", " 2026-07-01 ", NULL);
    expect_rule("end_date", "2026-07-02", "rule ends_before_it_starts");
    expect_rule("end_date", "2026-07-03", NULL);
    expect_rule("kind", "A", NULL);
    expect_rule("kind", "a", "not in list kind");
    expect_rule("kind", "AB", "not in list kind");
    expect_rule("ward", "W1", NULL);
    expect_rule("ward", "W123", "not of its shape");
    expect_rule("beds", "1", NULL);
    expect_rule("beds", "9", NULL);
    expect_rule("beds", "0", "below its minimum");
    expect_rule("beds", "10", "above its maximum");
    expect_rule("beds", "1.0", "not a whole number");
    expect_rule("beds", "1e1", "not a whole number");
    expect_rule("beds", "99999999999999999999", "not a whole number");
    expect_rule("cost", "0", NULL);
    expect_rule("cost", "1000.00", NULL);
    expect_rule("cost", "12.5", NULL);
    expect_rule("cost", "12.50000", NULL);
    expect_rule("cost", "1000.01", "above its maximum");
    expect_rule("cost", "-0.01", "below its minimum");
    expect_rule("cost", "12.505", "more than 2 decimals");
    expect_rule("cost", "12.", "not a number");
    expect_rule("cost", ".5", "not a number");
    expect_rule("cost", "-", "not a number");
    expect_rule("cost", "1 000", "not a number");
    expect_rule("cost", "nan", "not a number");
    expect_rule("cost", "1e3", "not a number");
    expect_rule("cost", "1234567890123", "not a number");
    expect_rule("cost", "12.5x", "not a number");
    expect_rule("nhs_number", "not one", NULL);
    expect_rule("birth_date", "not one", NULL);
    ingest_spec_close(&spec);
}

Test(rule, identifiers_are_rejected_when_the_spec_says_so)
{
    static const char text[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\n"
        "date_format: british\nrejects: { rows_max: 9, percent_max: 100 }\ncolumns:\n"
        "  - { name: n, use: identifier, identity: nhs_number, invalid: reject, required: true }\n"
        "  - { name: u, use: identifier, identity: uprn, invalid: reject }\n"
        "  - { name: p, use: demographic, identity: postcode, invalid: reject }\n"
        "  - { name: b, use: demographic, identity: birth_date, invalid: reject }\n"
        "  - { name: s, use: identifier, identity: local_id, issuer_fixed: here }\n";

    IngestReport report = must_check(text, "n,u,p,b,s\n"
                                           "9990000018,100012345678,CT1 2AB,29/02/1980,x\n"
                                           "9990000018,,,,\n"
                                           ",,,,\n"
                                           "9990000019,x,CT,1980-02-29,\n");

    cr_expect_eq(report.rows_loaded, 2);
    cr_expect_eq(report.rows_quarantined, 2);
    cr_expect_eq(report.rule_count, 5);
}

Test(rule, british_and_compact_dates_are_read_where_declared)
{
    static const char head[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 100 }\n"
        "columns:\n  - { name: d, use: date }\ndate_format: ";
    char text[1024];

    snprintf(text, sizeof text, "%sbritish\n", head);
    cr_expect_eq(must_check(text, "d\n29/02/2024\n29/02/2025\n2024-02-29\n20240229\n").rows_loaded, 1);
    snprintf(text, sizeof text, "%scompact\n", head);
    cr_expect_eq(must_check(text, "d\n29/02/2024\n20250229\n2024-02-29\n20240229\n").rows_loaded, 1);
}
