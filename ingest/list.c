/* What is held: loads and their quarantine, and the withdrawal of a load. */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "ingest/ingest.h"
#include "ingest_sql.h"

enum { CELL_BYTES = 64, LOAD_COLUMNS = 11, MISSING_COLUMNS = 4, QUARANTINE_COLUMNS = 6 };

static const DbStatement load_list = {
    .name = "load_list",
    .sql = ingest_sql_load_list,
    .parameters = {VALUE_DATE},
    .columns = {VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_INT8,
                VALUE_INT8, VALUE_INT8, VALUE_TIMESTAMPTZ, VALUE_TIMESTAMPTZ},
};
static const DbStatement load_missing = {
    .name = "load_missing",
    .sql = ingest_sql_load_missing,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_INT8},
};
static const DbStatement quarantine_list = {
    .name = "quarantine_list",
    .sql = ingest_sql_quarantine_list,
    .parameters = {VALUE_INT4, VALUE_INT8},
    .columns = {VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_INT8},
};
static const DbStatement load_findings = {
    .name = "load_findings",
    .sql = ingest_sql_load_findings,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT},
};
static const DbStatement refused_list = {
    .name = "refused_list",
    .sql = ingest_sql_refused_list,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_INT8},
};
static const DbStatement load_withdraw = {
    .name = "load_withdraw",
    .sql = ingest_sql_load_withdraw,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static const DbStatement duplicates_keep = {
    .name = "duplicates_keep",
    .sql = ingest_sql_duplicates_keep,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static Text cell_text(const DbRows *rows, size_t row, size_t column, bool is_period, char out[CELL_BYTES])
{
    Value value = db_value(rows, row, column);

    if (value.is_null)
        return TEXT("");
    if (value.type == VALUE_TEXT)
        return value.text;
    if (value.type == VALUE_TIMESTAMPTZ)
        return text_from(time_format(value.integer, out));
    if (is_period)
        return text_from(month_format((Month)value.integer, out));
    snprintf(out, CELL_BYTES, "%" PRId64, value.integer);
    return text_from(out);
}

static void fill_table(Table *table, const DbRows *rows, size_t column_count, int period_column)
{
    char cells[LOAD_COLUMNS][CELL_BYTES];
    Text texts[LOAD_COLUMNS];

    for (size_t row = 0; row < db_row_count(rows); row++) {
        for (size_t i = 0; i < column_count; i++)
            texts[i] = cell_text(rows, row, i, (int)i == period_column, cells[i]);
        table_row(table, texts);
    }
}

Result ingest_load_list(Db *loader, Date held_on, Table **table, Error *error)
{
    static const char *const headings[LOAD_COLUMNS] = {"load",    "source",    "sender", "period",
                                                       "status",  "state",     "rows",   "quarantined",
                                                       "refused", "held from", "held to"};
    static const bool right[LOAD_COLUMNS] = {[0] = true, [6] = true, [7] = true, [8] = true};
    const Value day = held_on != DATE_NONE ? value_date(held_on) : value_null(VALUE_DATE);
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(loader, &load_list, &day, &rows, error));
    *table = table_create(headings, right, LOAD_COLUMNS);
    fill_table(*table, rows, LOAD_COLUMNS, 3);
    return RESULT_OK;
}

Result ingest_load_missing(Db *loader, Month period, Table **table, Error *error)
{
    static const char *const headings[MISSING_COLUMNS] = {"source", "sender", "last held", "its rows"};
    static const bool right[MISSING_COLUMNS] = {[3] = true};
    const Value wanted = value_int4(period);
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(loader, &load_missing, &wanted, &rows, error));
    *table = table_create(headings, right, MISSING_COLUMNS);
    fill_table(*table, rows, MISSING_COLUMNS, 2);
    return RESULT_OK;
}

Result ingest_load_findings(Db *loader, int64_t load_id, Table **table, Error *error)
{
    static const char *const headings[] = {"limit of the spec"};
    static const bool right[] = {false};
    const Value wanted = value_int4(load_id);
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(loader, &load_findings, &wanted, &rows, error));
    *table = table_create(headings, right, 1);
    fill_table(*table, rows, 1, -1);
    return RESULT_OK;
}

Result ingest_quarantine_list(Db *loader, int64_t load_id, int64_t rows_max, Table **table, Error *error)
{
    static const char *const headings[QUARANTINE_COLUMNS] = {"line", "column",      "reason",
                                                             "rule", "byte offset", "bytes"};
    static const bool right[QUARANTINE_COLUMNS] = {[0] = true, [4] = true, [5] = true};
    const Value values[] = {value_int4(load_id), value_int8(rows_max)};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    if (load_id < 1 || load_id > INT32_MAX || rows_max < 0)
        return fail(error, ERROR_USAGE, "quarantine: a load's number and a number of rows are needed");
    TRY(db_run(loader, &quarantine_list, values, &rows, error));
    *table = table_create(headings, right, QUARANTINE_COLUMNS);
    fill_table(*table, rows, QUARANTINE_COLUMNS, -1);
    return RESULT_OK;
}

Result ingest_refused_list(Db *loader, int64_t load_id, Table **table, Error *error)
{
    static const char *const headings[] = {"controller without an agreement", "rows refused"};
    static const bool right[] = {false, true};
    const Value wanted = value_int4(load_id);
    SCOPED(db_rows_close) DbRows *rows = NULL;

    *table = NULL;
    TRY(db_run(loader, &refused_list, &wanted, &rows, error));
    if (db_row_count(rows) == 0)
        return RESULT_OK;
    *table = table_create(headings, right, 2);
    fill_table(*table, rows, 2, -1);
    return RESULT_OK;
}

void ingest_duplicates_count(Db *loader, const GovernancePermit *permit, IngestReport *report)
{
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(report->load_id)};
    Error error = {0};

    if (report->outcome != INGEST_LOADED && report->outcome != INGEST_HELD)
        return;
    if (!db_run_int8(loader, &duplicates_keep, values, &report->rows_duplicate, NULL, &error).ok)
        log_event(LOG_LEVEL_WARNING, "duplicates_not_counted", "load=%" PRId64, report->load_id);
}

Result ingest_withdraw(Db *loader, const GovernancePermit *permit, int64_t load_id, Error *error)
{
    char object[CELL_BYTES];
    int64_t nothing;

    if (load_id < 1 || load_id > INT32_MAX)
        return fail(error, ERROR_USAGE, "withdraw: a load's number is needed");
    snprintf(object, sizeof object, "%" PRId64, load_id);
    if (!governance_permit_covers(permit, GOVERNANCE_WITHDRAW, text_from(object)))
        return fail(error, ERROR_REFUSED, "load %" PRId64 ": the permit is not for withdrawing it", load_id);
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};
    return db_run_int8(loader, &load_withdraw, values, &nothing, NULL, error);
}
