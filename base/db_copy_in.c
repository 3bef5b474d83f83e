#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/db_private.h"
#include "base/handover.h"

/* Who fills a block is put off its processor by the thread that sends it, so the larger the better, as long
 * as what is under way stays in the processor's own memory. */
enum {
    COPY_BLOCKS = HANDOVER_MANY,
    COPY_BLOCK_BYTES = 128 << 10,
    COPY_SQL_BYTES_MAX = 16 << 10,
    COPY_NAME_BYTES = 144,
};

struct DbCopy {
    Db *db;
    char name[COPY_NAME_BYTES]; /* for errors: "copy into schema.table" */
    ValueType types[DB_COLUMNS_MAX];
    size_t column_count;
    bool is_frozen;
    Handover *sending;    /* its thread sends; until it is drained the connection is the thread's */
    HandoverBlock *block; /* being filled; NULL: sending has failed */
    bool send_failed;     /* the thread's until it is drained */
};

static const char copy_header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"; /* signature, flags, no extension */
enum { COPY_HEADER_BYTES = 19 };
_Static_assert(sizeof copy_header == COPY_HEADER_BYTES + 1, "eleven bytes of signature and two integers");

static bool is_name(Text name)
{
    if (name.length == 0 || name.length >= DB_NAME_BYTES || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

static Result check_names(const char *table, const DbCopyColumn *columns, size_t column_count, Error *error)
{
    Text rest = text_from(table);
    Text schema = text_next(&rest, '.');

    if (!is_name(schema) || !is_name(rest))
        return fail(error, ERROR_CONFIG, "copy: the table's name is not schema.table of plain letters");
    if (column_count == 0 || column_count >= DB_COLUMNS_MAX)
        return fail(error, ERROR_CONFIG, "copy into %s: %zu columns, 1 to %d are possible", table,
                    column_count, DB_COLUMNS_MAX - 1);
    for (size_t i = 0; i < column_count; i++)
        if (!is_name(text_from(columns[i].name)))
            return fail(error, ERROR_CONFIG, "copy into %s: the name of column %zu is not of plain letters",
                        table, i + 1);
    return RESULT_OK;
}

static void add_columns(TextBuilder *sql, const DbCopyColumn *columns, size_t column_count)
{
    for (size_t i = 0; i < column_count; i++) {
        text_add_string(sql, i > 0 ? ", " : "");
        db_add_identifier(sql, text_from(columns[i].name));
    }
}

static void add_table(TextBuilder *sql, const char *table)
{
    Text rest = text_from(table);

    db_add_identifier(sql, text_next(&rest, '.'));
    text_add_char(sql, '.');
    db_add_identifier(sql, rest);
}

/* Preparing asks for no privilege on the table, so a role that may only insert can be checked too. */
static Result check_table(DbCopy *copy, const char *table, const DbCopyColumn *columns, Error *error)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(COPY_SQL_BYTES_MAX);
    DbStatement statement = {.name = copy->name};
    char prepared[DB_PREPARED_NAME_BYTES];

    text_add_string(&sql, "SELECT ");
    add_columns(&sql, columns, copy->column_count);
    text_add_string(&sql, " FROM ");
    add_table(&sql, table);
    statement.sql = text_built(&sql).data;
    for (size_t i = 0; i < copy->column_count; i++)
        statement.columns[i] = copy->types[i] = columns[i].type;
    return db_prepare(copy->db, &statement, prepared, error);
}

static Result copy_begin(DbCopy *copy, const char *table, const DbCopyColumn *columns, Error *error)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(COPY_SQL_BYTES_MAX);
    Result begun = RESULT_OK;

    text_add_string(&sql, "COPY ");
    add_table(&sql, table);
    text_add_string(&sql, " (");
    add_columns(&sql, columns, copy->column_count);
    text_add_string(&sql, ") FROM STDIN (FORMAT binary");
    text_add_string(&sql, copy->is_frozen ? ", FREEZE)" : ")");
    PGresult *result = PQexec(copy->db->connection, text_built(&sql).data);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        begun = db_fail(copy->db, copy->name, NULL, result, error);
    PQclear(result);
    return begun;
}

