/*
 * Starts and stops the one PostgreSQL cluster of a test run:
 *   test_cluster_main start FILE   makes it, with the schema in database cinque_template, and writes its
 * folder to FILE test_cluster_main stop FILE    stops and removes it
 */
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/migrate.h"
#include "schema.h"

enum { ROLES_MAX = 64, FOLDER_BYTES = 200 };

static const DbStatement roles_statement = {
    .name = "test roles",
    .sql = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname LIKE 'cinque\\_%' OR rolname = "
           "'postgres'",
    .columns = {VALUE_TEXT},
};

static const char *user_name(void)
{
    struct passwd *entry = getpwuid(geteuid());

    return entry != NULL ? entry->pw_name : "root";
}

static Result connect_to(const Cluster *cluster, const char *database, Db **db, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    return db_open(cluster_conninfo(cluster, database, "postgres", conninfo), "test", db, error);
}

static Result make_template(const Cluster *cluster, Error *error)
{
    SCOPED(db_close) Db *server = NULL;
    SCOPED(db_close) Db *template = NULL;
    int64_t applied;

    TRY(connect_to(cluster, "postgres", &server, error));
    TRY(db_script(server, "make template", "CREATE DATABASE cinque_template TEMPLATE template0", error));
    TRY(connect_to(cluster, "cinque_template", &template, error));
    return migrate_apply(template, schema_files, schema_file_count, &applied, error);
}

/* Tests play every role that the schema makes. */
static Result map_roles(const Cluster *cluster, Error *error)
{
    SCOPED(db_close) Db *server = NULL;
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    const char *roles[ROLES_MAX];
    size_t count = 0;

    TRY(connect_to(cluster, "postgres", &server, error));
    TRY(db_run(server, &roles_statement, NULL, &rows, error));
    for (; count < db_row_count(rows) && count < ROLES_MAX; count++)
        roles[count] = text_to_string(arena, db_text(rows, count, 0));
    return cluster_map(cluster, user_name(), roles, count, error);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static bool read_folder(const char *file_path, char folder[FOLDER_BYTES])
{
    FILE *file = fopen(file_path, "r");
    bool read = file != NULL && fgets(folder, FOLDER_BYTES, file) != NULL;

    if (file != NULL)
        fclose(file);
    if (read)
        folder[strcspn(folder, "\n")] = '\0';
    return read;
}

/* Also clears up after a run that was killed; a file that names no folder of ours changes nothing. */
static Result stop(const char *file_path, Error *error)
{
    char folder[FOLDER_BYTES];
    Cluster cluster;

    if (!read_folder(file_path, folder) || strstr(folder, "/cinque-cluster-") == NULL)
        return RESULT_OK;
    if (access(folder, F_OK) == 0) {
        TRY(cluster_locate(folder, &cluster, error));
        TRY(cluster_stop(&cluster, error));
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    (void)remove(file_path);
    return RESULT_OK;
}

static Result make_folder(const char *file_path, char folder[FOLDER_BYTES], Error *error)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, FOLDER_BYTES, "%s/cinque-cluster-XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0)
        return fail_errno(error, "%s", folder);
    FILE *file = fopen(file_path, "w");
    if (file == NULL || fprintf(file, "%s\n", folder) < 0 || fclose(file) != 0)
        return fail_errno(error, "%s", file_path);
    return RESULT_OK;
}

static Result start(const char *file_path, Error *error)
{
    char folder[FOLDER_BYTES];
    Cluster cluster;

    TRY(stop(file_path, error));
    TRY(make_folder(file_path, folder, error));
    TRY(cluster_locate(folder, &cluster, error));
    TRY(cluster_create(&cluster, user_name(), true, error));
    TRY(cluster_start(&cluster, error));
    TRY(make_template(&cluster, error));
    return map_roles(&cluster, error);
}

int main(int argc, char **argv)
{
    Error error = {0};

    if (argc != 3 || (strcmp(argv[1], "start") != 0 && strcmp(argv[1], "stop") != 0)) {
        fprintf(stderr, "usage: %s start|stop FILE\n", argv[0]);
        return 2;
    }
    Result done = strcmp(argv[1], "start") == 0 ? start(argv[2], &error) : stop(argv[2], &error);
    if (!done.ok)
        fprintf(stderr, "%s\n", error.message);
    return done.ok ? 0 : 1;
}
