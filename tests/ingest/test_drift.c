#include "tests/ingest/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The table as CSV, one line a finding; the file's first line is heading. */
typedef struct Found {
    IngestDrift drift;
    char text[16 << 10];
} Found;

static Result diff(const char *spec_text, const char *content, Found *found, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(spec_text);
    SCOPED(table_close) Table *table = NULL;

    memset(found, 0, sizeof *found);
    TRY(ingest_diff(spec, support_file("extract.csv", content), &found->drift, &table, error));
    cr_assert_lt(snprintf(found->text, sizeof found->text, "%s", support_csv(table)),
                 (int)sizeof found->text);
    return RESULT_OK;
}

static Found must_diff(const char *spec_text, const char *content)
{
    Found found;
    Error error = {0};

    cr_assert(diff(spec_text, content, &found, &error).ok, "%s", error.message);
    return found;
}

static void expect_line(const Found *found, const char *line)
{
    cr_expect(strstr(found->text, line) != NULL, "no line:\n%s\nin:\n%s", line, found->text);
}

static void expect_nowhere(const Found *found, const char *text)
{
    cr_expect(strstr(found->text, text) == NULL, "%s is told:\n%s", text, found->text);
}

#define HEADINGS "drift,column,in the file,rows,evidence,suggestion"
#define ROW      "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,2026-07-04,A,W1,12.50,2,,\n"

Test(drift, a_file_as_its_spec_says_has_none)
{
    Found found = must_diff(WORLD_SPEC, WORLD_HEADER ROW ROW);

    cr_expect_eq(found.drift.level, INGEST_DRIFT_NONE);
    cr_expect_eq(found.drift.rows, 2);
    cr_expect(strstr(found.text, HEADINGS) == found.text, "%s", found.text);
    cr_expect_eq(strlen(found.text), strcspn(found.text, "\n") + 1, "%s", found.text);
}

Test(drift, a_renamed_column_is_paired_by_name_and_values)
{
    Found found = must_diff(
        WORLD_SPEC,
        "visit_id,NHSNo,dob,postcode,visit_date,end_date,kind,ward_code,cost,beds,urgent,withheld\n" ROW ROW);

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    cr_expect_eq(found.drift.missing, 3);
    cr_expect_eq(found.drift.unknown, 3);
    expect_line(
        &found,
        "likely rename,nhs_number,\"column 2 \"\"NHSNo\"\"\",,confidence high: names 85 % alike; 2 "
        "of 2 values fit (NHS numbers by modulus 11); in the same place,\"aliases: [\"\"NHSNo\"\"]\"");
    expect_line(
        &found,
        "likely rename,birth_date,\"column 3 \"\"dob\"\"\",,confidence high: names 85 % alike; 2 of 2 "
        "values fit (dates); in the same place,\"aliases: [\"\"dob\"\"]\"");
    expect_line(&found, "likely rename,ward,\"column 8 \"\"ward_code\"\"\",");
    expect_nowhere(&found, "\nmissing,");
    expect_nowhere(&found, "\nnew,");
}

/* Switch: has_another_delimiter. */
Test(drift, one_field_for_all_columns_is_taken_for_another_delimiter)
{
    Found found = must_diff(WORLD_SPEC, "visit_id;nhs_number;birth_date\nv1;9990000018;1980-02-29\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    expect_line(&found,
                "missing,visit_id,,,no field has its name or an alias,another delimiter: cinque source new "
                "tells which");
}

Test(drift, values_keep_a_like_name_from_being_paired)
{
    Found found = must_diff(
        WORLD_SPEC,
        "visit_id,nhs_number,birth_date,postcode,visit_date,end_dates,kind,ward,cost,beds,urgent,withheld\n"
        "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,soon,A,W1,12.50,2,,\n"
        "v2,9990000018,1980-02-29,CT1 2AB,2026-07-03,later,A,W1,12.50,2,,\n");

    expect_line(&found, "missing,end_date,,,no field has its name or an alias,");
    expect_line(&found, "new,,\"column 6 \"\"end_dates\"\"\",,no column has its name,");
    expect_nowhere(&found, "likely");
}