/* An error of the server shows when the COPY ends; it then skips what still comes. */
static void send_blocks(Handover *sending, void *context)
{
    DbCopy *copy = context;
    HandoverBlock *block;

    while ((block = handover_take(sending)) != NULL) {
        copy->send_failed = PQputCopyData(copy->db->connection, block->bytes, (int)block->length) != 1;
        if (copy->send_failed)
            handover_stop(sending);
        else
            handover_return(sending, block);
    }
}

static void copy_close(DbCopy **copy)
{
    if (*copy == NULL)
        return;
    handover_close(&(*copy)->sending);
    memory_free(*copy);
    *copy = NULL;
}

static Result copy_open(Db *db, const char *table, const DbCopyColumn *columns, size_t column_count,
                        bool is_frozen, DbCopy **copy, Error *error)
{
    SCOPED(copy_close) DbCopy *draft = memory_alloc(sizeof *draft);

    TRY(check_names(table, columns, column_count, error));
    draft->db = db;
    draft->column_count = column_count;
    draft->is_frozen = is_frozen;
    snprintf(draft->name, sizeof draft->name, "copy into %s", table);
    TRY(check_table(draft, table, columns, error));
    TRY(handover_open(COPY_BLOCKS, COPY_BLOCK_BYTES, send_blocks, draft, &draft->sending, error));
    TRY(copy_begin(draft, table, columns, error));
    draft->block = handover_empty(draft->sending);
    memcpy(draft->block->bytes, copy_header, COPY_HEADER_BYTES);
    draft->block->length = COPY_HEADER_BYTES;
    db->busy = "a copy";
    *copy = draft;
    draft = NULL;
    return RESULT_OK;
}

Result db_copy_in(Db *db, const char *table, const DbCopyColumn *columns, size_t column_count, DbCopy **copy,
                  Error *error)
{
    return copy_open(db, table, columns, column_count, false, copy, error);
}

Result db_copy_in_frozen(Db *db, const char *table, const DbCopyColumn *columns, size_t column_count,
                         DbCopy **copy, Error *error)
{
    return copy_open(db, table, columns, column_count, true, copy, error);
}

/* The connection is ours again. */
static Result stop_sending(DbCopy *copy, Error *error)
{
    handover_drain(copy->sending);
    if (copy->send_failed)
        return db_fail(copy->db, copy->name, NULL, NULL, error);
    return RESULT_OK;
}

static Result flush(DbCopy *copy, Error *error)
{
    if (copy->block != NULL && copy->block->length > 0) {
        handover_give(copy->sending, copy->block);
        copy->block = handover_empty(copy->sending);
    }
    return copy->block != NULL ? RESULT_OK : stop_sending(copy, error);
}

/* Room for bytes more: flushed when full, grown for a single row that is larger than a block. */
static Result reserve(DbCopy *copy, size_t bytes, Error *error)
{
    if (copy->block != NULL && bytes <= copy->block->capacity - copy->block->length)
        return RESULT_OK;
    TRY(flush(copy, error));
    if (bytes > INT32_MAX)
        return fail(error, ERROR_LIMIT, "statement %s: a row is larger than 2 GiB", copy->name);
    assert(copy->block != NULL); /* without one flush has failed */
    if (bytes > copy->block->capacity) {
        copy->block->bytes = memory_resize(copy->block->bytes, bytes);
        copy->block->capacity = bytes;
    }
    return RESULT_OK;
}

static size_t columns_of(const Value *value)
{
    return value->type == VALUE_PACKED && value->packed_count > 0 ? value->packed_count : 1;
}

static size_t row_bound(const DbCopy *copy, const Value *values)
{
    size_t bytes = 2 + 4 * copy->column_count;

    for (size_t i = 0; i < copy->column_count; i += columns_of(values++))
        bytes += db_encode_bound(values);
    return bytes;
}

