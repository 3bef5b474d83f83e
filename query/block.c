#include "query/block.h"

#include <string.h>
#include <zstd.h>

#include "query/dataset.h"

enum { PACK_LEVEL = 1, DIFFERENCES = 1, WIDTH_AT = 0, FLAGS_AT = 1, BASE_AT = 2, LARGEST_AT = 10 };

/* ---- numbers ---- */

size_t numbers_bytes_max(size_t count)
{
    return NUMBERS_HEADER_BYTES + 8 * count;
}

static int64_t smallest_known(const int64_t *values, size_t count)
{
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < count; i++)
        if (values[i] != NUMBER_UNKNOWN && values[i] < least)
            least = values[i];
    return least;
}

static uint64_t code_of(int64_t value, int64_t base)
{
    return value == NUMBER_UNKNOWN ? 0 : (uint64_t)value - (uint64_t)base + 1;
}

/* With a base of at least INT64_MIN + 1, no code of an int64 overflows 64 bits. */
static uint64_t largest_code(const int64_t *values, size_t count, int64_t base)
{
    uint64_t largest = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t code = code_of(values[i], base);
        largest = code > largest ? code : largest;
    }
    return largest;
}

static uint8_t bytes_of(uint64_t code)
{
    uint8_t width = 0;

    for (; code > 0; code >>= 8)
        width++;
    return width;
}

static void put_code(uint8_t *planes, size_t count, size_t i, uint8_t width, uint64_t code)
{
    for (uint8_t byte = 0; byte < width; byte++)
        planes[byte * count + i] = (uint8_t)(code >> (8 * byte));
}

/* Round the largest code, so that no difference takes more bytes than a code. All wraps around at 64 bits. */
static void put_differences(const int64_t *values, size_t count, const PartRows *rows, int64_t base,
                            uint64_t largest, uint8_t *planes)
{
    uint8_t width = bytes_of(largest);

    for (size_t p = 0; p < rows->people; p++) {
        uint64_t before = 0;
        for (size_t i = rows->begin[p] - rows->begin[0]; i < rows->begin[p + 1] - rows->begin[0]; i++) {
            uint64_t code = code_of(values[i], base);
            put_code(planes, count, i, width, code - before + (code < before ? largest + 1 : 0));
            before = code;
        }
    }
}

static void put_header(uint8_t *out, uint64_t number)
{
    for (int byte = 0; byte < 8; byte++)
        out[byte] = (uint8_t)(number >> (8 * byte));
}

static uint64_t take_header(const uint8_t *bytes)
{
    uint64_t number = 0;

    for (int byte = 0; byte < 8; byte++)
        number |= (uint64_t)bytes[byte] << (8 * byte);
    return number;
}

size_t numbers_put(const int64_t *values, size_t count, const PartRows *rows, uint8_t *out)
{
    int64_t base = smallest_known(values, count);
    uint64_t largest = largest_code(values, count, base);
    uint8_t width = bytes_of(largest), *planes = out + NUMBERS_HEADER_BYTES;

    out[WIDTH_AT] = width;
    out[FLAGS_AT] = rows != NULL ? DIFFERENCES : 0;
    put_header(out + BASE_AT, (uint64_t)base);
    put_header(out + LARGEST_AT, largest);
    if (rows != NULL)
        put_differences(values, count, rows, base, largest, planes);
    else
        for (size_t i = 0; i < count; i++)
            put_code(planes, count, i, width, code_of(values[i], base));
    return NUMBERS_HEADER_BYTES + (size_t)width * count;
}

bool numbers_open(Text raw, size_t count, NumbersFrame *frame)
{
    const uint8_t *bytes = (const uint8_t *)raw.data;

    if (raw.length < NUMBERS_HEADER_BYTES || bytes[WIDTH_AT] > 8 || bytes[FLAGS_AT] > DIFFERENCES)
        return false;
    *frame = (NumbersFrame){
        .base = (int64_t)take_header(bytes + BASE_AT),
        .largest = take_header(bytes + LARGEST_AT),
        .planes = bytes + NUMBERS_HEADER_BYTES,
        .count = count,
        .width = bytes[WIDTH_AT],
        .has_differences = bytes[FLAGS_AT] == DIFFERENCES,
    };
    return count <= BLOCK_BYTES_MAX && raw.length == NUMBERS_HEADER_BYTES + frame->width * count;
}

