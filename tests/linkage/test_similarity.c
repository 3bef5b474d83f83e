/*
 * Every path gives the counts of a naive loop over single bits. The sets are copies of exactly their size, so
 * that a read past the end is seen by the sanitizer, and begin 8 bytes after a 64-byte boundary.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "linkage/similarity.h"
#include "tests/support/draw.h"

typedef enum Fill { FILL_EMPTY, FILL_SPARSE, FILL_HALF, FILL_DENSE, FILL_FULL, FILL_COUNT } Fill;

static uint64_t draw_word(Fill fill)
{
    switch (fill) {
    case FILL_EMPTY:
        return 0;
    case FILL_SPARSE:
        return draw() & draw();
    case FILL_HALF:
        return draw();
    case FILL_DENSE:
        return draw() | draw();
    default:
        return UINT64_MAX;
    }
}

typedef struct Sample {
    SimilaritySet set;
    void *memory;
} Sample;

static Sample sample_make(size_t count, unsigned words, Fill fill)
{
    Sample sample = {0};

    /* 8 bytes more than the set, which begins behind them and ends with the memory. */
    cr_assert_eq(posix_memalign(&sample.memory, 64, 8 + count * words * 8), 0);
    uint64_t *rows = (uint64_t *)sample.memory + 1;

    for (size_t i = 0; i < count * words; i++)
        rows[i] = draw_word(fill == FILL_COUNT ? (Fill)(i / words % FILL_COUNT) : fill);
    sample.set = (SimilaritySet){rows, count, words};
    return sample;
}

static unsigned naive(const SimilaritySet *a, size_t i, const SimilaritySet *b, size_t j, unsigned from,
                      unsigned to)
{
    unsigned both = 0;

    if (i >= a->count || j >= b->count)
        return 0;
    for (unsigned bit = from * 64; bit < to * 64; bit++) {
        uint64_t left = a->rows[i * a->words + bit / 64], right = b->rows[j * b->words + bit / 64];
        both += (left >> bit % 64 & 1) != 0 && (right >> bit % 64 & 1) != 0;
    }
    return both;
}

/* Where a tile and a group begin in their sets, and what of them is counted. */
typedef struct Place {
    const SimilaritySet *queries, *records;
    size_t first_query, first_record;
    SimilaritySpan span;
} Place;

typedef unsigned Expected[SIMILARITY_TILE][SIMILARITY_GROUP];

/* What is not in the span keeps what it had: the counts begin with numbers of their own. */
static unsigned begin(unsigned q, unsigned r)
{
    return q * SIMILARITY_GROUP + r;
}

static void expect(const Place *place, Expected expected)
{
    SimilaritySpan span = place->span;

    for (unsigned q = 0; q < SIMILARITY_TILE; q++) {
        bool counted = q / 2 >= span.pair_from && q / 2 < span.pair_to;
        for (unsigned r = 0; r < SIMILARITY_GROUP; r++)
            expected[q][r] =
                begin(q, r) + (counted ? naive(place->queries, place->first_query + q, place->records,
                                               place->first_record + r, span.word_from, span.word_to)
                                       : 0);
    }
}

static void check(const SimilarityMethods *methods, const Place *place, Expected expected)
{
    static SimilarityTile tile;
    static SimilarityGroup group;
    static SimilarityCounts counts;

    memset(&tile, 0xA5, sizeof tile);
    memset(&group, 0xA5, sizeof group);
    for (unsigned q = 0; q < SIMILARITY_TILE; q++)
        for (unsigned r = 0; r < SIMILARITY_GROUP; r++)
            counts.of[q][r] = (uint16_t)begin(q, r);
    methods->pack_tile(place->queries, place->first_query, &tile);
    methods->pack_group(place->records, place->first_record, &group);

    methods->count(&tile, &group, place->span, &counts);

    for (unsigned q = 0; q < SIMILARITY_TILE; q++)
        for (unsigned r = 0; r < SIMILARITY_GROUP; r++)
            cr_assert_eq(counts.of[q][r], expected[q][r], "%s: query %u, record %u, words %u to %u",
                         methods->name, q, r, place->span.word_from, place->span.word_to);
}

