#include <assert.h>
#include <string.h>

#include "base/db_private.h"

enum { ARRAYS_BYTES_MAX = 1 << 28 };

struct DbRows {
    PGresult *result; /* texts are views into it */
    Arena *arena;     /* items of arrays */
    size_t row_count, column_count;
    Value *values;
};

static Result decode_row(const DbStatement *statement, const PGresult *result, int row, Arena *arena,
                         Value *values, Error *error)
{
    for (int column = 0; column < PQnfields(result); column++) {
        ValueType type = statement->columns[column];
        if (PQgetisnull(result, row, column)) {
            values[column] = value_null(type);
            continue;
        }
        const char *reason = db_decode(type, PQgetvalue(result, row, column),
                                       (size_t)PQgetlength(result, row, column), arena, &values[column]);
        if (reason != NULL)
            return fail(error, ERROR_DATABASE, "statement %s: column %d: %s", statement->name, column + 1,
                        reason);
    }
    return RESULT_OK;
}

/* What goes to PQexecPrepared; the pointers lead into db->buffer. */
typedef struct Encoded {
    const char *values[DB_PARAMETERS_MAX];
    int lengths[DB_PARAMETERS_MAX], formats[DB_PARAMETERS_MAX];
    int count;
} Encoded;

static void buffer_reserve(Db *db, const Value *parameters, int count)
{
    size_t bytes = 1;

    for (int i = 0; i < count; i++)
        bytes += db_encode_bound(&parameters[i]) + 1;
    if (bytes <= db->buffer_bytes)
        return;
    db->buffer = memory_resize(db->buffer, bytes);
    db->buffer_bytes = bytes;
}

static Result encode_parameters(Db *db, const DbStatement *statement, const Value *parameters,
                                Encoded *encoded, Error *error)
{
    encoded->count = (int)db_types_count(statement->parameters, DB_PARAMETERS_MAX);
    buffer_reserve(db, parameters, encoded->count);
    char *out = db->buffer;

    for (int i = 0; i < encoded->count; i++) {
        const Value *value = &parameters[i];
        encoded->formats[i] = 1;
        encoded->values[i] = NULL;
        encoded->lengths[i] = 0;
        if (value->type != statement->parameters[i])
            return fail(error, ERROR_CONFIG, "statement %s: value for parameter %d is not %s",
                        statement->name, i + 1, db_type_name(statement->parameters[i]));
        if (value->is_null)
            continue;
        char *end = db_encode(out, value);
        if (end == NULL)
            return fail(error, ERROR_DATABASE, "statement %s: value for parameter %d is out of range",
                        statement->name, i + 1);
        encoded->values[i] = out;
        encoded->lengths[i] = (int)(end - out);
        out = end;
    }
    return RESULT_OK;
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

/* result is the caller's to clear, also after a failure. */
static Result execute(Db *db, const DbStatement *statement, const Value *parameters, PGresult **result,
                      Error *error)
{
    char prepared[DB_PREPARED_NAME_BYTES];
    Encoded encoded;

    TRY(db_prepare(db, statement, prepared, error));
    TRY(encode_parameters(db, statement, parameters, &encoded, error));
    *result = PQexecPrepared(db->connection, prepared, encoded.count, encoded.values, encoded.lengths,
                             encoded.formats, 1);
    if (!succeeded(*result))
        return db_fail(db, statement->name, NULL, *result, error);
    return RESULT_OK;
}

static void result_close(PGresult **result)
{
    PQclear(*result);
}

static Result decode_all(const DbStatement *statement, DbRows *rows, Error *error)
{
    rows->row_count = (size_t)PQntuples(rows->result);
    rows->column_count = (size_t)PQnfields(rows->result);
    rows->values = memory_alloc((rows->row_count * rows->column_count + 1) * sizeof *rows->values);
    if (db_has_arrays(statement))
        rows->arena = arena_create(ARRAYS_BYTES_MAX);
    for (size_t row = 0; row < rows->row_count; row++)
        TRY(decode_row(statement, rows->result, (int)row, rows->arena,
                       rows->values + row * rows->column_count, error));
    return RESULT_OK;
}

Result db_run(Db *db, const DbStatement *statement, const Value *parameters, DbRows **rows, Error *error)
{
    SCOPED(db_rows_close) DbRows *draft = memory_alloc(sizeof *draft);

    TRY(execute(db, statement, parameters, &draft->result, error));
    if (rows == NULL)
        return RESULT_OK;
    TRY(decode_all(statement, draft, error));
    *rows = draft;
    draft = NULL;
    return RESULT_OK;
}

Result db_execute(Db *db, const DbStatement *statement, const Value *parameters, int64_t *row_count,
                  Error *error)
{
    SCOPED(result_close) PGresult *result = NULL;

    TRY(execute(db, statement, parameters, &result, error));
    if (row_count != NULL && !text_to_int64(text_from(PQcmdTuples(result)), row_count))
        *row_count = 0; /* a command that counts no rows, as CREATE */
    return RESULT_OK;
}

Result db_run_int8(Db *db, const DbStatement *statement, const Value *parameters, int64_t *value,
                   bool *is_null, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(db, statement, parameters, &rows, error));
    if (rows->row_count != 1 || rows->column_count != 1 || statement->columns[0] != VALUE_INT8)
        return fail(error, ERROR_DATABASE, "statement %s: gave other than one row of one int8",
                    statement->name);
    *value = db_int(rows, 0, 0);
    if (is_null != NULL)
        *is_null = db_is_null(rows, 0, 0);
    return RESULT_OK;
}

