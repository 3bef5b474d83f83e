#include "tests/ingest/world.h"

#include <stdio.h>
#include <string.h>

#include "ingest/spec.h"

enum { TEXT_BYTES = 4096 };

static const char head[] = "source: laid\ntitle: Laid out\nversion: 1\neffective_from: 2024-04-01\n"
                           "update: snapshot\ncontroller: sender\nsubject: none\n"
                           "rejects: { rows_max: 9, percent_max: 100 }\n";

/* A source of two columns, whose `file` and the rest of whose column entries are given. */
static const char *spec_text(const char *file, const char *first, const char *second)
{
    static char text[TEXT_BYTES];

    snprintf(text, sizeof text,
             "%sfile: { %s }\ncolumns:\n  - { name: WARD, use: code, shape: \"A99\"%s }\n"
             "  - { name: Seen On, as: seen_on, use: date%s }\n",
             head, file, first, second);
    return text;
}

static void expect_error(const char *file, const char *first, const char *second, const char *message)
{
    Error error = {0};

    Result result = world_try_spec(spec_text(file, first, second), &error);

    cr_expect(!result.ok, "accepted: %s", file);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    cr_expect(strstr(error.message, message) != NULL, "got:      %s\nexpected: %s", error.message, message);
}

static IngestReport must_check(const char *spec, const char *content)
{
    SCOPED(ingest_spec_close) IngestSpec *opened = world_spec(spec);
    IngestReport report;
    Error error = {0};

    cr_assert(ingest_check(opened, support_file("extract", content), &report, &error).ok, "%s",
              error.message);
    return report;
}

static void expect_file_error(const char *spec, const char *content, const char *message)
{
    SCOPED(ingest_spec_close) IngestSpec *opened = world_spec(spec);
    IngestReport report;
    Error error = {0};

    cr_expect(!ingest_check(opened, support_file("extract", content), &report, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, message) != NULL, "%s", error.message);
}

Test(spec_file, aliases_and_normalised_names_match_and_are_counted)
{
    const char *content = "ward_code,SEEN-on\nA01,2026-07-01\n";

    IngestReport aliased = must_check(
        spec_text("format: delimited", ", aliases: [ward_code, Ward]", ", aliases: [SEEN-on]"), content);
    IngestReport normalised =
        must_check(spec_text("format: delimited, header: normalised", ", aliases: [Ward Code]", ""), content);

    cr_expect_eq(aliased.rows_loaded, 1);
    cr_expect_eq(aliased.columns_renamed, 2);
    cr_expect_eq(normalised.rows_loaded, 1);
    cr_expect_eq(normalised.columns_renamed, 2);
}

Test(spec_file, names_that_are_the_specs_own_are_not_counted_as_renamed)
{
    IngestReport report = must_check(spec_text("format: delimited, header: normalised", ", aliases: [W]", ""),
                                     " WARD ,Seen On\nA01,2026-07-01\n");

    cr_expect_eq(report.columns_renamed, 0);
}

Test(spec_file, a_name_and_its_alias_in_one_header_are_a_column_twice)
{
    expect_file_error(spec_text("format: delimited", ", aliases: [W]", ""), "WARD,W,Seen On\n",
                      "line 1: column WARD is there twice");
}

Test(spec_file, exact_names_are_held_to_case)
{
    expect_file_error(spec_text("format: delimited", "", ""), "ward,Seen On\n",
                      "line 1: column WARD is missing");
}

Test(spec_file, without_header_columns_are_taken_by_position)
{
    IngestReport report =
        must_check(spec_text("format: delimited, header: none", "", ""), "A01,2026-07-01\nA02,\nA03\n");

    cr_expect_eq(report.rows_read, 3);
    cr_expect_eq(report.rows_quarantined, 1);
}

Test(spec_file, a_file_of_nothing_is_no_delivery_in_any_format)
{
    expect_file_error(spec_text("format: delimited, header: none", "", ""), "\n", "extract: empty file");
    expect_file_error(spec_text("format: fixed", ", width: 3", ", width: 10"), "", "extract: empty file");
    expect_file_error(spec_text("format: json_lines", "", ""), "", "extract: empty file");
    expect_file_error(spec_text("format: xml, record: Row", "", ""), "",
                      "extract line 1: the file ends before its last element is closed: cut short?");
}

Test(spec_file, a_trailer_of_no_rows_is_a_delivery)
{
    IngestReport report =
        must_check(spec_text("format: fixed, trailer: T", ", width: 3", ", width: 10"), "T0\n");

    cr_expect_eq(report.rows_read, 0);
}

