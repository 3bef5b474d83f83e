/*
 * Rows of another's PostgreSQL, by one query: one delivery a pull, in the binary copy format that a spec of
 * `format: postgres_binary` reads. What it holds is known when it was read, so every pull reads it: what has
 * not changed is told a duplicate by its content. It cannot be taken up in the middle.
 */
#include <stdio.h>
#include <string.h>

#include "base/db_stream.h"
#include "base/input.h"
#include "ingest/fetch.h"

enum { QUERY_BYTES_MAX = 64 << 10, ARENA_BYTES = 4 * QUERY_BYTES_MAX };

typedef struct Postgres {
    const Feed *feed;
    Arena *arena;
    Text query;
    Secret *password; /* NULL: none */
    char period[DATE_TEXT_BYTES];
} Postgres;

static void close_postgres(void **state)
{
    Postgres *postgres = *state;

    if (postgres == NULL)
        return;
    secret_close(&postgres->password);
    arena_close(&postgres->arena);
    memory_free(postgres);
    *state = NULL;
}

static DbStreamPlace place_of(const Postgres *postgres)
{
    return (DbStreamPlace){
        .name = postgres->feed->name,
        .conninfo = postgres->feed->settings.conninfo,
        .password = postgres->password != NULL ? (const char *)secret_bytes(postgres->password) : NULL,
    };
}

/* ~/.pgpass is libpq's own, which ignores one that others may read. */
static Result read_password(Postgres *postgres, Error *error)
{
    const char *path = postgres->feed->settings.password_file;
    size_t length;

    return path != NULL ? feed_secret(path, &postgres->password, &length, error) : RESULT_OK;
}

static Result open_postgres(const Feed *feed, void **state, Error *error)
{
    SCOPED(close_postgres) void *made = memory_alloc(sizeof(Postgres));
    Postgres *postgres = made;

    postgres->feed = feed;
    postgres->arena = arena_create(ARENA_BYTES);
    DbStreamPlace place = place_of(postgres);
    TRY(db_stream_check(&place, error));
    TRY(input_read_all(feed->settings.query_file, QUERY_BYTES_MAX, postgres->arena, &postgres->query, error));
    if (memchr(postgres->query.data, '\0', postgres->query.length) != NULL || !text_is_utf8(postgres->query))
        return fail(error, ERROR_CONFIG, "%s: not UTF-8", feed->settings.query_file);
    TRY(read_password(postgres, error));
    *state = made;
    made = NULL;
    return RESULT_OK;
}

static void use_period(void *state, Month period)
{
    Postgres *postgres = state;

    (void)month_format(period, postgres->period);
}

static Result list_query(void *state, FetchEach each, void *context, Error *error)
{
    const Postgres *postgres = state;
    FetchItem item = {.id = "query", .bytes = FETCH_BYTES_UNKNOWN};

    (void)snprintf(item.name, sizeof item.name, "%s", postgres->feed->file);
    return each(context, &item, error);
}

static Result get_rows(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                       Error *error)
{
    const Postgres *postgres = state;
    const DbStreamPlace place = place_of(postgres);
    const DbStreamQuery query = {.name = postgres->feed->settings.query_file,
                                 .sql = postgres->query.data,
                                 .period = *postgres->period != '\0' ? postgres->period : NULL};

    if (offset > 0)
        return fail(error, ERROR_LIMIT, "%s: a query begins anew", item->name);
    return db_stream_copy(&place, &query, sink, context, error);
}

/* Nothing is kept for us there. */
static Result acknowledge(void *state, const FetchItem *item, Error *error)
{
    (void)state;
    (void)item;
    (void)error;
    return RESULT_OK;
}

const FetchKind FETCH_POSTGRESQL = {
    .name = "postgresql",
    .is_made_anew = true,
    .open = open_postgres,
    .use_period = use_period,
    .list = list_query,
    .get = get_rows,
    .acknowledge = acknowledge,
    .close = close_postgres,
};
