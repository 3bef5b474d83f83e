#include "bench/similarity_figures.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "bench/plain_popcnt.h"
#include "linkage/fields.h"
#include "linkage/join.h"

enum {
    WORDS = PLAIN_WORDS,
    COMPARE_TURNS = 9,
    CHUNK_GROUPS = 16,
    COMPARE_RECORDS = 16 * CHUNK_GROUPS * SIMILARITY_GROUP,
    COMPARE_QUERIES = 512,
    AT_LEAST = 280, /* random halves of 1024 share 256 give or take 14 */
    JOIN_TURNS = 5,
    JOIN_RECORDS = 16000,
};

static uint64_t state = 0x9E3779B97F4A7C15;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016) */
static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

/* The time of this thread alone: what else the core does is not counted. */
static double thread_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Medians of both and of the ratio, and the ratio of the best. */
typedef struct Turns {
    double plain[COMPARE_TURNS], ours[COMPARE_TURNS];
    size_t count;
} Turns;

typedef struct Summary {
    double plain_s, ours_s, ratio, ratio_best;
} Summary;

static Summary summarise(Turns *turns)
{
    double ratios[COMPARE_TURNS];
    Summary summary;

    for (size_t i = 0; i < turns->count; i++)
        ratios[i] = turns->plain[i] / turns->ours[i];
    summary.ratio = bench_median(ratios, turns->count);
    summary.plain_s = bench_median(turns->plain, turns->count);
    summary.ours_s = bench_median(turns->ours, turns->count);
    summary.ratio_best = turns->plain[0] / turns->ours[0]; /* sorted by now */
    return summary;
}

static void put(BenchFigure *figures, size_t *count, const char *name, double value, int decimals)
{
    figures[(*count)++] = (BenchFigure){name, value, decimals};
}

/* ---- all queries against all records ---- */

typedef struct Compare {
    SimilaritySet queries, records;
    SimilarityGroup *groups;
    SimilarityTile *tile;
    SimilarityCounts *counts;
} Compare;

static uint64_t compare_plain(const Compare *compare)
{
    uint64_t found = 0;

    for (size_t q = 0; q < COMPARE_QUERIES; q++)
        found += plain_count_at_least(compare->queries.rows + q * WORDS, compare->records.rows,
                                      COMPARE_RECORDS, AT_LEAST);
    return found;
}

static uint64_t count_tile(const Compare *compare, const SimilarityMethods *methods)
{
    static const uint16_t no_rest[SIMILARITY_MASK] __attribute__((aligned(64)));
    const SimilarityBound bound = {no_rest, 0, AT_LEAST};
    const SimilaritySpan all = {0, WORDS, 0, SIMILARITY_PAIRS};
    uint64_t found = 0;

    for (size_t g = 0; g < CHUNK_GROUPS; g++) {
        memset(compare->counts, 0, sizeof *compare->counts);
        methods->count(compare->tile, &compare->groups[g], all, compare->counts);
        for (unsigned q = 0; q < SIMILARITY_TILE; q++)
            for (unsigned r = 0; r < SIMILARITY_GROUP; r += SIMILARITY_MASK)
                found += (uint64_t)__builtin_popcountll(methods->keep(compare->counts->of[q] + r, &bound));
    }
    return found;
}

/* As a join goes about it, packing included. */
static uint64_t compare_ours(const Compare *compare, const SimilarityMethods *methods)
{
    uint64_t found = 0;

    for (size_t chunk = 0; chunk < COMPARE_RECORDS; chunk += CHUNK_GROUPS * SIMILARITY_GROUP) {
        for (size_t g = 0; g < CHUNK_GROUPS; g++)
            methods->pack_group(&compare->records, chunk + g * SIMILARITY_GROUP, &compare->groups[g]);
        for (size_t q = 0; q < COMPARE_QUERIES; q += SIMILARITY_TILE) {
            methods->pack_tile(&compare->queries, q, compare->tile);
            found += count_tile(compare, methods);
        }
    }
    return found;
}

