#include "linkage/similarity_private.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2          __attribute__((target("avx2")))
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Sums of bytes over a run: whole bytes modulo 256, and their upper halves. */
typedef struct Sums {
    __m256i whole, upper;
} Sums;

AVX2 ALWAYS_INLINE __m256i table_at(uint16_t offset)
{
    const uint8_t *tables = similarity_nibble_tables[0];
    return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(tables + offset)));
}

AVX2 ALWAYS_INLINE __m256i look_up(__m256i table, const uint8_t *nibbles)
{
    return _mm256_shuffle_epi8(table, _mm256_load_si256((const __m256i *)nibbles));
}

AVX2 ALWAYS_INLINE void add(Sums *sums, __m256i found)
{
    const __m256i low = _mm256_set1_epi8(0x0F);

    sums->whole = _mm256_add_epi8(sums->whole, found);
    sums->upper = _mm256_add_epi8(sums->upper, _mm256_and_si256(_mm256_srli_epi16(found, 4), low));
}

AVX2 ALWAYS_INLINE void widen(__m256i bytes, uint16_t *even, uint16_t *odd)
{
    __m256i *evens = (__m256i *)even, *odds = (__m256i *)odd;

    *evens = _mm256_add_epi16(*evens, _mm256_and_si256(bytes, _mm256_set1_epi16(0xFF)));
    *odds = _mm256_add_epi16(*odds, _mm256_srli_epi16(bytes, 8));
}

/* Lower halves summed are whole - 16 upper, modulo 256: exact, as a run's sums stay below 256. */
AVX2 ALWAYS_INLINE void flush(const Sums *sums, uint16_t *a, uint16_t *b)
{
    __m256i shifted = _mm256_and_si256(_mm256_slli_epi16(sums->upper, 4), _mm256_set1_epi8((char)0xF0));

    widen(_mm256_sub_epi8(sums->whole, shifted), a, a + NIBBLES_ODD);
    widen(sums->upper, b, b + NIBBLES_ODD);
}

/* 32 records, one of 3 nibbles each. */
AVX2 ALWAYS_INLINE void add_three(Sums *sums, const __m256i table[3], const uint8_t *nibbles)
{
    __m256i found = look_up(table[0], nibbles);

    found = _mm256_add_epi8(found, look_up(table[1], nibbles + SIMILARITY_GROUP));
    add(sums, _mm256_add_epi8(found, look_up(table[2], nibbles + 2 * SIMILARITY_GROUP)));
}

/* 64 of the group's records: more sums than theirs do not fit into the registers. */
AVX2 static void count_run(const uint16_t *tables, const uint8_t *nibbles, unsigned count, uint16_t *a,
                           uint16_t *b)
{
    const __m256i zero = _mm256_setzero_si256();
    const uint8_t *end = nibbles + (size_t)count * SIMILARITY_GROUP;
    Sums low = {zero, zero}, high = {zero, zero};

    for (unsigned odd = count % NIBBLES_SUMMED; odd > 0; odd--, nibbles += SIMILARITY_GROUP) {
        __m256i table = table_at(*tables++);
        add(&low, look_up(table, nibbles));
        add(&high, look_up(table, nibbles + 32));
    }
    for (; nibbles < end; nibbles += NIBBLES_SUMMED * SIMILARITY_GROUP, tables += NIBBLES_SUMMED) {
        const __m256i table[] = {table_at(tables[0]), table_at(tables[1]), table_at(tables[2])};
        add_three(&low, table, nibbles);
        add_three(&high, table, nibbles + 32);
    }
    flush(&low, a, b);
    flush(&high, a + 16, b + 16);
}

AVX2 static void count_avx2(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
                            SimilarityCounts *counts)
{
    unsigned end = span.word_to * 16;

    /* All queries take a run before the next one: its 8 KiB stay in the first cache. */
    for (unsigned n = span.word_from * 16; n < end; n += NIBBLES_RUN) {
        unsigned count = end - n < NIBBLES_RUN ? end - n : NIBBLES_RUN;
        for (unsigned pair = span.pair_from; pair < span.pair_to; pair++)
            for (unsigned r = 0; r < SIMILARITY_GROUP; r += NIBBLES_WIDE)
                count_run(tile->tables[pair] + n, group->nibbles[n] + r, count, counts->of[2 * pair] + r,
                          counts->of[2 * pair + 1] + r);
    }
}

/* 16 records: those that miss the bound, as 16 bits that are all ones or none. */
AVX2 ALWAYS_INLINE __m256i misses(const uint16_t *both, const uint16_t *rest, const SimilarityBound *bound)
{
    __m256i most = _mm256_min_epu16(_mm256_load_si256((const __m256i *)rest),
                                    _mm256_set1_epi16((short)bound->query_rest));

    most = _mm256_add_epi16(most, _mm256_load_si256((const __m256i *)both));
    return _mm256_cmpgt_epi16(_mm256_set1_epi16((short)bound->least), most);
}

AVX2 ALWAYS_INLINE uint32_t misses_32(const uint16_t *both, const uint16_t *rest,
                                      const SimilarityBound *bound)
{
    __m256i packed = _mm256_packs_epi16(misses(both, rest, bound), misses(both + 16, rest + 16, bound));

    /* Packing goes by halves of 128 bits: put the quarters back into order. */
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(packed, _MM_SHUFFLE(3, 1, 2, 0)));
}

AVX2 static uint64_t keep_avx2(const uint16_t *both, const SimilarityBound *bound)
{
    uint64_t low = misses_32(both, bound->rest, bound);
    uint64_t high = misses_32(both + 32, bound->rest + 32, bound);

    return ~(low | high << 32);
}

const SimilarityMethods similarity_avx2 = {"avx2", similarity_pack_nibbles, similarity_pack_tables,
                                           count_avx2, keep_avx2};
#endif
