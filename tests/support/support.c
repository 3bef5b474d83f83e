#include <criterion/criterion.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/date.h"
#include "tests/support/support.h"

enum { SUPPORT_PATH_BYTES = 512, SUPPORT_FILES_MAX = 64, SUPPORT_DATABASES_MAX = 8 };

/* One test runs in one process, so what it has is static. */
static Cluster cluster;
static char database[64];
static char databases[SUPPORT_DATABASES_MAX][64];
static size_t database_count;
static char folder[SUPPORT_PATH_BYTES];
static char files[SUPPORT_FILES_MAX][SUPPORT_PATH_BYTES];
static size_t file_count;

static void locate_cluster(void)
{
    const char *place = getenv("CINQUE_TEST_CLUSTER");
    char line[SUPPORT_PATH_BYTES] = "";
    Error error = {0};

    cr_assert_not_null(place, "CINQUE_TEST_CLUSTER is not set: run the tests by ctest");
    FILE *file = fopen(place, "r");
    cr_assert_not_null(file, "the throwaway cluster does not run: run the tests by ctest");
    cr_assert_not_null(fgets(line, sizeof line, file));
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    Result located = cluster_locate(line, &cluster, &error);
    cr_assert(located.ok, "%s", error.message);
}

static Db *open_database(const char *name, const char *role)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];
    Error error = {0};
    Db *db = NULL;

    cluster_conninfo(&cluster, name, role != NULL ? role : "postgres", conninfo);
    Result opened = db_open(conninfo, "test", &db, &error);
    cr_assert(opened.ok, "%s", error.message);
    return db;
}

static void run_on_server(const char *before, const char *name, const char *behind)
{
    SCOPED(db_close) Db *db = open_database("postgres", NULL);
    char sql[256];
    Error error = {0};

    snprintf(sql, sizeof sql, "%s %s %s", before, name, behind);
    Result done = db_script(db, "test database", sql, &error);
    cr_assert(done.ok, "%s", error.message);
}

static void drop_databases(void)
{
    for (size_t i = 0; i < database_count; i++)
        run_on_server("DROP DATABASE IF EXISTS", databases[i], "WITH (FORCE)");
}

static void make_database(const char *origin)
{
    if (*database != '\0')
        return;
    locate_cluster();
    snprintf(database, sizeof database, "test_%d_%" PRId64, (int)getpid(), time_now_us());
    run_on_server("CREATE DATABASE", database, origin);
    cr_assert_lt(database_count, SUPPORT_DATABASES_MAX);
    snprintf(databases[database_count++], sizeof *databases, "%s", database);
    if (database_count == 1)
        atexit(drop_databases);
}

void support_next_database(void)
{
    *database = '\0';
}

/* A copy of a database does not carry the rights on the database over. */
static void close_database(void)
{
    SCOPED(db_close) Db *db = open_database(database, NULL);
    Error error = {0};

    Result done = db_script(db, "close database", "CALL public.close_database()", &error);
    cr_assert(done.ok, "%s", error.message);
}

static void make_copy(void)
{
    if (*database != '\0')
        return;
    make_database("TEMPLATE cinque_template STRATEGY wal_log");
    close_database();
}

Db *support_database(const char *role)
{
    make_copy();
    return open_database(database, role);
}

Db *support_connect(const char *role)
{
    return support_database(role);
}

Db *support_empty_database(void)
{
    make_database("TEMPLATE template0 STRATEGY wal_log");
    return open_database(database, NULL);
}

const char *support_conninfo(const char *role)
{
    static char conninfo[CLUSTER_CONNINFO_BYTES];

    make_copy();
    return cluster_conninfo(&cluster, database, role != NULL ? role : "postgres", conninfo);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *support_folder(void)
{
    const char *parent = getenv("TMPDIR");

    if (*folder != '\0')
        return folder;
    snprintf(folder, sizeof folder, "%s/cinque-test-XXXXXX", parent != NULL ? parent : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    atexit(remove_folder);
    return folder;
}

const char *support_file(const char *name, const char *content)
{
    cr_assert_lt(file_count, (size_t)SUPPORT_FILES_MAX);
    char *path = files[file_count++];
    int length = snprintf(path, SUPPORT_PATH_BYTES, "%s/%s", support_folder(), name);
    cr_assert_lt(length, SUPPORT_PATH_BYTES);

    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(content, 1, strlen(content), file), strlen(content));
    cr_assert_eq(fclose(file), 0);
    return path;
}

const char *support_csv(const Table *table)
{
    static char *text;
    size_t length;

    free(text);
    FILE *out = open_memstream(&text, &length);
    cr_assert_not_null(out);
    table_print(table, TABLE_CSV, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}
