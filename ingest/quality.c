/* What is unusual about a month's deliveries, as a table. */
#include <stdio.h>
#include <string.h>

#include "ingest/quality.h"
#include "ingest_sql.h"

const DbStatement QUALITY_STATEMENT = {
    .name = "quality",
    .sql = ingest_sql_quality,
    .parameters = {VALUE_INT4, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_FLOAT8, VALUE_FLOAT8, VALUE_FLOAT8,
                VALUE_FLOAT8, VALUE_TEXT},
};

static bool ends_with(Text text, Text end)
{
    return text.length >= end.length &&
           memcmp(text.data + text.length - end.length, end.data, end.length) == 0;
}

bool quality_is_outside(Text measure)
{
    return ends_with(measure, TEXT(", beside outside total"));
}

bool quality_is_count(Text measure)
{
    return text_equal(measure, TEXT("rows")) || quality_is_outside(measure) ||
           ends_with(measure, TEXT(", rows, limit of the spec"));
}

/* Rows are whole numbers, shares percentages with one decimal. */
Text quality_cell(const DbRows *rows, size_t row, size_t column, char out[QUALITY_NUMBER_BYTES])
{
    Value value = db_value(rows, row, column);

    if (value.is_null)
        return TEXT("");
    if (value.type == VALUE_TEXT)
        return value.text;
    snprintf(out, QUALITY_NUMBER_BYTES, quality_is_count(db_text(rows, row, 2)) ? "%.0f" : "%.1f",
             value.real);
    return text_from(out);
}

bool quality_is_unusual(Text verdict)
{
    static const char *const usual[] = {"as usual", "no history", "excellent", "meets"};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (text_equal(verdict, text_from(usual[i])))
            return false;
    return true;
}

static void fill_table(Table *table, const DbRows *rows, bool all, IngestQuality *counts)
{
    char numbers[QUALITY_COLUMNS][QUALITY_NUMBER_BYTES];
    Text cells[QUALITY_COLUMNS];

    for (size_t row = 0; row < db_row_count(rows); row++) {
        Text verdict = db_text(rows, row, QUALITY_VERDICT);
        counts->measures++;
        counts->unusual += quality_is_unusual(verdict);
        counts->without_history += text_equal(verdict, TEXT("no history"));
        if (!all && !quality_is_unusual(verdict))
            continue;
        for (size_t i = 0; i < QUALITY_COLUMNS; i++)
            cells[i] = quality_cell(rows, row, i, numbers[i]);
        table_row(table, cells);
    }
}

Result ingest_quality(Db *loader, Month period, const char *source, bool all, Table **table,
                      IngestQuality *counts, Error *error)
{
    static const char *const headings[QUALITY_COLUMNS] = {"source", "sender", "measure", "column", "value",
                                                          "usual",  "low",    "high",    "verdict"};
    static const bool right[QUALITY_COLUMNS] = {[4] = true, [5] = true, [6] = true, [7] = true};
    const Value values[] = {value_int4(period),
                            source != NULL ? value_text(text_from(source)) : value_null(VALUE_TEXT)};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    *counts = (IngestQuality){0};
    TRY(db_run(loader, &QUALITY_STATEMENT, values, &rows, error));
    *table = table_create(headings, right, QUALITY_COLUMNS);
    fill_table(*table, rows, all, counts);
    return RESULT_OK;
}
