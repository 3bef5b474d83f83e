#include "pseudonymise/encoding_positions.h"

#ifdef __x86_64__
#include <immintrin.h>

#include "pseudonymise/keyed.h"

#define AVX2          __attribute__((target("avx2")))
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

enum { AT_ONCE = 8 };

typedef struct Halves {
    __m256i low, high;
} Halves;

/* A shift by 64 or more leaves nothing, and what is below 0 counts as more: so each position sets a bit in
 * one half, and one of 128 or more in none. */
AVX2 ALWAYS_INLINE void set_four(__m128i positions, Halves *halves)
{
    const __m256i one = _mm256_set1_epi64x(1);
    __m256i at = _mm256_cvtepu8_epi64(positions);

    halves->low = _mm256_or_si256(halves->low, _mm256_sllv_epi64(one, at));
    halves->high =
        _mm256_or_si256(halves->high, _mm256_sllv_epi64(one, _mm256_sub_epi64(at, _mm256_set1_epi64x(64))));
}

/* Eight bytes of which the first so many are positions. */
AVX2 ALWAYS_INLINE void set_eight(const uint8_t *chunk, size_t count, uint8_t mask, Halves *halves)
{
    static const uint8_t nowhere[2 * AT_ONCE] = {0,    0,    0,    0,    0,    0,    0,    0,
                                                 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    size_t used = count < AT_ONCE ? count : AT_ONCE;
    __m128i positions = _mm_loadl_epi64((const __m128i *)chunk);

    positions = _mm_and_si128(positions, _mm_set1_epi8((char)mask));
    positions = _mm_or_si128(positions, _mm_loadl_epi64((const __m128i *)(nowhere + AT_ONCE - used)));
    set_four(positions, halves);
    if (used > AT_ONCE / 2)
        set_four(_mm_srli_si128(positions, AT_ONCE / 2), halves);
}

AVX2 ALWAYS_INLINE uint64_t merged(__m256i half)
{
    __m128i two = _mm_or_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));

    return (uint64_t)_mm_cvtsi128_si64(_mm_or_si128(two, _mm_unpackhi_epi64(two, two)));
}

AVX2 void filter_set_avx2(const uint8_t *chunks, const FilterGrams *grams, uint64_t words[2])
{
    Halves halves = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (size_t i = 0; i < grams->count; i++) {
        size_t count = grams->counts[i];
        for (size_t at = 0; at < count; at += AT_ONCE)
            set_eight(chunks + at, count - at, grams->mask, &halves);
        chunks += (count + KEYED_BLOCK_BYTES - 1) / KEYED_BLOCK_BYTES * KEYED_BLOCK_BYTES;
    }
    words[0] |= merged(halves.low);
    words[1] |= merged(halves.high);
}
#endif