/* Without cancelling, the server would send all the rows that nobody wants. */
static void stream_stop(Db *db)
{
    char ignored[8];
    PGcancel *cancel = PQgetCancel(db->connection);
    PGresult *result;

    if (cancel != NULL)
        (void)PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
    while ((result = PQgetResult(db->connection)) != NULL)
        PQclear(result);
}

typedef struct Stream {
    Db *db;
    const DbStatement *statement;
    DbEach each;
    void *context;
    Arena *arena; /* items of one row's arrays */
} Stream;

static Result stream_rows(const Stream *stream, const PGresult *result, Error *error)
{
    Value values[DB_COLUMNS_MAX];

    for (int row = 0; row < PQntuples(result); row++) {
        if (stream->arena != NULL)
            arena_reset(stream->arena);
        TRY(decode_row(stream->statement, result, row, stream->arena, values, error));
        TRY(stream->each(stream->context, values, error));
    }
    return RESULT_OK;
}

static Result stream_run(const Stream *stream, Error *error)
{
    PGresult *result;

    while ((result = PQgetResult(stream->db->connection)) != NULL) {
        Result done = succeeded(result) ? stream_rows(stream, result, error)
                                        : db_fail(stream->db, stream->statement->name, NULL, result, error);
        PQclear(result);
        if (!done.ok) {
            stream_stop(stream->db);
            return done;
        }
    }
    return RESULT_OK;
}

Result db_each(Db *db, const DbStatement *statement, const Value *parameters, DbEach each, void *context,
               Error *error)
{
    char prepared[DB_PREPARED_NAME_BYTES];
    Encoded encoded;
    SCOPED(arena_close) Arena *arena = db_has_arrays(statement) ? arena_create(ARRAYS_BYTES_MAX) : NULL;
    Stream stream = {.db = db, .statement = statement, .each = each, .context = context, .arena = arena};

    TRY(db_prepare(db, statement, prepared, error));
    TRY(encode_parameters(db, statement, parameters, &encoded, error));
    if (!PQsendQueryPrepared(db->connection, prepared, encoded.count, encoded.values, encoded.lengths,
                             encoded.formats, 1))
        return db_fail(db, statement->name, NULL, NULL, error);
    (void)PQsetSingleRowMode(db->connection);
    db->busy = statement->name;
    Result done = stream_run(&stream, error);
    db->busy = NULL;
    return done;
}

size_t db_row_count(const DbRows *rows)
{
    return rows->row_count;
}

Value db_value(const DbRows *rows, size_t row, size_t column)
{
    assert(row < rows->row_count && column < rows->column_count);
    return rows->values[row * rows->column_count + column];
}

/* Each kind of integer; a bool or a date is asked for by db_value. */
int64_t db_int(const DbRows *rows, size_t row, size_t column)
{
    Value value = db_value(rows, row, column);

    return value.is_null ? 0 : value.integer;
}

Text db_text(const DbRows *rows, size_t row, size_t column)
{
    Value value = db_value(rows, row, column);

    return value.is_null ? (Text){0} : value.text;
}

bool db_is_null(const DbRows *rows, size_t row, size_t column)
{
    return db_value(rows, row, column).is_null;
}

void db_rows_close(DbRows **rows)
{
    if (rows == NULL || *rows == NULL)
        return;
    PQclear((*rows)->result);
    arena_close(&(*rows)->arena);
    memory_free((*rows)->values);
    memory_free(*rows);
    *rows = NULL;
}
