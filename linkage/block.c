#include "linkage/block.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/arena.h"
#include "base/large_pages.h"
#include "base/secret.h"
#include "linkage/fields.h"
#include "linkage/near.h"

enum { LANES = 4 };
enum { BLOCK_MAX = 100, THREADS = 2, BATCH = 512, LINE = 64 };
enum { BUCKET_BITS = 14, BUCKETS = 1 << BUCKET_BITS, BUCKET_SHIFT = 64 - BUCKET_BITS, INSERTED_MOST = 32 };

/* GCC takes a function that does nothing but fetch ahead for one without effect, and leaves calls of it out.
 */
#define FETCHES __attribute__((always_inline))

static const uint32_t ALONE = UINT32_C(1) << 31;

typedef struct Entry {
    uint64_t token;
    uint32_t record;
    uint32_t view; /* the place of its view among the record's */
} Entry;

/* Records of one block, at least two and few enough to be compared. */
typedef struct Run {
    const Entry *entries;
    size_t count;
} Run;

struct BlockIndex {
    const LinkageSet *set;
    uint32_t block_max;
    Entry *entries; /* of one rule at a time after the other, by token */
    size_t starts[SET_BLOCKS_MAX + 1];
    Run *compared; /* of one rule at a time after the other */
    size_t compared_starts[SET_BLOCKS_MAX + 1];
    /* Of each record and rule: the number of its block; where there is none, or it is alone or too large, a
     * number that no other record has. */
    uint32_t *runs;
    size_t stride;  /* from one record's to the next one's: a multiple of LANES */
    size_t largest; /* records of one block that is compared */
    bool has_near;
    NearPairs near; /* whom no block needs to bring together */
};

