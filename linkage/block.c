#include "linkage/block.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/arena.h"
#include "base/secret.h"
#include "linkage/fields.h"

enum { BLOCK_MAX = 100, THREADS = 2, BATCH = 1024 };
enum { BUCKET_BITS = 14, BUCKETS = 1 << BUCKET_BITS, BUCKET_SHIFT = 64 - BUCKET_BITS, INSERTED_MOST = 32 };

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
    size_t largest; /* records of one block that is compared */
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

/* Tokens are as good as random: their first bits part them into buckets of a few. spare: as long. */
static void sort_entries(Entry *entries, size_t count, Entry *spare, uint32_t *starts)
{
    memset(starts, 0, (BUCKETS + 1) * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[(entries[i].token >> BUCKET_SHIFT) + 1]++;
    for (size_t b = 0; b < BUCKETS; b++)
        starts[b + 1] += starts[b];
    for (size_t i = 0; i < count; i++)
        spare[starts[entries[i].token >> BUCKET_SHIFT]++] = entries[i];
    /* Each start has moved to its bucket's end. */
    for (size_t b = 0, from = 0; b < BUCKETS; from = starts[b++])
        sort_bucket(spare + from, starts[b] - from);
    memcpy(entries, spare, count * sizeof *entries);
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
        if (to - from > index->largest && to - from <= index->block_max)
            index->largest = to - from;
        for (size_t i = from; i < to && to - from <= index->block_max; i++)
            index->runs[index->entries[i].record * blocks + block] = *number;
    }
}

static void fill(BlockIndex *index)
{
    const LinkageSet *set = index->set;
    Entry *spare = memory_alloc((set->count + 1) * sizeof *spare);
    uint32_t *starts = memory_alloc((BUCKETS + 1) * sizeof *starts);
    size_t at = 0;
    uint32_t number = 0;

    for (size_t block = 0; block < set->block_count; block++) {
        index->starts[block] = at;
        for (size_t i = 0; i < set->count; i++) {
            if ((set->records[i].blocks >> block & 1) != 0)
                index->entries[at++] =
                    (Entry){.token = set_token(set, &set->records[i], block), .record = (uint32_t)i};
        }
        sort_entries(index->entries + index->starts[block], at - index->starts[block], spare, starts);
        index->starts[block + 1] = at;
        note_runs(index, block, &number);
    }
    memory_free(spare);
    memory_free(starts);
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
    const LinkageOptions *options;
    BlockTake take;
    void *context;
    int worker, workers;
    FieldsRows *rows; /* of those of one run's records who meet anybody; NULL: without levels */
    bool *is_laid;    /* of each record of the run */
    FieldsPair places[BATCH];
    uint64_t levels[BATCH];
    BlockPair pairs[BATCH];
    size_t count;
} Work;

static bool may_meet(const Work *work, uint32_t a, uint32_t b)
{
    const SetRecord *records = work->index->set->records;
    const uint64_t *may = work->options->may_meet;

    return may == NULL || (may[records[a].source] >> records[b].source & 1) != 0;
}

static void hand_out(Work *work, size_t block)
{
    if (work->rows != NULL)
        fields_compare(work->rows, work->places, work->count, work->levels);
    for (size_t i = 0; i < work->count && work->rows != NULL; i++)
        work->pairs[i].levels = work->levels[i];
    if (work->count > 0)
        work->take(work->context, work->worker, block, work->pairs, work->count);
    work->count = 0;
}

/* Most who share a block have met in an earlier one: they are not laid out again. */
static void lay(const Work *work, size_t block, const Entry *entries, size_t place)
{
    const LinkageSet *set = work->index->set;
    const SetRecord *record = &set->records[entries[place].record];

    if (work->is_laid[place])
        return;
    fields_rows_lay(work->rows, place, record, set_view(set, record, block));
    work->is_laid[place] = true;
}

static void add_pair(Work *work, size_t block, const Entry *entries, size_t i, size_t j)
{
    if (work->rows != NULL) {
        lay(work, block, entries, i);
        lay(work, block, entries, j);
    }
    work->places[work->count] = (FieldsPair){.left = (uint32_t)i, .right = (uint32_t)j};
    work->pairs[work->count++] = (BlockPair){.a = entries[i].record, .b = entries[j].record};
    if (work->count == BATCH)
        hand_out(work, block);
}

static void pairs_of_run(Work *work, size_t block, const Entry *entries, size_t count)
{
    const uint32_t *runs = work->index->runs;
    size_t blocks = work->index->set->block_count;

    for (size_t j = 1; j < count; j++) {
        const uint32_t *of_j = runs + entries[j].record * blocks;
        if (entries[j].record < work->options->first_new)
            continue;
        for (size_t i = 0; i < j; i++) {
            if (may_meet(work, entries[i].record, entries[j].record) &&
                !met_before(runs + entries[i].record * blocks, of_j, block))
                add_pair(work, block, entries, i, j);
        }
    }
    hand_out(work, block);
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

/* Entries stand in their records' order: the last says whether any is new. */
static bool is_wanted(const Work *work, const Entry *entries, size_t count)
{
    /* A run belongs to the worker that its token gives it to: the split does not depend on the clock. */
    bool is_mine = (int)(entries[0].token % (uint64_t)work->workers) == work->worker;

    return is_mine && count >= 2 && count <= work->index->block_max &&
           entries[count - 1].record >= work->options->first_new;
}

static int work_run(void *argument)
{
    Work *work = argument;
    const BlockIndex *index = work->index;

    for (size_t block = 0; block < index->set->block_count; block++) {
        size_t end = index->starts[block + 1];
        for (size_t from = index->starts[block], to; from < end; from = to) {
            to = run_end(index->entries, from, end);
            if (!is_wanted(work, index->entries + from, to - from))
                continue;
            fetch_run(index, block, index->entries + from, to - from);
            if (work->rows != NULL)
                memset(work->is_laid, 0, to - from);
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
    secret_wipe((*index)->entries, (*index)->starts[(*index)->set->block_count] * sizeof *(*index)->entries);
    memory_free((*index)->entries);
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
    int wanted = order->options->threads > 0 ? order->options->threads : THREADS;
    int workers = wanted < BLOCK_THREADS_MAX ? wanted : BLOCK_THREADS_MAX;
    size_t largest = order->index->largest + 1;
    Work *works = memory_alloc((size_t)workers * sizeof *works);

    for (int i = 0; i < workers; i++) {
        works[i] = *order;
        works[i].worker = i;
        works[i].workers = workers;
        if (!compares)
            continue;
        works[i].rows = fields_rows_create(set);
        fields_rows_start(works[i].rows, largest);
        works[i].is_laid = memory_alloc(largest);
    }
    bool all_ran = run_workers(works, workers);
    for (int i = 0; i < workers; i++) {
        fields_rows_close(&works[i].rows);
        memory_free(works[i].is_laid);
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
