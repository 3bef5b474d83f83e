#include "query/sent.h"

#include <inttypes.h>

#include "query_sql.h"

static const DbStatement replaced_statement = {
    .name = "sent replaced",
    .sql = query_sql_sent_replaced,
    .parameters = {VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT},
};

Result sent_fail_replaced(const Node *sent, Error *error)
{
    return source_text_fail_at(&sent->at, ERROR_REFUSED, error,
                               "rows of source %.*s are replaced by deliveries of later months, so who sent "
                               "which month is not known",
                               TEXT_ARG(sent->source->name));
}

static Result check_kinds(Db *reader, const Tree *tree, const Value *sources, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(reader, &replaced_statement, sources, &rows, error));
    if (db_row_count(rows) == 0)
        return RESULT_OK;
    size_t i = 0;
    while (i + 1 < tree->sent_asked_count &&
           !text_equal(db_text(rows, 0, 0), tree->sent_asked[i]->source->name))
        i++;
    return sent_fail_replaced(tree->sent_asked[i], error);
}

static Result check_practices(const Tree *tree, Error *error)
{
    for (size_t s = 0; s < tree->sent_asked_count; s++) {
        const Node *asked = tree->sent_asked[s];
        size_t i = 0;
        while (i < tree->sent->count && !text_equal(tree->sent->items[i].source, asked->source->name))
            i++;
        if (i == tree->sent->count)
            return source_text_fail_at(&asked->at, ERROR_REFUSED, error,
                                       "who sent source %.*s is no practice, nor do its rows say which they "
                                       "are of, so 'practice sent' cannot be answered",
                                       TEXT_ARG(asked->source->name));
    }
    return RESULT_OK;
}

static const SentMonth *months_of(const DbRows *rows, Arena *arena)
{
    SentMonth *items = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *items);

    for (size_t i = 0; i < db_row_count(rows); i++)
        items[i] = (SentMonth){.source = text_copy(arena, db_text(rows, i, 0)),
                               .practice = text_copy(arena, db_text(rows, i, 1)),
                               .month = (Month)db_int(rows, i, 2)};
    return items;
}

/* Practices are those that somebody is registered with, as a table by practice has lines for. */
static Result read_months(Db *reader, int64_t release_id, const Value *sources, DbRows **rows, Error *error)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(1 << 10);
    DbStatement statement = {
        .name = "sent", .parameters = {VALUE_TEXT_ARRAY}, .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT4}};

    text_add_format(&sql,
                    "SELECT t.source, t.sender, t.month FROM release.sent AS t JOIN release_%" PRId64
                    ".category AS c ON c.dimension = 'practice' AND c.value = t.sender WHERE t.release_id = "
                    "%" PRId64 " AND t.source = ANY ($1::text[]) ORDER BY t.source, t.sender, t.month",
                    release_id, release_id);
    statement.sql = text_built(&sql).data;
    return db_run(reader, &statement, sources, rows, error);
}

Result sent_read(Db *reader, int64_t release_id, Month last, Tree *tree, Arena *arena, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text *names = arena_alloc(arena, (tree->sent_asked_count + 1) * sizeof *names);

    if (tree->sent_asked_count == 0)
        return RESULT_OK;
    for (size_t i = 0; i < tree->sent_asked_count; i++)
        names[i] = tree->sent_asked[i]->source->name;
    const Value sources[] = {
        {.type = VALUE_TEXT_ARRAY, .array = {.items = names, .count = tree->sent_asked_count}}};
    TRY(check_kinds(reader, tree, sources, error));
    TRY(read_months(reader, release_id, sources, &rows, error));
    Sent *sent = arena_alloc(arena, sizeof *sent);
    *sent = (Sent){.items = months_of(rows, arena), .count = db_row_count(rows), .last = last};
    tree->sent = sent;
    return check_practices(tree, error);
}

size_t sent_each_month(const Sent *sent, Text source, Month first, Month last, Text *practices)
{
    size_t found = 0, to;

    for (size_t from = 0; from < sent->count; from = to) {
        int64_t months = 0;
        for (to = from; to < sent->count && text_equal(sent->items[to].source, sent->items[from].source) &&
                        text_equal(sent->items[to].practice, sent->items[from].practice);
             to++)
            months += sent->items[to].month >= first && sent->items[to].month <= last;
        if (first <= last && months == (int64_t)last - first + 1 &&
            text_equal(sent->items[from].source, source))
            practices[found++] = sent->items[from].practice;
    }
    return found;
}
