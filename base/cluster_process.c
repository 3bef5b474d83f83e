#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cluster_private.h"
#include "base/input.h"

static const char binaries_root[] = "/usr/lib/postgresql"; /* Debian keeps one folder a major version there */

enum { VERSION_MIN = 15, VERSION_FILE_BYTES_MAX = 64, PASSWD_BYTES = 4096, EXIT_NOT_RUN = 127 };

Result cluster_server_user(ClusterUser *user, Error *error)
{
    char buffer[PASSWD_BYTES];
    struct passwd entry, *found = NULL;

    if (geteuid() == 0)
        (void)getpwnam_r("postgres", &entry, buffer, sizeof buffer, &found);
    else
        (void)getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found);
    if (found == NULL)
        return fail(error, ERROR_SYSTEM, "cluster: there is no account for the server to run as");
    *user = (ClusterUser){.uid = entry.pw_uid, .gid = entry.pw_gid};
    snprintf(user->name, sizeof user->name, "%s", entry.pw_name);
    return RESULT_OK;
}

const char *cluster_server_name(const Cluster *cluster, char out[CLUSTER_NAME_BYTES])
{
    char path[CLUSTER_FILE_BYTES], buffer[PASSWD_BYTES];
    struct passwd entry, *found = NULL;
    struct stat data;
    ClusterUser user;
    Error ignored = {0};

    if (stat(cluster_path(cluster, "data", path), &data) == 0)
        (void)getpwuid_r(data.st_uid, &entry, buffer, sizeof buffer, &found);
    else if (cluster_server_user(&user, &ignored).ok)
        (void)getpwnam_r(user.name, &entry, buffer, sizeof buffer, &found);
    /* spaces, quotes and backslashes would end the word in a connection string */
    bool is_plain = found != NULL && strpbrk(found->pw_name, " '\\") == NULL;
    snprintf(out, CLUSTER_NAME_BYTES, "%s", is_plain ? found->pw_name : ":nobody:");
    return out;
}

static int version_installed(int wanted)
{
    DIR *folder = opendir(binaries_root);
    struct dirent *entry;
    int best = 0;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        char path[CLUSTER_PATH_BYTES];
        int version = (int)strtol(entry->d_name, NULL, 10);
        int length = snprintf(path, sizeof path, "%s/%d/bin/postgres", binaries_root, version);
        bool fits = wanted != 0 ? version == wanted : version >= VERSION_MIN && version > best;
        if (fits && length < (int)sizeof path && access(path, X_OK) == 0)
            best = version;
    }
    closedir(folder);
    return best;
}

/* 0 when there is no data directory yet. */
static Result version_of_data(const Cluster *cluster, int *version, Error *error)
{
    char path[CLUSTER_FILE_BYTES];
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Text text;

    *version = 0;
    if (!cluster_has(cluster, "data/PG_VERSION"))
        return RESULT_OK;
    TRY(input_read_all(cluster_path(cluster, "data/PG_VERSION", path), VERSION_FILE_BYTES_MAX, arena, &text,
                       error));
    *version = (int)strtol(text.data, NULL, 10);
    return RESULT_OK;
}

Result cluster_binaries(const Cluster *cluster, char out[CLUSTER_PATH_BYTES], Error *error)
{
    int wanted;

    TRY(version_of_data(cluster, &wanted, error));
    int found = version_installed(wanted);
    if (found == 0)
        return fail(error, ERROR_CONFIG, "cluster: no PostgreSQL %d%s under %s",
                    wanted != 0 ? wanted : VERSION_MIN, wanted != 0 ? "" : " or newer", binaries_root);
    snprintf(out, CLUSTER_PATH_BYTES, "%s/%d/bin", binaries_root, found);
    return RESULT_OK;
}

/* Between fork and exec: no key file, socket or pipe of ours reaches a server that outlives us. */
static bool child_prepare(const ClusterUser *user, const char *log_path)
{
    if (geteuid() == 0 &&
        (initgroups(user->name, user->gid) != 0 || setgid(user->gid) != 0 || setuid(user->uid) != 0))
        return false;
    /* A tool must not go on alone when we are killed; the server that pg_ctl starts is not touched by this.
     */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return false;
    umask(077);
    int in = open("/dev/null", O_RDONLY);
    int out = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    if (out < 0)
        out = open("/dev/null", O_WRONLY);
    if (in < 0 || out < 0 || dup2(in, 0) != 0 || dup2(out, 1) != 1 || dup2(out, 2) != 2)
        return false;
    return close_range(3, ~0U, 0) == 0 && chdir("/") == 0;
}

static void child_main(const ClusterUser *user, const char *log_path, const char *const *argv)
{
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/", NULL};

    if (child_prepare(user, log_path))
        execve(argv[0], (char *const *)argv, environment);
    _exit(EXIT_NOT_RUN);
}

Result cluster_run(const Cluster *cluster, const char *const *argv, int *status, Error *error)
{
    char log_path[CLUSTER_FILE_BYTES];
    ClusterUser user;
    int wait_status = 0;

    TRY(cluster_server_user(&user, error));
    cluster_path(cluster, "tools.log", log_path);
    pid_t child = fork();
    if (child < 0)
        return fail_errno(error, "cluster: fork");
    if (child == 0)
        child_main(&user, log_path, argv);
    while (waitpid(child, &wait_status, 0) < 0)
        if (errno != EINTR)
            return fail_errno(error, "cluster: wait for %s", argv[0]);
    *status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : EXIT_NOT_RUN;
    return RESULT_OK;
}
