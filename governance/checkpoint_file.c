#include "governance/checkpoint_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024, LINE_BYTES = 160, PATH_BYTES = 4096 };

struct CheckpointFile {
    int descriptor;
    char path[PATH_BYTES];
    size_t whole_bytes; /* up to the end of the last whole line */
};

/* The name is on disk only when its folder is. */
static Result sync_folder(const char *path, Error *error)
{
    char copy[PATH_BYTES];

    snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail_errno(error, "%s: its folder", path);
    int synced = fsync(folder);
    (void)close(folder);
    return synced == 0 ? RESULT_OK : fail_errno(error, "%s: its folder", path);
}

Result checkpoint_file_open(const char *path, bool for_writing, CheckpointFile **file, Error *error)
{
    SCOPED(checkpoint_file_close) CheckpointFile *draft = memory_alloc(sizeof *draft);
    struct stat status;

    if ((size_t)snprintf(draft->path, sizeof draft->path, "%s", path) >= sizeof draft->path) {
        draft->descriptor = -1;
        return fail(error, ERROR_CONFIG, "checkpoint file: its path is too long");
    }
    draft->descriptor =
        open(path, (for_writing ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (draft->descriptor < 0 && errno == ENOENT && !for_writing)
        return RESULT_OK;
    if (draft->descriptor < 0)
        return fail_errno(error, "%s", path);
    if (flock(draft->descriptor, for_writing ? LOCK_EX : LOCK_SH) != 0 ||
        fstat(draft->descriptor, &status) != 0)
        return fail_errno(error, "%s", path);
    if (!S_ISREG(status.st_mode))
        return fail(error, ERROR_CONFIG, "%s: not a regular file", path);
    if (for_writing)
        TRY(sync_folder(path, error));
    *file = draft;
    draft = NULL;
    return RESULT_OK;
}

void checkpoint_file_close(CheckpointFile **file)
{
    if (*file == NULL)
        return;
    if ((*file)->descriptor >= 0)
        (void)close((*file)->descriptor); /* ends the lock */
    memory_free(*file);
    *file = NULL;
}

static Result read_all(const CheckpointFile *file, char *content, size_t bytes, Error *error)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = pread(file->descriptor, content + done, bytes - done, (off_t)done);
        if (got < 0)
            return fail_errno(error, "%s", file->path);
        if (got == 0)
            return fail(error, ERROR_INPUT, "%s: it shrank while it was read", file->path);
        done += (size_t)got;
    }
    return RESULT_OK;
}

static bool line_parse(Text line, Checkpoint *checkpoint)
{
    return text_equal(text_next(&line, ' '), TEXT("cinque-checkpoint-1")) &&
           text_to_int64(text_next(&line, ' '), &checkpoint->tree_size) &&
           hash_parse(text_next(&line, ' '), &checkpoint->root) && text_to_int64(line, &checkpoint->at_us);
}

static Result read_lines(CheckpointFile *file, Text content, CheckpointList *list, Error *error)
{
    int64_t size_before = 0;

    for (unsigned line = 1; memchr(content.data, '\n', content.length) != NULL; line++) {
        Checkpoint checkpoint;
        Text text = text_next(&content, '\n');
        if (!line_parse(text, &checkpoint))
            return fail(error, ERROR_INPUT, "%s line %u: not a checkpoint", file->path, line);
        if (checkpoint.tree_size <= size_before)
            return fail(error, ERROR_INPUT, "%s line %u: sizes do not ascend", file->path, line);
        size_before = checkpoint.tree_size;
        file->whole_bytes += text.length + 1;
        checkpoint_list_add(list, checkpoint);
        if (content.length == 0)
            break;
    }
    return RESULT_OK;
}

Result checkpoint_file_read(CheckpointFile *file, CheckpointList *list, Error *error)
{
    struct stat status;

    file->whole_bytes = 0;
    if (fstat(file->descriptor, &status) != 0)
        return fail_errno(error, "%s", file->path);
    if (status.st_size > FILE_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "%s: larger than %d bytes", file->path, FILE_BYTES_MAX);
    if (status.st_size == 0)
        return RESULT_OK;
    size_t bytes = (size_t)status.st_size;
    SCOPED(arena_close) Arena *arena = arena_create(bytes + 4096);
    char *content = arena_alloc(arena, bytes);
    TRY(read_all(file, content, bytes, error));
    return read_lines(file, (Text){.data = content, .length = bytes}, list, error);
}

Result checkpoint_file_append(CheckpointFile *file, const Checkpoint *checkpoint, Error *error)
{
    char line[LINE_BYTES], root[HASH_TEXT_BYTES];
    int length = snprintf(line, sizeof line, "cinque-checkpoint-1 %" PRId64 " %s %" PRId64 "\n",
                          checkpoint->tree_size, hash_format(&checkpoint->root, root), checkpoint->at_us);

    if (ftruncate(file->descriptor, (off_t)file->whole_bytes) != 0)
        return fail_errno(error, "%s", file->path);
    if (pwrite(file->descriptor, line, (size_t)length, (off_t)file->whole_bytes) != length)
        return fail_errno(error, "%s", file->path);
    if (fsync(file->descriptor) != 0)
        return fail_errno(error, "%s", file->path);
    file->whole_bytes += (size_t)length;
    return RESULT_OK;
}
