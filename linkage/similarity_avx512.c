#include "linkage/similarity_private.h"

#ifdef __x86_64__
#include <immintrin.h>

/* gcc 12 lays the sanitizer's own stack out for 32 bytes: a vector of 64 on it would trap (gcc bug 110027).
 */
#define AVX512        __attribute__((target("avx512f,avx512bw"), no_sanitize_address))
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* ---- nibbles, as in similarity_avx2.c with registers of twice the width ---- */

typedef struct Sums {
    __m512i whole, upper;
} Sums;

AVX512 ALWAYS_INLINE __m512i table_at(uint16_t offset)
{
    const uint8_t *tables = similarity_nibble_tables[0];
    return _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)(tables + offset)));
}

AVX512 ALWAYS_INLINE __m512i look_up(__m512i table, const uint8_t *nibbles)
{
    return _mm512_shuffle_epi8(table, _mm512_load_si512(nibbles));
}

AVX512 ALWAYS_INLINE void add(Sums *sums, __m512i found)
{
    const __m512i low = _mm512_set1_epi8(0x0F);

    sums->whole = _mm512_add_epi8(sums->whole, found);
    sums->upper = _mm512_add_epi8(sums->upper, _mm512_and_si512(_mm512_srli_epi16(found, 4), low));
}

AVX512 ALWAYS_INLINE void widen(__m512i bytes, uint16_t *counts)
{
    __m512i *evens = (__m512i *)counts, *odds = evens + 1;

    *evens = _mm512_add_epi16(*evens, _mm512_and_si512(bytes, _mm512_set1_epi16(0xFF)));
    *odds = _mm512_add_epi16(*odds, _mm512_srli_epi16(bytes, 8));
}

AVX512 ALWAYS_INLINE void flush(const Sums *sums, uint16_t *a, uint16_t *b)
{
    __m512i shifted = _mm512_and_si512(_mm512_slli_epi16(sums->upper, 4), _mm512_set1_epi8((char)0xF0));

    widen(_mm512_sub_epi8(sums->whole, shifted), a);
    widen(sums->upper, b);
}

/* 64 records, one of 3 nibbles each. */
AVX512 ALWAYS_INLINE void add_three(Sums *sums, const __m512i table[3], const uint8_t *nibbles)
{
    __m512i found = look_up(table[0], nibbles);

    found = _mm512_add_epi8(found, look_up(table[1], nibbles + SIMILARITY_GROUP));
    add(sums, _mm512_add_epi8(found, look_up(table[2], nibbles + 2 * SIMILARITY_GROUP)));
}

AVX512 static void count_run(const uint16_t *tables, const uint8_t *nibbles, unsigned count, uint16_t *a,
                             uint16_t *b)
{
    const __m512i zero = _mm512_setzero_si512();
    const uint8_t *end = nibbles + (size_t)count * SIMILARITY_GROUP;
    Sums low = {zero, zero}, high = {zero, zero};

    for (unsigned odd = count % NIBBLES_SUMMED; odd > 0; odd--, nibbles += SIMILARITY_GROUP) {
        __m512i table = table_at(*tables++);
        add(&low, look_up(table, nibbles));
        add(&high, look_up(table, nibbles + NIBBLES_WIDE));
    }
    for (; nibbles < end; nibbles += NIBBLES_SUMMED * SIMILARITY_GROUP, tables += NIBBLES_SUMMED) {
        const __m512i table[] = {table_at(tables[0]), table_at(tables[1]), table_at(tables[2])};
        add_three(&low, table, nibbles);
        add_three(&high, table, nibbles + NIBBLES_WIDE);
    }
    flush(&low, a, b);
    flush(&high, a + NIBBLES_WIDE, b + NIBBLES_WIDE);
}

AVX512 static void count_avx512bw(const SimilarityTile *tile, const SimilarityGroup *group,
                                  SimilaritySpan span, SimilarityCounts *counts)
{
    unsigned end = span.word_to * 16;

    /* All queries take a run before the next one: its 8 KiB stay in the first cache. */
    for (unsigned n = span.word_from * 16; n < end; n += NIBBLES_RUN) {
        unsigned count = end - n < NIBBLES_RUN ? end - n : NIBBLES_RUN;
        for (unsigned pair = span.pair_from; pair < span.pair_to; pair++)
            count_run(tile->tables[pair] + n, group->nibbles[n], count, counts->of[2 * pair],
                      counts->of[2 * pair + 1]);
    }
}

AVX512 ALWAYS_INLINE uint32_t keep_32(const uint16_t *both, const uint16_t *rest,
                                      const SimilarityBound *bound)
{
    __m512i most = _mm512_min_epu16(_mm512_load_si512(rest), _mm512_set1_epi16((short)bound->query_rest));

    most = _mm512_add_epi16(most, _mm512_load_si512(both));
    return _mm512_cmpge_epu16_mask(most, _mm512_set1_epi16((short)bound->least));
}

AVX512 static uint64_t keep_avx512(const uint16_t *both, const SimilarityBound *bound)
{
    uint64_t low = keep_32(both, bound->rest, bound);
    uint64_t high = keep_32(both + 32, bound->rest + 32, bound);

    return low | high << 32;
}

const SimilarityMethods similarity_avx512bw = {"avx512bw", similarity_pack_nibbles, similarity_pack_tables,
                                               count_avx512bw, keep_avx512};

/* ---- words, with an instruction that counts them ---- */

#define WORDS_TARGET              __attribute__((target("avx512f,avx512bw,avx512vpopcntdq"), no_sanitize_address))
#define WORDS_ONES(eight_of_them) _mm512_popcnt_epi64(eight_of_them)
#include "linkage/similarity_words.h"

const SimilarityMethods similarity_vpopcntdq = {"vpopcntdq", similarity_pack_blocks, similarity_pack_queries,
                                                words_count, keep_avx512};
#endif
