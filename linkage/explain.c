/* Why people are linked, and what a person is to decide. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "linkage/linkage.h"
#include "linkage_sql.h"

enum { CELL_BYTES = 32, COLUMNS_MAX = 9, TEXT_BYTES = 1 << 20 };

static const DbStatement explain_statement = {
    .name = "linkage_explain",
    .sql = linkage_sql_explain,
    .parameters = {VALUE_BYTES, VALUE_INT8},
    .columns = {VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_FLOAT8,
                VALUE_INT8, VALUE_TEXT},
};
static const DbStatement clerical_statement = {
    .name = "linkage_clerical_list",
    .sql = linkage_sql_clerical_list,
    .parameters = {VALUE_BYTES},
    .columns = {VALUE_INT8, VALUE_TEXT, VALUE_FLOAT8, VALUE_TEXT, VALUE_INT8},
};
static const DbStatement decide_statement = {
    .name = "linkage_decide",
    .sql = linkage_sql_decide,
    .parameters = {VALUE_BYTES, VALUE_INT8, VALUE_BOOL},
    .columns = {VALUE_INT8},
};

static Value permit_value(const GovernancePermit *permit)
{
    return value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES);
}

static Text cell_of(const DbRows *rows, size_t row, size_t column, char cell[CELL_BYTES])
{
    Value value = db_value(rows, row, column);

    if (value.is_null)
        return TEXT("");
    if (value.type == VALUE_TEXT)
        return value.text;
    if (value.type == VALUE_FLOAT8)
        snprintf(cell, CELL_BYTES, "%.1f", value.real);
    else
        snprintf(cell, CELL_BYTES, "%" PRId64, value.integer);
    return text_from(cell);
}

static void fill_table(const DbRows *rows, size_t column_count, Table *table)
{
    for (size_t r = 0; r < db_row_count(rows); r++) {
        char cells[COLUMNS_MAX][CELL_BYTES];
        Text texts[COLUMNS_MAX];
        for (size_t c = 0; c < column_count; c++)
            texts[c] = cell_of(rows, r, c, cells[c]);
        table_row(table, texts);
    }
}

Result linkage_explain(Db *linker, const GovernancePermit *permit, int64_t number, Table **table,
                       Error *error)
{
    static const char *const headings[] = {"what",         "subject", "person",       "pass",     "run",
                                           "rule version", "weight",  "with subject", "agreement"};
    static const bool right_aligned[] = {false, true, true, false, true, true, true, true, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char object[CELL_BYTES];

    snprintf(object, sizeof object, "%" PRId64, number);
    if (!governance_permit_covers(permit, GOVERNANCE_LINK_EXPLAIN, text_from(object)))
        return fail(error, ERROR_REFUSED, "linkage: the permit is not for explaining this number");
    const Value parameters[] = {permit_value(permit), value_int8(number)};
    TRY(db_run(linker, &explain_statement, parameters, &rows, error));
    *table = table_create(headings, right_aligned, COLUMNS_MAX);
    fill_table(rows, COLUMNS_MAX, *table);
    return RESULT_OK;
}

Result linkage_clerical_list(Db *linker, const GovernancePermit *permit, Table **table, Error *error)
{
    static const char *const headings[] = {"pair", "reason", "weight", "agreement", "run"};
    static const bool right_aligned[] = {true, false, true, false, true};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    if (!governance_permit_covers(permit, GOVERNANCE_LINK_EXPLAIN, TEXT(LINKAGE_WAITING)))
        return fail(error, ERROR_REFUSED, "linkage: the permit is not for what waits for a decision");
    const Value parameters[] = {permit_value(permit)};
    TRY(db_run(linker, &clerical_statement, parameters, &rows, error));
    *table = table_create(headings, right_aligned, 5);
    fill_table(rows, 5, *table);
    return RESULT_OK;
}

Result linkage_decide(Db *linker, const GovernancePermit *permit, int64_t pair_id, bool is_same, Error *error)
{
    char object[CELL_BYTES];
    int64_t decided;

    snprintf(object, sizeof object, "%" PRId64 " %s", pair_id, is_same ? "same" : "apart");
    if (!governance_permit_covers(permit, GOVERNANCE_LINK_DECIDE, text_from(object)))
        return fail(error, ERROR_REFUSED, "linkage: the permit is not for this decision");
    const Value parameters[] = {permit_value(permit), value_int8(pair_id), value_bool(is_same)};
    return db_run_int8(linker, &decide_statement, parameters, &decided, NULL, error);
}
