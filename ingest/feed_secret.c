/* Secrets that a feed names by path. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/feed.h"

enum { SECRET_BYTES_MAX = 4096 };

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
}

static Result check_private(const char *path, int file, Error *error)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return fail_errno(error, "%s: cannot be examined", path);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return fail(error, ERROR_CONFIG, "%s: a secret stands in a regular file of ours of mode 0600", path);
    return RESULT_OK;
}

Result feed_secret(const char *path, Secret **secret, size_t *length, Error *error)
{
    SCOPED(secret_close) Secret *made = NULL;
    SCOPED(descriptor_close) int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (file < 0)
        return fail_errno(error, "%s: secret cannot be opened", path);
    TRY(check_private(path, file, error));
    TRY(secret_create(SECRET_BYTES_MAX + 1, &made, error));
    uint8_t *bytes = secret_bytes(made);
    ssize_t got = read(file, bytes, SECRET_BYTES_MAX + 1);
    if (got < 0)
        return fail_errno(error, "%s: secret cannot be read", path);
    while (got > 0 && (bytes[got - 1] == '\n' || bytes[got - 1] == '\r'))
        bytes[--got] = '\0';
    if (got == 0 || got > SECRET_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "%s: a secret is 1 to 4096 bytes", path);
    *length = (size_t)got;
    *secret = made;
    made = NULL;
    return RESULT_OK;
}