static Result compare_turns(const Compare *compare, const SimilarityMethods *methods, Turns *turns,
                            Error *error)
{
    for (turns->count = 0; turns->count < COMPARE_TURNS; turns->count++) {
        double begin = thread_s();
        uint64_t plain = compare_plain(compare);
        double middle = thread_s();
        uint64_t ours = compare_ours(compare, methods);
        turns->plain[turns->count] = middle - begin;
        turns->ours[turns->count] = thread_s() - middle;
        if (plain != ours)
            return fail(error, ERROR_SYSTEM, "path %s finds other pairs than the plain loop", methods->name);
    }
    return RESULT_OK;
}

static void *aligned(Arena *arena, size_t bytes)
{
    uintptr_t at = (uintptr_t)arena_alloc(arena, bytes + 64);
    return (void *)((at + 63) / 64 * 64);
}

static void make_compare(Arena *arena, Compare *compare)
{
    size_t records = COMPARE_RECORDS * WORDS, queries = COMPARE_QUERIES * WORDS;
    uint64_t *rows = aligned(arena, (records + queries) * sizeof rows[0]);

    for (size_t i = 0; i < records + queries; i++)
        rows[i] = draw();
    compare->records = (SimilaritySet){rows, COMPARE_RECORDS, WORDS};
    compare->queries = (SimilaritySet){rows + records, COMPARE_QUERIES, WORDS};
    compare->groups = aligned(arena, CHUNK_GROUPS * sizeof compare->groups[0]);
    compare->tile = aligned(arena, sizeof *compare->tile);
    compare->counts = aligned(arena, sizeof *compare->counts);
}

static Result compare_figures(BenchFigure *figures, size_t *count, Error *error)
{
    static const char *const names[SIMILARITY_PATH_COUNT] = {
        NULL, "compare_1024_ratio_popcnt", "compare_1024_ratio_avx2", "compare_1024_ratio_avx512bw",
        "compare_1024_ratio_vpopcntdq"};
    static const double million_pairs = (double)COMPARE_QUERIES * COMPARE_RECORDS / 1e6;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    Compare compare;
    Turns turns;

    make_compare(arena, &compare);
    for (SimilarityPath path = SIMILARITY_POPCNT; path < SIMILARITY_PATH_COUNT; path++) {
        const SimilarityMethods *methods = similarity_methods(path);
        if (methods == NULL)
            continue;
        TRY(compare_turns(&compare, methods, &turns, error));
        Summary summary = summarise(&turns);
        put(figures, count, names[path], summary.ratio, 2);
        if (methods != similarity_best())
            continue;
        put(figures, count, "compare_1024_ratio", summary.ratio, 2);
        put(figures, count, "compare_1024_ratio_best", summary.ratio_best, 2);
        put(figures, count, "compare_1024_m_per_s", million_pairs / summary.ours_s, 0);
        put(figures, count, "compare_1024_plain_m_per_s", million_pairs / summary.plain_s, 0);
    }
    return RESULT_OK;
}

/* ---- a join ---- */

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
    uint64_t *rows = aligned(arena, count * WORDS * sizeof rows[0]);
    uint64_t(*values)[FIELDS] = aligned(arena, count * sizeof values[0]);

    for (size_t i = 0; i < count; i++) {
        bool is_copy = i % 4 == 3;
        size_t of = (size_t)(draw() % (i + 1));
        for (uint64_t f = 0; f < FIELDS; f++) {
            values[i][f] = is_copy && f >= draw() % 3 ? values[of][f] : uneven(draw(), VALUES);
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
        double begin = thread_s();
        Found plain = join_plain(people, threshold, shared, ones);
        double middle = thread_s();
        TRY(join_pairs(people, NULL, &options, take, &ours, &report, error));
        turns->plain[turns->count] = middle - begin;
        turns->ours[turns->count] = thread_s() - middle;
        if (plain.count == 0 || plain.count != ours.count || plain.sum != ours.sum)
            return fail(error, ERROR_SYSTEM, "the join finds other matches than the plain loop");
    }
    return RESULT_OK;
}

