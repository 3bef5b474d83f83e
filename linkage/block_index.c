#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/large_pages.h"
#include "base/secret.h"
#include "linkage/block_private.h"

enum { BLOCK_MAX = 100, DIGIT_BITS_LEAST = 6, DIGIT_BITS_MOST = 14, SPARE_BITS = 5, INSERTED_MOST = 32 };

static const uint32_t ALONE = UINT32_C(1) << 31;

/* Of 12 bytes: an index is made by going over its entries again and again. */
typedef struct Entry {
    uint32_t halves[2]; /* of the token */
    uint32_t record;
} Entry;

static uint64_t token_of(const Entry *entry)
{
    uint64_t token;

    memcpy(&token, entry->halves, sizeof token);
    return token;
}

static int compare_entries(const void *a, const void *b)
{
    const Entry *x = a, *y = b;

    if (token_of(x) != token_of(y))
        return token_of(x) < token_of(y) ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

/* Entries stand in their records' order; where they are few they are put in order as they stand. */
static void sort_few(Entry *entries, size_t count)
{
    if (count > INSERTED_MOST) {
        qsort(entries, count, sizeof *entries, compare_entries);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const Entry moved = entries[i];
        size_t at = i;
        for (; at > 0 && token_of(&entries[at - 1]) > token_of(&moved); at--)
            entries[at] = entries[at - 1];
        entries[at] = moved;
    }
}

/* In order by their first bits already: few differ behind these. */
static void sort_rest(Entry *entries, size_t count, unsigned first_bits)
{
    unsigned shift = 64 - first_bits;

    for (size_t i = 1; i < count; i++) {
        uint64_t first = token_of(&entries[i]) >> shift;
        size_t from = i, to = i + 1;
        if (token_of(&entries[i - 1]) <= token_of(&entries[i]))
            continue;
        while (from > 0 && token_of(&entries[from - 1]) >> shift == first)
            from--;
        while (to < count && token_of(&entries[to]) >> shift == first)
            to++;
        sort_few(entries + from, to - from);
        i = to - 1;
    }
}

/* Counts to starts. */
static void add_up(uint32_t *counts, size_t count)
{
    for (uint32_t i = 0, start = 0, here; i < count; i++, start += here) {
        here = counts[i];
        counts[i] = start;
    }
}

static unsigned digit_bits(size_t count)
{
    unsigned bits = ((unsigned)(64 - __builtin_clzll(count)) + SPARE_BITS + 1) / 2;

    if (bits < DIGIT_BITS_LEAST)
        return DIGIT_BITS_LEAST;
    return bits < DIGIT_BITS_MOST ? bits : DIGIT_BITS_MOST;
}

/*
 * Tokens are as good as random: their first bits, a few more than it takes to number the entries, leave
 * hardly any two tokens together. Two rounds, by the later of these bits and by the first, bring the entries
 * back to where they were.
 */
static void sort_entries(Entry *entries, size_t count, Entry *aside)
{
    uint32_t starts[2][1 << DIGIT_BITS_MOST];
    unsigned bits = digit_bits(count + 1), later = 64 - 2 * bits, first = 64 - bits;
    size_t mask = ((size_t)1 << bits) - 1;

    memset(starts[0], 0, (mask + 1) * sizeof **starts);
    memset(starts[1], 0, (mask + 1) * sizeof **starts);
    for (size_t i = 0; i < count; i++) {
        starts[0][token_of(&entries[i]) >> later & mask]++;
        starts[1][token_of(&entries[i]) >> first]++;
    }
    add_up(starts[0], mask + 1);
    add_up(starts[1], mask + 1);
    for (size_t i = 0; i < count; i++)
        aside[starts[0][token_of(&entries[i]) >> later & mask]++] = entries[i];
    for (size_t i = 0; i < count; i++)
        entries[starts[1][token_of(&aside[i]) >> first]++] = aside[i];
    sort_rest(entries, count, 2 * bits);
}

static size_t run_end(const Entry *entries, size_t from, size_t end)
{
    size_t at = from + 1;

    while (at < end && token_of(&entries[at]) == token_of(&entries[from]))
        at++;
    return at;
}

/* number: how many runs there were before */
static BlockRun note_run(BlockIndex *index, size_t block, const Entry *entries, size_t count, size_t number)
{
    uint32_t *members = index->members + index->member_count;

    assert(number < ALONE);
    for (size_t i = 0; i < count; i++) {
        members[i] = entries[i].record;
        index->runs[entries[i].record * index->stride + block] = (uint32_t)number;
    }
    index->member_count += count;
    index->largest = count > index->largest ? count : index->largest;
    return (BlockRun){.members = members, .count = (uint32_t)count, .share = entries->halves[0]};
}

static void note_runs(BlockIndex *index, size_t block, const Entry *entries, size_t count)
{
    size_t compared = index->compared_starts[block];

    for (size_t from = 0, to; from < count; from = to) {
        to = run_end(entries, from, count);
        if (to - from < 2 || to - from > index->block_max)
            continue;
        index->compared[compared] = note_run(index, block, entries + from, to - from, compared);
        compared++;
    }
    index->compared_starts[block + 1] = compared;
}

/* Where the entries of each rule start. */
static void count_entries(const LinkageSet *set, size_t starts[SET_BLOCKS_MAX + 1])
{
    for (size_t i = 0; i < set->count; i++) {
        for (uint64_t blocks = set->records[i].blocks; blocks != 0; blocks &= blocks - 1)
            starts[__builtin_ctzll(blocks) + 1]++;
    }
    for (size_t block = 0; block < set->block_count; block++)
        starts[block + 1] += starts[block];
}

/* A record's tokens stand side by side: they are read once, and go to the entries of their rules. */
static void part_entries(const LinkageSet *set, const size_t starts[SET_BLOCKS_MAX + 1], Entry *entries)
{
    enum { AHEAD = 16 };
    size_t next[SET_BLOCKS_MAX];

    memcpy(next, starts, sizeof next);
    for (size_t i = 0; i < set->count; i++) {
        const SetRecord *record = &set->records[i];
        const uint8_t *token = set_tokens(record);
        if (i + AHEAD < set->count)
            block_fetch(set_tokens(record + AHEAD), record[AHEAD].token_count * (size_t)SET_TOKEN_BYTES);
        for (uint64_t blocks = record->blocks; blocks != 0; blocks &= blocks - 1, token += SET_TOKEN_BYTES) {
            Entry *entry = &entries[next[__builtin_ctzll(blocks)]++];
            memcpy(entry->halves, token, sizeof entry->halves);
            entry->record = (uint32_t)i;
        }
    }
}

static void make_runs(BlockIndex *index)
{
    size_t records = index->set->count + 1,
           stride = (index->set->block_count + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES;
    size_t bytes = records * stride * sizeof *index->runs;

    assert(index->set->count < ALONE);
    index->stride = stride;
    index->runs_memory = memory_alloc(bytes + CACHE_LINE_BYTES);
    large_pages_wish(index->runs_memory, bytes + CACHE_LINE_BYTES);
    index->runs = cache_line_in(index->runs_memory);
    for (size_t i = 0; i < records; i++) {
        for (size_t block = 0; block < stride; block++)
            index->runs[i * stride + block] = ALONE | (uint32_t)i;
    }
}

static size_t longest(const size_t *starts, size_t count)
{
    size_t most = 0;

    for (size_t i = 0; i < count; i++)
        most = starts[i + 1] - starts[i] > most ? starts[i + 1] - starts[i] : most;
    return most;
}

static void fill(BlockIndex *index)
{
    size_t blocks = index->set->block_count, starts[SET_BLOCKS_MAX + 1] = {0};

    count_entries(index->set, starts);
    /* Behind all entries, those of one rule once more. */
    size_t tokens = starts[blocks], bytes = (tokens + longest(starts, blocks) + 1) * sizeof(Entry);
    Entry *entries = memory_alloc(bytes);
    large_pages_wish(entries, bytes);
    index->members = memory_alloc((tokens + 1) * sizeof *index->members);
    index->compared = memory_alloc((tokens / 2 + 1) * sizeof *index->compared);
    part_entries(index->set, starts, entries);
    for (size_t block = 0; block < blocks; block++) {
        size_t count = starts[block + 1] - starts[block];
        sort_entries(entries + starts[block], count, entries + tokens);
        note_runs(index, block, entries + starts[block], count);
    }
    secret_wipe(entries, bytes);
    memory_free(entries);
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
    make_runs(index);
    fill(index);
    index->has_near = options->near_too;
    if (options->near_too)
        near_find(set, (unsigned)block_workers(options), &index->near);
    set->index = index;
    return index;
}

void block_index_close(BlockIndex **index)
{
    if (*index == NULL)
        return;
    memory_free((*index)->members);
    near_close(&(*index)->near);
    memory_free((*index)->compared);
    memory_free((*index)->runs_memory);
    memory_free(*index);
    *index = NULL;
}
