#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db_place.h"
#include "base/input.h"
#include "cli/cli.h"

static Result joined(const char *folder, const char *name, char out[CLI_PATH_BYTES], Error *error)
{
    int length = snprintf(out, CLI_PATH_BYTES, "%s/%s", folder, name);

    if (length < 0 || length >= CLI_PATH_BYTES)
        return fail(error, ERROR_CONFIG, "path: longer than %d bytes", CLI_PATH_BYTES - 1);
    return RESULT_OK;
}

Result cli_data(const Cli *cli, const char **data, Error *error)
{
    struct stat status;

    if (cli->data == NULL || *cli->data == '\0')
        return fail(error, ERROR_USAGE, "which data folder? give --data DIR or set CINQUE_DATA");
    if (stat(cli->data, &status) != 0 || !S_ISDIR(status.st_mode))
        return fail(error, ERROR_CONFIG, "data folder %s: is not there; cinque init makes it", cli->data);
    *data = cli->data;
    return RESULT_OK;
}

Result cli_path(const Cli *cli, const char *name, char out[CLI_PATH_BYTES], Error *error)
{
    const char *data;

    TRY(cli_data(cli, &data, error));
    return joined(data, name, out, error);
}

/* Where this program's file is. */
static Result program_folder(char out[CLI_PATH_BYTES], Error *error)
{
    ssize_t length = readlink("/proc/self/exe", out, CLI_PATH_BYTES - 1);

    if (length < 0)
        return fail_errno(error, "the program's own path");
    out[length] = '\0';
    *strrchr(out, '/') = '\0';
    return RESULT_OK;
}

Result cli_program_path(const char *name, char out[CLI_PATH_BYTES], Error *error)
{
    char folder[CLI_PATH_BYTES];

    TRY(program_folder(folder, error));
    return joined(folder, name, out, error);
}

Result cli_share_path(const char *name, char out[CLI_PATH_BYTES], Error *error)
{
    char folder[CLI_PATH_BYTES], beside[CLI_PATH_BYTES];
    const char *share = getenv("CINQUE_SHARE");

    if (share != NULL)
        return joined(share, name, out, error);
    TRY(program_folder(folder, error));
    TRY(joined(folder, "../share/cinque", beside, error));
    return joined(access(beside, F_OK) == 0 ? beside : CINQUE_SOURCE_DIR, name, out, error);
}

void cli_use_delivery_keys(const Cli *cli)
{
    static char folder[CLI_PATH_BYTES]; /* inputs are opened as long as the program runs */
    const InputKeys keys = {.folder = folder};
    Error ignored = {0};

    if (cli->data != NULL && joined(cli->data, "keyring/delivery", folder, &ignored).ok &&
        access(folder, F_OK) == 0)
        input_use_keys(&keys);
}

Result cli_database_state(const Cli *cli, ClusterState *state, Error *error)
{
    bool is_external;
    const char *data;
    Cluster cluster;

    TRY(cli_data(cli, &data, error));
    TRY(db_place_is_external(data, &is_external, error));
    *state = CLUSTER_RUNNING;
    if (is_external)
        return RESULT_OK;
    TRY(cluster_locate(data, &cluster, error));
    return cluster_state(&cluster, state, error);
}

Result cli_open(const Cli *cli, const char *role, Db **db, Error *error)
{
    char conninfo[DB_PLACE_BYTES];
    const char *data;
    ClusterState state;
    Error ignored = {0};

    TRY(cli_data(cli, &data, error));
    TRY(db_place_conninfo(data, "cinque", role, conninfo, error));
    Result opened = db_open(conninfo, "cinque", db, error);
    if (!opened.ok && cli_database_state(cli, &state, &ignored).ok && state == CLUSTER_STOPPED)
        return fail(error, ERROR_CONFIG, "database: is stopped; cinque start starts it");
    return opened;
}

Result cli_make_folder(const char *path, unsigned mode, Error *error)
{
    if (mkdir(path, mode) == 0)
        return chmod(path, mode) == 0 ? RESULT_OK : fail_errno(error, "%s", path); /* past the umask */
    if (errno != EEXIST)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}
