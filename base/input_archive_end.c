/*
 * What stands behind the last entry of an archive, to the end of the file: libarchive stops in front of it,
 * and a file that was cut there, or that has entries no list names, would pass.
 */
#include <string.h>

#include "base/input_archive.h"

enum {
    SIGNATURE_BYTES = 4,
    DIRECTORY_ENTRY_BYTES = 46,
    DIRECTORY_END_BYTES = 22,
    DIRECTORY_END_64_BYTES = 56,
    LOCATOR_64_BYTES = 20,
    ABOVE_16 = 0xFFFF, /* the number stands in the 64-bit record */
    TAR_BLOCK_BYTES = 512,
    TAR_END_BLOCKS = 2,
};

typedef struct Tail {
    InputLayer *layer;
    uint64_t position;
} Tail;

static Result feed(Tail *tail, size_t *length, Error *error)
{
    const unsigned char *bytes;

    return archive_feed(tail->layer, &bytes, length, error);
}

static uint64_t known(const Archive *archive)
{
    return archive->kept_from + archive->kept_length;
}

/* *bytes NULL: fewer are left. */
static Result look(Tail *tail, size_t length, const unsigned char **bytes, Error *error)
{
    const Archive *archive = tail->layer->decoder;
    size_t got = 1;

    while (known(archive) < tail->position + length && got > 0)
        TRY(feed(tail, &got, error));
    *bytes = archive_look(archive, tail->position, length);
    return RESULT_OK;
}

static Result take(Tail *tail, size_t length, const char *signature, const unsigned char **bytes,
                   Error *error)
{
    TRY(look(tail, length, bytes, error));
    if (*bytes == NULL || memcmp(*bytes, signature, SIGNATURE_BYTES) != 0)
        return archive_damaged(tail->layer, error);
    tail->position += length;
    return RESULT_OK;
}

static Result is_next(Tail *tail, const char *signature, bool *is, Error *error)
{
    const unsigned char *bytes;

    TRY(look(tail, SIGNATURE_BYTES, &bytes, error));
    *is = bytes != NULL && memcmp(bytes, signature, SIGNATURE_BYTES) == 0;
    return RESULT_OK;
}

static Result pass(Tail *tail, size_t length, Error *error)
{
    const unsigned char *bytes;

    TRY(look(tail, length, &bytes, error));
    if (bytes == NULL)
        return archive_damaged(tail->layer, error);
    tail->position += length;
    return RESULT_OK;
}

static uint64_t little(const unsigned char *bytes, size_t length)
{
    uint64_t number = 0;

    while (length-- > 0)
        number = number << 8 | bytes[length];
    return number;
}

/* The directory says of the file what its content is: libarchive has seen its own header alone. */
static bool is_as_read(const Archive *archive, const unsigned char *bytes)
{
    uint64_t size = little(bytes + 24, 4);

    if (!archive->has_content || little(bytes + 42, 4) != archive->file_at)
        return true;
    return little(bytes + 16, 4) == archive->file_checksum &&
           (size == archive->file_content || size == UINT32_MAX);
}

/* APPNOTE 4.3.12. A name, an extra field and a comment have 64 KiB each at most. */
static Result pass_directory(Tail *tail, Error *error)
{
    const Archive *archive = tail->layer->decoder;
    const unsigned char *bytes;

    for (uint64_t i = 0; i < archive->entries; i++) {
        TRY(take(tail, DIRECTORY_ENTRY_BYTES, "PK\1\2", &bytes, error));
        if (!is_as_read(archive, bytes))
            return archive_damaged(tail->layer, error);
        TRY(pass(tail, (size_t)(little(bytes + 28, 2) + little(bytes + 30, 2) + little(bytes + 32, 2)),
                 error));
    }
    return RESULT_OK;
}

/* APPNOTE 4.3.14 and 4.3.15: where the numbers do not fit. */
static Result pass_end_64(Tail *tail, uint64_t directory, bool *has_64, Error *error)
{
    const Archive *archive = tail->layer->decoder;
    const unsigned char *bytes;

    TRY(is_next(tail, "PK\6\6", has_64, error));
    if (!*has_64)
        return RESULT_OK;
    TRY(take(tail, DIRECTORY_END_64_BYTES, "PK\6\6", &bytes, error));
    if (little(bytes + 4, 8) != DIRECTORY_END_64_BYTES - 12 || little(bytes + 32, 8) != archive->entries ||
        little(bytes + 48, 8) != directory)
        return archive_damaged(tail->layer, error);
    return take(tail, LOCATOR_64_BYTES, "PK\6\7", &bytes, error);
}

static Result check_nothing_left(Tail *tail, Error *error)
{
    const unsigned char *bytes;

    TRY(look(tail, 1, &bytes, error));
    if (bytes != NULL)
        return fail(error, ERROR_INPUT, "%s: bytes behind the end of the %s file", tail->layer->file->path,
                    tail->layer->kind->name);
    return RESULT_OK;
}

/* APPNOTE 4.3.16: as many entries as were read, and the directory where they end. */
Result archive_check_zip_end(InputLayer *layer, uint64_t position, Error *error)
{
    Tail tail = {.layer = layer, .position = position};
    const Archive *archive = layer->decoder;
    const unsigned char *bytes;
    bool has_64 = false;

    TRY(pass_directory(&tail, error));
    TRY(pass_end_64(&tail, position, &has_64, error));
    TRY(take(&tail, DIRECTORY_END_BYTES, "PK\5\6", &bytes, error));
    uint64_t entries = little(bytes + 10, 2), at = little(bytes + 16, 4), comment = little(bytes + 20, 2);
    bool has_entries = entries == archive->entries || (has_64 && entries == ABOVE_16);
    bool has_place = at == position || (has_64 && at == UINT32_MAX);
    if (!has_entries || !has_place)
        return archive_damaged(layer, error);
    TRY(pass(&tail, (size_t)comment, error));
    return check_nothing_left(&tail, error);
}

/* POSIX ustar: at least two blocks of zeros, and nothing but zeros up to the end. */
Result archive_check_tar_end(InputLayer *layer, uint64_t position, Error *error)
{
    static const unsigned char zeros[TAR_BLOCK_BYTES];
    Tail tail = {.layer = layer, .position = position};
    const unsigned char *bytes;
    size_t blocks = 0;

    for (;; blocks++) {
        TRY(look(&tail, TAR_BLOCK_BYTES, &bytes, error));
        if (bytes == NULL)
            break;
        if (memcmp(bytes, zeros, TAR_BLOCK_BYTES) != 0)
            return fail(error, ERROR_INPUT, "%s: bytes behind the end of the tar file", layer->file->path);
        tail.position += TAR_BLOCK_BYTES;
    }
    if (blocks < TAR_END_BLOCKS)
        return archive_damaged(layer, error);
    return check_nothing_left(&tail, error);
}
