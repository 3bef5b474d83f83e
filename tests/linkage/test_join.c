/*
 * The join finds exactly the matches of a loop over all pairs that knows no bound, on every path, for sets
 * that hold near copies, pairs exactly at each threshold, empty and full encodings.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "linkage/join.h"
#include "tests/support/draw.h"

enum { RECORDS = 700, WORDS = 16, MATCHES_MAX = 100000 };

static const JoinThreshold thresholds[] = {{60, 100}, {70, 100}, {80, 100}, {90, 100}, {95, 100}};

/* ---- sets ---- */

static void set_ones(uint64_t *row, unsigned from, unsigned to)
{
    for (unsigned bit = from; bit < to; bit++)
        row[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Two records of 200 ones that share 2 * percent of them: Dice is percent / 100. */
static void plant_equal(uint64_t *first, uint64_t *second, unsigned percent)
{
    memset(first, 0, 2 * (size_t)(second - first) * sizeof first[0]);
    set_ones(first, 0, 200);
    set_ones(second, 200 - 2 * percent, 400 - 2 * percent);
}

static void fill_random(uint64_t *row, unsigned words)
{
    uint64_t density = draw() % 3;

    for (unsigned w = 0; w < words; w++)
        row[w] = draw() & (density == 0 ? UINT64_MAX : draw()) & (density == 2 ? draw() : UINT64_MAX);
}

/* Every second record is a copy of an earlier one with some bits changed. */
static void fill(uint64_t *rows, size_t count, unsigned words)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t *row = rows + i * words;
        fill_random(row, words);
        if (i % 2 == 0 || i < 20)
            continue;
        memcpy(row, rows + draw() % i * words, words * sizeof row[0]);
        for (uint64_t flips = draw() % (12 * words); flips > 0; flips--) {
            uint64_t bit = draw() % (64 * words);
            row[bit / 64] ^= UINT64_C(1) << bit % 64;
        }
    }
    static const unsigned percents[] = {60, 70, 80, 90, 95, 60, 79, 91};
    for (size_t p = 0; p < 8 && 2 * p + 5 < count; p++)
        plant_equal(rows + (2 * p + 1) * words, rows + (2 * p + 2) * words, percents[p]);
    if (count > 30) {
        memset(rows + 20 * words, 0, 2 * words * sizeof rows[0]);
        memset(rows + 24 * words, 0xFF, 2 * words * sizeof rows[0]);
    }
}

static SimilaritySet set_make(size_t count, unsigned words, uint64_t seed)
{
    uint64_t *rows = memory_alloc(count * words * sizeof rows[0]);

    draw_state = seed;
    fill(rows, count, words);
    return (SimilaritySet){rows, count, words};
}

static void set_free(const SimilaritySet *set)
{
    memory_free((void *)set->rows);
}

/* ---- lists of matches ---- */

typedef struct List {
    JoinMatch matches[MATCHES_MAX];
    size_t count;
} List;

static void list_add(List *list, JoinMatch match)
{
    cr_assert_lt(list->count, MATCHES_MAX);
    list->matches[list->count++] = match;
}

static Result take(void *context, const JoinMatch *matches, size_t count, Error *error)
{
    (void)error;
    for (size_t i = 0; i < count; i++)
        list_add(context, matches[i]);
    return RESULT_OK;
}

static int by_place(const void *a, const void *b)
{
    const JoinMatch *left = a, *right = b;

    if (left->left != right->left)
        return left->left < right->left ? -1 : 1;
    return (left->right > right->right) - (left->right < right->right);
}

static void naive(const SimilaritySet *left, const SimilaritySet *right, JoinThreshold threshold, List *list)
{
    const SimilaritySet *other = right == NULL ? left : right;

    list->count = 0;
    for (size_t i = 0; i < left->count; i++) {
        for (size_t j = right == NULL ? i + 1 : 0; j < other->count; j++) {
            unsigned both = 0, ones = 0;
            for (unsigned w = 0; w < left->words; w++) {
                uint64_t a = left->rows[i * left->words + w], b = other->rows[j * left->words + w];
                both += (unsigned)__builtin_popcountll(a & b);
                ones += (unsigned)(__builtin_popcountll(a) + __builtin_popcountll(b));
            }
            if (ones > 0 && 2 * both * threshold.denominator >= threshold.numerator * ones)
                list_add(list, (JoinMatch){(uint32_t)i, (uint32_t)j, (uint16_t)both, (uint16_t)ones});
        }
    }
}

