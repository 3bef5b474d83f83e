#pragma once
/* What the db*.c files share. Nobody else includes it; libpq's header is included nowhere else. */
#include <libpq-fe.h>

#include "base/arena.h"
#include "base/db.h"

enum { DB_PREPARED_MAX = 256 };

struct Db {
    PGconn *connection;
    const char *busy;               /* the COPY or row stream under way, or NULL */
    Hash prepared[DB_PREPARED_MAX]; /* slot n is the server's statement "cinque_n" */
    size_t prepared_count, prepared_next;
    char *buffer; /* encoded parameters of the statement under way */
    size_t buffer_bytes;
};

/* db.c: what every session begins with, and a connection that could not be made. */
extern const char DB_SESSION_SQL[];
void db_notice_discard(void *context, const char *message);
Result db_connect_failed(const PGconn *connection, Error *error) CHECKED;

/* db_copy_out.c: a query without what ends it, as COPY takes it in parentheses. */
Text db_query_text(const char *sql);

/* db_error.c: sql may be NULL; with it, the line of a syntax error is named. */
Result db_fail(const Db *db, const char *name, const char *sql, const PGresult *result, Error *error) CHECKED;
/* The same of a server that is not ours: nothing of its words, whatever it calls them. */
Result db_fail_foreign(const PGconn *connection, const char *name, const char *sql, const PGresult *result,
                       Error *error) CHECKED;
Result db_check_idle(const Db *db, const char *name, Error *error) CHECKED;

/* db_prepare.c */
enum { DB_PREPARED_NAME_BYTES = 24 };
Result db_prepare(Db *db, const DbStatement *statement, char prepared[DB_PREPARED_NAME_BYTES], Error *error)
    CHECKED;
size_t db_types_count(const ValueType *types, size_t types_max);
bool db_has_arrays(const DbStatement *statement); /* among its columns */

/* db_value.c: PostgreSQL's binary formats, big-endian. */
const char *db_type_name(ValueType type);
size_t db_array_bound(const Value *value);
char *db_encode_rare(char *out, const Value *value);
/* arena: for the items of arrays. NULL or a reason without values: why these bytes are not of this type. */
const char *db_decode(ValueType type, const char *data, size_t length, Arena *arena, Value *value);

static inline void db_put_16(char *out, uint16_t number)
{
    number = __builtin_bswap16(number);
    __builtin_memcpy(out, &number, sizeof number);
}
static inline void db_put_32(char *out, uint32_t number)
{
    number = __builtin_bswap32(number);
    __builtin_memcpy(out, &number, sizeof number);
}
static inline void db_put_64(char *out, uint64_t number)
{
    number = __builtin_bswap64(number);
    __builtin_memcpy(out, &number, sizeof number);
}
static inline uint16_t db_get_16(const char *in)
{
    uint16_t number;

    __builtin_memcpy(&number, in, sizeof number);
    return __builtin_bswap16(number);
}
static inline uint32_t db_get_32(const char *in)
{
    uint32_t number;

    __builtin_memcpy(&number, in, sizeof number);
    return __builtin_bswap32(number);
}
static inline uint64_t db_get_64(const char *in)
{
    uint64_t number;

    __builtin_memcpy(&number, in, sizeof number);
    return __builtin_bswap64(number);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the put and get functions swap");

/* The most bytes db_encode writes: but for texts and arrays those of the longest numeric. */
static inline size_t db_encode_bound(const Value *value)
{
    if (value->is_null)
        return 0;
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_BYTES:
    case VALUE_PACKED:
        return value->text.length;
    case VALUE_TEXT_ARRAY:
    case VALUE_INT8_ARRAY:
        return db_array_bound(value);
    default:
        return 20;
    }
}
/* The end of what was written behind out, or NULL when the integer does not fit its type. Nulls are not
 * encoded. What most fields are, without a call each. */
static inline char *db_encode(char *out, const Value *value)
{
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_BYTES:
        return text_put(out, value->text);
    case VALUE_DATE:
        db_put_32(out, (uint32_t)value->date);
        return out + 4;
    case VALUE_INT2:
        db_put_16(out, (uint16_t)value->integer);
        return value->integer == (int16_t)value->integer ? out + 2 : NULL;
    case VALUE_INT4:
        db_put_32(out, (uint32_t)value->integer);
        return value->integer == (int32_t)value->integer ? out + 4 : NULL;
    case VALUE_INT8:
    case VALUE_TIME:
        db_put_64(out, (uint64_t)value->integer);
        return out + 8;
    default:
        return db_encode_rare(out, value);
    }
}
