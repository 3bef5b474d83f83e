/* RFC 1952: members one behind the other. zlib verifies the CRC and length at the end of each. */
#include <limits.h>

#include <zlib.h>

#include "base/arena.h"
#include "base/input_layer.h"

enum { WINDOW_BITS = 15, GZIP_ONLY = 16 };

typedef struct Gzip {
    z_stream stream;
    bool in_member;  /* one has begun and not ended */
    bool in_padding; /* behind the last */
} Gzip;

static Result open_gzip(InputLayer *layer, Error *error)
{
    Gzip *gzip = layer->decoder = memory_alloc(sizeof *gzip);

    if (inflateInit2(&gzip->stream, WINDOW_BITS + GZIP_ONLY) != Z_OK)
        return fail(error, ERROR_SYSTEM, "%s: gzip decoder cannot be set up", layer->file->path);
    return RESULT_OK;
}

static Result check_code(const InputLayer *layer, int code, Error *error)
{
    const Gzip *gzip = layer->decoder;

    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return RESULT_OK;
    if (code == Z_MEM_ERROR)
        return fail(error, ERROR_SYSTEM, "%s: gzip decoder: memory exhausted", layer->file->path);
    /* zlib's messages are constants */
    return fail(error, ERROR_INPUT, "%s: gzip member is damaged (%s)", layer->file->path,
                gzip->stream.msg != NULL ? gzip->stream.msg : "no deflate stream");
}

static Result decode(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Gzip *gzip = layer->decoder;
    z_stream *stream = &gzip->stream;
    uInt room = capacity < UINT_MAX ? (uInt)capacity : UINT_MAX;

    if (!gzip->in_member)
        (void)inflateReset(stream);
    gzip->in_member = true;
    stream->next_in = layer->block + layer->at;
    stream->avail_in = (uInt)(layer->length - layer->at);
    stream->next_out = buffer;
    stream->avail_out = room;
    int code = inflate(stream, Z_NO_FLUSH);
    TRY(check_code(layer, code, error));
    layer->at = layer->length - stream->avail_in;
    *length = room - stream->avail_out;
    gzip->in_member = code != Z_STREAM_END;
    return RESULT_OK;
}

/* Tapes and some tools fill up with NUL, and gzip(1) passes it over. Nothing may stand behind it. */
static Result pass_padding(InputLayer *layer, Error *error)
{
    for (; layer->at < layer->length; layer->at++)
        if (layer->block[layer->at] != 0)
            return fail(error, ERROR_INPUT, "%s: bytes behind the padding of the gzip file",
                        layer->file->path);
    return RESULT_OK;
}

static Result read_gzip(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Gzip *gzip = layer->decoder;

    while (*length == 0) {
        TRY(input_layer_fill(layer, error));
        bool is_drained = layer->at == layer->length;
        if (is_drained && !gzip->in_member)
            return RESULT_OK;
        gzip->in_padding |= !gzip->in_member && layer->block[layer->at] == 0;
        if (gzip->in_padding) {
            TRY(pass_padding(layer, error));
            continue;
        }
        TRY(decode(layer, buffer, capacity, length, error));
        if (is_drained && *length == 0 && gzip->in_member)
            return fail(error, ERROR_INPUT, "%s: gzip member ends early", layer->file->path);
    }
    return RESULT_OK;
}

static void close_gzip(InputLayer *layer)
{
    Gzip *gzip = layer->decoder;

    (void)inflateEnd(&gzip->stream);
    memory_free(gzip);
}

const InputKind INPUT_GZIP = {
    .name = "gzip", .is_unpacking = true, .open = open_gzip, .read = read_gzip, .close = close_gzip};
