#include <stdio.h>
#include <string.h>

#include "base/db_private.h"

enum { SERVER_VERSION_MIN = 150000 };

/*
 * pg_temp stands last: unnamed it would be searched first, and a temporary
 * table could take the place of a catalogue.
 */
const char DB_SESSION_SQL[] = "SET search_path = pg_catalog, pg_temp;"
                              "SET client_encoding = 'UTF8';"
                              "SET datestyle = 'ISO';"
                              "SET standard_conforming_strings = on;"
                              "SET timezone = 'UTC';"
                              "SET statement_timeout = 0;"
                              "SET idle_in_transaction_session_timeout = '10min'";

/* Of our own server, which is new enough: without it who waits for a lock outlives its client and keeps what
 * it has locked. */
static const char WATCH_CLIENT_SQL[] = "SET client_connection_check_interval = '1s'";

void db_notice_discard(void *context, const char *message)
{
    (void)context;
    (void)message; /* a notice may quote data */
}

/* libpq's text about a failed connection names host, database and role, which are configuration; on one line.
 */
Result db_connect_failed(const PGconn *connection, Error *error)
{
    char text[512];
    size_t length = 0;

    for (const char *at = PQerrorMessage(connection); *at != '\0' && length < sizeof text - 1; at++)
        text[length++] = (char)((unsigned char)*at < ' ' ? ' ' : *at);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
    return fail(error, ERROR_DATABASE, "cannot connect to PostgreSQL: %s", text);
}

/* Parsed apart because libpq's text about a malformed one may quote a password. */
static Result conninfo_check(const char *conninfo, Error *error)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &message);
    bool well_formed = options != NULL;

    PQconninfoFree(options);
    PQfreemem(message);
    if (!well_formed)
        return fail(error, ERROR_CONFIG, "database connection string: malformed");
    return RESULT_OK;
}

static Result session_prepare(Db *db, Error *error)
{
    const char *encoding = PQparameterStatus(db->connection, "server_encoding");

    if (PQserverVersion(db->connection) < SERVER_VERSION_MIN)
        return fail(error, ERROR_CONFIG, "database: PostgreSQL 15 or newer is needed");
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        return fail(error, ERROR_CONFIG, "database: its encoding is not UTF8");
    TRY(db_script(db, "session", DB_SESSION_SQL, error));
    return db_script(db, "session", WATCH_CLIENT_SQL, error);
}

Result db_open(const char *conninfo, const char *program, Db **db, Error *error)
{
    SCOPED(db_close) Db *draft = memory_alloc(sizeof *draft);
    const char *const names[] = {"dbname", "application_name", NULL};
    const char *const values[] = {conninfo, program, NULL};

    TRY(conninfo_check(conninfo, error));
    /* libpq sends with MSG_NOSIGNAL, so a dead server raises no SIGPIPE */
    draft->connection = PQconnectdbParams(names, values, 1);
    if (draft->connection == NULL)
        return fail(error, ERROR_SYSTEM, "database: out of memory");
    if (PQstatus(draft->connection) != CONNECTION_OK)
        return db_connect_failed(draft->connection, error);
    PQsetNoticeProcessor(draft->connection, db_notice_discard, NULL);
    TRY(session_prepare(draft, error));
    *db = draft;
    draft = NULL;
    return RESULT_OK;
}

void db_close(Db **db)
{
    if (db == NULL || *db == NULL)
        return;
    PQfinish((*db)->connection); /* the server rolls an open transaction back */
    memory_free((*db)->buffer);
    memory_free(*db);
    *db = NULL;
}

Result db_script(Db *db, const char *name, const char *sql, Error *error)
{
    TRY(db_check_idle(db, name, error));
    PGresult *result = PQexec(db->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    Result done = RESULT_OK;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        done = db_fail(db, name, sql, result, error);
    PQclear(result);
    return done;
}

Result db_begin(Db *db, Error *error)
{
    if (db_in_transaction(db))
        return fail(error, ERROR_DATABASE, "statement begin: a transaction is already open");
    return db_script(db, "begin", "BEGIN", error);
}

/* PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and calls that success. */
static Result commit_outcome(const Db *db, const PGresult *result, Error *error)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return db_fail(db, "commit", NULL, result, error);
    if (strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") != 0)
        return fail(error, ERROR_DATABASE,
                    "statement commit: the transaction had failed and was rolled back");
    return RESULT_OK;
}

static Result commit_begin(Db *db, Error *error)
{
    TRY(db_check_idle(db, "commit", error));
    if (PQsendQuery(db->connection, "COMMIT") != 1)
        return db_fail(db, "commit", NULL, NULL, error);
    return RESULT_OK;
}

static Result commit_end(Db *db, Error *error)
{
    PGresult *result = PQgetResult(db->connection), *none = NULL;
    Result done = commit_outcome(db, result, error);

    PQclear(result);
    while (result != NULL && (none = PQgetResult(db->connection)) != NULL)
        PQclear(none);
    return done;
}

Result db_commit(Db *db, Error *error)
{
    return db_commit_all(&db, 1, error);
}

Result db_commit_all(Db *const *dbs, size_t count, Error *error)
{
    size_t begun = 0;
    Error ignored = {0};
    Result done = RESULT_OK;

    while (begun < count && done.ok) {
        done = commit_begin(dbs[begun], error);
        begun += done.ok;
    }
    for (size_t i = 0; i < begun; i++) {
        Result ended = commit_end(dbs[i], done.ok ? error : &ignored);
        done.ok = done.ok && ended.ok;
    }
    return done;
}

Result db_rollback(Db *db, Error *error)
{
    if (!db_in_transaction(db))
        return RESULT_OK;
    return db_script(db, "rollback", "ROLLBACK", error);
}

bool db_in_transaction(const Db *db)
{
    PGTransactionStatusType status = PQtransactionStatus(db->connection);

    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

void db_add_identifier(TextBuilder *builder, Text identifier)
{
    text_add_char(builder, '"');
    for (size_t i = 0; i < identifier.length; i++) {
        if (identifier.data[i] == '"')
            text_add_char(builder, '"');
        text_add_char(builder, identifier.data[i]);
    }
    text_add_char(builder, '"');
}

bool db_is_recovering(const char *conninfo)
{
    return PQping(conninfo) == PQPING_REJECT;
}
