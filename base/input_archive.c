/*
 * zip and tar as a stream, by libarchive: the one file in it is the content. What libarchive lets pass is
 * checked here: bytes between entries, methods whose decoders take memory as they like, and all that stands
 * behind the last entry.
 */
#include "base/input_archive.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#include "base/arena.h"
#include "base/secret.h"

enum {
    HEADER_BYTES_MAX = 4 << 20, /* of one entry; what describes it is held in memory */
    LOCAL_HEADER_BYTES = 30,
    FLAGS_AT = 6,
    METHOD_AT = 8,
    FLAG_ENCRYPTED = 1,
    FLAG_LENGTH_BEHIND = 8,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8,
};

/* ---- bytes ---- */

static void keep(Archive *archive, const unsigned char *bytes, size_t length)
{
    if (archive->kept_length + length > ARCHIVE_KEPT_BYTES) {
        size_t dropped = archive->kept_length - INPUT_BLOCK_BYTES;
        memmove(archive->kept, archive->kept + dropped, INPUT_BLOCK_BYTES);
        archive->kept_length = INPUT_BLOCK_BYTES;
        archive->kept_from += dropped;
    }
    memcpy(archive->kept + archive->kept_length, bytes, length);
    archive->kept_length += length;
}

Result archive_feed(InputLayer *layer, const unsigned char **bytes, size_t *length, Error *error)
{
    Archive *archive = layer->decoder;

    TRY(input_layer_fill(layer, error));
    *bytes = layer->block + layer->at;
    *length = layer->length - layer->at;
    layer->at = layer->length;
    keep(archive, *bytes, *length);
    return RESULT_OK;
}

const unsigned char *archive_look(const Archive *archive, uint64_t position, size_t length)
{
    if (position < archive->kept_from || length > archive->kept_length ||
        position - archive->kept_from > archive->kept_length - length)
        return NULL;
    return archive->kept + (position - archive->kept_from);
}

static Result feed_within_header(InputLayer *layer, const unsigned char **bytes, size_t *length, Error *error)
{
    Archive *archive = layer->decoder;

    TRY(archive_feed(layer, bytes, length, error));
    if (archive->in_header && *length > archive->header_room)
        return fail(error, ERROR_LIMIT, "%s: an entry's header in the %s file is too long", layer->file->path,
                    layer->kind->name);
    archive->header_room -= archive->in_header ? *length : 0;
    return RESULT_OK;
}

static la_ssize_t feed_libarchive(struct archive *reader, void *context, const void **bytes)
{
    InputLayer *layer = context;
    Archive *archive = layer->decoder;
    const unsigned char *block = NULL;
    size_t length = 0;

    if (archive->failure.code != ERROR_NONE ||
        !feed_within_header(layer, &block, &length, &archive->failure).ok) {
        archive_set_error(reader, EIO, "not readable");
        return ARCHIVE_FATAL;
    }
    *bytes = block;
    return (la_ssize_t)length;
}

/* libarchive's own messages may hold what stands in the file. */
Result archive_damaged(const InputLayer *layer, Error *error)
{
    const Archive *archive = layer->decoder;

    if (archive->failure.code != ERROR_NONE)
        return fail(error, archive->failure.code, "%s", archive->failure.message);
    if (archive_errno(archive->reader) == ENOMEM)
        return fail(error, ERROR_SYSTEM, "%s: %s decoder: memory exhausted", layer->file->path,
                    layer->kind->name);
    return fail(error, ERROR_INPUT, "%s: the %s file is damaged or cut", layer->file->path,
                layer->kind->name);
}

/* ---- entries ---- */

static unsigned little_16(const unsigned char *bytes)
{
    return bytes[0] | (unsigned)bytes[1] << 8;
}

/* APPNOTE 4.3.7. libarchive passes over bytes in front of an entry, and knows methods that take any memory.
 */
static Result check_zip_entry(const InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;
    uint64_t position = (uint64_t)archive_read_header_position(archive->reader);
    const unsigned char *header = archive_look(archive, position, LOCAL_HEADER_BYTES);

    if (header == NULL || memcmp(header, "PK\3\4", 4) != 0)
        return archive_damaged(layer, error);
    unsigned flags = little_16(header + FLAGS_AT);
    archive->has_length_behind = (flags & FLAG_LENGTH_BEHIND) != 0;
    if ((flags & FLAG_ENCRYPTED) != 0 || archive_entry_is_encrypted(archive->entry))
        return fail(error, ERROR_INPUT, "%s: the zip file is encrypted", layer->file->path);
    unsigned method = little_16(header + METHOD_AT);
    if (method != METHOD_STORED && method != METHOD_DEFLATED)
        return fail(error, ERROR_INPUT, "%s: the zip file is packed by method %u: only 0 and 8 are read",
                    layer->file->path, method);
    return RESULT_OK;
}

