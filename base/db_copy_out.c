#include <string.h>

#include "base/db_private.h"

enum { COPY_OUT_SQL_BYTES_MAX = 1 << 20, COPY_OUT_ARRAYS_BYTES_MAX = 1 << 28, COPY_OUT_HEADER_BYTES = 19 };

typedef struct CopyOut {
    Db *db;
    const DbStatement *statement;
    size_t column_count;
    DbEach each;
    void *context;
    Arena *arena; /* items of one row's arrays */
    bool header_read;
} CopyOut;

/* COPY takes a query in parentheses; the files end in a semicolon. */
Text db_query_text(const char *sql)
{
    Text text = text_from(sql);

    while (text.length > 0 && strchr(" \t\r\n;", text.data[text.length - 1]) != NULL)
        text.length--;
    return text;
}

static Result damaged(const CopyOut *out, Error *error)
{
    return fail(error, ERROR_DATABASE, "statement %s: damaged copy stream", out->statement->name);
}

/* One tuple at the front of *bytes: a count of columns, then each column's length and bytes. */
static Result read_tuple(CopyOut *out, Text *bytes, Value *values, Error *error)
{
    const char *at = bytes->data + 2, *end = bytes->data + bytes->length;

    for (size_t i = 0; i < out->column_count; i++) {
        ValueType type = out->statement->columns[i];
        if (end - at < 4)
            return damaged(out, error);
        uint32_t length = db_get_32(at);
        at += 4;
        if (length == UINT32_MAX) {
            values[i] = value_null(type);
            continue;
        }
        if (length > (size_t)(end - at))
            return damaged(out, error);
        const char *reason = db_decode(type, at, length, out->arena, &values[i]);
        if (reason != NULL)
            return fail(error, ERROR_DATABASE, "statement %s: column %zu: %s", out->statement->name, i + 1,
                        reason);
        at += length;
    }
    *bytes = (Text){.data = at, .length = (size_t)(end - at)};
    return RESULT_OK;
}

/* The server sends a row a message, the header alone or before the first row, and a count of -1 at the end.
 */
static Result read_message(CopyOut *out, Text bytes, Error *error)
{
    Value values[DB_COLUMNS_MAX];

    if (!out->header_read) {
        if (bytes.length < COPY_OUT_HEADER_BYTES || memcmp(bytes.data, "PGCOPY\n\377\r\n", 11) != 0)
            return damaged(out, error);
        bytes = text_slice(bytes, COPY_OUT_HEADER_BYTES, bytes.length);
        out->header_read = true;
    }
    while (bytes.length >= 2 && db_get_16(bytes.data) != UINT16_MAX) {
        if (db_get_16(bytes.data) != out->column_count)
            return damaged(out, error);
        if (out->arena != NULL)
            arena_reset(out->arena);
        TRY(read_tuple(out, &bytes, values, error));
        TRY(out->each(out->context, values, error));
    }
    return RESULT_OK;
}

static Result read_outcome(CopyOut *out, Error *error)
{
    Result outcome = RESULT_OK;
    PGresult *result;

    while ((result = PQgetResult(out->db->connection)) != NULL) {
        if (outcome.ok && PQresultStatus(result) != PGRES_COMMAND_OK)
            outcome = db_fail(out->db, out->statement->name, NULL, result, error);
        PQclear(result);
    }
    return outcome;
}

/* Asks the server to stop, and reads off what it had sent already. */
static void stream_stop(Db *db)
{
    char ignored[8], *data;
    PGcancel *cancel = PQgetCancel(db->connection);
    PGresult *result;

    if (cancel != NULL)
        (void)PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
    while (PQgetCopyData(db->connection, &data, 0) > 0)
        PQfreemem(data);
    while ((result = PQgetResult(db->connection)) != NULL)
        PQclear(result);
}

static Result read_stream(CopyOut *out, Error *error)
{
    char *data = NULL;
    int length;

    while ((length = PQgetCopyData(out->db->connection, &data, 0)) > 0) {
        Result read = read_message(out, (Text){.data = data, .length = (size_t)length}, error);
        PQfreemem(data);
        if (!read.ok) {
            stream_stop(out->db);
            return read;
        }
    }
    return read_outcome(out, error);
}

static Result copy_start(Db *db, const DbStatement *statement, Error *error)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(COPY_OUT_SQL_BYTES_MAX);
    Result started = RESULT_OK;

    text_add_string(&sql, "COPY (");
    text_add(&sql, db_query_text(statement->sql));
    text_add_string(&sql,
                    "\n) TO STDOUT (FORMAT binary)"); /* a new line, should the query end in a comment */
    PGresult *result = PQexec(db->connection, text_built(&sql).data);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        started = db_fail(db, statement->name, NULL, result, error);
    PQclear(result);
    return started;
}

Result db_copy_out(Db *db, const DbStatement *statement, DbEach each, void *context, Error *error)
{
    char prepared[DB_PREPARED_NAME_BYTES];
    CopyOut out = {.db = db, .statement = statement, .each = each, .context = context};

    if (strlen(statement->sql) > COPY_OUT_SQL_BYTES_MAX - 64)
        return fail(error, ERROR_LIMIT, "statement %s: longer than 1 MiB", statement->name);
    TRY(db_prepare(db, statement, prepared, error)); /* checks the shape */
    TRY(copy_start(db, statement, error));
    if (db_has_arrays(statement))
        out.arena = arena_create(COPY_OUT_ARRAYS_BYTES_MAX);
    out.column_count = db_types_count(statement->columns, DB_COLUMNS_MAX);
    db->busy = statement->name;
    Result done = read_stream(&out, error);
    db->busy = NULL;
    arena_close(&out.arena);
    return done;
}
