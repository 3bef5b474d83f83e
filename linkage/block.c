#include "linkage/block.h"

#include <string.h>
#include <threads.h>

#include "base/arena.h"
#include "linkage/block_private.h"
#include "linkage/fields.h"

enum { THREADS = 2, BATCH = 512 };

typedef uint32_t Lanes __attribute__((vector_size(BLOCK_LANES * sizeof(uint32_t)), may_alias));
typedef uint64_t Halves __attribute__((vector_size(BLOCK_LANES * sizeof(uint32_t))));

/* An earlier rule brought these two together already. Several rules a step: of a large block nearly all have
 * met, and each meeting is asked about. */
static bool met_before(const uint32_t *a, const uint32_t *b, size_t block)
{
    Halves equal = {0};
    bool met = false;
    size_t at = 0;

    for (; at + BLOCK_LANES <= block; at += BLOCK_LANES)
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
        const SetRecord *record;
        const uint8_t *view;
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

static void lay_out(const Work *work)
{
    for (size_t i = 0; i < work->laid_count; i++)
        fields_rows_lay(work->rows, i, work->laid[i].record, work->laid[i].view);
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

/* Views lie anywhere in memory: those of a batch are on their way while the rest of it is put together. */
BLOCK_FETCHES void add_row(Work *work, size_t block, uint32_t member)
{
    const LinkageSet *set = work->index->set;
    const SetRecord *record = &set->records[member];
    const uint8_t *view = set_view(set, record, block);

    block_fetch(view, record->view_bytes);
    work->laid[work->laid_count].record = record;
    work->laid[work->laid_count++].view = view;
}

static uint32_t row_of(Work *work, size_t block, const BlockRun *run, size_t i)
{
    if (work->row_of[i] == NO_ROW) {
        work->row_of[i] = (uint32_t)work->laid_count;
        add_row(work, block, run->members[i]);
    }
    return work->row_of[i];
}

static void forget_rows(const Work *work, const BlockRun *run)
{
    for (size_t i = 0; i < run->count; i++)
        work->row_of[i] = NO_ROW;
}

static void add_pair(Work *work, size_t block, const BlockRun *run, size_t i, size_t j)
{
    const BlockPair pair = {.a = run->members[i], .b = run->members[j]};

    if (work->count == BATCH) {
        hand_out(work, block);
        forget_rows(work, run);
    }
    if (work->rows != NULL)
        work->places[work->count] =
            (FieldsPair){.left = row_of(work, block, run, i), .right = row_of(work, block, run, j)};
    work->pairs[work->count++] = pair;
}

static void pairs_of_run(Work *work, size_t block, const BlockRun *run)
{
    const uint32_t *runs = work->index->runs;
    size_t stride = work->index->stride;
    const uint32_t *members = run->members;

    forget_rows(work, run);
    for (size_t j = 1; j < run->count; j++) {
        const uint32_t *of_j = runs + members[j] * stride;
        if (members[j] < work->options->first_new)
            continue;
        for (size_t i = 0; i < j; i++) {
            if (may_meet(work, members[i], members[j]) &&
                !met_before(runs + members[i] * stride, of_j, block))
                add_pair(work, block, run, i, j);
        }
    }
}

/* Which blocks the records of a run are in decides who has met before. */
BLOCK_FETCHES void fetch_runs(const BlockIndex *index, const BlockRun *run)
{
    size_t bytes = index->stride * sizeof *index->runs;

    for (size_t i = 0; i < run->count; i++) {
        block_fetch(index->runs + run->members[i] * index->stride, bytes);
        __builtin_prefetch(&index->set->records[run->members[i]]);
    }
}

/* The last member says whether any is new. */
static bool is_wanted(const Work *work, const BlockRun *run)
{
    /* A run belongs to the worker that its token gives it to: the split does not depend on the clock. */
    bool is_mine = run->share % (unsigned)work->workers == (unsigned)work->worker;

    return is_mine && run->members[run->count - 1] >= work->options->first_new;
}

/* Whom no block brought together; each worker takes its share of records. */
static void near_pairs(Work *work)
{
    const BlockIndex *index = work->index;
    size_t blocks = index->set->block_count;

    for (size_t i = 0; i < index->near.count; i++) {
        const NearPair *pair = &index->near.pairs[i];
        const uint32_t members[] = {pair->a, pair->b};
        const BlockRun run = {.members = members, .count = 2};
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

int block_workers(const LinkageOptions *options)
{
    int wanted = options->threads > 0 ? options->threads : THREADS;

    return wanted < BLOCK_THREADS_MAX ? wanted : BLOCK_THREADS_MAX;
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
    int workers = block_workers(order->options);
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