/* only: one path, or NULL for all of this processor. */
static void check_place(const SimilarityMethods *only, const Place *place)
{
    static Expected expected;

    expect(place, expected);
    if (only != NULL)
        check(only, place, expected);
    for (SimilarityPath path = SIMILARITY_PORTABLE; only == NULL && path < SIMILARITY_PATH_COUNT; path++)
        if (similarity_methods(path) != NULL)
            check(similarity_methods(path), place, expected);
}

static void check_sets(const SimilarityMethods *only, size_t query_count, size_t record_count, unsigned words,
                       Fill fill)
{
    Sample queries = sample_make(query_count, words, fill), records = sample_make(record_count, words, fill);

    for (size_t q = 0; q < query_count; q += SIMILARITY_TILE)
        for (size_t r = 0; r < record_count; r += SIMILARITY_GROUP)
            check_place(only, &(Place){&queries.set, &records.set, q, r, {0, words, 0, SIMILARITY_PAIRS}});
    free(queries.memory);
    free(records.memory);
}

static void check_spans(const SimilarityMethods *only)
{
    Sample queries = sample_make(32, 16, FILL_COUNT), records = sample_make(128, 16, FILL_DENSE);
    Place place = {.queries = &queries.set, .records = &records.set};

    for (unsigned from = 0; from <= 16; from++) {
        for (unsigned to = from; to <= 16; to++) {
            place.span = (SimilaritySpan){from, to, from / 2, 1 + to * 15 / 16};
            check_place(only, &place);
        }
    }
    free(queries.memory);
    free(records.memory);
}

#define EACH_PATH(methods)                                                                                   \
    for (SimilarityPath path_ = SIMILARITY_PORTABLE; path_ < SIMILARITY_PATH_COUNT; path_++)                 \
        for (const SimilarityMethods *methods = similarity_methods(path_); methods != NULL; methods = NULL)

Test(similarity, every_path_counts_like_the_naive_loop_whatever_the_density)
{
    for (Fill fill = FILL_EMPTY; fill <= FILL_COUNT; fill++) {
        check_sets(NULL, 32, 128, 16, fill);
        check_sets(NULL, 32, 128, 8, fill);
    }
}

Test(similarity, counts_of_records_that_do_not_fill_a_group_or_a_tile_are_right)
{
    static const size_t counts[] = {1, 2, 7, 8, 9, 31, 33, 63, 65, 127, 129, 191};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        check_sets(NULL, counts[i], 192 - counts[i], 16, FILL_COUNT);
        check_sets(NULL, counts[i], counts[i], 8, FILL_COUNT);
    }
}

Test(similarity, a_span_counts_its_words_and_queries_and_nothing_else)
{
    check_spans(NULL);
}

Test(similarity, two_full_encodings_share_all_1024_ones)
{
    EACH_PATH(methods)
    {
        static SimilarityTile tile;
        static SimilarityGroup group;
        static SimilarityCounts counts; /* not on a sanitizer's stack, which is not aligned for it */
        Sample full = sample_make(128, 16, FILL_FULL);

        memset(&counts, 0, sizeof counts);
        methods->pack_tile(&full.set, 0, &tile);
        methods->pack_group(&full.set, 0, &group);
        methods->count(&tile, &group, (SimilaritySpan){0, 16, 0, SIMILARITY_PAIRS}, &counts);

        cr_expect_eq(counts.of[0][0], 1024, "%s", methods->name);
        cr_expect_eq(counts.of[31][127], 1024, "%s", methods->name);
        free(full.memory);
    }
}

Test(similarity, one_record_counts_what_its_bits_say)
{
    static const uint64_t a[16] = {0xFF, [15] = UINT64_C(1) << 63};

    cr_expect_eq(similarity_ones(a, 16), 9);
    cr_expect_eq(similarity_ones(a, 8), 8);
}