static void check_equal(const List *expected, List *found, const char *what)
{
    qsort(found->matches, found->count, sizeof found->matches[0], by_place);
    cr_assert_eq(found->count, expected->count, "%s: %zu matches, not %zu", what, found->count,
                 expected->count);
    for (size_t i = 0; i < found->count; i++) {
        const JoinMatch *a = &expected->matches[i], *b = &found->matches[i];
        cr_assert(a->left == b->left && a->right == b->right && a->both == b->both && a->ones == b->ones,
                  "%s: match %zu is (%u, %u, %u, %u), not (%u, %u, %u, %u)", what, i, b->left, b->right,
                  b->both, b->ones, a->left, a->right, a->both, a->ones);
    }
}

static List expected, found;

static void check_join(const SimilaritySet *left, const SimilaritySet *right, JoinThreshold threshold,
                       unsigned threads)
{
    naive(left, right, threshold, &expected);
    for (SimilarityPath path = SIMILARITY_PORTABLE; path < SIMILARITY_PATH_COUNT; path++) {
        JoinOptions options = {threshold, threads, similarity_methods(path)};
        JoinReport report;
        Error error = {0};

        if (options.methods == NULL)
            continue;
        found.count = 0;
        cr_assert(join_pairs(left, right, &options, take, &found, &report, &error).ok, "%s", error.message);
        cr_expect_eq(report.matches, expected.count);
        check_equal(&expected, &found, options.methods->name);
    }
}

/* ---- the same matches ---- */

Test(join, a_set_joined_with_itself_gives_the_pairs_of_a_loop_at_every_threshold)
{
    SimilaritySet set = set_make(RECORDS, WORDS, 11);

    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++) {
        check_join(&set, NULL, thresholds[t], 1);
        cr_expect_gt(expected.count, 8, "the case must hold matches");
    }
    set_free(&set);
}

Test(join, two_sets_give_the_pairs_of_a_loop_at_every_threshold)
{
    SimilaritySet left = set_make(301, WORDS, 12), right = set_make(RECORDS, WORDS, 12);

    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++)
        check_join(&left, &right, thresholds[t], 1);
    set_free(&left);
    set_free(&right);
}

Test(join, encodings_of_512_bits_give_the_pairs_of_a_loop)
{
    SimilaritySet set = set_make(RECORDS, 8, 13);

    for (size_t t = 0; t < sizeof thresholds / sizeof thresholds[0]; t++)
        check_join(&set, NULL, thresholds[t], 1);
    set_free(&set);
}

Test(join, odd_counts_of_records_give_the_pairs_of_a_loop)
{
    static const size_t counts[] = {1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 193};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        SimilaritySet left = set_make(counts[i], WORDS, 14), right = set_make(260 - counts[i], WORDS, 14);
        check_join(&left, NULL, thresholds[2], 1);
        check_join(&left, &right, thresholds[0], 1);
        set_free(&left);
        set_free(&right);
    }
}

Test(join, two_threads_find_what_one_finds)
{
    SimilaritySet left = set_make(RECORDS, WORDS, 15), right = set_make(5000, WORDS, 15);

    check_join(&left, &right, thresholds[2], 2);
    check_join(&right, &left, thresholds[2], 3);
    set_free(&left);
    set_free(&right);
}

Test(join, a_threshold_of_one_finds_equal_encodings_alone)
{
    SimilaritySet set = set_make(RECORDS, WORDS, 16);

    check_join(&set, NULL, (JoinThreshold){1, 1}, 1);
    set_free(&set);
}

Test(join, a_threshold_near_nothing_finds_all_that_share_a_one)
{
    SimilaritySet set = set_make(150, WORDS, 17);

    check_join(&set, NULL, (JoinThreshold){1, 1000000}, 2);
    set_free(&set);
}

/* ---- what is planted ---- */

Test(join, a_pair_exactly_at_the_threshold_matches_and_one_hundredth_below_does_not)
{
    for (unsigned percent = 51; percent <= 100; percent++) {
        uint64_t rows[2 * WORDS];
        plant_equal(rows, rows + WORDS, percent);
        const SimilaritySet set = {rows, 2, WORDS};
        JoinOptions at = {{percent, 100}, 1, NULL}, above = {{percent * 10 + 1, 1000}, 1, NULL};
        JoinReport report;
        Error error = {0};

        found.count = 0;
        cr_assert(join_pairs(&set, NULL, &at, take, &found, &report, &error).ok);
        cr_expect_eq(found.count, 1, "Dice 0.%u", percent);
        found.count = 0;
        if (percent < 100)
            cr_assert(join_pairs(&set, NULL, &above, take, &found, &report, &error).ok);
        cr_expect_eq(found.count, 0, "Dice 0.%u", percent);
    }
}

