#include "base/db_place.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/input.h"

enum { PATH_BYTES = 512, FILE_BYTES_MAX = 4096, CONNINFO_BYTES_MAX = 700 };

static const char key[] = "database = ";

static Result config_path(const char *data_folder, const char *suffix, char out[PATH_BYTES], Error *error)
{
    int length = snprintf(out, PATH_BYTES, "%s/cinque.conf%s", data_folder, suffix);

    if (length < 0 || length >= PATH_BYTES)
        return fail(error, ERROR_CONFIG, "data folder: its path is too long");
    return RESULT_OK;
}

/* *conninfo: empty when the folder has no cinque.conf. */
static Result read_place(const char *data_folder, Arena *arena, Text *conninfo, Error *error)
{
    char path[PATH_BYTES];

    *conninfo = TEXT("");
    TRY(config_path(data_folder, "", path, error));
    if (access(path, F_OK) != 0)
        return RESULT_OK;
    TRY(input_read_all(path, FILE_BYTES_MAX, arena, conninfo, error));
    Text line = text_next(conninfo, '\n');
    if (!text_starts_with(line, text_from(key)) || conninfo->length != 0)
        return fail(error, ERROR_CONFIG, "%s line 1: not of the form database = KEY=VALUE ...", path);
    *conninfo = text_slice(line, sizeof key - 1, line.length);
    return RESULT_OK;
}

Result db_place_is_external(const char *data_folder, bool *is_external, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Text conninfo;

    TRY(read_place(data_folder, arena, &conninfo, error));
    *is_external = conninfo.length > 0;
    return RESULT_OK;
}

/* What comes last in a connection string counts, so nothing that was written can name another role. */
Result db_place_conninfo(const char *data_folder, const char *database, const char *role,
                         char out[DB_PLACE_BYTES], Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    char embedded[CLUSTER_CONNINFO_BYTES];
    Text conninfo;
    Cluster cluster;

    TRY(read_place(data_folder, arena, &conninfo, error));
    if (conninfo.length > CONNINFO_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "cinque.conf: the connection string is too long");
    if (conninfo.length > 0) {
        snprintf(out, DB_PLACE_BYTES, "%.*s dbname=%s user=%s", TEXT_ARG(conninfo), database, role);
        return RESULT_OK;
    }
    TRY(cluster_locate(data_folder, &cluster, error));
    snprintf(out, DB_PLACE_BYTES, "%s", cluster_conninfo(&cluster, database, role, embedded));
    return RESULT_OK;
}

static Result check_conninfo(const char *conninfo, Error *error)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    bool has_password = false;

    if (options == NULL || strstr(conninfo, "://") != NULL || strchr(conninfo, '\n') != NULL ||
        strlen(conninfo) > CONNINFO_BYTES_MAX) {
        PQconninfoFree(options);
        return fail(error, ERROR_USAGE, "database: give it as KEY=VALUE pairs, such as host=db port=5432");
    }
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, "password") == 0 && option->val != NULL)
            has_password = true;
    PQconninfoFree(options);
    if (has_password)
        return fail(error, ERROR_USAGE, "database: no password here, it belongs in a password file");
    return RESULT_OK;
}

static Result write_file(const char *path, const char *conninfo, Error *error)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fprintf(file, "%s%s\n", key, conninfo) > 0 && fflush(file) == 0 &&
                   fsync(fileno(file)) == 0;
    Result done = written ? RESULT_OK : fail_errno(error, "%s", path);

    if (file != NULL)
        (void)fclose(file);
    return done;
}

Result db_place_set(const char *data_folder, const char *conninfo, Error *error)
{
    char path[PATH_BYTES], draft[PATH_BYTES];

    TRY(check_conninfo(conninfo, error));
    TRY(config_path(data_folder, "", path, error));
    TRY(config_path(data_folder, ".new", draft, error));
    TRY(write_file(draft, conninfo, error));
    if (rename(draft, path) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}