Test(similarity, filters_of_any_length_at_any_place_count_what_their_bits_say)
{
    for (size_t bytes = 0; bytes <= 130; bytes++) {
        /* Exactly so long: a read past the end is seen by the sanitizer. */
        uint8_t *a = malloc(bytes + 1), *b = malloc(bytes + 3);
        unsigned ones_a = 0, ones_b = 0, both = 0;
        for (size_t i = 0; i < bytes * 8; i++) {
            unsigned bit_a = draw() % 2, bit_b = draw() % 3 == 0;
            a[1 + i / 8] = (uint8_t)(a[1 + i / 8] >> 1 | bit_a << 7);
            b[3 + i / 8] = (uint8_t)(b[3 + i / 8] >> 1 | bit_b << 7);
            ones_a += bit_a;
            ones_b += bit_b;
            both += bit_a & bit_b;
        }

        SimilarityShared shared = similarity_shared(a + 1, b + 3, bytes);

        cr_expect_eq(shared.a, ones_a);
        cr_expect_eq(shared.b, ones_b);
        cr_expect_eq(shared.both, both);
        free(a);
        free(b);
    }
}

/* ---- bounds ---- */

Test(similarity, a_record_that_just_reaches_the_bound_is_kept)
{
    _Alignas(64) static uint16_t both[SIMILARITY_MASK], rest[SIMILARITY_MASK];

    EACH_PATH(methods)
    {
        for (unsigned i = 0; i < 2000; i++) {
            SimilarityBound bound = {rest, (uint16_t)(draw() % 600), (uint16_t)(draw() % 1025)};
            uint64_t expected = 0;
            for (unsigned r = 0; r < SIMILARITY_MASK; r++) {
                rest[r] = (uint16_t)(draw() % 600);
                unsigned most = rest[r] < bound.query_rest ? rest[r] : bound.query_rest;
                /* every third is at the bound, every third one below it */
                both[r] = (uint16_t)(bound.least <= most || r % 3 == 0 ? draw() % 424
                                                                       : bound.least - most - (r % 3 == 1));
                expected |= (uint64_t)(both[r] + most >= bound.least) << r;
            }

            uint64_t kept = methods->keep(both, &bound);

            cr_assert_eq(kept, expected, "%s, round %u", methods->name, i);
        }
    }
}

/* ---- which path ---- */

Test(similarity, every_processor_has_the_portable_path_and_the_best_is_one_of_them)
{
    bool is_there = false;

    EACH_PATH(methods) is_there |= methods == similarity_best();

    cr_expect_str_eq(similarity_methods(SIMILARITY_PORTABLE)->name, "portable");
    cr_expect(is_there);
    cr_expect_null(similarity_methods(SIMILARITY_PATH_COUNT));
}

#ifdef __x86_64__
#include <immintrin.h>

Test(similarity, a_processor_with_avx2_never_gets_a_slower_path)
{
    if (!__builtin_cpu_supports("avx2"))
        cr_skip_test("no AVX2 here");

    cr_expect(similarity_best() != similarity_methods(SIMILARITY_PORTABLE));
    cr_expect(similarity_best() != similarity_methods(SIMILARITY_POPCNT));
}

/* ---- the loop of the path vpopcntdq, with its one instruction replaced ---- */

__attribute__((target("avx512f,avx512bw"), no_sanitize_address)) static inline __m512i
ones_of_words(__m512i words)
{
    const __m512i low = _mm512_set1_epi8(0x0F);
    const __m512i table =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    __m512i lower = _mm512_shuffle_epi8(table, _mm512_and_si512(words, low));
    __m512i upper = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(words, 4), low));

    return _mm512_sad_epu8(_mm512_add_epi8(lower, upper), _mm512_setzero_si512());
}

#define WORDS_TARGET  __attribute__((target("avx512f,avx512bw"), no_sanitize_address))
#define WORDS_ONES(x) ones_of_words(x)
#include "linkage/similarity_words.h"

#include "linkage/similarity_private.h"

Test(similarity, words_side_by_side_count_like_the_naive_loop)
{
    const SimilarityMethods words = {"words", similarity_pack_blocks, similarity_pack_queries, words_count,
                                     NULL};

    if (!__builtin_cpu_supports("avx512bw"))
        cr_skip_test("no AVX-512 here");
    for (Fill fill = FILL_EMPTY; fill <= FILL_COUNT; fill++) {
        check_sets(&words, 32, 128, 16, fill);
        check_sets(&words, 33, 129, 8, fill);
    }
    check_spans(&words);
}
#endif
