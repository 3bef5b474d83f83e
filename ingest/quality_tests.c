/* The seven tests of each sender's deliveries, and the four measures of NHS England's maturity index. */
#include <stdio.h>

#include "ingest/quality.h"
#include "ingest_sql.h"

enum { INDEX_COLUMNS = 6 };

const DbStatement QUALITY_TESTS = {
    .name = "quality_tests",
    .sql = ingest_sql_quality_tests,
    .parameters = {VALUE_INT4, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                VALUE_TEXT, VALUE_TEXT},
};
static const DbStatement dqmi = {
    .name = "dqmi",
    .sql = ingest_sql_dqmi,
    .parameters = {VALUE_INT4, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_FLOAT8, VALUE_FLOAT8, VALUE_FLOAT8, VALUE_FLOAT8},
};

const char *const QUALITY_TESTS_HEADINGS[QUALITY_TESTS_COLUMNS] = {
    "source", "sender", "sent", "stable", "agrees outside", "complete", "consistent", "costed", "no doubles"};

static Result run(Db *loader, const DbStatement *statement, Month period, const char *source, DbRows **rows,
                  Error *error)
{
    const Value values[] = {value_int4(period),
                            source != NULL ? value_text(text_from(source)) : value_null(VALUE_TEXT)};

    return db_run(loader, statement, values, rows, error);
}

Result ingest_quality_tests(Db *loader, Month period, const char *source, Table **table, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text cells[QUALITY_TESTS_COLUMNS];

    TRY(run(loader, &QUALITY_TESTS, period, source, &rows, error));
    *table = table_create(QUALITY_TESTS_HEADINGS, NULL, QUALITY_TESTS_COLUMNS);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        for (size_t i = 0; i < QUALITY_TESTS_COLUMNS; i++)
            cells[i] = db_text(rows, row, i);
        table_row(*table, cells);
    }
    return RESULT_OK;
}

Result ingest_dqmi(Db *loader, Month period, const char *source, Table **table, Error *error)
{
    static const char *const headings[INDEX_COLUMNS] = {"source",       "sender",   "coverage",
                                                        "completeness", "validity", "defaults"};
    static const bool right[INDEX_COLUMNS] = {[2] = true, true, true, true};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char numbers[INDEX_COLUMNS][QUALITY_NUMBER_BYTES];
    Text cells[INDEX_COLUMNS];

    TRY(run(loader, &dqmi, period, source, &rows, error));
    *table = table_create(headings, right, INDEX_COLUMNS);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        for (size_t i = 0; i < INDEX_COLUMNS; i++)
            cells[i] = quality_cell(rows, row, i, numbers[i]);
        table_row(*table, cells);
    }
    return RESULT_OK;
}
