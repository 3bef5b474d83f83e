/*
 * The loop over words of records side by side: a template without a guard. Whoever includes it defines
 * WORDS_TARGET and WORDS_ONES(x), which counts the ones of each of the 8 words of x: one instruction in
 * similarity_avx512.c, and one put together from older ones in the test, which so runs this loop on
 * processors that lack the instruction.
 */
enum {
    WORDS_QUERIES = 4, /* of a tile: with the vectors of a block so many sums as stay in registers */
};

/* One query's sums, each below 2^16 in a word of its own, as the counts of 32 records in their order. */
WORDS_TARGET __attribute__((always_inline)) static inline void
words_add(const __m512i sums[SIMILARITY_VECTORS], uint16_t *counts)
{
    __m512i low = _mm512_or_si512(sums[0], _mm512_slli_epi64(sums[1], 16));
    __m512i high = _mm512_or_si512(sums[2], _mm512_slli_epi64(sums[3], 16));
    __m512i all = _mm512_or_si512(low, _mm512_slli_epi64(high, 32));

    _mm512_store_si512(counts, _mm512_add_epi16(_mm512_load_si512(counts), all));
}

WORDS_TARGET __attribute__((always_inline)) static inline void
words_count_some(const SimilarityTile *tile, unsigned first, unsigned queries, const SimilarityGroup *group,
                 unsigned block, SimilaritySpan span, SimilarityCounts *counts)
{
    __m512i sums[WORDS_QUERIES][SIMILARITY_VECTORS] = {0};

    /* Unrolled, or the sums would lie in memory: gcc keeps an array in registers where no index varies. */
    for (unsigned w = span.word_from; w < span.word_to; w++) {
#pragma GCC unroll 4
        for (unsigned q = 0; q < queries; q++) {
            __m512i query = _mm512_set1_epi64((long long)tile->rows[first + q][w]);
#pragma GCC unroll 4
            for (unsigned v = 0; v < SIMILARITY_VECTORS; v++) {
                __m512i words = _mm512_load_si512(group->blocks[block][w][v]);
                sums[q][v] = _mm512_add_epi64(sums[q][v], WORDS_ONES(_mm512_and_si512(words, query)));
            }
        }
    }
#pragma GCC unroll 4
    for (unsigned q = 0; q < queries; q++)
        words_add(sums[q], counts->of[first + q] + (size_t)block * SIMILARITY_BLOCK);
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
