/* Writing an archive. It is read in archive_read.c. */
#include "ingest/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/secret.h"
#include "ingest/archive_path.h"

enum { LEVEL = 3 };

struct ArchiveWriter {
    const char *folder;
    int64_t delivery_id;
    int part, opening; /* what it made, held open so that no other file gets their inodes; -1: none */
    Seal *seal;
    HashStream *hash;
    ZSTD_CCtx *encoder;
    unsigned char *block, *packed; /* as delivered, and compressed, which keeps letters as they are: wiped */
    size_t length, packed_capacity;
    uint64_t blocks, bytes;
    bool is_failed; /* what was given is not what is written: it can only be given up */
};

Result archive_path(const char *folder, int64_t delivery_id, const char *suffix, char out[ARCHIVE_PATH_BYTES],
                    Error *error)
{
    int length = snprintf(out, ARCHIVE_PATH_BYTES, "%s/%" PRId64 "%s", folder, delivery_id, suffix);

    if (length < 0 || length >= ARCHIVE_PATH_BYTES)
        return fail(error, ERROR_CONFIG, "archive: its path is too long");
    return RESULT_OK;
}

static Result remove_file(const char *folder, int64_t delivery_id, const char *suffix, Error *error)
{
    char path[ARCHIVE_PATH_BYTES];

    TRY(archive_path(folder, delivery_id, suffix, path, error));
    if (unlink(path) != 0 && errno != ENOENT)
        return fail_errno(error, "%s: cannot be removed", path);
    return RESULT_OK;
}

static Result sync_folder(const char *folder, Error *error)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = descriptor < 0 ? -1 : fsync(descriptor);
    Result result = failed != 0 ? fail_errno(error, "%s: cannot be synchronised", folder) : RESULT_OK;

    if (descriptor >= 0)
        (void)close(descriptor);
    return result;
}

static Result remove_before(const char *folder, int64_t delivery_id, Error *error)
{
    TRY(remove_file(folder, delivery_id, ARCHIVE_BEFORE_OPENING, error));
    TRY(remove_file(folder, delivery_id, ARCHIVE_BEFORE, error));
    return sync_folder(folder, error);
}

static Result remove_own(const char *folder, int64_t delivery_id, Error *error)
{
    /* the opening first: what is left when we are stopped here is sealed */
    TRY(remove_file(folder, delivery_id, ARCHIVE_OPENING, error));
    TRY(remove_file(folder, delivery_id, ARCHIVE_PART, error));
    return remove_file(folder, delivery_id, ARCHIVE_SEALED, error);
}

Result archive_remove(const char *folder, int64_t delivery_id, Error *error)
{
    TRY(remove_own(folder, delivery_id, error));
    return remove_before(folder, delivery_id, error);
}

Result archive_forget(const char *folder, int64_t delivery_id, Error *error)
{
    char path[ARCHIVE_PATH_BYTES];

    TRY(archive_path(folder, delivery_id, ARCHIVE_OPENING, path, error));
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return RESULT_OK;
    TRY(remove_file(folder, delivery_id, ARCHIVE_OPENING, error));
    return sync_folder(folder, error);
}

static Result hold(const char *path, int *made, Error *error)
{
    *made = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return *made >= 0 ? RESULT_OK : fail_errno(error, "%s: cannot be opened", path);
}

/* Under its name another's file may lie by now. */
static bool is_ours(const char *path, int made)
{
    struct stat own, there;

    return made >= 0 && fstat(made, &own) == 0 && lstat(path, &there) == 0 && own.st_dev == there.st_dev &&
           own.st_ino == there.st_ino;
}

static void remove_ours(const ArchiveWriter *writer, const char *suffix, int made)
{
    char path[ARCHIVE_PATH_BYTES];
    Error ignored;

    if (archive_path(writer->folder, writer->delivery_id, suffix, path, &ignored).ok && is_ours(path, made))
        (void)unlink(path);
}

