#include "linkage/similarity.h"

#include <string.h>

#include "linkage/similarity_private.h"

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

#ifdef __x86_64__
#define POPCNT __attribute__((target("popcnt")))
#endif

/* Each loop is written once and compiled twice: where POPCNT is allowed, the builtin is one instruction. */
ALWAYS_INLINE unsigned ones_of(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

/* ---- one pair ---- */

ALWAYS_INLINE unsigned ones_inline(const uint64_t *row, unsigned words)
{
    unsigned ones = 0;

    for (unsigned w = 0; w < words; w++)
        ones += ones_of(row[w]);
    return ones;
}

/* Four sums at a time: the processor counts several words at once. */
ALWAYS_INLINE unsigned both_inline(const uint64_t *a, const uint64_t *b, unsigned from, unsigned to)
{
    unsigned both = 0, w = from;

    for (; w + 4 <= to; w += 4)
        both += ones_of(a[w] & b[w]) + ones_of(a[w + 1] & b[w + 1]) + ones_of(a[w + 2] & b[w + 2]) +
                ones_of(a[w + 3] & b[w + 3]);
    for (; w < to; w++)
        both += ones_of(a[w] & b[w]);
    return both;
}

ALWAYS_INLINE void add_word(SimilarityShared *shared, const uint8_t *a, const uint8_t *b, size_t bytes)
{
    uint64_t word_a = 0, word_b = 0;

    memcpy(&word_a, a, bytes);
    memcpy(&word_b, b, bytes);
    shared->a += ones_of(word_a);
    shared->b += ones_of(word_b);
    shared->both += ones_of(word_a & word_b);
}

ALWAYS_INLINE SimilarityShared shared_inline(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    SimilarityShared shared = {0};
    size_t at = 0;

    for (; at + 4 * sizeof(uint64_t) <= bytes; at += 4 * sizeof(uint64_t)) {
        add_word(&shared, a + at, b + at, sizeof(uint64_t));
        add_word(&shared, a + at + 8, b + at + 8, sizeof(uint64_t));
        add_word(&shared, a + at + 16, b + at + 16, sizeof(uint64_t));
        add_word(&shared, a + at + 24, b + at + 24, sizeof(uint64_t));
    }
    for (; at + sizeof(uint64_t) <= bytes; at += sizeof(uint64_t))
        add_word(&shared, a + at, b + at, sizeof(uint64_t));
    if (at < bytes)
        add_word(&shared, a + at, b + at, bytes - at);
    return shared;
}

#ifdef __x86_64__
POPCNT static unsigned ones_popcnt(const uint64_t *row, unsigned words)
{
    return ones_inline(row, words);
}

POPCNT static SimilarityShared shared_popcnt(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    return shared_inline(a, b, bytes);
}

#define WITH_POPCNT(call)                                                                                    \
    if (__builtin_cpu_supports("popcnt"))                                                                    \
    return call
#else
#define WITH_POPCNT(call)
#endif

unsigned similarity_ones(const uint64_t *row, unsigned words)
{
    WITH_POPCNT(ones_popcnt(row, words));
    return ones_inline(row, words);
}

SimilarityShared similarity_shared(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    WITH_POPCNT(shared_popcnt(a, b, bytes));
    return shared_inline(a, b, bytes);
}

/* ---- any processor ---- */

ALWAYS_INLINE void count_rows(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
                              SimilarityCounts *counts)
{
    for (unsigned q = 2 * span.pair_from; q < 2 * span.pair_to; q++) {
        for (unsigned r = 0; r < SIMILARITY_GROUP; r++) {
            unsigned both = both_inline(tile->rows[q], group->rows[r], span.word_from, span.word_to);
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

    for (unsigned r = 0; r < SIMILARITY_MASK; r++) {
        unsigned rest = bound->rest[r] < bound->query_rest ? bound->rest[r] : bound->query_rest;
        kept |= (uint64_t)(both[r] + rest >= bound->least) << r;
    }
    return kept;
}

static const SimilarityMethods portable = {"portable", similarity_pack_rows, similarity_pack_queries,
                                           count_portable, keep_portable};

#ifdef __x86_64__
POPCNT static void count_popcnt(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
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