Test(drift, an_alias_a_moved_and_a_new_column_are_told)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited, header: normalised }\nupdate: snapshot\n"
        "controller: sender\nsubject: none\nextra: ignore\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n  - { name: ward, use: dimension, shape: A9 }\n"
        "  - { name: cost, aliases: [price], use: measure, type: integer, min: 0, max: 9 }\n";

    Found found =
        must_diff(spec, "Ward,Colour,Start Date,price\nA1,Red,2026-01-01,1\nA1,Blue,2026-01-01,1\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_TAKEN, "a load takes all of it");
    cr_expect_eq(found.drift.renamed, 3);
    cr_expect_eq(found.drift.moved, 1);
    expect_line(&found, "renamed,cost,\"column 4 \"\"price\"\"\"");
    expect_line(&found, "new,,\"column 2 \"\"Colour\"\"\",,no column has its name,\"{ name: "
                        "\"\"Colour\"\", use: ignored }\"");
    expect_line(&found, "moved,ward,\"column 1 \"\"Ward\"\"\",,column 2 in the spec,");
}

Test(drift, values_that_no_longer_fit_are_counted_by_rule)
{
    Found found =
        must_diff(WORLD_SPEC, WORLD_HEADER ROW "v2,9990000019,29/02/1980,CT1 2AB,03/07/2026,,X,W1,12.50,2,,\n"
                                               "v3,,,,2026-07-03,,A,,,10,,\n"
                                               "v4,,,,,,A,,,,,\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_TAKEN);
    cr_expect_eq(found.drift.unfit, 5);
    expect_line(&found, "values,nhs_number,\"column 2 \"\"nhs_number\"\"\",1 of 4,not valid: kept blank,");
    expect_line(&found, "values,visit_date,\"column 5 \"\"visit_date\"\"\",1 of 4,missing,");
    expect_line(&found, "values,visit_date,\"column 5 \"\"visit_date\"\"\",1 of 4,not a date,");
    expect_line(&found, "values,kind,\"column 7 \"\"kind\"\"\",1 of 4,not in list kind,");
    expect_line(&found, "values,beds,\"column 10 \"\"beds\"\"\",1 of 4,above its maximum,");
}

Test(drift, more_bad_values_than_the_spec_allows_would_be_refused)
{
    Found found = must_diff(WORLD_SPEC, WORLD_HEADER "v1,,,,03/07/2026,,,,,,,\nv2,,,,03/07/2026,,,,,,,\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    expect_line(&found, "2 of 2,not a date");
}

Test(drift, one_bad_value_in_many_rows_is_no_drift)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(1 << 20);

    text_add_string(&content, WORLD_HEADER);
    for (int i = 0; i < 200; i++)
        text_add_string(&content, ROW);
    text_add_string(&content, "v9,,,,bad,,,,,,,\n");
    Found found = must_diff(WORLD_SPEC, text_built(&content).data);

    cr_expect_eq(found.drift.level, INGEST_DRIFT_NONE);
    expect_line(&found, "few values,visit_date,\"column 5 \"\"visit_date\"\"\",1 of 201,not a date,");
}

/* Switch: line_is_header. A name that the spec does not have is told of a header alone: the first row of a
 * file without one, or of one whose header lost its line end, is of a person. */
Test(drift, a_file_without_header_is_told_without_its_values)
{
    Found found = must_diff(WORLD_SPEC, "Smith,9990000018,Janet,CT1 2AB,2026-07-03,,Broad,W1,,,,\n"
                                        "Jones,9990000018,Susan,CT1 2AB,2026-07-03,,North,W1,,,,\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    cr_expect_eq(found.drift.missing, 12);
    expect_line(&found, "new,,column 1,,its name is not told: the first line may hold values,");
    expect_nowhere(&found, "Smith");
    expect_nowhere(&found, "Janet");
    expect_nowhere(&found, "Broad");
    expect_nowhere(&found, "9990000018");
}

Test(drift, a_header_that_lost_its_line_end_is_told_without_the_first_rows_values)
{
    char text[2048];
    snprintf(text, sizeof text, "%.*sSmith,9990000018,Janet\n" ROW ROW, (int)strcspn(WORLD_HEADER, "\n"),
             WORLD_HEADER);

    Found found = must_diff(WORLD_SPEC, text);

    cr_expect_eq(found.drift.missing, 1, "the last, which has a value behind it");
    expect_line(&found, "new,,column 12,,its name is not told: the first line may hold values,");
    expect_line(&found, "new,,column 14,,its name is not told: the first line may hold values,");
    expect_nowhere(&found, "Smith");
    expect_nowhere(&found, "Janet");
}

/* Switches: is_value and guess_is_name. */
Test(drift, what_stands_among_values_or_has_not_the_form_of_a_name_is_told_by_number)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n  - { name: ward, use: dimension, shape: A9 }\n";

    Found found = must_diff(spec, "start_date,ward,Smith,9990000018,CT1 2AB,d19800229\n"
                                  "2026-01-01,A1,Smith,1,2,3\n2026-01-01,A1,Jones,1,2,3\n");

    expect_line(&found, "new,,column 3,,its name is not told: it also stands among the values,");
    expect_line(&found, "new,,column 4,,its name is not told: it has not the form of a name,");
    expect_line(&found, "new,,column 5,,its name is not told: it has not the form of a name,");
    expect_line(&found, "new,,column 6,,its name is not told: it has not the form of a name,");
}

/* An untold name is not compared either: how alike it is would say something about it. */
Test(drift, values_alone_suggest_a_rename_where_the_name_is_not_told)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n  - { name: ward, use: dimension, shape: A9 }\n";

    Found found = must_diff(spec, "start_date,20260101\n2026-01-01,A1\n2026-01-01,A2\n");

    expect_line(&found,
                "likely rename,ward,column 2,,confidence medium: names not compared; 2 of 2 values fit (its "
                "shape); in the same place,aliases: [the name of column 2]");
}