static int compare_entries(const void *a, const void *b)
{
    const Entry *x = a, *y = b;

    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

/* Entries come in their records' order, and leave few in a bucket: those are put in order as they stand. */
static void sort_bucket(Entry *entries, size_t count)
{
    if (count > INSERTED_MOST) {
        qsort(entries, count, sizeof *entries, compare_entries);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const Entry moved = entries[i];
        size_t at = i;
        for (; at > 0 && entries[at - 1].token > moved.token; at--)
            entries[at] = entries[at - 1];
        entries[at] = moved;
    }
}

/* Tokens are as good as random: their first bits part them into buckets of a few. */
static void sort_entries(const Entry *unsorted, size_t count, Entry *entries, uint32_t *starts)
{
    memset(starts, 0, (BUCKETS + 1) * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[(unsorted[i].token >> BUCKET_SHIFT) + 1]++;
    for (size_t b = 0; b < BUCKETS; b++)
        starts[b + 1] += starts[b];
    for (size_t i = 0; i < count; i++)
        entries[starts[unsorted[i].token >> BUCKET_SHIFT]++] = unsorted[i];
    /* Each start has moved to its bucket's end. */
    for (size_t b = 0, from = 0; b < BUCKETS; from = starts[b++])
        sort_bucket(entries + from, starts[b] - from);
}

static size_t run_end(const Entry *entries, size_t from, size_t end)
{
    size_t at = from + 1;

    while (at < end && entries[at].token == entries[from].token)
        at++;
    return at;
}

static void note_runs(BlockIndex *index, size_t block, uint32_t *number)
{
    size_t end = index->starts[block + 1];
    size_t compared = index->compared_starts[block];

    for (size_t from = index->starts[block], to; from < end; from = to) {
        to = run_end(index->entries, from, end);
        if (to - from < 2 || to - from > index->block_max)
            continue;
        (*number)++;
        assert(*number < ALONE);
        for (size_t i = from; i < to; i++)
            index->runs[index->entries[i].record * index->stride + block] = *number;
        index->compared[compared++] = (Run){.entries = index->entries + from, .count = to - from};
        index->largest = to - from > index->largest ? to - from : index->largest;
    }
    index->compared_starts[block + 1] = compared;
}

static void count_entries(BlockIndex *index)
{
    const LinkageSet *set = index->set;

    for (size_t i = 0; i < set->count; i++) {
        for (uint64_t blocks = set->records[i].blocks; blocks != 0; blocks &= blocks - 1)
            index->starts[__builtin_ctzll(blocks) + 1]++;
    }
    for (size_t block = 0; block < set->block_count; block++)
        index->starts[block + 1] += index->starts[block];
}

/* A record's tokens stand side by side: they are read once, and go to the entries of their rules. */
static void part_entries(const BlockIndex *index, Entry *entries)
{
    const LinkageSet *set = index->set;
    size_t next[SET_BLOCKS_MAX];

    memcpy(next, index->starts, sizeof next);
    for (size_t i = 0; i < set->count; i++) {
        const SetRecord *record = &set->records[i];
        const uint8_t *tokens = set_tokens(set, record);
        uint64_t blocks = record->blocks;
        for (uint32_t place = 0; blocks != 0; blocks &= blocks - 1, place++) {
            Entry *entry = &entries[next[__builtin_ctzll(blocks)]++];
            *entry = (Entry){.record = (uint32_t)i, .view = set->by_blocks ? place : 0};
            memcpy(&entry->token, tokens + (size_t)place * SET_TOKEN_BYTES, SET_TOKEN_BYTES);
        }
    }
}

static void make_runs(BlockIndex *index)
{
    assert(index->set->count < ALONE);
    index->stride = (index->set->block_count + LANES - 1) / LANES * LANES;
    size_t cells = (index->set->count + 1) * index->stride;

    index->runs = memory_alloc(cells * sizeof *index->runs);
    large_pages_wish(index->runs, cells * sizeof *index->runs);
    for (size_t i = 0; i < cells; i++)
        index->runs[i] = ALONE | (uint32_t)(i / index->stride);
}

static void fill(BlockIndex *index)
{
    size_t blocks = index->set->block_count;

    count_entries(index);
    size_t bytes = (index->starts[blocks] + 1) * sizeof(Entry);
    Entry *unsorted = memory_alloc(bytes);
    uint32_t *starts = memory_alloc((BUCKETS + 1) * sizeof *starts), number = 0;
    large_pages_wish(unsorted, bytes);
    part_entries(index, unsorted);
    for (size_t block = 0; block < blocks; block++) {
        size_t from = index->starts[block];
        sort_entries(unsorted + from, index->starts[block + 1] - from, index->entries + from, starts);
        note_runs(index, block, &number);
    }
    secret_wipe(unsorted, bytes);
    memory_free(unsorted);
    memory_free(starts);
}

typedef uint32_t Lanes __attribute__((vector_size(LANES * sizeof(uint32_t)), may_alias));
typedef uint64_t Halves __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* An earlier rule brought these two together already. Several rules a step: of a large block nearly all have
 * met, and each meeting is asked about. */
static bool met_before(const uint32_t *a, const uint32_t *b, size_t block)
{
    Halves equal = {0};
    bool met = false;
    size_t at = 0;

    for (; at + LANES <= block; at += LANES)
        equal |= (Halves)(*(const Lanes *)(a + at) == *(const Lanes *)(b + at));
    for (; at < block; at++)
        met |= a[at] == b[at];
    return met || (equal[0] | equal[1]) != 0;
}

/*
 * Pairs are compared in batches, of several runs of one rule where these are small: what memory is asked for
 * then comes side by side.
 */
typedef struct Work {
    const BlockIndex *index;
    const LinkageOptions *options;
    BlockTake take;
    void *context;
    int worker, workers;
    FieldsRows *rows; /* NULL: without levels */
    struct {
        uint32_t record, view;
    } laid[2 * BATCH]; /* to be laid out */
    size_t laid_count;
    uint32_t *row_of; /* of each record of the run at hand: its place among those laid out, or NO_ROW */
    FieldsPair places[BATCH];
    uint64_t levels[BATCH];
    BlockPair pairs[BATCH];
    size_t count;
} Work;

static const uint32_t NO_ROW = UINT32_MAX;

static bool may_meet(const Work *work, uint32_t a, uint32_t b)
{
    const SetRecord *records = work->index->set->records;
    const uint64_t *may = work->options->may_meet;

    return may == NULL || (may[records[a].source] >> records[b].source & 1) != 0;
}

static const uint8_t *laid_view(const Work *work, size_t i)
{
    const LinkageSet *set = work->index->set;

    return set_view_at(set, &set->records[work->laid[i].record], work->laid[i].view);
}

FETCHES static inline void fetch_view(const Work *work, size_t i)
{
    const uint8_t *view = laid_view(work, i);

    for (size_t at = 0; at < work->index->set->records[work->laid[i].record].view_bytes; at += LINE)
        __builtin_prefetch(view + at);
}

static void lay_out(const Work *work)
{
    enum { AHEAD = 8 };
    const LinkageSet *set = work->index->set;

    for (size_t i = 0; i < work->laid_count; i++)
        __builtin_prefetch(&set->records[work->laid[i].record]);
    for (size_t i = 0; i < work->laid_count && i < AHEAD; i++)
        fetch_view(work, i);
    for (size_t i = 0; i < work->laid_count; i++) {
        if (i + AHEAD < work->laid_count)
            fetch_view(work, i + AHEAD);
        fields_rows_lay(work->rows, i, &set->records[work->laid[i].record], laid_view(work, i));
    }
}

static void hand_out(Work *work, size_t block)
{
    if (work->count == 0)
        return;
    if (work->rows != NULL) {
        lay_out(work);
        fields_compare(work->rows, work->places, work->count, work->levels);
        for (size_t i = 0; i < work->count; i++)
            work->pairs[i].levels = work->levels[i];
    }
    work->take(work->context, work->worker, block, work->pairs, work->count);
    work->count = work->laid_count = 0;
}

static uint32_t row_of(Work *work, const Run *run, size_t i)
{
    if (work->row_of[i] == NO_ROW) {
        work->row_of[i] = (uint32_t)work->laid_count;
        work->laid[work->laid_count].record = run->entries[i].record;
        work->laid[work->laid_count++].view = run->entries[i].view;
    }
    return work->row_of[i];
}

static void forget_rows(const Work *work, const Run *run)
{
    memset(work->row_of, 0xFF, run->count * sizeof *work->row_of);
}

static void add_pair(Work *work, size_t block, const Run *run, size_t i, size_t j)
{
    const BlockPair pair = {.a = run->entries[i].record, .b = run->entries[j].record};

    if (work->count == BATCH) {
        hand_out(work, block);
        forget_rows(work, run);
    }
    if (work->rows != NULL)
        work->places[work->count] = (FieldsPair){.left = row_of(work, run, i), .right = row_of(work, run, j)};
    work->pairs[work->count++] = pair;
}

static void pairs_of_run(Work *work, size_t block, const Run *run)
{
    const uint32_t *runs = work->index->runs;
    size_t stride = work->index->stride;
    const Entry *entries = run->entries;

    forget_rows(work, run);
    for (size_t j = 1; j < run->count; j++) {
        const uint32_t *of_j = runs + entries[j].record * stride;
        if (entries[j].record < work->options->first_new)
            continue;
        for (size_t i = 0; i < j; i++) {
            if (may_meet(work, entries[i].record, entries[j].record) &&
                !met_before(runs + entries[i].record * stride, of_j, block))
                add_pair(work, block, run, i, j);
        }
    }
}

/* Which blocks the records of a run are in decides who has met before. */
FETCHES static inline void fetch_runs(const BlockIndex *index, const Run *run)
{
    size_t bytes = index->stride * sizeof *index->runs;

    for (size_t i = 0; i < run->count; i++) {
        const char *of = (const char *)(index->runs + run->entries[i].record * index->stride);
        for (size_t at = 0; at < bytes; at += LINE)
            __builtin_prefetch(of + at);
    }
}

/* Entries stand in their records' order: the last says whether any is new. */
static bool is_wanted(const Work *work, const Run *run)
{
    /* A run belongs to the worker that its token gives it to: the split does not depend on the clock. */
    bool is_mine = (int)(run->entries[0].token % (uint64_t)work->workers) == work->worker;

    return is_mine && run->entries[run->count - 1].record >= work->options->first_new;
}

/* Whom no block brought together; each worker takes its share of records. */
static void near_pairs(Work *work)
{
    const BlockIndex *index = work->index;
    size_t blocks = index->set->block_count;

    for (size_t i = 0; i < index->near.count; i++) {
        const NearPair *pair = &index->near.pairs[i];
        const Entry entries[] = {{.record = pair->a}, {.record = pair->b}};
        const Run run = {.entries = entries, .count = 2};
        if ((int)(pair->a % (unsigned)work->workers) != work->worker || pair->b < work->options->first_new ||
            !may_meet(work, pair->a, pair->b) ||
            met_before(index->runs + pair->a * index->stride, index->runs + pair->b * index->stride, blocks))
            continue;
        forget_rows(work, &run);
        add_pair(work, blocks, &run, 0, 1);
    }
    hand_out(work, blocks);
}

static int work_run(void *argument)
{
    enum { AHEAD = 4 };
    Work *work = argument;
    const BlockIndex *index = work->index;

    for (size_t block = 0; block < index->set->block_count; block++) {
        size_t end = index->compared_starts[block + 1];
        for (size_t r = index->compared_starts[block]; r < end; r++) {
            if (r + AHEAD < end && is_wanted(work, &index->compared[r + AHEAD]))
                fetch_runs(index, &index->compared[r + AHEAD]);
            if (is_wanted(work, &index->compared[r]))
                pairs_of_run(work, block, &index->compared[r]);
        }
        hand_out(work, block);
    }
    near_pairs(work);
    return 0;
}

static int workers_of(const LinkageOptions *options)
{
    int wanted = options->threads > 0 ? options->threads : THREADS;

    return wanted < BLOCK_THREADS_MAX ? wanted : BLOCK_THREADS_MAX;
}

static size_t token_total(const LinkageSet *set)
{
    size_t total = 0;

    for (size_t i = 0; i < set->count; i++)
        total += set->records[i].token_count;
    return total;
}

const BlockIndex *block_index(LinkageSet *set, const LinkageOptions *options)
{
    uint32_t block_max = options->block_max > 0 ? options->block_max : BLOCK_MAX;

    if (set->index != NULL && set->index->block_max == block_max && set->index->has_near == options->near_too)
        return set->index;
    block_index_close(&set->index);
    BlockIndex *index = memory_alloc(sizeof *index);
    index->set = set;
    index->block_max = block_max;
    size_t tokens = token_total(set);
    index->entries = memory_alloc((tokens + 1) * sizeof *index->entries);
    index->compared = memory_alloc((tokens / 2 + 1) * sizeof *index->compared);
    large_pages_wish(index->entries, tokens * sizeof *index->entries);
    make_runs(index);
    fill(index);
    index->has_near = options->near_too;
    if (options->near_too)
        near_find(set, (unsigned)workers_of(options), &index->near);
    set->index = index;
    return index;
}

void block_index_close(BlockIndex **index)
{
    if (*index == NULL)
        return;
    secret_wipe((*index)->entries, (*index)->starts[(*index)->set->block_count] * sizeof *(*index)->entries);
    memory_free((*index)->entries);
    near_close(&(*index)->near);
    memory_free((*index)->compared);
    memory_free((*index)->runs);
    memory_free(*index);
    *index = NULL;
}

/* The caller's thread works too. */
static bool run_workers(Work *works, int workers)
{
    thrd_t threads[BLOCK_THREADS_MAX];
    int started = 1;

    while (started < workers && thrd_create(&threads[started], work_run, &works[started]) == thrd_success)
        started++;
    (void)work_run(&works[0]);
    for (int i = 1; i < started; i++)
        (void)thrd_join(threads[i], NULL);
    return started == workers;
}

static Result run(LinkageSet *set, const Work *order, bool compares, Error *error)
{
    int workers = workers_of(order->options);
    size_t largest = order->index->largest + 2;
    Work *works = memory_alloc((size_t)workers * sizeof *works);

    for (int i = 0; i < workers; i++) {
        works[i] = *order;
        works[i].worker = i;
        works[i].workers = workers;
        works[i].row_of = memory_alloc(largest * sizeof *works[i].row_of);
        if (!compares)
            continue;
        works[i].rows = fields_rows_create(set);
        fields_rows_start(works[i].rows, 2 * BATCH);
    }
    bool all_ran = run_workers(works, workers);
    for (int i = 0; i < workers; i++) {
        fields_rows_close(&works[i].rows);
        memory_free(works[i].row_of);
    }
    memory_free(works);
    return all_ran ? RESULT_OK : fail(error, ERROR_SYSTEM, "linkage: no thread could start");
}

Result block_pairs(LinkageSet *set, const LinkageOptions *options, BlockTake take, void *context,
                   Error *error)
{
    const Work order = {
        .index = block_index(set, options), .options = options, .take = take, .context = context};

    return run(set, &order, true, error);
}

Result block_meetings(LinkageSet *set, const LinkageOptions *options, BlockTake take, void *context,
                      Error *error)
{
    const Work order = {
        .index = block_index(set, options), .options = options, .take = take, .context = context};

    return run(set, &order, false, error);
}
