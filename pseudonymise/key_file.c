#include "pseudonymise/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/secret.h"

enum { NAME_BYTES = 64, SECONDS_A_DAY = 86400 };

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

/* Messages name the place as folder, separator and file. A file given by its own path has an empty folder. */
static const char *separator(const char *folder)
{
    return folder[0] == '\0' ? "" : "/";
}

static Result check_private(const struct stat *status, const char *folder, const char *name, Error *error)
{
    const char *slash = name[0] == '\0' ? "" : separator(folder);

    if (status->st_uid != geteuid())
        return fail(error, ERROR_CONFIG, "%s%s%s: belongs to another account", folder, slash, name);
    if ((status->st_mode & 077) != 0)
        return fail(error, ERROR_CONFIG,
                    "%s%s%s: group or others have access, it must be theirs who owns it alone", folder, slash,
                    name);
    return RESULT_OK;
}

Result key_folder_open(const char *path, KeyFolder *folder, Error *error)
{
    struct stat status;

    *folder =
        (KeyFolder){.descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), .path = path};
    if (folder->descriptor < 0 && (errno == ELOOP || errno == ENOTDIR))
        return fail(error, ERROR_CONFIG, "%s: not a folder, or a symbolic link", path);
    if (folder->descriptor < 0)
        return fail_errno(error, "%s: keyring cannot be opened", path);
    if (fstat(folder->descriptor, &status) != 0)
        return fail_errno(error, "%s: keyring cannot be examined", path);
    return check_private(&status, path, "", error);
}

void key_folder_close(KeyFolder *folder)
{
    descriptor_close(&folder->descriptor);
}

static Result check_file(const KeyFolder *folder, const char *name, size_t length, const struct stat *status,
                         Error *error)
{
    if (!S_ISREG(status->st_mode))
        return fail(error, ERROR_CONFIG, "%s%s%s: not a regular file", folder->path, separator(folder->path),
                    name);
    TRY(check_private(status, folder->path, name, error));
    if (length > 0 && status->st_size != (off_t)length)
        return fail(error, ERROR_CONFIG, "%s%s%s: must hold exactly %zu bytes", folder->path,
                    separator(folder->path), name, length);
    return RESULT_OK;
}

static Result open_checked(const KeyFolder *folder, const char *name, int flags, size_t length, int *file,
                           struct stat *status, Error *error)
{
    *file = openat(folder->descriptor, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*file < 0 && errno == ELOOP)
        return fail(error, ERROR_CONFIG, "%s%s%s: a symbolic link", folder->path, separator(folder->path),
                    name);
    if (*file < 0 && errno == ENOENT)
        return fail(error, ERROR_CONFIG, "%s%s%s: missing", folder->path, separator(folder->path), name);
    if (*file < 0)
        return fail_errno(error, "%s%s%s: key cannot be opened", folder->path, separator(folder->path), name);
    if (fstat(*file, status) != 0)
        return fail_errno(error, "%s%s%s: key cannot be examined", folder->path, separator(folder->path),
                          name);
    return check_file(folder, name, length, status, error);
}

Result key_file_open(const KeyFolder *folder, const char *name, int flags, size_t length, int *file,
                     Error *error)
{
    SCOPED(descriptor_close) int opened = -1;
    struct stat status;

    TRY(open_checked(folder, name, flags, length, &opened, &status, error));
    *file = opened;
    opened = -1;
    return RESULT_OK;
}

static Result read_key(const KeyFolder *folder, const char *name, int file, uint8_t *key, Error *error)
{
    static const uint8_t zeros[KEY_BYTES];

    /* pread, straight into the caller's secret memory: no stream would wipe its buffer. */
    if (pread(file, key, KEY_BYTES, 0) != KEY_BYTES)
        return fail_errno(error, "%s%s%s: key cannot be read", folder->path, separator(folder->path), name);
    if (secret_equal(key, zeros, KEY_BYTES))
        return fail(error, ERROR_CONFIG, "%s%s%s: an all-zero key is no key", folder->path,
                    separator(folder->path), name);
    return RESULT_OK;
}

Result key_file_read(const KeyFolder *folder, const char *name, uint8_t *key, Date *created, Error *error)
{
    SCOPED(descriptor_close) int file = -1;
    struct stat status;

    TRY(open_checked(folder, name, O_RDONLY, KEY_BYTES, &file, &status, error));
    if (created != NULL)
        *created = (Date)(status.st_mtim.tv_sec / SECONDS_A_DAY) + date_from_civil(1970, 1, 1);
    return key == NULL ? RESULT_OK : read_key(folder, name, file, key, error);
}

