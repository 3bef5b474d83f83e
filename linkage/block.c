#include "linkage/block.h"

#include <stdlib.h>
#include <threads.h>

#include "base/arena.h"

enum { BLOCK_MAX = 100, THREADS = 2 };

typedef struct Entry {
    uint64_t token;
    uint32_t record;
} Entry;

struct BlockIndex {
    const LinkageSet *set;
    uint32_t block_max;
    Entry *entries; /* of one rule at a time after the other, by token */
    size_t starts[SET_BLOCKS_MAX + 1];
    uint32_t *runs; /* of each record and rule: the number of its block; 0: none, or too large */
};

static int compare_entries(const void *a, const void *b)
{
    const Entry *x = a, *y = b;

    if (x->token != y->token)
        return x->token < y->token ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
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
    size_t end = index->starts[block + 1], blocks = index->set->block_count;

    for (size_t from = index->starts[block], to; from < end; from = to) {
        to = run_end(index->entries, from, end);
        (*number)++;
        for (size_t i = from; i < to && to - from <= index->block_max; i++)
            index->runs[index->entries[i].record * blocks + block] = *number;
    }
}

static void fill(BlockIndex *index)
{
    const LinkageSet *set = index->set;
    size_t at = 0;
    uint32_t number = 0;

    for (size_t block = 0; block < set->block_count; block++) {
        index->starts[block] = at;
        for (size_t i = 0; i < set->count; i++) {
            if ((set->records[i].blocks >> block & 1) != 0)
                index->entries[at++] =
                    (Entry){.token = set_token(set, &set->records[i], block), .record = (uint32_t)i};
        }
        qsort(index->entries + index->starts[block], at - index->starts[block], sizeof(Entry),
              compare_entries);
        index->starts[block + 1] = at;
        note_runs(index, block, &number);
    }
}

/* An earlier rule brought these two together already. */
static bool met_before(const uint32_t *a, const uint32_t *b, size_t block)
{
    for (size_t earlier = 0; earlier < block; earlier++) {
        if (a[earlier] == b[earlier] && a[earlier] != 0)
            return true;
    }
    return false;
}

typedef struct Work {
    const BlockIndex *index;
    BlockPair each;
    void *context;
    int worker, workers;
    uint32_t first_new;
    const uint64_t *may_meet;
} Work;

static bool may_meet(const Work *work, uint32_t a, uint32_t b)
{
    const SetRecord *records = work->index->set->records;

    return work->may_meet == NULL || (work->may_meet[records[a].source] >> records[b].source & 1) != 0;
}

static void pairs_of_run(const Work *work, size_t block, const Entry *entries, size_t count)
{
    const uint32_t *runs = work->index->runs;
    size_t blocks = work->index->set->block_count;

    for (size_t j = 1; j < count; j++) {
        const uint32_t *of_j = runs + entries[j].record * blocks;
        if (entries[j].record < work->first_new)
            continue;
        for (size_t i = 0; i < j; i++) {
            if (may_meet(work, entries[i].record, entries[j].record) &&
                !met_before(runs + entries[i].record * blocks, of_j, block))
                work->each(work->context, work->worker, entries[i].record, entries[j].record, block);
        }
    }
}

/* A block's records lie anywhere: asked for all at once, memory answers them side by side. */
static void fetch_run(const BlockIndex *index, size_t block, const Entry *entries, size_t count)
{
    enum { LINE = 64 };
    const LinkageSet *set = index->set;

    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&set->records[entries[i].record]);
        __builtin_prefetch(index->runs + entries[i].record * set->block_count);
    }
    for (size_t i = 0; i < count; i++) {
        const SetRecord *record = &set->records[entries[i].record];
        const uint8_t *view = set_view(set, record, block);
        for (size_t at = 0; at < record->view_bytes; at += LINE)
            __builtin_prefetch(view + at);
    }
}

/* A run belongs to the worker that its token gives it to: the split does not depend on the clock. */
static int work_run(void *argument)
{
    const Work *work = argument;
    const BlockIndex *index = work->index;

    for (size_t block = 0; block < index->set->block_count; block++) {
        size_t end = index->starts[block + 1];
        for (size_t from = index->starts[block], to; from < end; from = to) {
            to = run_end(index->entries, from, end);
            bool mine = (int)(index->entries[from].token % (uint64_t)work->workers) == work->worker;
            if (!mine || to - from < 2 || to - from > index->block_max)
                continue;
            fetch_run(index, block, index->entries + from, to - from);
            pairs_of_run(work, block, index->entries + from, to - from);
        }
    }
    return 0;
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

    if (set->index != NULL && set->index->block_max == block_max)
        return set->index;
    block_index_close(&set->index);
    BlockIndex *index = memory_alloc(sizeof *index);
    index->set = set;
    index->block_max = block_max;
    index->entries = memory_alloc((token_total(set) + 1) * sizeof *index->entries);
    index->runs = memory_alloc((set->count + 1) * set->block_count * sizeof *index->runs);
    fill(index);
    set->index = index;
    return index;
}

void block_index_close(BlockIndex **index)
{
    if (*index == NULL)
        return;
    memory_free((*index)->entries);
    memory_free((*index)->runs);
    memory_free(*index);
    *index = NULL;
}

Result block_pairs(LinkageSet *set, const LinkageOptions *options, BlockPair each, void *context,
                   Error *error)
{
    Work works[BLOCK_THREADS_MAX];
    thrd_t threads[BLOCK_THREADS_MAX];
    int workers = options->threads > 0 ? options->threads : THREADS, started = 1;

    workers = workers < BLOCK_THREADS_MAX ? workers : BLOCK_THREADS_MAX;
    for (int i = 0; i < workers; i++)
        works[i] = (Work){.index = block_index(set, options),
                          .each = each,
                          .context = context,
                          .worker = i,
                          .workers = workers,
                          .first_new = options->first_new,
                          .may_meet = options->may_meet};
    while (started < workers && thrd_create(&threads[started], work_run, &works[started]) == thrd_success)
        started++;
    (void)work_run(&works[0]);
    for (int i = 1; i < started; i++)
        (void)thrd_join(threads[i], NULL);
    return started == workers ? RESULT_OK : fail(error, ERROR_SYSTEM, "linkage: no thread could start");
}
