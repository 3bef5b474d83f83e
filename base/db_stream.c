#include "base/db_stream.h"

#include <string.h>
#include <sys/socket.h>

#include "base/db_private.h"
#include "base/secret.h"

enum { PIECE_BYTES = 64 * 1024, SQL_BYTES_MAX = 128 * 1024, TYPE_TEXT = 25, TRAILER_BYTES = 2 };

/* ---- the place ---- */

/* Others, such as service, passfile and options, bring what stands elsewhere. */
static const char *const allowed[] = {
    "requirepeer",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "connect_timeout",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "ssl_min_protocol_version",
    "keepalives",
    "keepalives_idle",
    "gssencmode",
    "sslcrldir",
    "keepalives_interval",
    "keepalives_count",
    "target_session_attrs",
    "tcp_user_timeout",
    "channel_binding",
};

static void options_close(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, keyword) == 0)
            return option->val;
    return NULL;
}

static bool is_allowed(const char *keyword)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strcmp(keyword, allowed[i]) == 0)
            return true;
    return false;
}

/* Each of a list of hosts; an address beside it would be what is connected to. */
static bool is_local(const PQconninfoOption *options)
{
    Text hosts = text_from(option_of(options, "host"));

    if (option_of(options, "hostaddr") != NULL || hosts.data[hosts.length - 1] == ',')
        return false;
    while (hosts.length > 0) {
        Text host = text_next(&hosts, ',');
        if (host.length == 0 || (host.data[0] != '/' && host.data[0] != '@'))
            return false;
    }
    return true;
}

Result db_stream_check(const DbStreamPlace *place, Error *error)
{
    SCOPED(options_close) PQconninfoOption *options = PQconninfoParse(place->conninfo, NULL);

    if (options == NULL)
        return fail(error, ERROR_CONFIG, "%s: conninfo: malformed", place->name);
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->val != NULL && strstr(option->keyword, "password") != NULL)
            return fail(error, ERROR_CONFIG, "%s: conninfo: a password stands in a file of its own",
                        place->name);
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->val != NULL && !is_allowed(option->keyword))
            return fail(error, ERROR_CONFIG, "%s: conninfo: %s is not taken", place->name, option->keyword);
    const char *host = option_of(options, "host"), *mode = option_of(options, "sslmode");
    if (host == NULL || *host == '\0')
        return fail(error, ERROR_CONFIG, "%s: conninfo: names no host", place->name);
    if (!is_local(options) && (mode == NULL || strcmp(mode, "verify-full") != 0))
        return fail(error, ERROR_CONFIG,
                    "%s: conninfo: sslmode=verify-full is demanded, but of a Unix socket", place->name);
    return RESULT_OK;
}

/* ---- the connection ---- */

static void connection_close(PGconn **connection)
{
    PQfinish(*connection);
}

/* What the environment says beside the conninfo must not have led elsewhere. */
static bool is_protected(const PGconn *connection)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof peer;

    return PQsslInUse((PGconn *)(uintptr_t)connection) == 1 ||
           (getpeername(PQsocket(connection), (struct sockaddr *)&peer, &length) == 0 &&
            peer.ss_family == AF_UNIX);
}

/* The later counts: what stands in front of the conninfo are defaults. */
static Result connect_to(const DbStreamPlace *place, PGconn **connection, Error *error)
{
    const char *const names[] = {"connect_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "dbname",
                                 "gssencmode",
                                 "application_name",
                                 "password",
                                 NULL};
    const char *const values[] = {"30", "60", "10", place->conninfo, "disable", "cinque", place->password,
                                  NULL};

    TRY(db_stream_check(place, error));
    *connection = PQconnectdbParams(names, values, 1);
    if (*connection == NULL)
        return fail(error, ERROR_SYSTEM, "%s: out of memory", place->name);
    if (PQstatus(*connection) != CONNECTION_OK)
        return db_connect_failed(*connection, error);
    PQsetNoticeProcessor(*connection, db_notice_discard, NULL);
    if (!is_protected(*connection))
        return fail(error, ERROR_CONFIG, "%s: neither TLS nor a Unix socket", place->name);
    return RESULT_OK;
}

/* ---- the query ---- */

typedef struct Stream {
    PGconn *connection;
    const DbStreamQuery *query;
    DbStreamSink sink;
    void *context;
    char *piece; /* wiped */
    size_t length;
    char last[TRAILER_BYTES]; /* of what was sent */
} Stream;

static Result run(const Stream *stream, PGresult *result, ExecStatusType wanted, Error *error)
{
    Result done = RESULT_OK;

    if (PQresultStatus(result) != wanted)
        done = db_fail_foreign(stream->connection, stream->query->name, stream->query->sql, result, error);
    PQclear(result);
    return done;
}

