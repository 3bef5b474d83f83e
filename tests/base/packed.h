#pragma once
/* What tests of input share: files that are packed, damaged, and read whole. */
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>
#include <zstd.h>

#include "base/input.h"
#include "tests/base/workbench.h"

enum { SAMPLE_BYTES = 1000 * 1000, CONTENT_BYTES_MAX = 64 * SAMPLE_BYTES };

static char packed_path[WORKBENCH_PATH_BYTES];

static inline const char *put(const void *data, size_t length)
{
    return workbench_write(data, length, packed_path);
}

/* Bytes without a pattern that compression would find (xorshift32). */
static inline void fill_sample(unsigned char *sample, size_t length)
{
    uint32_t state = 2463534242u;

    for (size_t i = 0; i < length; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        sample[i] = (unsigned char)state;
    }
}

/* One zstd frame with a checksum. */
static inline size_t compress_frame(const void *data, size_t length, int window_log, void *out,
                                    size_t capacity)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();

    cr_assert_not(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)));
    /* A frame that states its content's size may use a smaller window than it asks for. */
    cr_assert_not(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)));
    cr_assert_not(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log)));
    ZSTD_inBuffer in = {data, length, 0};
    ZSTD_outBuffer frame = {out, capacity, 0};
    cr_assert_not(ZSTD_isError(ZSTD_compressStream2(context, &frame, &in, ZSTD_e_continue)));
    cr_assert_eq(ZSTD_compressStream2(context, &frame, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(context);
    return frame.pos;
}

/* Reads to the end or the first failure, in pieces of an odd size. */
static inline Result read_whole(const char *path, const InputLimits *limits, size_t piece,
                                TextBuilder *content, Hash *digest, Error *error)
{
    SCOPED(input_close) Input *input = NULL;
    char buffer[4096];
    size_t length;

    TRY(input_open(path, limits, &input, error));
    do {
        TRY(input_read(input, buffer, piece, &length, error));
        cr_assert_leq(length, piece);
        text_add(content, (Text){buffer, length});
    } while (length > 0);
    cr_assert(input_digest(input, digest));
    return RESULT_OK;
}

static inline void expect_content(const char *path, const void *expected, size_t length)
{
    static const size_t pieces[] = {1, 7, 4096};

    for (size_t i = length > 100000 ? 1 : 0; i < 3; i++) {
        SCOPED(text_builder_close) TextBuilder content = text_builder(CONTENT_BYTES_MAX);
        Error error = {0};
        Hash digest;
        Result result = read_whole(path, NULL, pieces[i], &content, &digest, &error);
        cr_assert(result.ok, "%s", error.message);
        cr_expect(text_equal(text_built(&content), (Text){expected, length}));
    }
}

static inline void expect_failure(const char *path, const InputLimits *limits, ErrorCode code,
                                  const char *rule)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(CONTENT_BYTES_MAX);
    char expected[512];
    Error error = {0};
    Hash digest;

    (void)snprintf(expected, sizeof expected, "%s: %s", path, rule);
    Result result = read_whole(path, limits, 4096, &content, &digest, &error);
    cr_assert_not(result.ok);
    cr_expect_eq(error.code, code, "%d", error.code);
    cr_expect_str_eq(error.message, expected);
}

/* One gzip member. */
static inline size_t gzip(const void *data, size_t length, void *out, size_t capacity)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)data,
                       .avail_in = (uInt)length,
                       .next_out = out,
                       .avail_out = (uInt)capacity};

    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    cr_assert_eq(deflateEnd(&stream), Z_OK);
    return stream.total_out;
}

/* Damage must be found, or must not matter. */
static inline void expect_found_or_same(const char *path, const void *expected, size_t length)
{
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    Error error = {0};
    Hash digest;
    Result result = read_whole(path, NULL, 4096, &content, &digest, &error);

    if (result.ok)
        cr_assert(text_equal(text_built(&content), (Text){expected, length}), "damage passed");
    else
        cr_assert(error.code == ERROR_INPUT || error.code == ERROR_LIMIT, "%d: %s", error.code,
                  error.message);
}

/* Each step-th bit behind the magic number; a file without that is a plain one. A step of at most eight
 * leaves no byte out. */
static inline void expect_flips_found(const void *file, size_t length, size_t magic, size_t step,
                                      const void *content, size_t content_length)
{
    static unsigned char damaged[16384];

    cr_assert_leq(length, sizeof damaged);
    for (size_t bit = magic * 8; bit < length * 8; bit += step) {
        memcpy(damaged, file, length);
        damaged[bit / 8] ^= (unsigned char)(1 << bit % 8);
        expect_found_or_same(put(damaged, length), content, content_length);
    }
}

static inline void expect_every_flip_found(const void *file, size_t length, size_t magic, const void *content,
                                           size_t content_length)
{
    expect_flips_found(file, length, magic, 1, content, content_length);
}

/* At each step-th byte, and around each end of a block. */
static inline void expect_cuts_found(const void *file, size_t length, size_t magic, size_t step, size_t block)
{
    for (size_t cut = magic; cut < length; cut++) {
        if (cut % step != 0 && cut % block > 1 && cut % block != block - 1)
            continue;
        SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
        Error error = {0};
        Hash digest;
        cr_expect_not(read_whole(put(file, cut), NULL, 4096, &content, &digest, &error).ok,
                      "cut to %zu of %zu bytes", cut, length);
        cr_expect_eq(error.code, ERROR_INPUT, "%zu: %s", cut, error.message);
    }
}

static inline void expect_every_cut_found(const void *file, size_t length, size_t magic)
{
    expect_cuts_found(file, length, magic, 1, 1);
}
