#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/input.h"
#include "tests/base/town.h"

enum { PATH_BYTES = 512 };

/* The test's folder, opened for the server's user, who may be another. */
static Cluster located(const char *name)
{
    char folder[PATH_BYTES];
    Cluster cluster;
    Error error = {0};

    cr_assert_eq(chmod(support_folder(), 0711), 0);
    snprintf(folder, sizeof folder, "%s/%s", support_folder(), name);
    Result result = cluster_locate(folder, &cluster, &error);
    cr_assert(result.ok, "%s", error.message);
    return cluster;
}

static const char *user(void)
{
    return getpwuid(geteuid())->pw_name;
}

static ClusterState state(const Cluster *cluster)
{
    ClusterState found;
    Error error = {0};

    succeed(cluster_state(cluster, &found, &error), &error);
    return found;
}

static Db *superuser(const Cluster *cluster)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];
    Db *db = NULL;
    Error error = {0};

    succeed(db_open(cluster_conninfo(cluster, "postgres", "postgres", conninfo), "test", &db, &error),
            &error);
    return db;
}

static bool exists(const Cluster *cluster, const char *name)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/pg/%s", cluster->folder, name);
    return access(path, F_OK) == 0;
}

static void put_file(const Cluster *cluster, const char *name)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/pg/%s", cluster->folder, name);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_geq(file, 0);
    close(file);
}

static void make_folders(const Cluster *cluster)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/pg", cluster->folder);
    cr_assert_eq(mkdir(cluster->folder, 0755), 0);
    cr_assert_eq(mkdir(path, 0711), 0);
}

Test(cluster, it_is_made_started_stopped_and_started_again)
{
    Cluster cluster = located("data");
    Error error = {0};
    cr_expect_eq(state(&cluster), CLUSTER_ABSENT);

    succeed(cluster_create(&cluster, user(), true, &error), &error);
    cr_expect_eq(state(&cluster), CLUSTER_STOPPED);

    succeed(cluster_start(&cluster, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    cr_expect_eq(state(&cluster), CLUSTER_RUNNING);
    Db *db = superuser(&cluster);
    succeed(db_script(db, "keep", "CREATE DATABASE keep", &error), &error);
    db_close(&db);

    succeed(cluster_stop(&cluster, &error), &error);
    succeed(cluster_stop(&cluster, &error), &error);
    cr_expect_eq(state(&cluster), CLUSTER_STOPPED);
    cr_expect_neq(access(cluster.socket, F_OK), 0, "the socket's folder is gone");

    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    db = superuser(&cluster);
    Result again = db_script(db, "keep", "CREATE DATABASE keep", &error);
    cr_expect_not(again.ok, "making it a second time changed nothing");
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
}

Test(cluster, a_half_made_one_is_made_again)
{
    Cluster cluster = located("data");
    char path[PATH_BYTES];
    Error error = {0};
    make_folders(&cluster);
    put_file(&cluster, "unfinished");
    snprintf(path, sizeof path, "%s/pg/data", cluster.folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    put_file(&cluster, "data/PG_VERSION");
    put_file(&cluster, "data/leftover");
    cr_expect_eq(state(&cluster), CLUSTER_ABSENT);

    succeed(cluster_create(&cluster, user(), true, &error), &error);

    cr_expect_eq(state(&cluster), CLUSTER_STOPPED);
    cr_expect_not(exists(&cluster, "data/leftover"));
    cr_expect_not(exists(&cluster, "unfinished"));
    succeed(cluster_start(&cluster, &error), &error);
    succeed(cluster_stop(&cluster, &error), &error);
}

Test(cluster, one_killed_while_it_began_is_made)
{
    Cluster cluster = located("data");
    Error error = {0};
    make_folders(&cluster);
    put_file(&cluster, "unfinished.new");

    succeed(cluster_create(&cluster, user(), true, &error), &error);

    cr_expect_eq(state(&cluster), CLUSTER_STOPPED);
}

Test(cluster, a_folder_that_we_did_not_begin_is_left_alone)
{
    Cluster cluster = located("data");
    Error error = {0};
    make_folders(&cluster);
    put_file(&cluster, "precious");

    Result result = cluster_create(&cluster, user(), true, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "exists and is not a cluster of ours"));
    cr_expect(exists(&cluster, "precious"));
}

Test(cluster, starting_an_absent_one_is_an_error)
{
    Cluster cluster = located("data");
    Error error = {0};
    make_folders(&cluster);

    Result result = cluster_start(&cluster, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "holds no cluster"));
}

Test(cluster, a_folder_that_the_servers_user_cannot_reach_is_refused)
{
    Cluster cluster = located("data");
    Error error = {0};
    if (geteuid() != 0)
        cr_skip("only root's server runs as another user");
    cr_assert_eq(chmod(support_folder(), 0700), 0);

    Result result = cluster_create(&cluster, "root", true, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "the server's user cannot reach it"));
}

