#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/db_place.h"
#include "base/migrate.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "schema.h"

enum { DATA_MODE = 0711, PRIVATE_MODE = 0700 };

/* Other users pass through data and run to reach the broker's socket, and see nothing on the way. */
static const struct {
    const char *name;
    unsigned mode;
} folders[] = {
    {"quarantine", PRIVATE_MODE}, {"reference", PRIVATE_MODE}, {"log", PRIVATE_MODE}, {"run", DATA_MODE}};

static const char *const roles[] = {"postgres",      "cinque_owner",    "cinque_governor", "cinque_loader",
                                    "cinque_linker", "cinque_releaser", "cinque_query",    "cinque_keeper"};

static const DbStatement has_database_statement = {
    .name = "init_has_database",
    .sql = "SELECT count(*) FROM pg_catalog.pg_database WHERE datname = 'cinque'",
    .columns = {VALUE_INT8},
};

static Result make_folders(const Cli *cli, Error *error)
{
    char path[CLI_PATH_BYTES];

    if (cli->data == NULL)
        return fail(error, ERROR_USAGE, "which data folder? give --data DIR or set CINQUE_DATA");
    TRY(cli_make_folder(cli->data, DATA_MODE, error));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        TRY(cli_path(cli, folders[i].name, path, error));
        TRY(cli_make_folder(path, folders[i].mode, error));
    }
    return RESULT_OK;
}

static Result user_name(const char **name, Error *error)
{
    const struct passwd *entry = getpwuid(geteuid());

    if (entry == NULL)
        return fail(error, ERROR_CONFIG, "the service account has no name: PostgreSQL maps roles by it");
    *name = entry->pw_name;
    return RESULT_OK;
}

/* Roles are made by the schema, so they are mapped after it. */
static Result map_roles(const Cli *cli, Error *error)
{
    Cluster cluster;
    const char *user = NULL;

    TRY(cluster_locate(cli->data, &cluster, error));
    TRY(user_name(&user, error));
    return cluster_map(&cluster, user, roles, sizeof roles / sizeof roles[0], error);
}

static Result start_cluster(const Cli *cli, bool create, Error *error)
{
    Cluster cluster;
    const char *user = NULL;

    TRY(cluster_locate(cli->data, &cluster, error));
    TRY(user_name(&user, error));
    if (create)
        TRY(cluster_create(&cluster, user, false, error));
    return cluster_start(&cluster, error);
}

static Result make_database(const Cli *cli, Error *error)
{
    SCOPED(db_close) Db *server = NULL;
    char conninfo[DB_PLACE_BYTES];
    int64_t count;

    TRY(db_place_conninfo(cli->data, "postgres", "postgres", conninfo, error));
    TRY(db_open(conninfo, "cinque", &server, error));
    TRY(db_run_int8(server, &has_database_statement, NULL, &count, NULL, error));
    if (count > 0)
        return RESULT_OK;
    Result made = db_script(server, "make database",
                            "CREATE DATABASE cinque TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'", error);
    if (made.ok)
        return made;
    /* The server may have been finishing what a killed init had asked of it: then it is there now. */
    Error ignored = {0};
    bool is_there =
        db_run_int8(server, &has_database_statement, NULL, &count, NULL, &ignored).ok && count > 0;
    return is_there ? RESULT_OK : made;
}

static Result apply_schema(const Cli *cli, int64_t *applied, Error *error)
{
    SCOPED(db_close) Db *db = NULL;

    TRY(cli_open(cli, "postgres", &db, error));
    return migrate_apply(db, schema_files, schema_file_count, applied, error);
}

/* Each step is a no-op when done, so a killed init is completed by running it again. */
Result cmd_init(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *conninfo = NULL;
    const Option options[] = {
        {"database", OPTION_TEXT, false, NULL, "a server of your own, as KEY=VALUE pairs without a password",
         &conninfo},
    };
    bool is_external;
    int64_t applied;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(make_folders(cli, error));
    if (conninfo != NULL)
        TRY(db_place_set(cli->data, conninfo, error));
    TRY(db_place_is_external(cli->data, &is_external, error));
    if (!is_external)
        TRY(start_cluster(cli, true, error));
    TRY(make_database(cli, error));
    TRY(apply_schema(cli, &applied, error));
    if (!is_external)
        TRY(map_roles(cli, error));
    printf("data folder ready; %" PRId64 " schema files applied\n", applied);
    return RESULT_OK;
}

Result cmd_start(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *data;
    bool is_external;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_data(cli, &data, error));
    TRY(db_place_is_external(data, &is_external, error));
    if (is_external)
        return fail(error, ERROR_CONFIG, "cinque.conf names a server of your own: it is not ours to start");
    return start_cluster(cli, false, error);
}

Result cmd_stop(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *data;
    bool is_external;
    Cluster cluster;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_data(cli, &data, error));
    TRY(daemon_stop(cli, error));
    TRY(db_place_is_external(data, &is_external, error));
    if (is_external)
        return RESULT_OK;
    TRY(cluster_locate(data, &cluster, error));
    return cluster_stop(&cluster, error);
}

Result cmd_upgrade(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *data;
    bool is_external;
    int64_t applied;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_data(cli, &data, error));
    TRY(apply_schema(cli, &applied, error));
    TRY(db_place_is_external(data, &is_external, error));
    if (!is_external)
        TRY(map_roles(cli, error));
    printf("%" PRId64 " schema files applied\n", applied);
    return RESULT_OK;
}
