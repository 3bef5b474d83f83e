#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/secret.h"
#include "ingest/archive_path.h"

typedef struct Stream {
    SealReader *reader;
    ZSTD_DCtx *decoder;
    unsigned char *block; /* wiped */
    size_t length, at;
    uint64_t blocks;
    bool at_end;
} Stream;

const char *archive_name(int64_t delivery_id, char out[ARCHIVE_NAME_BYTES])
{
    (void)snprintf(out, ARCHIVE_NAME_BYTES, "delivery %" PRId64, delivery_id);
    return out;
}

static void stream_close(void **opened)
{
    Stream *stream = *opened;

    if (stream == NULL)
        return;
    seal_reader_close(&stream->reader);
    ZSTD_freeDCtx(stream->decoder);
    if (stream->block != NULL)
        secret_wipe(stream->block, ARCHIVE_BLOCK_BYTES);
    memory_free(stream->block);
    memory_free(stream);
    *opened = NULL;
}

static Result open_reader(const Archive *archive, SealReader **reader, Error *error)
{
    char sealed[ARCHIVE_PATH_BYTES], opening[ARCHIVE_PATH_BYTES], of[ARCHIVE_NAME_BYTES];

    TRY(archive_path(archive->folder, archive->delivery_id,
                     archive->is_before ? ARCHIVE_BEFORE : ARCHIVE_SEALED, sealed, error));
    TRY(archive_path(archive->folder, archive->delivery_id,
                     archive->is_before ? ARCHIVE_BEFORE_OPENING : ARCHIVE_OPENING, opening, error));
    (void)archive_name(archive->delivery_id, of);
    /* of this delivery alone: the others of its feed can be loaded */
    if (access(sealed, F_OK) != 0 && errno == ENOENT)
        return fail(error, ERROR_INPUT,
                    "%s: missing in the archive; ask the sender for the file again and load it by its path",
                    of);
    if (archive->private_key_path == NULL && access(opening, F_OK) != 0 && errno == ENOENT)
        return fail(error, ERROR_INPUT,
                    "%s: its opening is gone; use archive open with the private key, and load it by its path",
                    of);
    const SealOpener opener = {.of = of,
                               .private_key_path = archive->private_key_path,
                               .keyring = archive->keyring,
                               .opening_path = opening};
    return seal_open(&opener, sealed, reader, error);
}

static Result stream_open(void *context, void **opened, Error *error)
{
    SCOPED(stream_close) void *made = memory_alloc(sizeof(Stream));
    Stream *stream = made;

    stream->block = memory_alloc(ARCHIVE_BLOCK_BYTES);
    stream->decoder = ZSTD_createDCtx();
    if (stream->decoder == NULL)
        return fail(error, ERROR_SYSTEM, "zstd: decoder cannot be set up");
    TRY(open_reader(context, &stream->reader, error));
    *opened = made;
    made = NULL;
    return RESULT_OK;
}

/* The next block, or at_end when the archive was whole. */
static Result fill(Stream *stream, Error *error)
{
    uint64_t number = 0;
    Text packed;

    TRY(seal_next(stream->reader, &number, &packed, &stream->at_end, error));
    if (stream->at_end)
        return RESULT_OK;
    size_t length =
        ZSTD_decompressDCtx(stream->decoder, stream->block, ARCHIVE_BLOCK_BYTES, packed.data, packed.length);
    if (ZSTD_isError(length) || number != stream->blocks++)
        return fail(error, ERROR_INPUT, "archive: a block is damaged");
    stream->at = 0;
    stream->length = length;
    return RESULT_OK;
}

static Result stream_read(void *opened, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Stream *stream = opened;

    *length = 0;
    while (stream->at == stream->length && !stream->at_end)
        TRY(fill(stream, error));
    if (stream->at_end)
        return RESULT_OK;
    size_t left = stream->length - stream->at;
    *length = left < capacity ? left : capacity;
    memcpy(buffer, stream->block + stream->at, *length);
    stream->at += *length;
    return RESULT_OK;
}

InputSource archive_source(Archive *archive)
{
    return (InputSource){.name = archive_name(archive->delivery_id, archive->name),
                         .context = archive,
                         .open = stream_open,
                         .read = stream_read,
                         .close = stream_close};
}

Result archive_salvage(Archive *archive, ArchiveWriter *writer, Error *error)
{
    SCOPED(stream_close) void *opened = NULL;
    Error ignored = {0};

    if (!stream_open(archive, &opened, &ignored).ok)
        return RESULT_OK;
    Stream *stream = opened;
    while (fill(stream, &ignored).ok && !stream->at_end)
        TRY(archive_add(writer, stream->block, stream->length, error));
    return RESULT_OK;
}

static Result copy(void *stream, HashStream *hash, unsigned char *piece, FILE *out, ArchiveSum *sum,
                   Error *error)
{
    size_t length;

    for (;;) {
        TRY(stream_read(stream, piece, ARCHIVE_BLOCK_BYTES, &length, error));
        if (length == 0)
            break;
        hash_add(hash, piece, length);
        sum->bytes += length;
        if (fwrite(piece, 1, length, out) != length)
            return fail_errno(error, "output: cannot be written");
    }
    sum->content = hash_value(hash);
    return fflush(out) == 0 ? RESULT_OK : fail_errno(error, "output: cannot be written");
}

Result archive_copy(Archive *archive, FILE *out, ArchiveSum *sum, Error *error)
{
    SCOPED(stream_close) void *stream = NULL;
    SCOPED(hash_close) HashStream *hash = hash_open();

    *sum = (ArchiveSum){0};
    TRY(stream_open(archive, &stream, error));
    unsigned char *piece = memory_alloc(ARCHIVE_BLOCK_BYTES);
    Result result = copy(stream, hash, piece, out, sum, error);
    secret_wipe(piece, ARCHIVE_BLOCK_BYTES);
    memory_free(piece);
    return result;
}
