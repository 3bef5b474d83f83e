/*
 * The loop over words of 8 records side by side: a template without a guard. Whoever includes it defines
 * WORDS_TARGET and WORDS_ONES(x), which counts the ones of each of the 8 words of x: one instruction in
 * similarity_avx512.c, and one put together from older ones in the test, which so runs this loop on
 * processors that lack the instruction.
 */
enum { WORDS_QUERIES = 8 }; /* of a tile: so many sums stay in registers */

WORDS_TARGET __attribute__((always_inline)) static inline void
words_count_some(const SimilarityTile *tile, unsigned first, unsigned queries, const SimilarityGroup *group,
                 unsigned block, SimilaritySpan span, SimilarityCounts *counts)
{
    __m512i sums[WORDS_QUERIES];

    for (unsigned q = 0; q < queries; q++)
        sums[q] = _mm512_setzero_si512();
    for (unsigned w = span.word_from; w < span.word_to; w++) {
        __m512i words = _mm512_load_si512(group->blocks[block][w]);
        for (unsigned q = 0; q < queries; q++) {
            __m512i query = _mm512_set1_epi64((long long)tile->rows[first + q][w]);
            sums[q] = _mm512_add_epi64(sums[q], WORDS_ONES(_mm512_and_si512(words, query)));
        }
    }
    for (unsigned q = 0; q < queries; q++) {
        __m128i *to = (__m128i *)(counts->of[first + q] + (size_t)block * SIMILARITY_BLOCK);
        _mm_store_si128(to, _mm_add_epi16(_mm_load_si128(to), _mm512_cvtepi64_epi16(sums[q])));
    }
}

WORDS_TARGET static void words_count(const SimilarityTile *tile, const SimilarityGroup *group,
                                     SimilaritySpan span, SimilarityCounts *counts)
{
    unsigned end = 2 * span.pair_to;

    for (unsigned block = 0; block < SIMILARITY_GROUP / SIMILARITY_BLOCK; block++) {
        unsigned q = 2 * span.pair_from;
        for (; q + WORDS_QUERIES <= end; q += WORDS_QUERIES)
            words_count_some(tile, q, WORDS_QUERIES, group, block, span, counts);
        for (; q < end; q += 2)
            words_count_some(tile, q, 2, group, block, span, counts);
    }
}
