#include "base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

static const InputSource *served;
static _Thread_local const InputMark *expected;

void input_serve(const InputSource *source)
{
    served = source;
}

void input_expect(const InputMark *mark)
{
    expected = mark;
}

static Result start(const char *path, InputFile *file, Error *error)
{
    file->path = memory_alloc(strlen(path) + 1);
    memcpy(file->path, path, strlen(path));
    if (expected != NULL && strcmp(path, expected->path) == 0) {
        file->expected = expected;
        return input_file_mark(file, expected->key, error);
    }
    file->hash = hash_open();
    return RESULT_OK;
}

Result input_file_mark(InputFile *file, const uint8_t key[FINGERPRINT_KEY_BYTES], Error *error)
{
    return fingerprint_open(key, &file->fingerprint, error);
}

Result input_file_check(InputFile *file, Error *error)
{
    Fingerprint found;

    if (file->expected == NULL)
        return RESULT_OK;
    TRY(fingerprint_end(file->fingerprint, &found, error));
    if (memcmp(&found, &file->expected->fingerprint, sizeof found) != 0)
        return fail(error, ERROR_REFUSED, "%s: changed since it was hashed", file->path);
    return RESULT_OK;
}

Hash input_file_digest(const InputFile *file)
{
    return file->expected != NULL ? file->expected->digest : hash_value(file->hash);
}

static void add_bytes(InputFile *file, const void *bytes, size_t length)
{
    file->delivered += length;
    if (file->hash != NULL)
        hash_add(file->hash, bytes, length);
    if (file->fingerprint != NULL)
        fingerprint_add(file->fingerprint, bytes, length);
}

Result input_file_open(const char *path, InputFile *file, Error *error)
{
    struct stat status;

    if (served != NULL && strcmp(path, served->name) == 0) {
        file->source = served;
        TRY(start(path, file, error));
        return served->open(served->context, &file->stream, error);
    }
    /* O_NONBLOCK: a pipe laid in a file's place must not hold us up before it is refused. */
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (file->descriptor < 0 && errno == ELOOP)
        return fail(error, ERROR_INPUT, "%s: a symbolic link is not followed", path);
    if (file->descriptor < 0)
        return fail_errno(error, "%s", path);
    if (fstat(file->descriptor, &status) != 0)
        return fail_errno(error, "%s", path);
    if (!S_ISREG(status.st_mode))
        return fail(error, ERROR_INPUT, "%s: not a regular file", path);

    file->bytes = (uint64_t)status.st_size;
    file->changed = status.st_mtim;
    TRY(start(path, file, error));
    (void)posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return RESULT_OK;
}

static Result check_unchanged(const InputFile *file, Error *error)
{
    struct stat status;

    if (fstat(file->descriptor, &status) != 0)
        return fail_errno(error, "%s", file->path);
    if ((uint64_t)status.st_size != file->bytes || file->delivered != file->bytes ||
        status.st_mtim.tv_sec != file->changed.tv_sec || status.st_mtim.tv_nsec != file->changed.tv_nsec)
        return fail(error, ERROR_INPUT, "%s: changed while it was read", file->path);
    return RESULT_OK;
}

static Result read_source(InputFile *file, void *buffer, size_t capacity, size_t *length, Error *error)
{
    *length = 0;
    TRY(file->source->read(file->stream, buffer, capacity, length, error));
    add_bytes(file, buffer, *length);
    return RESULT_OK;
}

Result input_file_read(InputFile *file, void *buffer, size_t capacity, size_t *length, Error *error)
{
    ssize_t got;

    if (file->source != NULL)
        return read_source(file, buffer, capacity, length, error);
    do {
        got = read(file->descriptor, buffer, capacity);
    } while (got < 0 && errno == EINTR);
    *length = 0;
    if (got < 0)
        return fail_errno(error, "%s", file->path);

    *length = (size_t)got;
    add_bytes(file, buffer, *length);
    return got > 0 ? RESULT_OK : check_unchanged(file, error);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void input_file_enter(InputFile *file)
{
    file->entered_ns = now_ns();
}

void input_file_leave(InputFile *file)
{
    file->worked_ns += now_ns() - file->entered_ns;
}

double input_file_seconds(const InputFile *file)
{
    return (double)(file->worked_ns + (now_ns() - file->entered_ns)) / 1e9;
}

void input_file_close(InputFile *file)
{
    if (file->descriptor >= 0)
        (void)close(file->descriptor);
    if (file->source != NULL)
        file->source->close(&file->stream);
    hash_close(&file->hash);
    fingerprint_close(&file->fingerprint);
    memory_free(file->path);
    *file = (InputFile){.descriptor = -1};
}