static Result begin(const Stream *stream, Error *error)
{
    const char *const period[] = {stream->query->period};

    TRY(run(stream, PQexec(stream->connection, DB_SESSION_SQL), PGRES_COMMAND_OK, error));
    TRY(run(stream, PQexec(stream->connection, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            PGRES_COMMAND_OK, error));
    if (period[0] == NULL)
        return RESULT_OK;
    return run(stream,
               PQexecParams(stream->connection, "SELECT set_config('cinque.period', $1, true)", 1, NULL,
                            period, NULL, NULL, 0),
               PGRES_TUPLES_OK, error);
}

static Result check_types(const Stream *stream, const PGresult *result, Error *error)
{
    int count = PQnfields(result);

    if (count == 0)
        return fail(error, ERROR_CONFIG, "%s: gives no columns", stream->query->name);
    for (int i = 0; i < count; i++)
        if (PQftype(result, i) != TYPE_TEXT)
            return fail(error, ERROR_CONFIG,
                        "%s: column %d is not of type text: write each column as CAST(... AS text)",
                        stream->query->name, i + 1);
    return RESULT_OK;
}

/* Prepared apart, it is one statement and whole, whatever stands in it. */
static Result check_columns(const Stream *stream, Error *error)
{
    TRY(run(stream, PQprepare(stream->connection, "", stream->query->sql, 0, NULL), PGRES_COMMAND_OK, error));
    PGresult *result = PQdescribePrepared(stream->connection, "");
    Result checked = PQresultStatus(result) == PGRES_COMMAND_OK
                         ? check_types(stream, result, error)
                         : db_fail_foreign(stream->connection, stream->query->name, NULL, result, error);

    PQclear(result);
    return checked;
}

static Result start(const Stream *stream, Error *error)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(SQL_BYTES_MAX);

    if (strlen(stream->query->sql) > SQL_BYTES_MAX / 2)
        return fail(error, ERROR_LIMIT, "%s: longer than %d KiB", stream->query->name, SQL_BYTES_MAX / 2048);
    text_add_string(&sql, "COPY (");
    text_add(&sql, db_query_text(stream->query->sql));
    text_add_string(&sql, "\n) TO STDOUT (FORMAT binary)");
    return run(stream, PQexec(stream->connection, text_built(&sql).data), PGRES_COPY_OUT, error);
}

/* ---- the rows ---- */

static Result hand_on(Stream *stream, Error *error)
{
    size_t length = stream->length;

    stream->length = 0;
    return length > 0 ? stream->sink(stream->context, stream->piece, length, error) : RESULT_OK;
}

static Result add(Stream *stream, const char *data, size_t length, Error *error)
{
    if (length >= TRAILER_BYTES)
        memcpy(stream->last, data + length - TRAILER_BYTES, TRAILER_BYTES);
    if (length > PIECE_BYTES - stream->length)
        TRY(hand_on(stream, error));
    if (length > PIECE_BYTES)
        return stream->sink(stream->context, data, length, error);
    memcpy(stream->piece + stream->length, data, length);
    stream->length += length;
    return RESULT_OK;
}

/* A row a message: libpq holds no more than the longest. */
static Result read_rows(Stream *stream, Error *error)
{
    char *data;
    int length;

    while ((length = PQgetCopyData(stream->connection, &data, 0)) > 0) {
        Result added = add(stream, data, (size_t)length, error);
        secret_wipe(data, (size_t)length);
        PQfreemem(data);
        TRY(added);
    }
    TRY(run(stream, PQgetResult(stream->connection), PGRES_COMMAND_OK, error));
    if (length != -1 || memcmp(stream->last, "\xff\xff", TRAILER_BYTES) != 0)
        return fail(error, ERROR_DATABASE, "%s: ended before its trailer", stream->query->name);
    PQclear(PQgetResult(stream->connection));
    return hand_on(stream, error);
}

static Result copy(Stream *stream, Error *error)
{
    TRY(begin(stream, error));
    TRY(check_columns(stream, error));
    TRY(start(stream, error));
    TRY(read_rows(stream, error));
    return run(stream, PQexec(stream->connection, "COMMIT"), PGRES_COMMAND_OK, error);
}

Result db_stream_copy(const DbStreamPlace *place, const DbStreamQuery *query, DbStreamSink sink,
                      void *context, Error *error)
{
    SCOPED(connection_close) PGconn *connection = NULL;

    TRY(connect_to(place, &connection, error));
    Stream stream = {.connection = connection,
                     .query = query,
                     .sink = sink,
                     .context = context,
                     .piece = memory_alloc(PIECE_BYTES)};
    Result copied = copy(&stream, error);
    secret_wipe(stream.piece, PIECE_BYTES);
    memory_free(stream.piece);
    return copied;
}
