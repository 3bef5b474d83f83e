#include "cli/load_report.h"

#include <inttypes.h>

#include "base/date.h"

/* One that is written as a parcel has no number, one that is only checked no sender and perhaps no month. */
static void print_load(const IngestReport *report)
{
    printf("\n%s", report->source);
    if (*report->sender != '\0')
        printf(" of %s", report->sender);
    if (*report->period != '\0')
        printf(" for %s", report->period);
    if (report->load_id > 0)
        printf(", load %" PRId64, report->load_id);
    printf(":\n");
}

static void print_rules(const IngestReport *report)
{
    static const char *const headings[] = {"rule", "rows", "first line"};
    static const bool right_aligned[] = {false, true, true};
    SCOPED(table_close) Table *table = NULL;

    if (report->rule_count == 0)
        return;
    print_load(report);
    table = table_create(headings, right_aligned, 3);
    for (size_t i = 0; i < report->rule_count; i++) {
        char rows[24], line[24];
        snprintf(rows, sizeof rows, "%" PRId64, report->rules[i].rows);
        snprintf(line, sizeof line, "%" PRIu64, report->rules[i].line);
        const Text cells[] = {text_from(report->rules[i].rule), text_from(rows), text_from(line)};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
}

static Result print_findings(Db *loader, const IngestReport *report, Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    TRY(ingest_load_findings(loader, report->load_id, &table, error));
    if (table_row_count(table) == 0)
        return RESULT_OK;
    print_load(report);
    table_print(table, TABLE_TERMINAL, stdout);
    return RESULT_OK;
}

/* A slip in the year makes a snapshot the newest for as long. */
static bool is_to_come(const IngestReport *report)
{
    Month period;

    return month_parse(text_from(report->period), &period) && period > month_of_date(date_today());
}

/* What would not show if the file were not whole. */
static void print_doubts(const IngestReport *report)
{
    const char *of = *report->sender != '\0' ? " of " : "";

    if (report->is_unprotected)
        printf("%s is unprotected: nothing would tell that the file of %s was cut at a row's end\n",
               report->source, report->sender);
    if (report->ends_open)
        printf(
            "%s%s%s: the last line of the file has no line end: was it cut there? Then its last row may be "
            "wrong\n",
            report->source, of, report->sender);
    if (report->is_unchecked)
        printf("%s is unprotected: zstd without a checksum, a changed byte in the file%s%s would not show\n",
               report->source, of, report->sender);
}

static void print_notice(const IngestReport *report)
{
    if (report->load_id > 0 && is_to_come(report))
        printf("load %" PRId64
               " is for a month that has not begun: if that is a slip, cinque withdraw %" PRId64 "\n",
               report->load_id, report->load_id);
    if (report->outcome == INGEST_HELD)
        printf("load %" PRId64 " is held back: nothing uses it until another person, an IG lead or a data "
               "steward, says cinque load release %" PRId64 " or cinque load refuse %" PRId64 "\n",
               report->load_id, report->load_id, report->load_id);
    if (report->rows_duplicate > 0)
        printf("load %" PRId64 ": rows that have the record key of an earlier row of the delivery: %" PRId64
               "\n",
               report->load_id, report->rows_duplicate);
    if (report->outcome == INGEST_REJECTED && report->load_id > 0)
        printf("load %" PRId64 " is refused, nothing but its quarantine is kept: cinque quarantine %" PRId64
               " lists line, column and rule\n",
               report->load_id, report->load_id);
    print_doubts(report);
}

void load_report_print(const IngestReport *reports, size_t count)
{
    SCOPED(table_close) Table *table = ingest_report_table(reports, count);

    table_print(table, TABLE_TERMINAL, stdout);
    for (size_t i = 0; i < count; i++) {
        print_rules(&reports[i]);
        print_notice(&reports[i]);
    }
}

Result load_report_limits(Db *loader, const IngestReport *reports, size_t count, Error *error)
{
    for (size_t i = 0; i < count; i++)
        TRY(print_findings(loader, &reports[i], error));
    return RESULT_OK;
}