Test(join, empty_encodings_match_nothing_and_nobody)
{
    static const uint64_t rows[100 * WORDS];
    const SimilaritySet set = {rows, 100, WORDS}, none = {rows, 0, WORDS};
    JoinOptions options = {{1, 1000000}, 1, NULL};
    JoinReport report;
    Error error = {0};

    found.count = 0;
    cr_expect(join_pairs(&set, NULL, &options, take, &found, &report, &error).ok);
    cr_expect_eq(report.pairs, 4950);
    cr_expect(join_pairs(&set, &none, &options, take, &found, &report, &error).ok);
    cr_expect(join_pairs(&none, NULL, &options, take, &found, &report, &error).ok);

    cr_expect_eq(found.count, 0);
}

/* ---- bounds ---- */

Test(join, high_thresholds_leave_most_words_of_sparse_records_uncounted)
{
    uint64_t *rows = memory_alloc(4096 * WORDS * sizeof rows[0]);
    JoinOptions options = {{90, 100}, 1, NULL};
    JoinReport report;
    Error error = {0};

    draw_state = 18;
    for (size_t i = 0; i < 4096 * WORDS; i++)
        rows[i] = draw() & draw();
    found.count = 0;
    cr_assert(
        join_pairs(&(SimilaritySet){rows, 4096, WORDS}, NULL, &options, take, &found, &report, &error).ok);

    cr_expect_eq(report.pairs, 8386560);
    cr_expect_lt(report.words_counted, report.pairs * WORDS / 2);
    cr_expect_lt(report.first_words, WORDS / 2);
    memory_free(rows);
}

/* ---- errors ---- */

static Result refuse(void *context, const JoinMatch *matches, size_t count, Error *error)
{
    (void)matches;
    (void)count;
    ++*(unsigned *)context;
    return fail(error, ERROR_LIMIT, "enough");
}

Test(join, what_takes_the_matches_can_end_the_join)
{
    uint64_t *rows = memory_alloc(5000 * WORDS * sizeof rows[0]);

    memset(rows, 0xFF, 5000 * WORDS * sizeof rows[0]);
    for (unsigned threads = 1; threads <= 2; threads++) {
        JoinOptions options = {{1, 2}, threads, NULL};
        JoinReport report;
        unsigned calls = 0;
        Error error = {0};

        Result done =
            join_pairs(&(SimilaritySet){rows, 5000, WORDS}, NULL, &options, refuse, &calls, &report, &error);

        cr_expect_not(done.ok);
        cr_expect_eq(error.code, ERROR_LIMIT);
        cr_expect_str_eq(error.message, "enough");
        cr_expect_eq(calls, 1);
    }
    memory_free(rows);
}

static void check_refused(const SimilaritySet *left, const SimilaritySet *right, JoinOptions options,
                          const char *message)
{
    JoinReport report;
    Error error = {0};

    cr_expect_not(join_pairs(left, right, &options, take, &found, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, message);
}

Test(join, thresholds_threads_and_sets_out_of_bounds_are_refused)
{
    static const uint64_t rows[2 * WORDS] = {1};
    const SimilaritySet set = {rows, 2, WORDS}, half = {rows, 2, 8}, odd = {rows, 2, 9};
    const char *threshold = "join: the threshold is not above 0 and at most 1";
    const char *words = "join: encodings are of 512 or of 1024 bits, all alike";

    check_refused(&set, NULL, (JoinOptions){{0, 1}, 1, NULL}, threshold);
    check_refused(&set, NULL, (JoinOptions){{2, 1}, 1, NULL}, threshold);
    check_refused(&set, NULL, (JoinOptions){{1, 1000001}, 1, NULL}, threshold);
    check_refused(&set, NULL, (JoinOptions){{1, 2}, 0, NULL}, "join: threads are 1 to 64");
    check_refused(&set, NULL, (JoinOptions){{1, 2}, 65, NULL}, "join: threads are 1 to 64");
    check_refused(&set, &half, (JoinOptions){{1, 2}, 1, NULL}, words);
    check_refused(&odd, &odd, (JoinOptions){{1, 2}, 1, NULL}, words);
}
