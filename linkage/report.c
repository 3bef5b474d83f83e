#include <inttypes.h>
#include <stdio.h>

#include "base/date.h"
#include "linkage/linkage.h"
#include "linkage_sql.h"

/* Smaller counts of subjects are not written down: the report may travel. */
enum { SUBJECTS_MIN = 8, CELL_BYTES = 48 };

static const DbStatement report_statement = {
    .name = "linkage_report",
    .sql = linkage_sql_report,
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_INT8},
};

static const DbStatement list_statement = {
    .name = "linkage_run_list",
    .sql = linkage_sql_run_list,
    .columns = {VALUE_INT8, VALUE_TIMESTAMPTZ, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_TEXT},
};

static bool is_small(int64_t count)
{
    return count > 0 && count < SUBJECTS_MIN;
}

static Text count_cell(int64_t count, char out[CELL_BYTES])
{
    if (is_small(count))
        snprintf(out, CELL_BYTES, "<%d", SUBJECTS_MIN);
    else
        snprintf(out, CELL_BYTES, "%" PRId64, count);
    return text_from(out);
}

/* A rate gives a small count back, so it is left out beside one. */
static Text rate_cell(int64_t subjects, int64_t linked, char out[CELL_BYTES])
{
    if (subjects == 0 || is_small(subjects) || is_small(linked))
        return TEXT("");
    snprintf(out, CELL_BYTES, "%.4f", (double)linked / (double)subjects);
    return text_from(out);
}

static void report_row(Table *table, const DbRows *rows, size_t row)
{
    char subjects[CELL_BYTES], linked[CELL_BYTES], rate[CELL_BYTES];
    int64_t subject_count = db_int(rows, row, 2), linked_count = db_int(rows, row, 3);
    const Text cells[] = {db_text(rows, row, 0), db_text(rows, row, 1), count_cell(subject_count, subjects),
                          count_cell(linked_count, linked), rate_cell(subject_count, linked_count, rate)};

    table_row(table, cells);
}

Result linkage_report(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"group", "value", "subjects", "linked", "rate"};
    static const bool right_aligned[] = {false, false, true, true, true};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(linker, &report_statement, NULL, &rows, error));
    *table = table_create(headings, right_aligned, sizeof headings / sizeof headings[0]);
    for (size_t row = 0; row < db_row_count(rows); row++)
        report_row(*table, rows, row);
    return RESULT_OK;
}

static void list_row(Table *table, const DbRows *rows, size_t row)
{
    char started[TIME_TEXT_BYTES], numbers[5][CELL_BYTES];
    static const size_t columns[] = {0, 2, 3, 4, 5};

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        snprintf(numbers[i], CELL_BYTES, "%" PRId64, db_int(rows, row, columns[i]));
    time_format(db_int(rows, row, 1), started);
    const Text cells[] = {text_from(numbers[0]), text_from(started),    text_from(numbers[1]),
                          text_from(numbers[2]), text_from(numbers[3]), text_from(numbers[4]),
                          db_text(rows, row, 6)};
    table_row(table, cells);
}

Result linkage_run_list(Db *linker, Table **table, Error *error)
{
    static const char *const headings[] = {"run",    "started", "rule version", "subjects",
                                           "linked", "people",  "state"};
    static const bool right_aligned[] = {true, false, true, true, true, true, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(linker, &list_statement, NULL, &rows, error));
    *table = table_create(headings, right_aligned, sizeof headings / sizeof headings[0]);
    for (size_t row = 0; row < db_row_count(rows); row++)
        list_row(*table, rows, row);
    return RESULT_OK;
}