static void writer_close(ArchiveWriter **writer)
{
    ArchiveWriter *made = *writer;

    if (made->part >= 0)
        (void)close(made->part);
    if (made->opening >= 0)
        (void)close(made->opening);
    hash_close(&made->hash);
    ZSTD_freeCCtx(made->encoder);
    secret_wipe(made->block, ARCHIVE_BLOCK_BYTES);
    secret_wipe(made->packed, made->packed_capacity);
    memory_free(made->block);
    memory_free(made->packed);
    memory_free(made);
    *writer = NULL;
}

/* Never a N.sealed: one that is in its place may be acknowledged. */
void archive_abandon(ArchiveWriter **writer)
{
    if (*writer == NULL)
        return;
    seal_abandon(&(*writer)->seal);
    remove_ours(*writer, ARCHIVE_OPENING, (*writer)->opening);
    remove_ours(*writer, ARCHIVE_PART, (*writer)->part);
    writer_close(writer);
}

static Result open_seal(const Keyring *keyring, ArchiveWriter *writer, Error *error)
{
    char path[ARCHIVE_PATH_BYTES], opening[ARCHIVE_PATH_BYTES], of[ARCHIVE_NAME_BYTES];

    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_PART, path, error));
    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_OPENING, opening, error));
    const SealArchive archive = {
        .path = path, .of = archive_name(writer->delivery_id, of), .opening_path = opening};
    TRY(seal_create_archive(keyring, &archive, &writer->seal, error));
    TRY(hold(path, &writer->part, error));
    return hold(opening, &writer->opening, error);
}

static Result make_writer(const Keyring *keyring, const char *folder, int64_t delivery_id,
                          ArchiveWriter **writer, Error *error)
{
    SCOPED(archive_abandon) ArchiveWriter *made = memory_alloc(sizeof *made);

    made->folder = folder;
    made->delivery_id = delivery_id;
    made->part = made->opening = -1;
    made->hash = hash_open();
    made->encoder = ZSTD_createCCtx();
    made->block = memory_alloc(ARCHIVE_BLOCK_BYTES);
    made->packed_capacity = ZSTD_compressBound(ARCHIVE_BLOCK_BYTES);
    made->packed = memory_alloc(made->packed_capacity);
    if (made->encoder == NULL)
        return fail(error, ERROR_SYSTEM, "zstd: encoder cannot be set up");
    TRY(open_seal(keyring, made, error));
    *writer = made;
    made = NULL;
    return RESULT_OK;
}

Result archive_create(const Keyring *keyring, const char *folder, int64_t delivery_id, ArchiveWriter **writer,
                      Error *error)
{
    TRY(archive_remove(folder, delivery_id, error));
    return make_writer(keyring, folder, delivery_id, writer, error);
}

static bool is_there(const char *folder, int64_t delivery_id, const char *suffix)
{
    char path[ARCHIVE_PATH_BYTES];
    Error ignored;

    return archive_path(folder, delivery_id, suffix, path, &ignored).ok && access(path, F_OK) == 0;
}

static Result rename_file(const char *folder, int64_t delivery_id, const char *from, const char *to,
                          Error *error)
{
    char old[ARCHIVE_PATH_BYTES], new[ARCHIVE_PATH_BYTES];

    TRY(archive_path(folder, delivery_id, from, old, error));
    TRY(archive_path(folder, delivery_id, to, new, error));
    return rename(old, new) == 0 ? RESULT_OK : fail_errno(error, "%s: cannot be renamed", old);
}

/* Who was killed while it took one over has less than that in its own part: then this is the one. */
static Result set_aside(const char *folder, int64_t delivery_id, Error *error)
{
    if (is_there(folder, delivery_id, ARCHIVE_BEFORE) &&
        is_there(folder, delivery_id, ARCHIVE_BEFORE_OPENING))
        return RESULT_OK;
    if (!is_there(folder, delivery_id, ARCHIVE_PART) || !is_there(folder, delivery_id, ARCHIVE_OPENING))
        return RESULT_OK;
    TRY(rename_file(folder, delivery_id, ARCHIVE_OPENING, ARCHIVE_BEFORE_OPENING, error));
    return rename_file(folder, delivery_id, ARCHIVE_PART, ARCHIVE_BEFORE, error);
}

