#include "bench/similarity_figures.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/figures_private.h"
#include "bench/plain_popcnt.h"
#include "linkage/join.h"

enum {
    WORDS = PLAIN_WORDS,
    COMPARE_TURNS = FIGURES_TURNS_MAX,
    CHUNK_GROUPS = 16,
    COMPARE_RECORDS = 16 * CHUNK_GROUPS * SIMILARITY_GROUP,
    COMPARE_QUERIES = 512,
    AT_LEAST = 280, /* random halves of 1024 share 256 give or take 14 */
};

static uint64_t state = 0x9E3779B97F4A7C15;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016) */
uint64_t figures_draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

double figures_thread_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Summary figures_summarise(Turns *turns)
{
    double ratios[FIGURES_TURNS_MAX];
    Summary summary;

    for (size_t i = 0; i < turns->count; i++)
        ratios[i] = turns->plain[i] / turns->ours[i];
    summary.ratio = bench_median(ratios, turns->count);
    summary.plain_s = bench_median(turns->plain, turns->count);
    summary.ours_s = bench_median(turns->ours, turns->count);
    summary.ratio_best = turns->plain[0] / turns->ours[0]; /* sorted by now */
    return summary;
}

void figures_put(BenchFigure *figures, size_t *count, const char *name, double value, int decimals)
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
        double begin = figures_thread_s();
        uint64_t plain = compare_plain(compare);
        double middle = figures_thread_s();
        uint64_t ours = compare_ours(compare, methods);
        turns->plain[turns->count] = middle - begin;
        turns->ours[turns->count] = figures_thread_s() - middle;
        if (plain != ours)
            return fail(error, ERROR_SYSTEM, "path %s finds other pairs than the plain loop", methods->name);
    }
    return RESULT_OK;
}

void *figures_aligned(Arena *arena, size_t bytes)
{
    uintptr_t at = (uintptr_t)arena_alloc(arena, bytes + 64);
    return (void *)((at + 63) / 64 * 64);
}

static void make_compare(Arena *arena, Compare *compare)
{
    size_t records = COMPARE_RECORDS * WORDS, queries = COMPARE_QUERIES * WORDS;
    uint64_t *rows = figures_aligned(arena, (records + queries) * sizeof rows[0]);

    for (size_t i = 0; i < records + queries; i++)
        rows[i] = figures_draw();
    compare->records = (SimilaritySet){rows, COMPARE_RECORDS, WORDS};
    compare->queries = (SimilaritySet){rows + records, COMPARE_QUERIES, WORDS};
    compare->groups = figures_aligned(arena, CHUNK_GROUPS * sizeof compare->groups[0]);
    compare->tile = figures_aligned(arena, sizeof *compare->tile);
    compare->counts = figures_aligned(arena, sizeof *compare->counts);
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
        Summary summary = figures_summarise(&turns);
        figures_put(figures, count, names[path], summary.ratio, 2);
        if (methods != similarity_best())
            continue;
        figures_put(figures, count, "compare_1024_ratio", summary.ratio, 2);
        figures_put(figures, count, "compare_1024_ratio_best", summary.ratio_best, 2);
        figures_put(figures, count, "compare_1024_m_per_s", million_pairs / summary.ours_s, 0);
        figures_put(figures, count, "compare_1024_plain_m_per_s", million_pairs / summary.plain_s, 0);
    }
    return RESULT_OK;
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
        done = figures_join(figures, count, error);
    (void)sched_setaffinity(0, sizeof before, &before);
    return done.ok ? figures_join_threads(figures, count, error) : done;
}
