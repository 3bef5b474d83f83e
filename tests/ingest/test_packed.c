/* Packed deliveries that were cut or damaged on their way: refused, or what comes out is what went in. */
#include <stdio.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "base/input.h"
#include "tests/ingest/world.h"

enum { CONTENT_BYTES = 24 << 10, PACKED_BYTES = 32 << 10, POINTS = 64 };

static char content[CONTENT_BYTES];
static size_t content_length;

typedef struct Packed {
    unsigned char bytes[PACKED_BYTES];
    size_t length;
} Packed;

/* No two rows alike, so that there is something to pack. */
static void make_content(void)
{
    content_length = (size_t)snprintf(content, sizeof content, "%s", WORLD_HEADER);
    for (unsigned i = 0; content_length + 128 < sizeof content; i++)
        content_length += (size_t)snprintf(content + content_length, sizeof content - content_length,
                                           "v%u,,19%02u-02-0%u,,2026-07-%02u,,A,W%u,%u.50,2,x,\n", i * 7919,
                                           i % 90, i % 9 + 1, i % 30 + 1, i % 9, i * 31 % 1000);
}

static Packed in_gzip(void)
{
    Packed packed;
    z_stream stream = {.next_in = (Bytef *)content, .avail_in = (uInt)content_length};

    stream.next_out = packed.bytes;
    stream.avail_out = sizeof packed.bytes;
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.length = stream.total_out;
    (void)deflateEnd(&stream);
    return packed;
}

static Packed in_zstd(bool has_checksum)
{
    Packed packed;
    ZSTD_CCtx *encoder = ZSTD_createCCtx();

    cr_assert(!ZSTD_isError(ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, has_checksum)));
    packed.length = ZSTD_compress2(encoder, packed.bytes, sizeof packed.bytes, content, content_length);
    cr_assert(!ZSTD_isError(packed.length));
    (void)ZSTD_freeCCtx(encoder);
    return packed;
}

static const char *written(const Packed *packed, size_t length)
{
    static const char *path;
    if (path == NULL)
        path = support_file("packed", "");
    FILE *file = fopen(path, "we");

    cr_assert_eq(fwrite(packed->bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
    return path;
}

/* Is what comes out what went in? A refusal must be for what it is. */
static bool is_same(const char *path, const char *which, size_t point)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text got;
    Error error = {0};

    if (input_read_all(path, 2 * CONTENT_BYTES, arena, &got, &error).ok)
        return got.length == content_length && memcmp(got.data, content, content_length) == 0;
    cr_expect(error.code == ERROR_INPUT || error.code == ERROR_LIMIT, "%s %zu: %s", which, point,
              error.message);
    return false;
}

static void expect_refused(const IngestSpec *spec, const char *path, const char *which, size_t point)
{
    IngestReport report;
    Error error = {0};

    cr_expect_not(ingest_check(spec, path, &report, &error).ok, "%s: damage at %zu passed", which, point);
}

/* A file whose first bytes are damaged is read as plain, and then has no header. */
static void expect_damage_found(const IngestSpec *spec, Packed *packed, const char *which)
{
    size_t same = 0;

    cr_assert(is_same(written(packed, packed->length), which, packed->length));
    for (size_t i = 0; i < POINTS; i++) {
        size_t cut = i * (packed->length - 1) / (POINTS - 1);
        expect_refused(spec, written(packed, cut), which, cut);
    }
    for (size_t i = 0; i < POINTS; i++) {
        size_t bit = i * (packed->length * 8 - 1) / (POINTS - 1);
        packed->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const char *path = written(packed, packed->length);
        if (is_same(path, which, bit))
            same++;
        else
            expect_refused(spec, path, which, bit);
        packed->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    cr_expect_lt(same, POINTS / 4, "%s: %zu", which, same);
}

/* Switches: is_over and the trailer in base/input_gzip.c, the checksum or the end of a frame in input_zstd.c.
 */
Test(packed, what_was_cut_or_damaged_on_its_way_is_refused_or_the_same)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WORLD_SPEC);
    make_content();
    Packed gzip = in_gzip(), zstd = in_zstd(true);

    expect_damage_found(spec, &gzip, "gzip");
    expect_damage_found(spec, &zstd, "zstd");
}

/* Switch: reader_is_unchecked in pass_run. */
Test(packed, a_zstd_file_without_a_checksum_is_reported)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = world_spec(WORLD_SPEC);
    IngestReport report;
    Error error = {0};
    make_content();
    Packed with = in_zstd(true), without = in_zstd(false);

    cr_assert(ingest_check(spec, written(&with, with.length), &report, &error).ok, "%s", error.message);
    cr_expect_not(report.is_unchecked);
    cr_assert(ingest_check(spec, written(&without, without.length), &report, &error).ok, "%s", error.message);
    cr_expect(report.is_unchecked);
}

/* Switch: INPUT_PLAIN is taken for a packing. */
Test(packed, what_is_packed_is_known_from_what_is_not)
{
    SCOPED(input_close) Input *plain = NULL;
    SCOPED(input_close) Input *packed = NULL;
    Error error = {0};
    make_content();
    Packed gzip = in_gzip();

    cr_assert(input_open(support_file("plain.csv", content), NULL, &plain, &error).ok, "%s", error.message);
    cr_assert(input_open(written(&gzip, gzip.length), NULL, &packed, &error).ok, "%s", error.message);
    cr_expect_not(input_is_packed(plain));
    cr_expect(input_is_packed(packed));
}
