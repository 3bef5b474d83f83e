/* Loads that a limit of their source held back, and what a second person decides about them. */
#include <inttypes.h>
#include <stdio.h>

#include "governance/state.h"
#include "governance_sql.h"

enum { LIST_COLUMNS = 8, ARENA_BYTES = 1 << 20, TIME_SHOWN = 19 };

static const DbStatement release_statement = {
    .name = "load_release",
    .sql = governance_sql_load_release,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement refuse_statement = {
    .name = "load_refuse",
    .sql = governance_sql_load_refuse,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement list_statement = {
    .name = "held_loads",
    .sql = governance_sql_held_loads,
    .columns = {VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_TIMESTAMPTZ, VALUE_INT8,
                VALUE_TEXT},
};

static Result decide(Governance *governance, const GovernancePermit *permit, GovernanceAction action,
                     const DbStatement *statement, int64_t load_id, int64_t *row_count, Error *error)
{
    char number[OBJECT_NUMBER_BYTES];
    const Value parameters[] = {permit_value(permit), value_int4(load_id)};

    TRY(permit_check(permit, action, object_of_number(load_id, number), error));
    return db_run_int8(governance->db, statement, parameters, row_count, NULL, error);
}

Result governance_load_release(Governance *governance, GovernancePermit *permit, int64_t load_id,
                               int64_t *row_count, Error *error)
{
    return decide(governance, permit, GOVERNANCE_LOAD_RELEASE, &release_statement, load_id, row_count, error);
}

Result governance_load_refuse(Governance *governance, GovernancePermit *permit, int64_t load_id,
                              int64_t *row_count, Error *error)
{
    return decide(governance, permit, GOVERNANCE_LOAD_REFUSE, &refuse_statement, load_id, row_count, error);
}

static void list_row(Table *table, const DbRows *rows, size_t row, Arena *arena)
{
    char time[TIME_TEXT_BYTES], month[DATE_TEXT_BYTES];
    const Text cells[LIST_COLUMNS] = {
        text_format(arena, "%" PRId64, db_int(rows, row, 0)),
        db_text(rows, row, 1),
        db_text(rows, row, 2),
        text_from(month_format((Month)db_int(rows, row, 3), month)),
        db_text(rows, row, 4),
        text_slice(text_from(time_format(db_int(rows, row, 5), time)), 0, TIME_SHOWN),
        text_format(arena, "%" PRId64, db_int(rows, row, 6)),
        db_text(rows, row, 7),
    };

    table_row(table, cells);
}

Result governance_load_list(Governance *governance, Table **table, Error *error)
{
    static const char *const headings[LIST_COLUMNS] = {"load",      "source", "sender", "period",
                                                       "loaded by", "since",  "rows",   "why"};
    static const bool right[LIST_COLUMNS] = {[0] = true, [6] = true};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);

    TRY(db_run(governance->db, &list_statement, NULL, &rows, error));
    *table = table_create(headings, right, LIST_COLUMNS);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        list_row(*table, rows, row, arena);
        arena_reset(arena);
    }
    return RESULT_OK;
}
