#include "base/gunzip.h"

#include <limits.h>

#include <zlib.h>

#include "base/arena.h"
#include "base/secret.h"

enum { WINDOW_BITS = 15, GZIP_ONLY = 16, OUT_BYTES = 64 << 10, RATIO_FROM_BYTES = 16 << 20 };

struct Gunzip {
    z_stream stream;
    const char *place;
    uint64_t bytes_max, taken, given;
    double ratio_max;
    bool in_member, has_member;
    unsigned char out[OUT_BYTES];
};

Result gunzip_open(const char *place, uint64_t bytes_max, double ratio_max, Gunzip **gunzip, Error *error)
{
    Gunzip *made = memory_alloc(sizeof *made);

    made->place = place;
    made->bytes_max = bytes_max;
    made->ratio_max = ratio_max;
    if (inflateInit2(&made->stream, WINDOW_BITS + GZIP_ONLY) != Z_OK) {
        memory_free(made);
        return fail(error, ERROR_SYSTEM, "%s: gzip decoder cannot be set up", place);
    }
    *gunzip = made;
    return RESULT_OK;
}

void gunzip_close(Gunzip **gunzip)
{
    if (*gunzip == NULL)
        return;
    (void)inflateEnd(&(*gunzip)->stream);
    secret_wipe((*gunzip)->out, OUT_BYTES);
    memory_free(*gunzip);
    *gunzip = NULL;
}

static Result check_limits(const Gunzip *gunzip, size_t more, Error *error)
{
    uint64_t given = gunzip->given + more;

    if (given > gunzip->bytes_max)
        return fail(error, ERROR_LIMIT, "%s: unpacks to more bytes than allowed", gunzip->place);
    if (given > RATIO_FROM_BYTES && (double)given > gunzip->ratio_max * (double)gunzip->taken)
        return fail(error, ERROR_LIMIT, "%s: unpacks to more than %.0f times its size", gunzip->place,
                    gunzip->ratio_max);
    return RESULT_OK;
}

/* What the decoder can make of its input now. *is_drained: it wants more. */
static Result decode(Gunzip *gunzip, GunzipSink sink, void *context, bool *is_drained, Error *error)
{
    z_stream *stream = &gunzip->stream;

    if (!gunzip->in_member)
        (void)inflateReset(stream);
    gunzip->in_member = gunzip->has_member = true;
    stream->next_out = gunzip->out;
    stream->avail_out = OUT_BYTES;
    int code = inflate(stream, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR)
        return fail(error, ERROR_SYSTEM, "%s: gzip decoder: memory exhausted", gunzip->place);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) /* zlib's messages are constants */
        return fail(error, ERROR_INPUT, "%s: gzip member is damaged (%s)", gunzip->place,
                    stream->msg != NULL ? stream->msg : "no deflate stream");
    size_t made = OUT_BYTES - stream->avail_out;
    gunzip->in_member = code != Z_STREAM_END;
    *is_drained = stream->avail_in == 0 && (stream->avail_out > 0 || !gunzip->in_member);
    TRY(check_limits(gunzip, made, error));
    gunzip->given += made;
    return made == 0 ? RESULT_OK : sink(context, gunzip->out, made, error);
}

Result gunzip_add(Gunzip *gunzip, const void *data, size_t length, GunzipSink sink, void *context,
                  Error *error)
{
    bool is_drained = length == 0;

    if (length > UINT_MAX)
        return fail(error, ERROR_LIMIT, "%s: a piece is too long", gunzip->place);
    gunzip->taken += length;
    gunzip->stream.next_in = (z_const Bytef *)data;
    gunzip->stream.avail_in = (uInt)length;
    while (!is_drained)
        TRY(decode(gunzip, sink, context, &is_drained, error));
    return RESULT_OK;
}

Result gunzip_end(const Gunzip *gunzip, Error *error)
{
    if (!gunzip->has_member || gunzip->in_member)
        return fail(error, ERROR_INPUT, "%s: gzip member ends early", gunzip->place);
    return RESULT_OK;
}
