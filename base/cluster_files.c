#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cluster_private.h"

enum { TREE_FILES_OPEN_MAX = 32 };

const char *cluster_path(const Cluster *cluster, const char *name, char out[CLUSTER_FILE_BYTES])
{
    snprintf(out, CLUSTER_FILE_BYTES, "%s/pg%s%s", cluster->folder, *name != '\0' ? "/" : "", name);
    return out;
}

bool cluster_has(const Cluster *cluster, const char *name)
{
    char path[CLUSTER_FILE_BYTES];
    struct stat status;

    return lstat(cluster_path(cluster, name, path), &status) == 0;
}

static void file_close(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

static Result write_new(const char *path, const char *text, Error *error)
{
    SCOPED(file_close) int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    ClusterUser user;
    size_t length = strlen(text);

    TRY(cluster_server_user(&user, error));
    if (file < 0)
        return fail_errno(error, "%s", path);
    if (write(file, text, length) != (ssize_t)length || fchown(file, user.uid, user.gid) != 0 ||
        fsync(file) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

Result cluster_write(const Cluster *cluster, const char *name, const char *text, Error *error)
{
    char path[CLUSTER_FILE_BYTES], draft[CLUSTER_FILE_BYTES + 8];

    cluster_path(cluster, name, path);
    snprintf(draft, sizeof draft, "%s.new", path);
    TRY(write_new(draft, text, error));
    if (rename(draft, path) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

/* One that is there already must be a folder of the server's user: below /tmp anyone could have made it. */
Result cluster_make_folder(const char *path, mode_t mode, Error *error)
{
    ClusterUser user;
    struct stat status;

    TRY(cluster_server_user(&user, error));
    if (mkdir(path, 0700) == 0) {
        if (chown(path, user.uid, user.gid) != 0 || chmod(path, mode) != 0)
            return fail_errno(error, "%s", path);
        return RESULT_OK;
    }
    if (errno != EEXIST)
        return fail_errno(error, "%s", path);
    if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != user.uid)
        return fail(error, ERROR_SYSTEM, "%s: is not a folder of the server's user", path);
    return RESULT_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

Result cluster_remove_tree(const char *path, Error *error)
{
    if (nftw(path, remove_one, TREE_FILES_OPEN_MAX, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

Result cluster_lock(const Cluster *cluster, int *lock, Error *error)
{
    char path[CLUSTER_FILE_BYTES];

    *lock = open(cluster_path(cluster, "", path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*lock < 0 || flock(*lock, LOCK_EX) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

void cluster_unlock(int *lock)
{
    file_close(lock); /* the lock ends with the file */
}