Test(cluster, a_long_or_unusual_path_gets_a_short_socket)
{
    char name[120];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';

    Cluster plain = located("data"), deep = located(name), quoted = located("it's"), again = located(name);

    cr_expect_not_null(strstr(plain.socket, "/data/pg/socket"));
    cr_expect_eq(strncmp(deep.socket, "/tmp/.cinque-", 13), 0);
    cr_expect_eq(strlen(deep.socket), strlen("/tmp/.cinque-01234567"));
    cr_expect_eq(strncmp(quoted.socket, "/tmp/.cinque-", 13), 0);
    cr_expect_str_neq(deep.socket, quoted.socket);
    cr_expect_str_eq(deep.socket, again.socket);
}

Test(cluster, one_with_a_short_socket_works_and_leaves_none)
{
    Cluster cluster = located("it's a data folder");
    Error error = {0};

    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    Db *db = superuser(&cluster);
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);

    cr_expect_neq(access(cluster.socket, F_OK), 0);
}

/* Switch: requirepeer in cluster_conninfo. Without it db_open waits for a word of the listener: the test
 * times out. */
Test(cluster, a_stranger_who_listens_at_its_socket_is_not_spoken_to, .timeout = 20)
{
    Cluster cluster = located("it's a data folder");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char conninfo[CLUSTER_CONNINFO_BYTES];
    Db *db = NULL;
    Error error = {0};
    if (geteuid() != 0)
        cr_skip("only root's server runs as another user");
    snprintf(address.sun_path, sizeof address.sun_path, "%.60s/.s.PGSQL.5432", cluster.socket);
    cr_assert_eq(mkdir(cluster.socket, 0755), 0);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);

    Result opened =
        db_open(cluster_conninfo(&cluster, "postgres", "postgres", conninfo), "test", &db, &error);

    cr_expect(!opened.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(conninfo, " requirepeer=postgres"));
    close(listener);
    unlink(address.sun_path);
    rmdir(cluster.socket);
}

