/* The proposed spec as text. A name that is written has the form of a name: nothing in it needs to be
 * escaped. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ingest/propose.h"

static void put_name(FILE *out, Text name)
{
    fprintf(out, "\"%.*s\"", TEXT_ARG(name));
}

static void put_head(const Propose *propose, FILE *out)
{
    enum { DAYS_1970_TO_2000 = 10957 };
    const int64_t day_us = (int64_t)24 * 60 * 60 * 1000 * 1000;
    char date[DATE_TEXT_BYTES];
    Date today = (Date)(time_now_us() / day_us - DAYS_1970_TO_2000);

    fprintf(
        out,
        "# Proposed from a sample of %" PRId64 " rows, and %" PRId64
        " that were damaged. Each guess is marked;\n"
        "# compare it with the publisher's layout, then remove the mark. What cannot be told is ignored.\n",
        propose->rows, propose->damaged);
    fprintf(out, "source: %s\ntitle: %s # guess: its name; give a title\n", propose->wanted.source,
            propose->wanted.source);
    fputs("layout: { confirmed: false, note: proposed from a sample }\nversion: 1\n", out);
    fprintf(out, "effective_from: %s # guess: this month; give the first day of this layout\n",
            date_format(month_first_day(month_of_date(today)), date));
}

static void put_file(const Propose *propose, FILE *out)
{
    const ReaderFormat *format = &propose->format;
    const char *encoding = format->utf16 == TRANSCODE_UTF16_LE   ? "utf-16le"
                           : format->utf16 == TRANSCODE_UTF16_BE ? "utf-16be"
                           : format->is_windows_1252             ? "windows-1252"
                                                                 : "utf-8";
    bool is_tab = text_equal(format->delimiter, TEXT("\t"));

    fprintf(out, "file: { format: delimited, delimiter: \"%.*s\", ",
            TEXT_ARG(is_tab ? TEXT("\\t") : format->delimiter));
    if (format->quote == 0)
        fputs("quote: none, ", out);
    else
        fprintf(out, "quote: %s, ", format->quote == '"' ? "'\"'" : "\"'\"");
    if (!propose->has_header)
        fputs("header: none, ", out);
    if (format->lines_skipped > 0)
        fprintf(out, "skip_lines: %zu, ", format->lines_skipped);
    fprintf(out,
            "encoding: %s } # guess: under it %" PRId64 " of the first %" PRId64
            " records have as many fields; ",
            encoding, propose->sniffed_alike, propose->sniffed_records);
    fprintf(out, "%" PRId64 " of %zu fields of the first have the form of a name\n", propose->header_names,
            propose->column_count);
}

static void put_rules(const Propose *propose, FILE *out)
{
    static const char *const formats[PROPOSE_DATE_FORMATS] = {"iso", "compact", "british"};

    fputs("update: snapshot # guess: nothing in a file says it; or replace_by_period, net_change, "
          "bulk_replacement\n"
          "controller: sender # guess: or the column that names the controller\n",
          out);
    fprintf(out, "subject: %s # guess: from the columns that identify\n", propose->subject);
    fprintf(out, "date_format: %s # guess: that of most columns of dates\n", formats[propose->date_format]);
    if (propose->event != SPEC_NONE) {
        fputs("event_date: ", out);
        put_name(out, propose->columns[propose->event].name);
        fprintf(out, " # guess: a date in all %" PRId64 " rows\n", propose->rows);
    }
    if (propose->key != SPEC_NONE) {
        fputs("record_key: [", out);
        put_name(out, propose->columns[propose->key].name);
        fprintf(out, "] # guess: a different value in each of %" PRId64 " rows\n", propose->rows);
    } else {
        fputs("# guess: no column has a different value in each row: a record_key, if any, is of several\n",
              out);
    }
    fputs("rejects: { rows_max: 100, percent_max: 1 } # guess: what a load may reject and still be kept\n",
          out);
}

/* Rows that must not be stored, or not with an identity: that is for a person to decide. */
static void put_warnings(const Propose *propose, FILE *out)
{
    static const char *const parts[] = {"confidential", "withheld", "sensitive",
                                        "deleted",      "consent",  "dummy"};

    for (size_t i = 0; i < propose->column_count; i++)
        for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
            if (strstr(propose->columns[i].stored, parts[part]) != NULL) {
                fprintf(out,
                        "# guess: does column %zu say which rows are not to be stored, or without identity? "
                        "see `exclude` and `withheld`\n",
                        i + 1);
                break;
            }
}

static void put_column(const Propose *propose, const ProposeColumn *column, FILE *out)
{
    bool is_stored =
        column->use != SPEC_IGNORED && column->use != SPEC_IDENTIFIER && column->use != SPEC_DEMOGRAPHIC;

    fputs("  - { name: ", out);
    put_name(out, column->name);
    if (is_stored)
        fprintf(out, ", as: %s", column->stored);
    fprintf(out, ", use: %s", SPEC_USE_NAMES[column->use]);
    if (column->identity != SPEC_NONE)
        fprintf(out, ", identity: %s", IDENTITY_FIELD_NAMES[column->identity]);
    if (column->identity == IDENTITY_LOCAL_ID)
        fprintf(out, ", issuer_fixed: %s", propose->wanted.source);
    if (column->use == SPEC_MEASURE)
        fprintf(out, ", type: %s, min: %" PRId64 ", max: %" PRId64, SPEC_TYPE_NAMES[column->type],
                column->min, column->max);
    if (column->is_concept)
        fputs(", check: snomed", out);
    if (column->has_list)
        fprintf(out, ", list: %s", column->stored);
    else if (column->shape[0] != '\0')
        fprintf(out, ", shape: \"%s\"", column->shape);
    fprintf(out, "%s } # guess: %s\n", column->is_key ? ", required: true" : "", column->evidence);
}

void propose_write(const Propose *propose, FILE *out)
{
    put_head(propose, out);
    put_file(propose, out);
    put_rules(propose, out);
    put_warnings(propose, out);
    fputs("columns:\n", out);
    for (size_t i = 0; i < propose->column_count; i++)
        put_column(propose, &propose->columns[i], out);
}