/* What is wrong in hostile bytes wraps around, and is found by the bounds of what comes of it. */
static void add_up(const PartRows *rows, uint64_t largest, uint64_t *codes)
{
    for (size_t p = 0; p < rows->people; p++)
        for (size_t i = rows->begin[p] - rows->begin[0] + 1; i < rows->begin[p + 1] - rows->begin[0]; i++) {
            uint64_t sum = codes[i - 1] + codes[i];
            codes[i] = sum > largest || sum < codes[i] ? sum - largest - 1 : sum;
        }
}

uint64_t numbers_codes(const NumbersFrame *frame, const PartRows *rows, uint64_t *codes)
{
    uint64_t largest = 0;

    memset(codes, 0, frame->count * sizeof *codes);
    for (uint8_t byte = 0; byte < frame->width; byte++) {
        const uint8_t *plane = frame->planes + byte * frame->count;
        for (size_t i = 0; i < frame->count; i++)
            codes[i] |= (uint64_t)plane[i] << (8 * byte);
    }
    if (frame->has_differences && rows != NULL)
        add_up(rows, frame->largest, codes);
    for (size_t i = 0; i < frame->count; i++)
        largest = codes[i] > largest ? codes[i] : largest;
    return largest;
}

bool numbers_are_within(const NumbersFrame *frame, uint64_t code_max, int64_t least, int64_t most)
{
    return code_max == 0 || (frame->base >= least && frame->base <= most &&
                             code_max - 1 <= (uint64_t)most - (uint64_t)frame->base);
}

/* ---- compression ---- */

struct BlockPacker {
    ZSTD_CCtx *context;
    char *packed;
    size_t packed_max;
};

Result block_packer_open(BlockPacker **packer, Error *error)
{
    SCOPED(block_packer_close) BlockPacker *made = memory_alloc(sizeof *made);

    made->context = ZSTD_createCCtx();
    if (made->context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(made->context, ZSTD_c_compressionLevel, PACK_LEVEL)))
        return fail(error, ERROR_SYSTEM, "release block: zstd cannot be set up");
    *packer = made;
    made = NULL;
    return RESULT_OK;
}

Result block_packer_pack(BlockPacker *packer, Text raw, Text *packed, Error *error)
{
    size_t bound = ZSTD_compressBound(raw.length);

    if (packer->packed_max < bound) {
        packer->packed = memory_resize(packer->packed, bound);
        packer->packed_max = bound;
    }
    size_t length = ZSTD_compress2(packer->context, packer->packed, packer->packed_max, raw.data, raw.length);
    if (ZSTD_isError(length))
        return fail(error, ERROR_SYSTEM, "release block: zstd cannot pack");
    *packed = (Text){.data = packer->packed, .length = length};
    return RESULT_OK;
}

void block_packer_close(BlockPacker **packer)
{
    if (*packer == NULL)
        return;
    (void)ZSTD_freeCCtx((*packer)->context);
    memory_free((*packer)->packed);
    memory_free(*packer);
    *packer = NULL;
}

struct BlockUnpacker {
    ZSTD_DCtx *context;
    char *raw;
    size_t raw_max;
};

Result block_unpacker_open(BlockUnpacker **unpacker, Error *error)
{
    BlockUnpacker *made = memory_alloc(sizeof *made);

    made->context = ZSTD_createDCtx();
    *unpacker = made;
    return made->context != NULL ? RESULT_OK
                                 : fail(error, ERROR_SYSTEM, "release block: zstd cannot be set up");
}

bool block_unpacker_unpack(BlockUnpacker *unpacker, Text packed, size_t bytes, Text *raw)
{
    if (bytes > BLOCK_BYTES_MAX || ZSTD_getFrameContentSize(packed.data, packed.length) != bytes ||
        ZSTD_findFrameCompressedSize(packed.data, packed.length) != packed.length)
        return false;
    if (unpacker->raw_max < bytes) {
        unpacker->raw = memory_resize(unpacker->raw, bytes);
        unpacker->raw_max = bytes;
    }
    *raw = (Text){.data = unpacker->raw, .length = bytes};
    return ZSTD_decompressDCtx(unpacker->context, unpacker->raw, unpacker->raw_max, packed.data,
                               packed.length) == bytes;
}

void block_unpacker_close(BlockUnpacker **unpacker)
{
    if (*unpacker == NULL)
        return;
    (void)ZSTD_freeDCtx((*unpacker)->context);
    memory_free((*unpacker)->raw);
    memory_free(*unpacker);
    *unpacker = NULL;
}
