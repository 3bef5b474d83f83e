#include <string.h>

#include "bench/figures_private.h"
#include "bench/plain_popcnt.h"
#include "linkage/join.h"

enum { WORDS = PLAIN_WORDS, JOIN_TURNS = 5, JOIN_RECORDS = 16000 };

/* A record has six fields. A field's value is drawn unevenly (the first of 4000 most) and is 4 to 11 pairs of
 * letters, of which each sets 8 bits. Every fourth record is an earlier one with two fields of its own. */
enum {
    FIELDS = 6,
    VALUES = 4000,
    LETTER_PAIRS = 600,
    BITS = 8,
    LETTER_PAIRS_MIN = 4,
    LETTER_PAIRS_RANGE = 8
};

/* The same numbers for the same place, whoever asks. */
static uint64_t mixed(uint64_t a, uint64_t b)
{
    uint64_t x = a * UINT64_C(0x9E3779B97F4A7C15) + b * UINT64_C(0xC2B2AE3D27D4EB4F);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static uint64_t uneven(uint64_t random, uint64_t count)
{
    double u = (double)(random >> 11) * 0x1p-53;
    return (uint64_t)(u * u * (double)count);
}

static void add_field(uint64_t *row, uint64_t field, uint64_t value)
{
    uint64_t name = mixed(field, value), pairs = LETTER_PAIRS_MIN + name % LETTER_PAIRS_RANGE;

    for (uint64_t p = 0; p < pairs; p++) {
        uint64_t letters = uneven(mixed(name, p), LETTER_PAIRS);
        for (uint64_t b = 0; b < BITS; b++) {
            uint64_t bit = mixed(field << 32 | letters, b) % (WORDS * 64);
            row[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    }
}

static SimilaritySet make_people(Arena *arena, size_t count)
{
    uint64_t *rows = figures_aligned(arena, count * WORDS * sizeof rows[0]);
    uint64_t(*values)[FIELDS] = figures_aligned(arena, count * sizeof values[0]);

    for (size_t i = 0; i < count; i++) {
        bool is_copy = i % 4 == 3;
        size_t of = (size_t)(figures_draw() % (i + 1));
        for (uint64_t f = 0; f < FIELDS; f++) {
            values[i][f] =
                is_copy && f >= figures_draw() % 3 ? values[of][f] : uneven(figures_draw(), VALUES);
            add_field(rows + i * WORDS, f, values[i][f]);
        }
    }
    return (SimilaritySet){rows, count, WORDS};
}

/* What a join found, in any order: the sum of what each match hashes to. */
typedef struct Found {
    uint64_t count, sum;
} Found;

static void found_add(Found *found, uint32_t left, uint32_t right, unsigned both)
{
    found->count++;
    found->sum += mixed((uint64_t)left << 32 | right, both);
}

static Result take(void *context, const JoinMatch *matches, size_t count, Error *error)
{
    (void)error;
    for (size_t i = 0; i < count; i++)
        found_add(context, matches[i].left, matches[i].right, matches[i].both);
    return RESULT_OK;
}

static Found join_plain(const SimilaritySet *people, JoinThreshold threshold, uint16_t *shared,
                        uint16_t *ones)
{
    Found found = {0};

    for (size_t i = 0; i < people->count; i++)
        ones[i] = (uint16_t)similarity_ones(people->rows + i * WORDS, WORDS);
    for (size_t i = 0; i < people->count; i++) {
        size_t rest = people->count - i - 1;
        plain_shared(people->rows + i * WORDS, people->rows + (i + 1) * WORDS, rest, shared);
        for (size_t j = 0; j < rest; j++)
            if (2 * shared[j] * threshold.denominator >=
                threshold.numerator * ((uint32_t)ones[i] + ones[i + 1 + j]))
                found_add(&found, (uint32_t)i, (uint32_t)(i + 1 + j), shared[j]);
    }
    return found;
}

static Result join_turns(const SimilaritySet *people, JoinThreshold threshold, Arena *arena, Turns *turns,
                         Error *error)
{
    uint16_t *shared = arena_alloc(arena, people->count * sizeof shared[0]);
    uint16_t *ones = arena_alloc(arena, people->count * sizeof ones[0]);
    const JoinOptions options = {threshold, 1, NULL};
    JoinReport report;

    for (turns->count = 0; turns->count < JOIN_TURNS; turns->count++) {
        Found ours = {0};
        double begin = figures_thread_s();
        Found plain = join_plain(people, threshold, shared, ones);
        double middle = figures_thread_s();
        TRY(join_pairs(people, NULL, &options, take, &ours, &report, error));
        turns->plain[turns->count] = middle - begin;
        turns->ours[turns->count] = figures_thread_s() - middle;
        if (plain.count == 0 || plain.count != ours.count || plain.sum != ours.sum)
            return fail(error, ERROR_SYSTEM, "the join finds other matches than the plain loop");
    }
    return RESULT_OK;
}

/* Not pinned: what a second thread gains, by the clock on the wall. */
Result figures_join_threads(BenchFigure *figures, size_t *count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    SimilaritySet people = make_people(arena, JOIN_RECORDS);
    double ratios[JOIN_TURNS];

    for (size_t turn = 0; turn < JOIN_TURNS; turn++) {
        double seconds[2];
        for (unsigned threads = 1; threads <= 2; threads++) {
            const JoinOptions options = {{80, 100}, threads, NULL};
            Found found = {0};
            JoinReport report;
            double begin = bench_now_s();
            TRY(join_pairs(&people, NULL, &options, take, &found, &report, error));
            seconds[threads - 1] = bench_now_s() - begin;
        }
        ratios[turn] = seconds[0] / seconds[1];
    }
    figures_put(figures, count, "join_two_threads_ratio", bench_median(ratios, JOIN_TURNS), 2);
    return RESULT_OK;
}

Result figures_join(BenchFigure *figures, size_t *count, Error *error)
{
    static const struct {
        JoinThreshold threshold;
        const char *name;
    } joins[] = {{{60, 100}, "join_ratio_60"},
                 {{70, 100}, "join_ratio_70"},
                 {{80, 100}, "join_ratio"},
                 {{90, 100}, "join_ratio_90"},
                 {{95, 100}, "join_ratio_95"}};
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    SimilaritySet people = make_people(arena, JOIN_RECORDS);
    uint64_t ones = 0;
    Turns turns;

    for (size_t j = 0; j < sizeof joins / sizeof joins[0]; j++) {
        TRY(join_turns(&people, joins[j].threshold, arena, &turns, error));
        Summary summary = figures_summarise(&turns);
        figures_put(figures, count, joins[j].name, summary.ratio, 2);
        if (strcmp(joins[j].name, "join_ratio") == 0)
            figures_put(figures, count, "join_ratio_best", summary.ratio_best, 2);
    }
    for (size_t i = 0; i < people.count; i++)
        ones += similarity_ones(people.rows + i * WORDS, WORDS);
    figures_put(figures, count, "join_mean_ones", (double)ones / (double)people.count, 0);
    return RESULT_OK;
}
