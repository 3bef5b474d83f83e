#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/arena.h"
#include "base/input_layer.h"
#include "base/log.h"

enum { HEADER_BYTES = 5, HAS_CHECKSUM = 4 }; /* RFC 8878, 3.1.1.1: magic number and descriptor */

typedef struct Zstd {
    ZSTD_DCtx *decoder;
    bool in_frame; /* one has begun and not ended */
    unsigned char header[HEADER_BYTES];
    size_t header_length; /* of it, seen so far */
} Zstd;

static Result open_zstd(InputLayer *layer, Error *error)
{
    Zstd *zstd = layer->decoder = memory_alloc(sizeof *zstd);

    zstd->decoder = ZSTD_createDCtx();
    if (zstd->decoder == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(zstd->decoder, ZSTD_d_windowLogMax,
                                                                     (int)layer->limits->window_log_max)))
        return fail(error, ERROR_SYSTEM, "%s: zstd decoder cannot be set up", layer->file->path);
    return RESULT_OK;
}

static Result zstd_failure(const InputLayer *layer, size_t code, Error *error)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(error, ERROR_LIMIT, "%s: compressed frame asks for a window above 2^%u bytes",
                    layer->file->path, layer->limits->window_log_max);
    case ZSTD_error_memory_allocation:
        return fail(error, ERROR_SYSTEM, "%s: zstd decoder: memory exhausted", layer->file->path);
    default:
        return fail(error, ERROR_INPUT, "%s: compressed frame is damaged (%s)", layer->file->path,
                    ZSTD_getErrorName(code));
    }
}

/* Of a frame without a checksum nobody can tell that its content is as it was made. */
static void note_frame(const InputLayer *layer)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    const Zstd *zstd = layer->decoder;

    if (memcmp(zstd->header, magic, sizeof magic) != 0 ||
        (zstd->header[HEADER_BYTES - 1] & HAS_CHECKSUM) != 0 || layer->file->is_unchecked)
        return;
    layer->file->is_unchecked = true;
    log_event(LOG_LEVEL_WARNING, "input_without_checksum", "file=%s format=zstd", layer->file->path);
}

static void take_header(InputLayer *layer)
{
    Zstd *zstd = layer->decoder;

    if (!zstd->in_frame)
        zstd->header_length = 0;
    for (size_t at = layer->at; at < layer->length && zstd->header_length < HEADER_BYTES; at++) {
        zstd->header[zstd->header_length++] = layer->block[at];
        if (zstd->header_length == HEADER_BYTES)
            note_frame(layer);
    }
}

static Result decode(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Zstd *zstd = layer->decoder;
    ZSTD_inBuffer in = {layer->block, layer->length, layer->at};
    ZSTD_outBuffer out = {buffer, capacity, 0};

    take_header(layer);
    size_t left = ZSTD_decompressStream(zstd->decoder, &out, &in);
    if (ZSTD_isError(left))
        return zstd_failure(layer, left, error);
    layer->at = in.pos;
    zstd->in_frame = left != 0;
    *length = out.pos;
    return RESULT_OK;
}

static Result read_zstd(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    const Zstd *zstd = layer->decoder;

    while (*length == 0) {
        TRY(input_layer_fill(layer, error));
        bool is_drained = layer->at == layer->length;
        if (is_drained && !zstd->in_frame)
            return RESULT_OK;
        TRY(decode(layer, buffer, capacity, length, error));
        /* All is fed, the decoder has nothing more to give, and it still wants more. */
        if (is_drained && *length == 0 && zstd->in_frame)
            return fail(error, ERROR_INPUT, "%s: compressed frame ends early", layer->file->path);
    }
    return RESULT_OK;
}

static void close_zstd(InputLayer *layer)
{
    Zstd *zstd = layer->decoder;

    ZSTD_freeDCtx(zstd->decoder);
    memory_free(zstd);
}

const InputKind INPUT_ZSTD = {
    .name = "zstd", .is_unpacking = true, .open = open_zstd, .read = read_zstd, .close = close_zstd};
