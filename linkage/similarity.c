#include "linkage/similarity.h"

#include "linkage/similarity_private.h"

/* ---- one pair ---- */

unsigned similarity_ones(const uint64_t *row, unsigned words)
{
    unsigned ones = 0;

    for (unsigned w = 0; w < words; w++)
        ones += (unsigned)__builtin_popcountll(row[w]);
    return ones;
}

unsigned similarity_both(const uint64_t *a, const uint64_t *b, unsigned words)
{
    unsigned both = 0;

    for (unsigned w = 0; w < words; w++)
        both += (unsigned)__builtin_popcountll(a[w] & b[w]);
    return both;
}

/* ---- any processor ---- */

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

ALWAYS_INLINE unsigned ones_of(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

/* Four sums at a time: the processor counts several words at once. */
ALWAYS_INLINE unsigned shared(const uint64_t *a, const uint64_t *b, SimilaritySpan span)
{
    unsigned both = 0, w = span.word_from;

    for (; w + 4 <= span.word_to; w += 4)
        both += ones_of(a[w] & b[w]) + ones_of(a[w + 1] & b[w + 1]) + ones_of(a[w + 2] & b[w + 2]) +
                ones_of(a[w + 3] & b[w + 3]);
    for (; w < span.word_to; w++)
        both += ones_of(a[w] & b[w]);
    return both;
}

ALWAYS_INLINE void count_rows(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
                              SimilarityCounts *counts)
{
    for (unsigned q = 2 * span.pair_from; q < 2 * span.pair_to; q++) {
        for (unsigned r = 0; r < SIMILARITY_GROUP; r++) {
            unsigned both = shared(tile->rows[q], group->rows[r], span);
            counts->of[q][r] = (uint16_t)(counts->of[q][r] + both);
        }
    }
}

static void count_portable(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
                           SimilarityCounts *counts)
{
    count_rows(tile, group, span, counts);
}

static uint64_t keep_portable(const uint16_t *both, const SimilarityBound *bound)
{
    uint64_t kept = 0;

    for (unsigned r = 0; r < SIMILARITY_GROUP; r++) {
        unsigned rest = bound->rest[r] < bound->query_rest ? bound->rest[r] : bound->query_rest;
        kept |= (uint64_t)(both[r] + rest >= bound->least) << r;
    }
    return kept;
}

static const SimilarityMethods portable = {"portable", similarity_pack_rows, similarity_pack_queries,
                                           count_portable, keep_portable};

#ifdef __x86_64__
__attribute__((target("popcnt"))) static void count_popcnt(const SimilarityTile *tile,
                                                           const SimilarityGroup *group, SimilaritySpan span,
                                                           SimilarityCounts *counts)
{
    count_rows(tile, group, span, counts);
}

static const SimilarityMethods popcnt = {"popcnt", similarity_pack_rows, similarity_pack_queries,
                                         count_popcnt, keep_portable};

const SimilarityMethods *similarity_methods(SimilarityPath path)
{
    switch (path) {
    case SIMILARITY_PORTABLE:
        return &portable;
    case SIMILARITY_POPCNT:
        return __builtin_cpu_supports("popcnt") ? &popcnt : NULL;
    case SIMILARITY_AVX2:
        return __builtin_cpu_supports("avx2") ? &similarity_avx2 : NULL;
    case SIMILARITY_AVX512BW:
        return __builtin_cpu_supports("avx512bw") ? &similarity_avx512bw : NULL;
    case SIMILARITY_VPOPCNTDQ:
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vpopcntdq")
                   ? &similarity_vpopcntdq
                   : NULL;
    default:
        return NULL;
    }
}
#else
const SimilarityMethods *similarity_methods(SimilarityPath path)
{
    return path == SIMILARITY_PORTABLE ? &portable : NULL;
}
#endif

const SimilarityMethods *similarity_best(void)
{
    const SimilarityMethods *best = &portable;

    for (SimilarityPath path = SIMILARITY_PORTABLE; path < SIMILARITY_PATH_COUNT; path++)
        if (similarity_methods(path) != NULL)
            best = similarity_methods(path);
    return best;
}
