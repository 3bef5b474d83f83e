#pragma once
/*
 * The only caller of libpq, and not a general client on purpose: statements
 * are named constants whose parameter and result types are declared and
 * checked against the server before the first use; everything travels in
 * binary; search_path is pinned to pg_catalog, client_encoding to UTF8.
 *
 * Error messages carry the statement's name, the SQLSTATE and its class, and
 * never the server's text, which may quote data; except errors that our own
 * functions raise (SQLSTATE class CQ), whose text is written by us:
 * CQ001 becomes ERROR_REFUSED, CQ002 ERROR_INPUT, CQ003 ERROR_CONFIG, CQ004 ERROR_LIMIT.
 * SQLSTATE 42501 (insufficient privilege) becomes ERROR_REFUSED.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/value.h"

enum { DB_PARAMETERS_MAX = 24, DB_COLUMNS_MAX = 64, DB_NAME_BYTES = 64 };

typedef struct Db Db;
typedef struct DbRows DbRows;
typedef struct DbCopy DbCopy;

typedef struct DbStatement {
    const char *name; /* says in errors which statement it was */
    const char *sql;
    ValueType parameters[DB_PARAMETERS_MAX]; /* ends at VALUE_NONE */
    ValueType columns[DB_COLUMNS_MAX];       /* ends at VALUE_NONE; none: a command */
} DbStatement;

/* A server is there and lets nobody in yet, as after a crash. */
bool db_is_recovering(const char *conninfo);

/* conninfo as libpq reads it; application_name is set to program. Refuses servers below 15 and databases not
 * in UTF8. */
Result db_open(const char *conninfo, const char *program, Db **db, Error *error) CHECKED;
void db_close(Db **db); /* rolls an open transaction back */

/* rows: NULL when the statement returns none or they do not matter. */
Result db_run(Db *db, const DbStatement *statement, const Value *parameters, DbRows **rows, Error *error)
    CHECKED;
/* Rows touched by a command. */
Result db_execute(Db *db, const DbStatement *statement, const Value *parameters, int64_t *row_count,
                  Error *error) CHECKED;
/* Exactly one row, one column of type int8 (or null: *value 0 and *is_null). is_null may be NULL. */
Result db_run_int8(Db *db, const DbStatement *statement, const Value *parameters, int64_t *value,
                   bool *is_null, Error *error) CHECKED;

/* Hands over rows one by one in bounded memory. row[] holds views valid during the call; a failed Result
 * stops. */
typedef Result (*DbEach)(void *context, const Value *row, Error *error);
Result db_each(Db *db, const DbStatement *statement, const Value *parameters, DbEach each, void *context,
               Error *error) CHECKED;

/* A fixed script of many statements, for schema and generated DDL alone. name: for errors. */
Result db_script(Db *db, const char *name, const char *sql, Error *error) CHECKED;

Result db_begin(Db *db, Error *error) CHECKED;
Result db_commit(Db *db, Error *error) CHECKED;
/* Transactions of connections of their own, side by side: each waits for the disk. Those behind one that
 * could not be begun are left open; of several failures the first is told. */
Result db_commit_all(Db *const *dbs, size_t count, Error *error) CHECKED;
Result db_rollback(Db *db, Error *error) CHECKED;
/* true when the caller's transaction is open */
bool db_in_transaction(const Db *db);

size_t db_row_count(const DbRows *rows);
Value db_value(const DbRows *rows, size_t row, size_t column); /* views live as long as rows */
int64_t db_int(const DbRows *rows, size_t row, size_t column); /* null: 0 */
Text db_text(const DbRows *rows, size_t row, size_t column);   /* null: empty */
bool db_is_null(const DbRows *rows, size_t row, size_t column);
void db_rows_close(DbRows **rows);

/*
 * Binary COPY into "schema.table" (names checked against [a-z_][a-z0-9_]*), columns by name.
 * One COPY at a time a connection. db_copy_row takes exactly column_count values whose types are those
 * declared; one that db_pack made stands for as many as it holds.
 */
typedef struct DbCopyColumn {
    const char *name;
    ValueType type;
} DbCopyColumn;
Result db_copy_in(Db *db, const char *table, const DbCopyColumn *columns, size_t column_count, DbCopy **copy,
                  Error *error) CHECKED;
/* The same, into a table that this transaction has emptied: its rows are of all time at once, so nobody who
 * reads them, nor vacuum, has to write to their pages again. Once committed they are there for every
 * snapshot. Where the table was not emptied in this transaction db_copy_end fails. */
Result db_copy_in_frozen(Db *db, const char *table, const DbCopyColumn *columns, size_t column_count,
                         DbCopy **copy, Error *error) CHECKED;
Result db_copy_row(DbCopy *copy, const Value *values, Error *error) CHECKED;
/*
 * Values of columns that follow each other, as one that db_copy_row copies as it is: for rows that wait
 * before they are sent. Neither bytes nor arrays. out: holds db_pack_bytes, *packed is a view of it. The
 * types are checked here, against those of the columns.
 */
size_t db_pack_bytes(const Value *values, size_t count);
Result db_pack(const DbCopyColumn *columns, const Value *values, size_t count, char *out, Value *packed,
               Error *error) CHECKED;
/* Ends the COPY well. *row_count may be NULL. */
Result db_copy_end(DbCopy **copy, int64_t *row_count, Error *error) CHECKED;
void db_copy_abandon(DbCopy **copy); /* for SCOPED: ends a COPY that was not ended well with an error */

/* Binary COPY (query) TO STDOUT of a statement without parameters. */
Result db_copy_out(Db *db, const DbStatement *statement, DbEach each, void *context, Error *error) CHECKED;

/* Double-quotes an identifier from a validated specification into the builder. */
void db_add_identifier(TextBuilder *builder, Text identifier);
