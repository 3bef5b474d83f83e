#include "ingest/reader_block.h"

/* ---- any processor ---- */

static uint64_t ends_scalar(const char *bytes, char delimiter)
{
    uint64_t ends = 0;

    for (unsigned i = 0; i < BLOCK_BYTES; i++)
        ends |= (uint64_t)(bytes[i] == delimiter || bytes[i] == '\n' || bytes[i] == '\r') << i;
    return ends;
}

static void look_at(const char *bytes, size_t length, bool *has_high, bool *has_nul)
{
    for (size_t i = 0; i < length; i++) {
        *has_high |= ((unsigned char)bytes[i] & 0x80) != 0;
        *has_nul |= bytes[i] == '\0';
    }
}

static void look_scalar(Text text, bool *has_high, bool *has_nul)
{
    *has_high = *has_nul = false;
    look_at(text.data, text.length, has_high, has_nul);
}

static const BlockMethods scalar = {"scalar", ends_scalar, look_scalar};

#ifdef __x86_64__
#include <immintrin.h>

/* ---- 16 bytes at a time: every x86-64 ---- */

static uint64_t ends_16(const char *bytes, char delimiter)
{
    __m128i block = _mm_loadu_si128((const __m128i *)bytes);
    __m128i lines =
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\r')));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(lines, _mm_cmpeq_epi8(block, _mm_set1_epi8(delimiter))));
}

static uint64_t ends_sse2(const char *bytes, char delimiter)
{
    return ends_16(bytes, delimiter) | ends_16(bytes + 16, delimiter) << 16 |
           ends_16(bytes + 32, delimiter) << 32 | ends_16(bytes + 48, delimiter) << 48;
}

static void look_sse2(Text text, bool *has_high, bool *has_nul)
{
    unsigned high = 0, nul = 0;
    size_t i = 0;

    for (; i + 16 <= text.length; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(text.data + i));
        high |= (unsigned)_mm_movemask_epi8(block);
        nul |= (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128()));
    }
    *has_high = high != 0;
    *has_nul = nul != 0;
    look_at(text.data + i, text.length - i, has_high, has_nul);
}

static const BlockMethods sse2 = {"sse2", ends_sse2, look_sse2};

/* ---- 32 bytes at a time ---- */

#define AVX2 __attribute__((target("avx2")))

AVX2 static uint64_t ends_32(const char *bytes, char delimiter)
{
    __m256i block = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i lines = _mm256_or_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8('\n')),
                                    _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\r')));

    return (unsigned)_mm256_movemask_epi8(
        _mm256_or_si256(lines, _mm256_cmpeq_epi8(block, _mm256_set1_epi8(delimiter))));
}

AVX2 static uint64_t ends_avx2(const char *bytes, char delimiter)
{
    return ends_32(bytes, delimiter) | ends_32(bytes + 32, delimiter) << 32;
}

AVX2 static void look_avx2(Text text, bool *has_high, bool *has_nul)
{
    unsigned high = 0, nul = 0;
    size_t i = 0;

    for (; i + 32 <= text.length; i += 32) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(text.data + i));
        high |= (unsigned)_mm256_movemask_epi8(block);
        nul |= (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(block, _mm256_setzero_si256()));
    }
    *has_high = high != 0;
    *has_nul = nul != 0;
    look_at(text.data + i, text.length - i, has_high, has_nul);
}

static const BlockMethods avx2 = {"avx2", ends_avx2, look_avx2};

/* ---- 64 bytes at a time ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw")))

AVX512 static uint64_t ends_avx512(const char *bytes, char delimiter)
{
    __m512i block = _mm512_loadu_si512(bytes);

    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(delimiter)) |
           _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n')) |
           _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\r'));
}

/* The last part is read under a mask: what lies behind the text is not touched. */
AVX512 static void look_avx512(Text text, bool *has_high, bool *has_nul)
{
    uint64_t high = 0, nul = 0;

    for (size_t i = 0; i < text.length; i += BLOCK_BYTES) {
        size_t left = text.length - i;
        __mmask64 there = left >= BLOCK_BYTES ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;
        __m512i block = _mm512_maskz_loadu_epi8(there, text.data + i);
        high |= _mm512_movepi8_mask(block);
        nul |= _mm512_mask_testn_epi8_mask(there, block, block);
    }
    *has_high = high != 0;
    *has_nul = nul != 0;
}

static const BlockMethods avx512 = {"avx512", ends_avx512, look_avx512};

const BlockMethods *block_methods(BlockVariant variant)
{
    switch (variant) {
    case BLOCK_SCALAR:
        return &scalar;
    case BLOCK_SSE2:
        return &sse2;
    case BLOCK_AVX2:
        return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
    case BLOCK_AVX512:
        return __builtin_cpu_supports("avx512bw") ? &avx512 : NULL;
    default:
        return NULL;
    }
}
#else
const BlockMethods *block_methods(BlockVariant variant)
{
    return variant == BLOCK_SCALAR ? &scalar : NULL;
}
#endif

const BlockMethods *block_best(void)
{
    const BlockMethods *best = &scalar;

    for (BlockVariant variant = BLOCK_SCALAR; variant < BLOCK_VARIANT_COUNT; variant++)
        if (block_methods(variant) != NULL)
            best = block_methods(variant);
    return best;
}