Test(spec_file, every_format_gives_its_rows_by_the_same_spec)
{
    IngestReport reports[] = {
        must_check(spec_text("format: delimited", "", ""), "WARD,Seen On\nA01,2026-07-01\nbad,\n"),
        must_check(spec_text("format: fixed, header_record: H, header_count: 2-5, trailer: T, "
                             "trailer_count: 3-",
                             ", width: 3", ", width: 10"),
                   "H0002\nA012026-07-01\nbad          \nT 2\n"),
        must_check(spec_text("format: json_lines, header: normalised", "", ""),
                   "{\"ward\":\"A01\",\"Seen On\":\"2026-07-01\"}\n{\"ward\":\"bad\"}\n"),
        must_check(spec_text("format: xml, record: Row, header: normalised", "", ""),
                   "<x><Row ward='A01'><Seen_On>2026-07-01</Seen_On></Row><Row><WARD>bad</WARD></Row></x>"),
    };

    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        cr_expect_eq(reports[i].rows_loaded, 1, "format %zu", i);
        cr_expect_eq(reports[i].rows_quarantined, 1, "format %zu", i);
        cr_expect_str_eq(reports[i].rules[0].rule, "column WARD: not of its shape");
    }
    cr_expect_eq(reports[2].columns_renamed, 1);
    cr_expect_eq(reports[3].columns_renamed, 2);
}

Test(spec_file, keys_of_another_format_are_refused)
{
    expect_error("format: csv", "", "",
                 "line 9, file: format: delimited, fixed, json_lines, xml or postgres_binary");
    expect_error("format: xml", "", "", "file: record: the name of the element that is one record");
    expect_error("format: delimited, record: Row", "", "", "file: record is for xml");
    expect_error("format: fixed, quote: none", ", width: 3", ", width: 9",
                 "file: delimiter and quote are for delimited");
    expect_error("format: json_lines, trailer: T", "", "",
                 "file: header_record and trailer are for delimited and fixed");
    expect_error("format: xml, record: Row, skip_lines: 1", "", "",
                 "file: skip_lines: xml and postgres_binary have no lines");
    expect_error("format: json_lines, encoding: windows-1252", "", "",
                 "file: encoding: json is never windows-1252");
    expect_error("format: json_lines, header: none", "", "", "file: header: each field has a name");
    expect_error("format: postgres_binary, header: exact", "", "", "file: header: postgres_binary has none");
    expect_error("format: postgres_binary, skip_lines: 1", "", "",
                 "file: skip_lines: xml and postgres_binary have no lines");
    expect_error("format: postgres_binary, trailer: T", "", "",
                 "file: header_record and trailer are for delimited and fixed");
    expect_error("format: postgres_binary, encoding: utf-16le", "", "",
                 "file: encoding: postgres_binary is utf-8, as client_encoding says");
    expect_error("format: postgres_binary", ", aliases: [x]", "", "aliases: the file has no names");
    expect_error("format: fixed, encoding: utf-16le", ", width: 3", ", width: 9",
                 "file: encoding: fixed is cut by bytes, so never utf-16");
    expect_error("format: fixed, header: exact", ", width: 3", ", width: 9", "file: header: fixed has none");
    expect_error("format: delimited, header: some", "", "", "file: header: exact, normalised or none");
}

Test(spec_file, counts_stand_in_a_field_or_in_bytes)
{
    expect_error("format: delimited, trailer_count: 2", "", "", "trailer_count needs trailer");
    expect_error("format: delimited, header_count: 2", "", "", "header_count needs header_record");
    expect_error("format: delimited, trailer: T, trailer_count: 2-3", "", "", "a count stands in a field");
    expect_error("format: delimited, header_record: H, header_count: 0", "", "", "a count stands in a field");
    expect_error("format: fixed, trailer: T, trailer_count: 5-2", ", width: 3", ", width: 9",
                 "a count stands in a field");
    expect_error("format: fixed, trailer: T, trailer_count: x", ", width: 3", ", width: 9",
                 "a count stands in a field");
}

Test(spec_file, widths_are_of_every_column_of_fixed_width_and_of_no_other)
{
    expect_error("format: fixed", ", width: 3", "", "column Seen On: width: bytes from 1");
    expect_error("format: fixed", ", width: -3", ", width: 1", "column WARD: width: bytes from 1");
    expect_error("format: delimited", ", width: 3", "", "column WARD: width: bytes from 1");
    expect_error("format: fixed, line_bytes_max: 64", ", width: 60", ", width: 5",
                 "file: line_bytes_max: less than the widths of all columns");
}

Test(spec_file, names_that_could_mean_two_columns_are_refused)
{
    expect_error("format: delimited", "", ", aliases: [WARD]",
                 "column Seen On: a file's name for it could mean another column");
    expect_error("format: delimited, header: normalised", ", aliases: [seen-on]", "",
                 "column Seen On: a file's name for it could mean another column");
    expect_error("format: delimited, header: none", ", aliases: [W]", "",
                 "column WARD: aliases: the file has no names");
    cr_expect(must_check(spec_text("format: delimited", ", aliases: [seen on]", ""), "WARD,Seen On\nA01,\n")
                  .rows_loaded == 1);
}

Test(spec_file, extra_columns_cannot_be_ignored_where_columns_have_no_names)
{
    char text[TEXT_BYTES + 16];
    Error error = {0};
    snprintf(text, sizeof text, "extra: ignore\n%s", spec_text("format: delimited, header: none", "", ""));

    cr_expect(!world_try_spec(text, &error).ok);

    cr_expect(strstr(error.message, "there are no extra columns to ignore") != NULL, "%s", error.message);
}