Test(cluster, a_missing_parent_is_an_error)
{
    Cluster cluster;
    Error error = {0};

    Result result = cluster_locate("/no/such/place", &cluster, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(cluster, it_starts_again_after_its_server_was_killed)
{
    Cluster cluster = located("data");
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    char path[PATH_BYTES];
    Text text;
    int64_t pid;
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    snprintf(path, sizeof path, "%s/pg/data/postmaster.pid", cluster.folder);
    succeed(input_read_all(path, 4096, arena, &text, &error), &error);
    cr_assert(text_to_int64(text_next(&text, '\n'), &pid));

    cr_assert_eq(kill((pid_t)pid, SIGKILL), 0);
    while (state(&cluster) == CLUSTER_RUNNING)
        usleep(1000);
    cr_expect(exists(&cluster, "data/postmaster.pid"), "what it left behind");
    succeed(cluster_start(&cluster, &error), &error);

    cr_expect_eq(state(&cluster), CLUSTER_RUNNING);
    Db *db = superuser(&cluster);
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
}

static void start_and_be_killed(const Cluster *cluster, int after_us)
{
    pid_t child = fork();

    if (child == 0) {
        Error error = {0};
        _exit(cluster_start(cluster, &error).ok ? 0 : 1);
    }
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* What the killed one began goes on. Switches: the look for a server that runs in start_server, the wait in
 * await_socket. */
Test(cluster, it_starts_beside_a_start_whose_caller_was_killed)
{
    enum { TRIES = 24, STEP_US = 2000 };
    Cluster cluster = located("data");
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);

    for (int i = 0; i < TRIES; i++) {
        start_and_be_killed(&cluster, i * STEP_US);
        succeed(cluster_start(&cluster, &error), &error);
        Db *db = superuser(&cluster);
        db_close(&db);
        succeed(cluster_stop(&cluster, &error), &error);
    }
}

static void *write_and_write(void *context)
{
    const Cluster *cluster = context;

    for (int i = 0; i < 2000; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/pg/data/postmaster.pid", cluster->folder);
        FILE *file = fopen(path, "r+");
        cr_assert_not_null(file);
        (void)fprintf(file, "%d\n%s/pg/data\n%*s", (int)getpid(), cluster->folder, i % 50 + 1, "ready");
        (void)fclose(file);
    }
    return NULL;
}

/* A server writes the lines behind the first one while it starts and stops. */
Test(cluster, its_state_can_be_asked_while_its_server_writes_what_it_does)
{
    Cluster cluster = located("data");
    pthread_t writer;
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);
    put_file(&cluster, "data/postmaster.pid");

    cr_assert_eq(pthread_create(&writer, NULL, write_and_write, &cluster), 0);
    for (int i = 0; i < 2000; i++)
        cr_expect_eq(state(&cluster), CLUSTER_STOPPED, "another process's folder");

    cr_assert_eq(pthread_join(writer, NULL), 0);
}

/* The switch: check_socket in cluster_start. */
Test(cluster, starting_one_whose_socket_is_gone_says_so_and_a_stop_mends_it)
{
    Cluster cluster = located("data");
    char path[PATH_BYTES];
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", cluster.socket);
    cr_assert_eq(unlink(path), 0);

    Result started = cluster_start(&cluster, &error);

    cr_expect_not(started.ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_not_null(strstr(error.message, "is gone while the server runs"), "%s", error.message);
    cr_expect_eq(state(&cluster), CLUSTER_RUNNING, "it is left to others' work");
    succeed(cluster_stop(&cluster, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    Db *db = superuser(&cluster);
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
}

/* The switch: pg_ident.conf names each role. */
Test(cluster, only_mapped_roles_can_be_played)
{
    Cluster cluster = located("data");
    const char *const roles[] = {"test_mapped", "postgres"};
    char conninfo[CLUSTER_CONNINFO_BYTES];
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    Db *db = superuser(&cluster);
    succeed(db_script(db, "roles", "CREATE ROLE test_mapped LOGIN; CREATE ROLE test_other LOGIN", &error),
            &error);
    db_close(&db);

    Result before =
        db_open(cluster_conninfo(&cluster, "postgres", "test_mapped", conninfo), "test", &db, &error);
    cr_expect_not(before.ok);
    succeed(cluster_map(&cluster, user(), roles, 2, &error), &error);
    Result mapped = db_open(conninfo, "test", &db, &error);
    cr_expect(mapped.ok, "%s", error.message);
    db_close(&db);
    Result other =
        db_open(cluster_conninfo(&cluster, "postgres", "test_other", conninfo), "test", &db, &error);
    cr_expect_not(other.ok);

    db = superuser(&cluster);
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
}

Test(cluster, a_name_that_needs_quotes_is_not_mapped)
{
    Cluster cluster = located("data");
    const char *const roles[] = {"a\" \"postgres"};
    Error error = {0};
    make_folders(&cluster);

    Result result = cluster_map(&cluster, user(), roles, 1, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}

/* The switch: log_min_messages in base/cluster_config.c. */
Test(cluster, the_servers_log_holds_no_value)
{
    Cluster cluster = located("data");
    SCOPED(arena_close) Arena *arena = arena_create(8 << 20);
    char path[PATH_BYTES];
    DbStatement cast = {
        .name = "cast", .sql = "SELECT $1::int8", .parameters = {VALUE_TEXT}, .columns = {VALUE_INT8}};
    Value value[] = {value_text(TEXT("CANARY"))};
    Text log;
    Error error = {0};
    succeed(cluster_create(&cluster, user(), false, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    Db *db = superuser(&cluster);

    Result failed = db_run(db, &cast, value, NULL, &error);
    cr_expect_not(failed.ok);
    failed = db_script(db, "literal", "SELECT 'CANARY'::int8", &error);
    cr_expect_not(failed.ok);

    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
    snprintf(path, sizeof path, "%s/pg/server.log", cluster.folder);
    succeed(input_read_all(path, 4 << 20, arena, &log, &error), &error);
    cr_expect_not_null(strstr(log.data, "ready to accept connections"), "the log is kept");
    cr_expect_null(strstr(log.data, "CANARY"));
}

Test(cluster, the_server_has_no_tcp_and_has_checksums)
{
    Cluster cluster = located("data");
    DbStatement settings = {.name = "settings",
                            .sql = "SELECT current_setting('listen_addresses'), "
                                   "current_setting('data_checksums'), current_setting('server_encoding'), "
                                   "(SELECT datcollate FROM pg_database WHERE datname = 'template1')",
                            .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT}};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};
    succeed(cluster_create(&cluster, user(), true, &error), &error);
    succeed(cluster_start(&cluster, &error), &error);
    Db *db = superuser(&cluster);

    succeed(db_run(db, &settings, NULL, &rows, &error), &error);

    cr_expect(text_equal(db_text(rows, 0, 0), TEXT("")));
    cr_expect(text_equal(db_text(rows, 0, 1), TEXT("on")));
    cr_expect(text_equal(db_text(rows, 0, 2), TEXT("UTF8")));
    cr_expect(text_equal(db_text(rows, 0, 3), TEXT("C")));
    db_close(&db);
    succeed(cluster_stop(&cluster, &error), &error);
}