Result archive_resume(const Keyring *keyring, const char *folder, int64_t delivery_id, ArchiveWriter **writer,
                      Error *error)
{
    SCOPED(archive_abandon) ArchiveWriter *made = NULL;
    Archive before = {.folder = folder, .delivery_id = delivery_id, .keyring = keyring, .is_before = true};

    TRY(set_aside(folder, delivery_id, error));
    TRY(remove_own(folder, delivery_id, error));
    TRY(make_writer(keyring, folder, delivery_id, &made, error));
    TRY(archive_salvage(&before, made, error));
    TRY(remove_before(folder, delivery_id, error));
    *writer = made;
    made = NULL;
    return RESULT_OK;
}

static Result flush(ArchiveWriter *writer, Error *error)
{
    size_t length = ZSTD_compressCCtx(writer->encoder, writer->packed, writer->packed_capacity, writer->block,
                                      writer->length, LEVEL);

    if (ZSTD_isError(length))
        return fail(error, ERROR_SYSTEM, "zstd: %s", ZSTD_getErrorName(length));
    writer->length = 0;
    return seal_line(writer->seal, writer->blocks++,
                     (Text){.data = (const char *)writer->packed, .length = length}, error);
}

static Result check_writer(const ArchiveWriter *writer, Error *error)
{
    if (writer->is_failed)
        return fail(error, ERROR_SYSTEM, "archive: a write of it failed before");
    return RESULT_OK;
}

static Result add(ArchiveWriter *writer, const void *bytes, size_t length, Error *error)
{
    const unsigned char *from = bytes;

    hash_add(writer->hash, bytes, length);
    writer->bytes += length;
    while (length > 0) {
        size_t room = ARCHIVE_BLOCK_BYTES - writer->length, taken = length < room ? length : room;
        memcpy(writer->block + writer->length, from, taken);
        writer->length += taken;
        from += taken;
        length -= taken;
        if (writer->length == ARCHIVE_BLOCK_BYTES)
            TRY(flush(writer, error));
    }
    return RESULT_OK;
}

Result archive_add(ArchiveWriter *writer, const void *bytes, size_t length, Error *error)
{
    TRY(check_writer(writer, error));
    Result result = add(writer, bytes, length, error);
    writer->is_failed = !result.ok;
    return result;
}

uint64_t archive_added(const ArchiveWriter *writer)
{
    return writer->bytes;
}

static Result put_in_place(ArchiveWriter *writer, ArchiveSum *sum, Error *error)
{
    char part[ARCHIVE_PATH_BYTES], sealed[ARCHIVE_PATH_BYTES];
    struct stat status;

    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_PART, part, error));
    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_SEALED, sealed, error));
    if (!is_ours(part, writer->part))
        return fail(error, ERROR_SYSTEM, "%s: not the file that was written", part);
    if (rename(part, sealed) != 0 || stat(sealed, &status) != 0)
        return fail_errno(error, "%s: cannot be put in place", sealed);
    sum->sealed_bytes = (uint64_t)status.st_size;
    return sync_folder(writer->folder, error);
}

Result archive_finish(ArchiveWriter **writer, ArchiveSum *sum, Error *error)
{
    ArchiveWriter *made = *writer;

    TRY(check_writer(made, error));
    made->is_failed = true; /* until all is done */
    if (made->length > 0)
        TRY(flush(made, error));
    TRY(seal_finish(&made->seal, error));
    *sum = (ArchiveSum){.content = hash_value(made->hash), .bytes = made->bytes};
    TRY(put_in_place(made, sum, error));
    writer_close(writer);
    return RESULT_OK;
}