Result key_file_destroy(const KeyFolder *folder, const char *name, Error *error)
{
    SCOPED(descriptor_close) int file = -1;
    uint8_t noise[KEY_BYTES];

    TRY(key_file_open(folder, name, O_WRONLY, KEY_BYTES, &file, error));
    TRY(secret_random(noise, sizeof noise, error));
    if (pwrite(file, noise, sizeof noise, 0) != KEY_BYTES || fsync(file) != 0)
        return fail_errno(error, "%s%s%s: key cannot be overwritten", folder->path, separator(folder->path),
                          name);
    if (unlinkat(folder->descriptor, name, 0) != 0 || fsync(folder->descriptor) != 0)
        return fail_errno(error, "%s%s%s: is overwritten and cannot be removed", folder->path,
                          separator(folder->path), name);
    return RESULT_OK;
}

Result key_file_exists(const KeyFolder *folder, const char *name, bool *exists, Error *error)
{
    struct stat status;
    int failed = fstatat(folder->descriptor, name, &status, AT_SYMLINK_NOFOLLOW);

    if (failed != 0 && errno != ENOENT)
        return fail_errno(error, "%s%s%s: key cannot be examined", folder->path, separator(folder->path),
                          name);
    *exists = failed == 0;
    return RESULT_OK;
}

static Result write_temporary(const KeyFolder *folder, const char *temporary, const uint8_t key[KEY_BYTES],
                              Error *error)
{
    SCOPED(descriptor_close)
    int file =
        openat(folder->descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return fail_errno(error, "%s%s%s: key cannot be made", folder->path, separator(folder->path),
                          temporary);
    /* The process's umask may only have narrowed 0600: never leave a key its owner cannot read. */
    if (fchmod(file, 0600) != 0 || write(file, key, KEY_BYTES) != KEY_BYTES || fsync(file) != 0)
        return fail_errno(error, "%s%s%s: key cannot be written", folder->path, separator(folder->path),
                          temporary);
    return RESULT_OK;
}

static Result publish(const KeyFolder *folder, const char *temporary, const char *name, Error *error)
{
    if (renameat2(folder->descriptor, temporary, folder->descriptor, name, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST)
            return fail(error, ERROR_CONFIG, "%s%s%s: there is such a key already", folder->path,
                        separator(folder->path), name);
        return fail_errno(error, "%s%s%s: key cannot be put in place", folder->path, separator(folder->path),
                          name);
    }
    if (fsync(folder->descriptor) != 0)
        return fail_errno(error, "%s: keyring cannot be synchronised", folder->path);
    return RESULT_OK;
}

Result key_file_write(const KeyFolder *folder, const char *name, const uint8_t key[KEY_BYTES], Error *error)
{
    char temporary[NAME_BYTES];
    int length = snprintf(temporary, sizeof temporary, ".%s.%ld.new", name, (long)getpid());

    if (length < 0 || (size_t)length >= sizeof temporary)
        return fail(error, ERROR_CONFIG, "%s: name of a key is too long", folder->path);
    /* What an ended process of the same number left behind was never a key. */
    (void)unlinkat(folder->descriptor, temporary, 0);
    Result result = write_temporary(folder, temporary, key, error);
    if (result.ok)
        result = publish(folder, temporary, name, error);
    if (!result.ok)
        (void)unlinkat(folder->descriptor, temporary, 0);
    return result;
}

Result key_file_sync_parent(const char *path, Error *error)
{
    size_t bytes = strlen(path) + 1;
    char *copy = memory_alloc(bytes);
    memcpy(copy, path, bytes);
    int parent = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = parent < 0 ? -1 : fsync(parent);
    Result result = failed != 0 ? fail_errno(error, "%s: cannot be synchronised", path) : RESULT_OK;

    if (parent >= 0)
        (void)close(parent);
    memory_free(copy);
    return result;
}

/* One write may take a part only. */
static bool write_whole(int file, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

Result key_file_write_new(const char *path, const uint8_t *bytes, size_t length, Error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0 && errno == EEXIST)
        return fail(error, ERROR_CONFIG, "%s: is there already, and is never written over", path);
    if (file < 0)
        return fail_errno(error, "%s: cannot be made", path);
    /* The process's umask may only have narrowed 0600. */
    bool done = fchmod(file, 0600) == 0 && write_whole(file, bytes, length) && fsync(file) == 0;
    Result result =
        done ? key_file_sync_parent(path, error) : fail_errno(error, "%s: cannot be written", path);
    (void)close(file);
    if (!result.ok)
        (void)unlink(path);
    return result;
}

Result key_file_write_random(const char *path, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(secret_create(KEY_BYTES, &key, error));
    TRY(secret_random(secret_bytes(key), KEY_BYTES, error));
    return key_file_write_new(path, secret_bytes(key), KEY_BYTES, error);
}
