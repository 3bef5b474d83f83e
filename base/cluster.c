#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cluster_private.h"
#include "base/db.h"
#include "base/hash.h"

#define SOCKET_NAME ".s.PGSQL.5432"
enum { SOCKET_PATH_BYTES_MAX = 80, PID_LINE_BYTES_MAX = 32, SOCKET_HASH_LETTERS = 8 };
enum { CLEAR_ROUNDS_MAX = 100, CLEAR_PAUSE_NANOSECONDS = 100 * 1000 * 1000 };
enum { START_TRIES_MAX = 60, START_PAUSE_US = 500000, SOCKET_TRIES_MAX = 100, SOCKET_PAUSE_US = 50000 };
enum { RECOVERY_PAUSES = 600, RECOVERY_PAUSE_NS = 100 * 1000 * 1000 }; /* a minute */

static Result resolve(const char *folder, char out[CLUSTER_PATH_BYTES], Error *error)
{
    char parent[PATH_MAX], last[PATH_MAX], resolved[PATH_MAX], whole[PATH_MAX + NAME_MAX + 2];

    if (strlen(folder) >= sizeof parent)
        return fail(error, ERROR_CONFIG, "data folder: its path is too long");
    if (realpath(folder, resolved) != NULL) {
        snprintf(whole, sizeof whole, "%s", resolved);
    } else {
        /* not made yet: what is above it must be there */
        snprintf(parent, sizeof parent, "%s", folder);
        snprintf(last, sizeof last, "%s", folder);
        if (errno != ENOENT || realpath(dirname(parent), resolved) == NULL)
            return fail_errno(error, "data folder %s", folder);
        snprintf(whole, sizeof whole, "%s/%.*s", strcmp(resolved, "/") == 0 ? "" : resolved, NAME_MAX,
                 basename(last));
    }
    if (strlen(whole) >= CLUSTER_PATH_BYTES)
        return fail(error, ERROR_CONFIG, "data folder: its path is longer than %d bytes",
                    CLUSTER_PATH_BYTES - 1);
    memcpy(out, whole, strlen(whole) + 1);
    return RESULT_OK;
}

/* A path that needs no quotes in a configuration file or a connection string. */
static bool is_plain_path(const char *path)
{
    return strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == strlen(path);
}

/* The kernel takes 107 bytes for a socket's whole name. */
static void place_socket(Cluster *cluster)
{
    char path[CLUSTER_FILE_BYTES], hex[HASH_TEXT_BYTES];

    cluster_path(cluster, "socket", path);
    if (strlen(path) <= SOCKET_PATH_BYTES_MAX && is_plain_path(path)) {
        memcpy(cluster->socket, path, strlen(path) + 1);
        return;
    }
    Hash hash = hash_of(cluster->folder, strlen(cluster->folder));
    snprintf(cluster->socket, sizeof cluster->socket, "/tmp/.cinque-%.*s", SOCKET_HASH_LETTERS,
             hash_format(&hash, hex));
}

Result cluster_locate(const char *folder, Cluster *cluster, Error *error)
{
    TRY(resolve(folder, cluster->folder, error));
    place_socket(cluster);
    return RESULT_OK;
}

/* The first line of postmaster.pid, 0 where there is none. A server goes on writing the lines behind it while
 * it starts and stops. */
static Result read_pid(const Cluster *cluster, int64_t *pid, Error *error)
{
    char path[CLUSTER_FILE_BYTES], bytes[PID_LINE_BYTES_MAX];

    *pid = 0;
    FILE *file = fopen(cluster_path(cluster, "data/postmaster.pid", path), "re");
    if (file == NULL)
        return errno == ENOENT ? RESULT_OK : fail_errno(error, "%s", path);
    Text text = {.data = bytes, .length = fread(bytes, 1, sizeof bytes, file)};
    bool is_read = ferror(file) == 0;
    (void)fclose(file);
    if (!is_read)
        return fail(error, ERROR_SYSTEM, "%s: cannot be read", path);
    if (!text_to_int64(text_next(&text, '\n'), pid))
        *pid = 0;
    return RESULT_OK;
}

