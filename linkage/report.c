#include "linkage/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/date.h"
#include "linkage_sql.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const DbStatement list_statement = {
    .name = "linkage_run_list",
    .sql = linkage_sql_run_list,
    .columns = {VALUE_INT8, VALUE_TIMESTAMPTZ, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_TEXT,
                VALUE_TEXT},
};

/* ---- match rates ---- */

static void report_row(Table *table, const ReportRate *rate)
{
    char text[6][REPORT_CELL_BYTES];
    const Text cells[] = {rate->kind,
                          rate->value,
                          report_subjects_cell(&rate->now, text[0]),
                          report_linked_cell(&rate->now, text[1]),
                          report_rate_cell(rate->has_rate, rate->rate, text[2]),
                          report_rate_cell(rate->has_rate, rate->low, text[3]),
                          report_rate_cell(rate->has_rate, rate->high, text[4]),
                          report_rate_cell(rate->has_change, rate->change, text[5])};

    table_row(table, cells);
}

Result linkage_report(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"group", "value", "subjects", "linked",
                                           "rate",  "low",   "high",     "change"};
    static const bool right_aligned[] = {false, false, true, true, true, true, true, true};
    SCOPED(report_rates_close) ReportRates rates = {0};

    TRY(report_rates(linker, &rates, error));
    *table = table_create(headings, right_aligned, COUNT(headings));
    for (size_t i = 0; i < rates.count; i++)
        report_row(*table, &rates.rates[i]);
    return RESULT_OK;
}

/* ---- links and pairs ---- */

Result linkage_passes(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"pass", "band", "links", "share"};
    static const bool right_aligned[] = {false, false, true, true};
    SCOPED(report_counts_close) ReportCounts counts = {0};

    TRY(report_passes(linker, &counts, error));
    *table = table_create(headings, right_aligned, COUNT(headings));
    for (size_t i = 0; i < counts.count; i++) {
        char text[2][REPORT_CELL_BYTES];
        const ReportCount *count = &counts.counts[i];
        const Text cells[] = {count->name, count->value, report_count_cell(count, text[0]),
                              report_rate_cell(!count->is_hidden, count->share, text[1])};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

Result linkage_waiting(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"what", "which", "count"};
    static const bool right_aligned[] = {false, false, true};
    SCOPED(report_counts_close) ReportCounts counts = {0};

    TRY(report_waiting(linker, &counts, error));
    *table = table_create(headings, right_aligned, COUNT(headings));
    for (size_t i = 0; i < counts.count; i++) {
        char text[REPORT_CELL_BYTES];
        const ReportCount *count = &counts.counts[i];
        const Text cells[] = {count->name, count->value, report_count_cell(count, text)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

Result linkage_estimates(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"estimate", "from", "expected", "rate", "method"};
    static const bool right_aligned[] = {false, true, true, true, false};
    SCOPED(report_estimates_close) ReportEstimates estimates = {0};

    TRY(report_estimates(linker, &estimates, error));
    *table = table_create(headings, right_aligned, COUNT(headings));
    for (size_t i = 0; i < estimates.count; i++) {
        char text[3][REPORT_CELL_BYTES];
        const ReportEstimate *estimate = &estimates.estimates[i];
        const Text cells[] = {estimate->counted.name, report_count_cell(&estimate->counted, text[0]),
                              report_expected_cell(estimate, text[1]),
                              report_rate_cell(estimate->has_rate, estimate->rate, text[2]),
                              text_from(estimate->method)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

/* ---- runs ---- */

static void list_row(Table *table, const DbRows *rows, size_t row)
{
    char started[TIME_TEXT_BYTES], numbers[5][REPORT_CELL_BYTES];
    static const size_t columns[] = {0, 2, 3, 4, 5};

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        snprintf(numbers[i], REPORT_CELL_BYTES, "%" PRId64, db_int(rows, row, columns[i]));
    time_format(db_int(rows, row, 1), started);
    const Text cells[] = {text_from(numbers[0]), text_from(started),    text_from(numbers[1]),
                          text_from(numbers[2]), text_from(numbers[3]), text_from(numbers[4]),
                          db_text(rows, row, 6), db_text(rows, row, 7)};
    table_row(table, cells);
}

Result linkage_run_list(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"run",    "started", "rule version", "subjects",
                                           "linked", "people",  "state",        "looked at"};
    static const bool right_aligned[] = {true, false, true, true, true, true, false, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(linker, &list_statement, NULL, &rows, error));
    *table = table_create(headings, right_aligned, sizeof headings / sizeof headings[0]);
    for (size_t row = 0; row < db_row_count(rows); row++)
        list_row(*table, rows, row);
    return RESULT_OK;
}