/* Not pinned: what a second thread gains, by the clock on the wall. */
static Result threads_figure(BenchFigure *figures, size_t *count, Error *error)
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
    put(figures, count, "join_two_threads_ratio", bench_median(ratios, JOIN_TURNS), 2);
    return RESULT_OK;
}

static Result join_figures(BenchFigure *figures, size_t *count, Error *error)
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
        Summary summary = summarise(&turns);
        put(figures, count, joins[j].name, summary.ratio, 2);
        if (strcmp(joins[j].name, "join_ratio") == 0)
            put(figures, count, "join_ratio_best", summary.ratio_best, 2);
    }
    for (size_t i = 0; i < people.count; i++)
        ones += similarity_ones(people.rows + i * WORDS, WORDS);
    put(figures, count, "join_mean_ones", (double)ones / (double)people.count, 0);
    return RESULT_OK;
}

/* ---- six fields of a pair ---- */

enum { FIELDS_RECORDS = 50000, FIELDS_PAIRS = 1 << 20 };

static double fields_m_per_s(const FieldsSet *set, const FieldsPair *pairs, uint64_t *patterns)
{
    static const FieldsLevels levels = {5, {300, 500, 680, 840, 1000}};
    double seconds[COMPARE_TURNS];

    for (size_t turn = 0; turn < COMPARE_TURNS; turn++) {
        double begin = thread_s();
        fields_compare(set, set, pairs, FIELDS_PAIRS, &levels, patterns);
        seconds[turn] = thread_s() - begin;
    }
    return FIELDS_PAIRS / bench_median(seconds, COMPARE_TURNS) / 1e6;
}

/* Each record with 20 others from anywhere, as blocks bring them; and pairs in no order, the worst for
 * caches. */
static void fields_figures(BenchFigure *figures, size_t *count)
{
    enum { PARTNERS = 20 };
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    uint64_t *rows = aligned(arena, FIELDS_RECORDS * FIELDS * FIELDS_WORDS * sizeof rows[0]);
    uint16_t *ones = aligned(arena, FIELDS_RECORDS * FIELDS * sizeof ones[0]);
    FieldsPair *pairs = aligned(arena, FIELDS_PAIRS * sizeof pairs[0]);
    uint64_t *patterns = aligned(arena, FIELDS_PAIRS * sizeof patterns[0]);
    const FieldsSet set = {rows, ones, FIELDS};

    for (size_t i = 0; i < FIELDS_RECORDS * FIELDS * FIELDS_WORDS; i++)
        rows[i] = draw() & draw();
    fields_ones(rows, FIELDS_RECORDS * FIELDS, ones);
    for (size_t i = 0; i < FIELDS_PAIRS; i++)
        pairs[i] =
            (FieldsPair){(uint32_t)(i / PARTNERS % FIELDS_RECORDS), (uint32_t)(draw() % FIELDS_RECORDS)};
    put(figures, count, "fields_compared_m_per_s", fields_m_per_s(&set, pairs, patterns), 1);
    for (size_t i = 0; i < FIELDS_PAIRS; i++)
        pairs[i].left = (uint32_t)(draw() % FIELDS_RECORDS);
    put(figures, count, "fields_unordered_m_per_s", fields_m_per_s(&set, pairs, patterns), 1);
}

Result similarity_figures(BenchFigure *figures, size_t *count, Error *error)
{
    cpu_set_t before, one;

    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (sched_getaffinity(0, sizeof before, &before) != 0 || sched_setaffinity(0, sizeof one, &one) != 0)
        return fail_errno(error, "pin to one core");
    Result done = compare_figures(figures, count, error);
    if (done.ok)
        done = join_figures(figures, count, error);
    fields_figures(figures, count);
    (void)sched_setaffinity(0, sizeof before, &before);
    return done.ok ? threads_figure(figures, count, error) : done;
}
