#include <inttypes.h>
#include <stdio.h>

#include "governance/state.h"
#include "governance_sql.h"

enum { ROWS_DEFAULT = 100, ARENA_BYTES = 64 * 1024 * 1024, TIME_SHOWN = 19 };

const DbStatement log_decide = {
    .name = "append_decision",
    .sql = governance_sql_append_decision,
    .parameters = {VALUE_BYTES},
    .columns = {VALUE_INT8},
};

const DbStatement log_result = {
    .name = "append_result",
    .sql = governance_sql_append_result,
    .parameters = {VALUE_BYTES},
    .columns = {VALUE_INT8},
};

static const DbStatement list_statement = {
    .name = "log_list",
    .sql = governance_sql_log_list,
    .parameters = {VALUE_DATE, VALUE_DATE, VALUE_TEXT, VALUE_TEXT, VALUE_INT8},
    .columns = {VALUE_INT8, VALUE_BYTES},
};

Result log_append(Db *db, const DbStatement *door, const Entry *entry, Error *error)
{
    SCOPED(text_builder_close) TextBuilder bytes = text_builder(ENTRY_BYTES_MAX);
    int64_t entry_id;

    TRY(entry_encode(entry, &bytes, error));
    Text built = text_built(&bytes);
    const Value parameters[] = {value_bytes(built.data, built.length)};
    return db_run_int8(db, door, parameters, &entry_id, NULL, error);
}

static Text decision_text(const Entry *entry, Arena *arena)
{
    if (entry->decision == ENTRY_REFUSED)
        return text_format(arena, "refused: %.*s", TEXT_ARG(entry->rule));
    if (entry->decision == ENTRY_GRANTED)
        return TEXT("granted");
    return entry->end == ENTRY_SUCCEEDED ? TEXT("succeeded")
           : entry->end == ENTRY_FAILED  ? TEXT("failed")
                                         : TEXT("");
}

static void add_named(TextBuilder *builder, const char *name, Text value)
{
    if (value.length > 0)
        text_add_format(builder, "%s%s=%.*s", builder->length > 0 ? " " : "", name, TEXT_ARG(value));
}

static void add_count(TextBuilder *builder, const char *name, int64_t count)
{
    if (count > 0)
        text_add_format(builder, "%s%s=%" PRId64, builder->length > 0 ? " " : "", name, count);
}

static Text detail_text(const Entry *entry, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(2 * ENTRY_BYTES_MAX);

    add_named(&builder, "source", entry->source);
    add_named(&builder, "sender", entry->sender);
    add_named(&builder, "purpose", entry->purpose);
    add_named(&builder, "project", entry->project);
    add_count(&builder, "rows", entry->rows);
    add_count(&builder, "cells", entry->cells);
    add_count(&builder, "suppressed", entry->cells_suppressed);
    if (entry->detail.length > 0)
        text_add_format(&builder, "%s%.*s", builder.length > 0 ? " " : "", TEXT_ARG(entry->detail));
    return text_copy(arena, text_built(&builder));
}

static Result add_row(Table *table, const DbRows *rows, size_t row, Arena *arena, Error *error)
{
    char time[TIME_TEXT_BYTES];
    Entry entry;

    TRY(entry_decode(db_text(rows, row, 1), &entry, error));
    const Text cells[] = {
        db_is_null(rows, row, 0) ? TEXT("") : text_format(arena, "%" PRId64, db_int(rows, row, 0)),
        text_slice(text_from(time_format(entry.time_us, time)), 0, TIME_SHOWN),
        entry.person,
        entry.action,
        entry.object,
        decision_text(&entry, arena),
        detail_text(&entry, arena),
    };
    table_row(table, cells);
    return RESULT_OK;
}

Result governance_log_list(Governance *governance, const GovernanceFilter *filter, Table **table,
                           Error *error)
{
    static const char *const headings[] = {"index",  "time",     "person", "action",
                                           "object", "decision", "detail"};
    static const bool right_aligned[] = {true, false, false, false, false, false, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(table_close) Table *draft = table_create(headings, right_aligned, 7);
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const Value parameters[] = {
        filter->from == DATE_NONE ? value_null(VALUE_DATE) : value_date(filter->from),
        filter->to == DATE_NONE ? value_null(VALUE_DATE) : value_date(filter->to),
        value_text(filter->person_id),
        value_text(filter->action),
        value_int8(filter->rows_max > 0 ? filter->rows_max : ROWS_DEFAULT),
    };

    TRY(db_run(governance->db, &list_statement, parameters, &rows, error));
    for (size_t row = db_row_count(rows); row-- > 0;) {
        TRY(add_row(draft, rows, row, arena, error));
        arena_reset(arena);
    }
    *table = draft;
    draft = NULL;
    return RESULT_OK;
}
