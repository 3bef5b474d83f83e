/* Load reports as a table. */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/ingest.h"

enum { REPORT_COLUMNS = 14, CELL_BYTES = 32 };

static const char *outcome_name(IngestOutcome outcome)
{
    static const char *const names[] = {"loaded", "duplicate", "rejected", "held", "written"};

    return names[outcome];
}

static int64_t rows_per_s(const IngestReport *report)
{
    return report->elapsed_us > 0 ? (int64_t)((double)report->rows_read * 1e6 / (double)report->elapsed_us)
                                  : 0;
}

static void add_report(Table *table, const IngestReport *report)
{
    const int64_t numbers[] = {
        report->rows_read,    report->rows_loaded,  report->rows_quarantined, report->rows_excluded,
        report->rows_refused, report->subjects_new, report->nhs_valid,        report->nhs_invalid,
        report->nhs_absent,   rows_per_s(report),
    };
    char cells[REPORT_COLUMNS][CELL_BYTES];
    Text texts[REPORT_COLUMNS] = {text_from(report->source), text_from(report->sender),
                                  text_from(report->period), text_from(outcome_name(report->outcome))};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(cells[i], CELL_BYTES, "%" PRId64, numbers[i]);
        texts[4 + i] = text_from(cells[i]);
    }
    table_row(table, texts);
}

Table *ingest_report_table(const IngestReport *reports, size_t count)
{
    static const char *const headings[REPORT_COLUMNS] = {
        "source",   "sender",  "period",       "outcome",   "read",        "loaded",     "quarantined",
        "excluded", "refused", "new subjects", "nhs valid", "nhs invalid", "nhs absent", "rows/s"};
    static const bool right[REPORT_COLUMNS] = {[4] = true, true, true, true, true,
                                               true,       true, true, true, true};
    Table *table = table_create(headings, right, REPORT_COLUMNS);

    for (size_t i = 0; i < count; i++)
        add_report(table, &reports[i]);
    return table;
}