Test(drift, other_widths_are_counted)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: fixed }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date, width: 10 }\n"
        "  - { name: ward, use: dimension, shape: A9, width: 2 }\n";

    Found found = must_diff(spec, "2026-01-01A1x\n2026-01-01A1y\n2026-01-01A1\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    expect_line(&found, "rows,,,2 of 3,longer than its columns,13 bytes in 2 of 3 rows; the spec has 12");
}

Test(drift, other_numbers_of_fields_are_counted)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited, header: none }\nupdate: snapshot\ncontroller: sender\n"
        "subject: none\nrejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n  - { name: ward, use: dimension, shape: A9 }\n";

    Found found = must_diff(spec, "2026-01-01,A1,x\n2026-01-01,A2,y\n2026-01-01,A3\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);

    expect_line(
        &found,
        "rows,,,2 of 3,another number of fields than the header,3 fields in 2 of 3 rows; the spec has 2");
}

static const char lines_spec[] =
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: json_lines }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
    "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
    "  - { name: start_date, use: date, required: true }\n"
    "  - { name: ward, use: dimension, shape: A9 }\n";

Test(drift, json_lines_are_compared_by_their_keys)
{
    Found found = must_diff(lines_spec, "{\"startDate\":\"2026-01-01\",\"ward\":\"A1\",\"Smith\":1}\n"
                                        "{\"startDate\":\"2026-01-02\",\"ward\":\"A1\",\"beds\":2}\n"
                                        "{\"startDate\":\"2026-01-03\",\"ward\":\"A1\",\"beds\":2.5}\n");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    expect_line(&found, "likely rename,start_date,\"field \"\"startDate\"\"\",,confidence high: the names "
                        "differ only in case and separators; 3 of "
                        "3 values fit (dates),\"aliases: [\"\"startDate\"\"]\"");
    expect_line(&found, "new,,\"field \"\"beds\"\"\",,no column has its name,");
    expect_line(&found, "new,,field,,its name is not told: too few rows have it,");
    expect_nowhere(&found, "Smith");
}

Test(drift, xml_is_compared_by_its_elements_and_attributes)
{
    static const char spec[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: xml, record: r }\nupdate: snapshot\ncontroller: sender\nsubject: none\n"
        "rejects: { rows_max: 9, percent_max: 50 }\ncolumns:\n"
        "  - { name: start_date, use: date }\n"
        "  - { name: ward, use: dimension, shape: A9 }\n";

    Found found = must_diff(
        spec, "<all><r ward='A1' bed='7'><n:start-date xmlns:n='u'>2026-01-01</n:start-date></r>"
              "<r ward='A1' bed='8'><n:start-date xmlns:n='u'>2026-&#48;1-02</n:start-date></r></all>");

    cr_expect_eq(found.drift.level, INGEST_DRIFT_REFUSED);
    expect_line(
        &found,
        "likely rename,start_date,\"field \"\"start-date\"\"\",,confidence high: the names differ only "
        "in case and separators; 2 of 2 values fit (dates),");
    expect_line(&found, "new,,\"field \"\"bed\"\"\"");
}

Test(drift, a_file_that_cannot_be_read_is_an_error)
{
    Found found;
    Error error = {0};

    cr_expect(!diff(WORLD_SPEC, "", &found, &error).ok);
    cr_expect(strstr(error.message, "extract.csv: empty file") != NULL, "%s", error.message);
    cr_expect(!diff(WORLD_SPEC, "\"visit_id\n", &found, &error).ok);
    cr_expect(strstr(error.message, "line 1: the header: unclosed quote") != NULL, "%s", error.message);
}
