#include "cli/load_report.h"

#include <inttypes.h>

static void print_rules(const IngestReport *report)
{
    static const char *const headings[] = {"rule", "rows"};
    static const bool right_aligned[] = {false, true};
    SCOPED(table_close) Table *table = NULL;

    if (report->rule_count == 0)
        return;
    printf("\n%s of %s for %s, load %" PRId64 ":\n", report->source, report->sender, report->period,
           report->load_id);
    table = table_create(headings, right_aligned, 2);
    for (size_t i = 0; i < report->rule_count; i++) {
        char rows[24];
        snprintf(rows, sizeof rows, "%" PRId64, report->rules[i].rows);
        const Text cells[] = {text_from(report->rules[i].rule), text_from(rows)};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
}

void load_report_print(const IngestReport *reports, size_t count)
{
    SCOPED(table_close) Table *table = ingest_report_table(reports, count);

    table_print(table, TABLE_TERMINAL, stdout);
    for (size_t i = 0; i < count; i++)
        print_rules(&reports[i]);
}
