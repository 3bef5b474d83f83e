#pragma once
/*
 * One query's rows out of a PostgreSQL that is not ours, as the binary copy format and in bounded memory: of
 * any supported version and encoding, over TLS with the server's name verified, or a Unix socket. What that
 * server says reaches no message but for its SQLSTATE.
 */
#include <stddef.h>

#include "base/error.h"

typedef struct DbStreamPlace {
    const char *name;     /* for messages */
    const char *conninfo; /* KEY=VALUE pairs or a URI; never with a password */
    const char *password; /* NULL: none, or that of ~/.pgpass */
} DbStreamPlace;

/*
 * Is it a place that may be asked? It names its host, and unless that is a socket sslmode=verify-full.
 * ERROR_CONFIG for anything else, and for settings that would bring a password or settings from elsewhere.
 */
Result db_stream_check(const DbStreamPlace *place, Error *error) CHECKED;

/* A failed Result stops the stream. */
typedef Result (*DbStreamSink)(void *context, const void *bytes, size_t length, Error *error);

typedef struct DbStreamQuery {
    const char *name, *sql; /* one statement, its columns all of type text; names with their schema */
    const char *period;     /* what current_setting('cinque.period') gives; NULL: nothing */
} DbStreamQuery;
/*
 * Connects, reads the rows in a transaction that is REPEATABLE READ and READ ONLY, and ends it. Succeeds only
 * when the server said that it sent all. Errors  ERROR_CONFIG: the place, the query's columns;
 * ERROR_DATABASE: what the server refused, and a connection that was lost
 */
Result db_stream_copy(const DbStreamPlace *place, const DbStreamQuery *query, DbStreamSink sink,
                      void *context, Error *error) CHECKED;