/* column: where it stands. *out: behind it. */
static Result put_field(const DbCopy *copy, const Value *value, size_t column, char **out, Error *error)
{
    if (value->type != copy->types[column])
        return fail(error, ERROR_CONFIG, "statement %s: value for column %zu is not %s", copy->name,
                    column + 1, db_type_name(copy->types[column]));
    char *end = value->is_null ? *out + 4 : db_encode(*out + 4, value);
    if (end == NULL)
        return fail(error, ERROR_DATABASE, "statement %s: value for column %zu is out of range", copy->name,
                    column + 1);
    db_put_32(*out, value->is_null ? UINT32_MAX : (uint32_t)(end - *out - 4));
    *out = end;
    return RESULT_OK;
}

static Result put_packed(const DbCopy *copy, const Value *value, size_t column, char **out, Error *error)
{
    if (value->packed_count == 0 || value->packed_count > copy->column_count - column)
        return fail(error, ERROR_CONFIG, "statement %s: packed values for %d columns from column %zu on",
                    copy->name, value->packed_count, column + 1);
    memcpy(*out, value->text.data, value->text.length);
    *out += value->text.length;
    return RESULT_OK;
}

Result db_copy_row(DbCopy *copy, const Value *values, Error *error)
{
    TRY(reserve(copy, row_bound(copy, values), error));
    char *out = copy->block->bytes + copy->block->length;

    db_put_16(out, (uint16_t)copy->column_count);
    out += 2;
    for (size_t i = 0; i < copy->column_count; i += columns_of(values++)) {
        if (values->type == VALUE_PACKED)
            TRY(put_packed(copy, values, i, &out, error));
        else
            TRY(put_field(copy, values, i, &out, error));
    }
    copy->block->length = (size_t)(out - copy->block->bytes);
    return RESULT_OK;
}

/* The first failure counts; the rest is read off so that the connection can be used again. */
static Result read_outcome(DbCopy *copy, int64_t *row_count, Error *error)
{
    Result outcome = RESULT_OK;
    PGresult *result;

    while ((result = PQgetResult(copy->db->connection)) != NULL) {
        if (PQresultStatus(result) == PGRES_COMMAND_OK && row_count != NULL &&
            !text_to_int64(text_from(PQcmdTuples(result)), row_count))
            *row_count = 0;
        if (outcome.ok && PQresultStatus(result) != PGRES_COMMAND_OK)
            outcome = db_fail(copy->db, copy->name, NULL, result, error);
        PQclear(result);
    }
    copy->db->busy = NULL;
    return outcome;
}

static Result send_trailer(DbCopy *copy, Error *error)
{
    TRY(reserve(copy, 2, error));
    db_put_16(copy->block->bytes + copy->block->length, UINT16_MAX);
    copy->block->length += 2;
    TRY(flush(copy, error));
    TRY(stop_sending(copy, error));
    if (PQputCopyEnd(copy->db->connection, NULL) != 1)
        return db_fail(copy->db, copy->name, NULL, NULL, error);
    return RESULT_OK;
}

Result db_copy_end(DbCopy **copy, int64_t *row_count, Error *error)
{
    Result sent = send_trailer(*copy, error);

    if (!sent.ok) {
        db_copy_abandon(copy);
        return sent;
    }
    Result outcome = read_outcome(*copy, row_count, error);
    copy_close(copy);
    return outcome;
}

void db_copy_abandon(DbCopy **copy)
{
    Error ignored = {0};

    if (copy == NULL || *copy == NULL)
        return;
    Result stopped = stop_sending(*copy, &ignored);
    (void)stopped;
    (void)PQputCopyEnd((*copy)->db->connection, "abandoned");
    Result outcome = read_outcome(*copy, NULL, &ignored); /* an error, which we asked for */
    (void)outcome;
    copy_close(copy);
}