static Result check_entry(const InputLayer *layer, Error *error)
{
    const Archive *archive = layer->decoder;
    unsigned type = archive_entry_filetype(archive->entry);

    if (layer->kind == &INPUT_ZIP)
        TRY(check_zip_entry(layer, error));
    if ((type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(archive->entry) != NULL ||
        archive_entry_sparse_count(archive->entry) > 0)
        return fail(
            error, ERROR_INPUT,
            "%s: the %s file holds a link, a device or a sparse file: only files and folders are read",
            layer->file->path, layer->kind->name);
    return RESULT_OK;
}

static Result check_end(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;
    uint64_t position = (uint64_t)archive_read_header_position(archive->reader);

    archive->is_ended = true;
    return layer->kind == &INPUT_ZIP ? archive_check_zip_end(layer, position, error)
                                     : archive_check_tar_end(layer, position, error);
}

/* To the next entry, or to the end. */
static Result next_entry(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;

    archive->in_header = true;
    archive->header_room = HEADER_BYTES_MAX;
    int code = archive_read_next_header(archive->reader, &archive->entry);
    archive->in_header = false;
    if (code == ARCHIVE_EOF)
        return check_end(layer, error);
    /* a warning is about names and dates, which nobody asks for */
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
        return archive_damaged(layer, error);
    TRY(check_entry(layer, error));
    archive->entries++;
    archive->files += archive_entry_filetype(archive->entry) == AE_IFREG;
    return RESULT_OK;
}

/* The next piece of the entry's content; none at its end. */
static Result next_piece(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;
    const void *piece = NULL;
    la_int64_t offset = 0;

    archive->piece_length = 0;
    while (archive->piece_length == 0) {
        int code = archive_read_data_block(archive->reader, &piece, &archive->piece_length, &offset);
        if (code == ARCHIVE_EOF) {
            archive->piece_length = 0;
            return RESULT_OK;
        }
        if (code != ARCHIVE_OK || (uint64_t)offset != archive->content)
            return archive_damaged(layer, error);
    }
    archive->content += archive->piece_length;
    archive->checksum = crc32_z(archive->checksum, piece, archive->piece_length);
    archive->piece = piece;
    return RESULT_OK;
}

/* What has its size behind it must be unpacked to find its end. */
static Result skip_content(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;

    archive->content = archive->checksum = 0;
    if (!archive->has_length_behind) {
        int code = archive_read_data_skip(archive->reader);
        return code == ARCHIVE_OK ? RESULT_OK : archive_damaged(layer, error);
    }
    do {
        TRY(next_piece(layer, error));
        TRY(input_layer_count(layer, archive->piece_length, error));
    } while (archive->piece_length > 0);
    return RESULT_OK;
}

/* ---- the one file ---- */

static Result check_count(const InputLayer *layer, Error *error)
{
    const Archive *archive = layer->decoder;

    if (archive->files == 1)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: the %s file holds %llu files: exactly one is read",
                layer->file->path, layer->kind->name, (unsigned long long)archive->files);
}

/* From behind an entry's content to the end. */
static Result pass_rest(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;

    for (;;) {
        TRY(next_entry(layer, error));
        if (archive->is_ended)
            return check_count(layer, error);
        TRY(skip_content(layer, error));
    }
}

Result input_archive_check(InputLayer *layer, Error *error)
{
    return pass_rest(layer, error);
}

/* To the content of the first file. */
static Result find_file(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;

    for (;;) {
        TRY(next_entry(layer, error));
        if (archive->files == 1 || archive->is_ended)
            break;
        TRY(skip_content(layer, error));
    }
    archive->content = archive->checksum = 0;
    archive->file_at = (uint64_t)archive_read_header_position(archive->reader);
    return check_count(layer, error);
}

static Result end_content(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder;

    archive->has_content = true;
    archive->file_content = archive->content;
    archive->file_checksum = archive->checksum;
    return pass_rest(layer, error);
}

static Result read_archive(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Archive *archive = layer->decoder;

    if (archive->entries == 0 && !archive->is_ended)
        TRY(find_file(layer, error));
    while (*length == 0 && !archive->is_ended) {
        if (archive->piece_length == 0)
            TRY(next_piece(layer, error));
        if (archive->piece_length == 0)
            return end_content(layer, error);
        *length = archive->piece_length < capacity ? archive->piece_length : capacity;
        memcpy(buffer, archive->piece, *length);
        archive->piece += *length;
        archive->piece_length -= *length;
    }
    return RESULT_OK;
}

static Result open_archive(InputLayer *layer, Error *error)
{
    Archive *archive = layer->decoder = memory_alloc(sizeof *archive);

    archive->kept = memory_alloc(ARCHIVE_KEPT_BYTES);
    archive->reader = archive_read_new();
    int code = archive->reader == NULL     ? ARCHIVE_FATAL
               : layer->kind == &INPUT_ZIP ? archive_read_support_format_zip_streamable(archive->reader)
                                           : archive_read_support_format_tar(archive->reader);
    if (code != ARCHIVE_OK)
        return fail(error, ERROR_SYSTEM, "%s: %s decoder cannot be set up", layer->file->path,
                    layer->kind->name);
    if (archive_read_open(archive->reader, layer, NULL, feed_libarchive, NULL) != ARCHIVE_OK)
        return archive_damaged(layer, error);
    return RESULT_OK;
}

static void close_archive(InputLayer *layer)
{
    Archive *archive = layer->decoder;

    (void)archive_read_free(archive->reader);
    secret_wipe(archive->kept, ARCHIVE_KEPT_BYTES);
    memory_free(archive->kept);
    memory_free(archive);
}

const InputKind INPUT_ZIP = {.name = "zip",
                             .is_archive = true,
                             .is_unpacking = true,
                             .open = open_archive,
                             .read = read_archive,
                             .close = close_archive};

const InputKind INPUT_TAR = {.name = "tar",
                             .is_archive = true,
                             .is_unpacking = true,
                             .open = open_archive,
                             .read = read_archive,
                             .close = close_archive};
