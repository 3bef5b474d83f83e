#include "query/published.h"

#include <string.h>

#include "query_sql.h"

static const DbStatement published_statement = {
    .name = "published",
    .sql = query_sql_published,
    .parameters = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT4, VALUE_DATE, VALUE_TEXT, VALUE_BYTES, VALUE_INT4},
};
static const DbStatement fields_statement = {
    .name = "published fields",
    .sql = query_sql_published_fields,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT},
};

Result published_find(Db *reader, Text kind, Text name, Date day, Arena *arena, Published **found,
                      Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char text[DATE_TEXT_BYTES];
    const Value parameters[] = {value_text(kind), value_text(name),
                                value_text(text_from(date_format(day, text)))};

    *found = NULL;
    TRY(db_run(reader, &published_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return RESULT_OK;
    *found = arena_alloc(arena, sizeof **found);
    **found = (Published){.id = db_int(rows, 0, 0),
                          .name = text_copy(arena, name),
                          .day = (Date)db_int(rows, 0, 1),
                          .origin = text_copy(arena, db_text(rows, 0, 2)),
                          .width = (size_t)db_int(rows, 0, 4)};
    memcpy((*found)->content.bytes, db_text(rows, 0, 3).data, HASH_BYTES);
    return RESULT_OK;
}

/* The header comes first: the dimensions, then what the number is. */
Result published_read_lines(Db *reader, Published *published, Arena *arena, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value id = value_int4((int32_t)published->id);
    size_t width = published->width;

    TRY(db_run(reader, &fields_statement, &id, &rows, error));
    published->dimension_count = width - 1;
    published->line_count = db_row_count(rows) / width - 1;
    published->dimensions = arena_alloc(arena, width * sizeof(Text));
    published->values = arena_alloc(arena, (published->line_count * (width - 1) + 1) * sizeof(Text));
    published->numbers = arena_alloc(arena, (published->line_count + 1) * sizeof(int64_t));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        size_t line = i / width, field = i % width;
        Text text = text_copy(arena, db_text(rows, i, 0));
        if (line == 0)
            published->dimensions[field] = text;
        else if (field < width - 1)
            published->values[(line - 1) * (width - 1) + field] = text;
        else if (!text_to_int64(text, &published->numbers[line - 1]))
            return fail(error, ERROR_DATABASE, "published: what is kept is no number");
    }
    return RESULT_OK;
}
