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
    Seal *seal;
    HashStream *hash;
    ZSTD_CCtx *encoder;
    unsigned char *block, *packed; /* block: as delivered, wiped */
    size_t length, packed_capacity;
    uint64_t blocks, bytes;
    bool is_finished;
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

Result archive_remove(const char *folder, int64_t delivery_id, Error *error)
{
    /* the opening first: what is left when we are stopped here is sealed */
    TRY(remove_file(folder, delivery_id, ARCHIVE_OPENING, error));
    TRY(remove_file(folder, delivery_id, ARCHIVE_PART, error));
    TRY(remove_file(folder, delivery_id, ARCHIVE_SEALED, error));
    return sync_folder(folder, error);
}

Result archive_forget(const char *folder, int64_t delivery_id, Error *error)
{
    TRY(remove_file(folder, delivery_id, ARCHIVE_OPENING, error));
    return sync_folder(folder, error);
}

void archive_abandon(ArchiveWriter **writer)
{
    ArchiveWriter *made = *writer;
    Error ignored;

    if (made == NULL)
        return;
    seal_abandon(&made->seal);
    if (!made->is_finished)
        (void)archive_remove(made->folder, made->delivery_id, &ignored).ok;
    hash_close(&made->hash);
    ZSTD_freeCCtx(made->encoder);
    if (made->block != NULL)
        secret_wipe(made->block, ARCHIVE_BLOCK_BYTES);
    memory_free(made->block);
    memory_free(made->packed);
    memory_free(made);
    *writer = NULL;
}

static Result open_seal(const Keyring *keyring, ArchiveWriter *writer, Error *error)
{
    char path[ARCHIVE_PATH_BYTES], opening[ARCHIVE_PATH_BYTES], of[ARCHIVE_NAME_BYTES];

    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_PART, path, error));
    TRY(archive_path(writer->folder, writer->delivery_id, ARCHIVE_OPENING, opening, error));
    const SealArchive archive = {
        .path = path, .of = archive_name(writer->delivery_id, of), .opening_path = opening};
    return seal_create_archive(keyring, &archive, &writer->seal, error);
}

Result archive_create(const Keyring *keyring, const char *folder, int64_t delivery_id, ArchiveWriter **writer,
                      Error *error)
{
    SCOPED(archive_abandon) ArchiveWriter *made = memory_alloc(sizeof *made);

    made->folder = folder;
    made->delivery_id = delivery_id;
    made->hash = hash_open();
    made->encoder = ZSTD_createCCtx();
    made->block = memory_alloc(ARCHIVE_BLOCK_BYTES);
    made->packed_capacity = ZSTD_compressBound(ARCHIVE_BLOCK_BYTES);
    made->packed = memory_alloc(made->packed_capacity);
    if (made->encoder == NULL)
        return fail(error, ERROR_SYSTEM, "zstd: encoder cannot be set up");
    TRY(archive_remove(folder, delivery_id, error));
    TRY(open_seal(keyring, made, error));
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

Result archive_add(ArchiveWriter *writer, const void *bytes, size_t length, Error *error)
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
    if (rename(part, sealed) != 0 || stat(sealed, &status) != 0)
        return fail_errno(error, "%s: cannot be put in place", sealed);
    sum->sealed_bytes = (uint64_t)status.st_size;
    return sync_folder(writer->folder, error);
}

Result archive_finish(ArchiveWriter **writer, ArchiveSum *sum, Error *error)
{
    ArchiveWriter *made = *writer;

    if (made->length > 0)
        TRY(flush(made, error));
    TRY(seal_finish(&made->seal, error));
    *sum = (ArchiveSum){.content = hash_value(made->hash), .bytes = made->bytes};
    TRY(put_in_place(made, sum, error));
    made->is_finished = true;
    archive_abandon(writer);
    return RESULT_OK;
}