/* The number may since belong to another process, so its folder is compared. */
static Result server_runs(const Cluster *cluster, bool *runs, Error *error)
{
    char path[CLUSTER_FILE_BYTES], process[64], folder[CLUSTER_FILE_BYTES + 1];
    int64_t pid;

    *runs = false;
    TRY(read_pid(cluster, &pid, error));
    if (pid < 1)
        return RESULT_OK;
    snprintf(process, sizeof process, "/proc/%d/cwd", (int)pid);
    ssize_t length = readlink(process, folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    *runs = strcmp(folder, cluster_path(cluster, "data", path)) == 0;
    return RESULT_OK;
}

/* pg/unfinished stands from the first to the last step of making. */
Result cluster_state(const Cluster *cluster, ClusterState *state, Error *error)
{
    bool runs;

    *state = CLUSTER_ABSENT;
    if (!cluster_has(cluster, "data/PG_VERSION") || cluster_has(cluster, "unfinished"))
        return RESULT_OK;
    TRY(server_runs(cluster, &runs, error));
    *state = runs ? CLUSTER_RUNNING : CLUSTER_STOPPED;
    return RESULT_OK;
}

static Result run_checked(const Cluster *cluster, const char *what, const char *const *argv, Error *error)
{
    int status;

    TRY(cluster_run(cluster, argv, &status, error));
    if (status != 0)
        return fail(error, ERROR_SYSTEM, "cluster: %s failed with status %d, see %s/pg/tools.log", what,
                    status, cluster->folder);
    return RESULT_OK;
}

/* A folder below one that only root may enter is of no use to user postgres. */
static Result check_reach(const Cluster *cluster, Error *error)
{
    char path[CLUSTER_FILE_BYTES];
    const char *argv[] = {"/usr/bin/test", "-w", cluster_path(cluster, "", path), NULL};
    int status;

    TRY(cluster_run(cluster, argv, &status, error));
    if (status != 0)
        return fail(error, ERROR_CONFIG,
                    "data folder %s: the server's user cannot reach it, a folder above it is closed",
                    cluster->folder);
    return RESULT_OK;
}

static Result run_initdb(const Cluster *cluster, bool fast_unsafe, Error *error)
{
    char program[CLUSTER_FILE_BYTES], binaries[CLUSTER_PATH_BYTES], data[CLUSTER_FILE_BYTES];

    TRY(cluster_binaries(cluster, binaries, error));
    snprintf(program, sizeof program, "%s/initdb", binaries);
    const char *argv[] = {program,
                          "-D",
                          cluster_path(cluster, "data", data),
                          "-k",
                          "-E",
                          "UTF8",
                          "--locale=C",
                          "-U",
                          "postgres",
                          "-A",
                          "peer",
                          "--no-instructions",
                          fast_unsafe ? "--no-sync" : NULL,
                          NULL};
    return run_checked(cluster, "initdb", argv, error);
}

/* The processes that a killed initdb had started may write for a moment yet. */
static Result clear_data(const Cluster *cluster, Error *error)
{
    const struct timespec pause = {.tv_nsec = CLEAR_PAUSE_NANOSECONDS};
    char path[CLUSTER_FILE_BYTES];
    Result done = RESULT_OK;

    for (int round = 0; round < CLEAR_ROUNDS_MAX; round++) {
        done = cluster_remove_tree(cluster_path(cluster, "data", path), error);
        if (done.ok && !cluster_has(cluster, "data"))
            return done;
        (void)nanosleep(&pause, NULL);
    }
    return done;
}

/* Removes what a killed run left; a pg/ that we did not begin is not ours to remove. */
static Result clear_unfinished(const Cluster *cluster, Error *error)
{
    char path[CLUSTER_FILE_BYTES];

    /* it was killed before its first file, or amid it */
    (void)unlink(cluster_path(cluster, "unfinished.new", path));
    cluster_path(cluster, "", path);
    if (rmdir(path) == 0 || errno == ENOENT)
        return RESULT_OK;
    if (!cluster_has(cluster, "unfinished"))
        return fail(error, ERROR_CONFIG, "%s: exists and is not a cluster of ours", path);
    /* the mark goes last: a clearing can be killed, too */
    TRY(clear_data(cluster, error));
    TRY(cluster_remove_tree(cluster_path(cluster, "tools.log", path), error));
    return cluster_remove_tree(cluster_path(cluster, "", path), error);
}

static Result make_cluster(const Cluster *cluster, const char *map_user, bool fast_unsafe, Error *error)
{
    char path[CLUSTER_FILE_BYTES];
    const char *const roles[] = {"postgres"};

    TRY(clear_unfinished(cluster, error));
    if (mkdir(cluster->folder, 0755) != 0 && errno != EEXIST)
        return fail_errno(error, "%s", cluster->folder);
    TRY(cluster_make_folder(cluster_path(cluster, "", path), 0711, error));
    TRY(cluster_write(cluster, "unfinished", "", error)); /* first: what is run next already leaves a log */
    TRY(check_reach(cluster, error));
    TRY(run_initdb(cluster, fast_unsafe, error));
    TRY(cluster_write_config(cluster, fast_unsafe, error));
    TRY(cluster_write_map(cluster, map_user, roles, 1, error));
    if (unlink(cluster_path(cluster, "unfinished", path)) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

Result cluster_create(const Cluster *cluster, const char *map_user, bool fast_unsafe, Error *error)
{
    ClusterState state;

    TRY(cluster_state(cluster, &state, error));
    if (state != CLUSTER_ABSENT)
        return RESULT_OK;
    return make_cluster(cluster, map_user, fast_unsafe, error);
}

static Result control(const Cluster *cluster, const char *action, Error *error)
{
    char program[CLUSTER_FILE_BYTES], binaries[CLUSTER_PATH_BYTES], data[CLUSTER_FILE_BYTES],
        log_path[CLUSTER_FILE_BYTES];

    TRY(cluster_binaries(cluster, binaries, error));
    snprintf(program, sizeof program, "%s/pg_ctl", binaries);
    const char *argv[] = {program, action,
                          "-D",    cluster_path(cluster, "data", data),
                          "-l",    cluster_path(cluster, "server.log", log_path),
                          "-w",    "-t",
                          "120",   "-m",
                          "fast",  NULL};
    /* each action takes only some of these; pg_ctl does not mind the others */
    return run_checked(cluster, action, argv, error);
}

/* One that was just started has none yet. Who cleans up below /tmp may take it from a server that runs: not
 * mended here, since a restart ends others' work. */
static Result await_socket(const Cluster *cluster, Error *error)
{
    char path[CLUSTER_FILE_BYTES + 32];

    snprintf(path, sizeof path, "%s/" SOCKET_NAME, cluster->socket);
    for (int tries = 0; tries < SOCKET_TRIES_MAX; tries++) {
        if (access(path, F_OK) == 0)
            return RESULT_OK;
        usleep(SOCKET_PAUSE_US);
    }
    return fail(error, ERROR_SYSTEM,
                "%s: is gone while the server runs; cinque stop, then cinque start, makes it again", path);
}

/* After a crash a server that runs lets nobody in until it has recovered. */
static Result await_recovery(const Cluster *cluster, Error *error)
{
    const struct timespec pause = {.tv_nsec = RECOVERY_PAUSE_NS};
    char conninfo[CLUSTER_CONNINFO_BYTES];

    cluster_conninfo(cluster, "postgres", "postgres", conninfo);
    for (int i = 0; i < RECOVERY_PAUSES; i++) {
        if (!db_is_recovering(conninfo))
            return RESULT_OK;
        (void)nanosleep(&pause, NULL);
    }
    return fail(error, ERROR_SYSTEM, "data folder %s: the server is still recovering; try again later",
                cluster->folder);
}

static Result await_server(const Cluster *cluster, Error *error)
{
    TRY(await_socket(cluster, error));
    return await_recovery(cluster, error);
}

/* After a crash, the dead server's own children may still be ending and hold its memory: then it is tried
 * again. And a server may just have been started by who was killed since: then that one is waited for. */
static Result start_server(const Cluster *cluster, Error *error)
{
    bool crashed = cluster_has(cluster, "data/postmaster.pid");
    Result started = control(cluster, "start", error);
    ClusterState state;

    for (int tries = 0; !started.ok && tries < START_TRIES_MAX; tries++) {
        if (!crashed && !cluster_has(cluster, "data/postmaster.pid"))
            break;
        usleep(START_PAUSE_US);
        TRY(cluster_state(cluster, &state, error));
        if (state == CLUSTER_RUNNING)
            return await_server(cluster, error);
        started = control(cluster, "start", error);
    }
    return started;
}

Result cluster_start(const Cluster *cluster, Error *error)
{
    SCOPED(cluster_unlock) int lock = -1;
    ClusterState state;

    TRY(cluster_lock(cluster, &lock, error));
    TRY(cluster_state(cluster, &state, error));
    if (state == CLUSTER_ABSENT)
        return fail(error, ERROR_CONFIG, "data folder %s: holds no cluster", cluster->folder);
    if (state == CLUSTER_RUNNING)
        return await_server(cluster, error);
    TRY(cluster_make_folder(cluster->socket, 0711, error));
    return start_server(cluster, error);
}

/* A killed server leaves its socket behind. Nothing but the two known names is removed: it may be below /tmp.
 */
static Result remove_socket(const Cluster *cluster, Error *error)
{
    static const char *const names[] = {SOCKET_NAME, SOCKET_NAME ".lock"};
    char path[CLUSTER_FILE_BYTES + 32];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", cluster->socket, names[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            return fail_errno(error, "%s", path);
    }
    if (rmdir(cluster->socket) != 0 && errno != ENOENT)
        return fail_errno(error, "%s", cluster->socket);
    return RESULT_OK;
}

Result cluster_stop(const Cluster *cluster, Error *error)
{
    SCOPED(cluster_unlock) int lock = -1;
    ClusterState state;

    TRY(cluster_state(cluster, &state, error));
    if (state == CLUSTER_ABSENT)
        return RESULT_OK;
    TRY(cluster_lock(cluster, &lock, error));
    TRY(cluster_state(cluster, &state, error));
    if (state == CLUSTER_RUNNING)
        TRY(control(cluster, "stop", error));
    return remove_socket(cluster, error);
}

Result cluster_map(const Cluster *cluster, const char *os_user, const char *const *roles, size_t role_count,
                   Error *error)
{
    SCOPED(cluster_unlock) int lock = -1;
    ClusterState state;

    TRY(cluster_lock(cluster, &lock, error));
    TRY(cluster_write_map(cluster, os_user, roles, role_count, error));
    TRY(cluster_state(cluster, &state, error));
    return state == CLUSTER_RUNNING ? control(cluster, "reload", error) : RESULT_OK;
}

const char *cluster_conninfo(const Cluster *cluster, const char *database, const char *role,
                             char out[CLUSTER_CONNINFO_BYTES])
{
    char server[CLUSTER_NAME_BYTES];

    snprintf(out, CLUSTER_CONNINFO_BYTES, "host=%s dbname=%s user=%s requirepeer=%s", cluster->socket,
             database, role, cluster_server_name(cluster, server));
    return out;
}
