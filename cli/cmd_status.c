#include <inttypes.h>

#include "base/cluster.h"
#include "base/db_place.h"
#include "base/migrate.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "schema.h"

enum { CELL_BYTES = 96 };

static void add_row(Table *table, const char *what, const char *state)
{
    const Text cells[] = {text_from(what), text_from(state)};

    table_row(table, cells);
}

static Result database_state(const char *data, const char **state, bool *runs, Error *error)
{
    static const char *const names[] = {
        [CLUSTER_ABSENT] = "absent", [CLUSTER_STOPPED] = "stopped", [CLUSTER_RUNNING] = "running"};
    bool is_external;
    Cluster cluster;
    ClusterState found;

    TRY(db_place_is_external(data, &is_external, error));
    *runs = is_external;
    *state = "a server of your own";
    if (is_external)
        return RESULT_OK;
    TRY(cluster_locate(data, &cluster, error));
    TRY(cluster_state(&cluster, &found, error));
    *runs = found == CLUSTER_RUNNING;
    *state = names[found];
    return RESULT_OK;
}

static Result add_schema(const Cli *cli, Table *table, Error *error)
{
    SCOPED(db_close) Db *db = NULL;
    char cell[CELL_BYTES];
    int64_t applied, known;

    TRY(cli_open(cli, "cinque_governor", &db, error));
    TRY(migrate_version(db, schema_files, schema_file_count, &applied, &known, error));
    snprintf(cell, sizeof cell, "%" PRId64 "%s", applied,
             applied < known ? ", cinque upgrade applies newer files" : "");
    add_row(table, "schema", cell);
    return RESULT_OK;
}

static Result print_conninfo(const char *data, Error *error)
{
    char conninfo[DB_PLACE_BYTES];

    TRY(db_place_conninfo(data, "cinque", "postgres", conninfo, error));
    puts(conninfo);
    return RESULT_OK;
}

Result cmd_status(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const char *const headings[] = {"part", "state"};
    SCOPED(table_close) Table *table = NULL;
    bool conninfo_only = false, database_runs, broker_runs;
    const Option options[] = {
        {"conninfo", OPTION_FLAG, false, NULL, "print only the superuser's connection string",
         &conninfo_only},
    };
    const char *data, *database;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_data(cli, &data, error));
    if (conninfo_only)
        return print_conninfo(data, error);
    TRY(database_state(data, &database, &database_runs, error));
    TRY(daemon_runs(cli, &broker_runs, error));
    table = table_create(headings, NULL, 2);
    add_row(table, "data folder", data);
    add_row(table, "database", database);
    if (database_runs)
        TRY(add_schema(cli, table, error));
    add_row(table, "broker", broker_runs ? "running" : "stopped");
    table_print(table, TABLE_TERMINAL, stdout);
    return RESULT_OK;
}
