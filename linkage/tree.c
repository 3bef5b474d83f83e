#include "linkage/tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static const double SHARE_LEAST = 0.05, STRONG = 0.99, COVERAGE_LEAST = 0.2;
enum { NEIGHBOURS_MAX = 24 };

/* ---- between which clusters there are how many expected matches: a hash table ---- */

typedef struct Between {
    uint64_t key; /* both roots, the smaller in front */
    double sum;   /* 0: the slot is free, or its clusters are no more */
} Between;

typedef struct Link {
    uint32_t to, next; /* next: link of the same cluster; NONE behind the last */
} Link;

static const uint32_t NONE = UINT32_MAX;

typedef struct Candidate {
    float share;
    uint32_t a, b;
} Candidate;

typedef struct Growth {
    Between *table;
    size_t used, capacity; /* capacity: a power of two, at least twice what is used */
    Link *links;
    uint32_t *first, *last; /* of a root's links */
    uint32_t *parent, *sizes;
    uint64_t *sources;
    TreeList *lists;  /* NULL: nobody has any; else of each root its own, freed with it */
    TreeYears *years; /* NULL: nobody's are known */
    Candidate *heap;
    size_t heap_count, heap_capacity, record_count;
} Growth;

static void growth_close(Growth *growth)
{
    tree_lists_close(growth->lists, growth->record_count);
    memory_free(growth->table);
    memory_free(growth->links);
    memory_free(growth->first);
    memory_free(growth->last);
    memory_free(growth->parent);
    memory_free(growth->sizes);
    memory_free(growth->sources);
    memory_free(growth->years);
    memory_free(growth->heap);
}

static uint64_t key_of(uint32_t a, uint32_t b)
{
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

/* The slot of these two, or the one where they would be: a key of 0 is free, as no pair has it. */
static Between *slot_of(const Growth *growth, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (mixed ^ mixed >> 31) & (growth->capacity - 1);

    while (growth->table[at].key != 0 && growth->table[at].key != key)
        at = (at + 1) & (growth->capacity - 1);
    return &growth->table[at];
}

static void set_sum(Growth *growth, uint64_t key, double sum)
{
    Between *slot = slot_of(growth, key);

    growth->used += slot->key == 0;
    slot->key = key;
    slot->sum = sum;
}

/* ---- the most probable next join: a heap ---- */

static bool goes_before(const Candidate *x, const Candidate *y)
{
    if (x->share != y->share)
        return x->share > y->share;
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static void heap_push(Growth *growth, Candidate candidate)
{
    growth->heap =
        memory_room(growth->heap, growth->heap_count, &growth->heap_capacity, sizeof *growth->heap);
    size_t at = growth->heap_count++;
    while (at > 0 && goes_before(&candidate, &growth->heap[(at - 1) / 2])) {
        growth->heap[at] = growth->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    growth->heap[at] = candidate;
}

static Candidate heap_pop(Growth *growth)
{
    Candidate top = growth->heap[0], moved = growth->heap[--growth->heap_count];
    size_t at = 0, child;

    while ((child = 2 * at + 1) < growth->heap_count) {
        if (child + 1 < growth->heap_count && goes_before(&growth->heap[child + 1], &growth->heap[child]))
            child++;
        if (!goes_before(&growth->heap[child], &moved))
            break;
        growth->heap[at] = growth->heap[child];
        at = child;
    }
    growth->heap[at] = moved;
    return top;
}

/* ---- what may be joined ---- */

static bool may_join(const Growth *growth, uint32_t a, uint32_t b)
{
    return (growth->sources[a] & growth->sources[b]) == 0 &&
           (growth->years == NULL || !tree_years_apart(&growth->years[a], &growth->years[b])) &&
           (growth->lists == NULL || !tree_lists_share(&growth->lists[a], &growth->lists[b]));
}

static float share_of(const Growth *growth, uint32_t a, uint32_t b, double sum)
{
    return (float)(sum / ((double)growth->sizes[a] * growth->sizes[b]));
}

static void offer(Growth *growth, uint32_t a, uint32_t b, double sum)
{
    float share = share_of(growth, a, b, sum);

    if ((double)share >= SHARE_LEAST && may_join(growth, a, b))
        heap_push(growth, (Candidate){.share = share, .a = a < b ? a : b, .b = a < b ? b : a});
}

/* ---- growing ---- */

static void add_link(Growth *growth, uint32_t from, uint32_t to, uint32_t number)
{
    growth->links[number] = (Link){.to = to, .next = growth->first[from]};
    if (growth->first[from] == NONE)
        growth->last[from] = number;
    growth->first[from] = number;
}

static void growth_open(const LinkagePairs *pairs, const TreeUnique *unique, Growth *growth)
{
    size_t records = pairs->record_count + 1;

    *growth = (Growth){.capacity = 1024, .record_count = pairs->record_count};
    while (growth->capacity < 2 * (pairs->count + 1))
        growth->capacity *= 2;
    growth->table = memory_alloc(growth->capacity * sizeof *growth->table);
    growth->links = memory_alloc((2 * pairs->count + 1) * sizeof *growth->links);
    growth->first = memory_alloc(records * sizeof *growth->first);
    growth->last = memory_alloc(records * sizeof *growth->last);
    growth->parent = memory_alloc(records * sizeof *growth->parent);
    growth->sizes = memory_alloc(records * sizeof *growth->sizes);
    growth->sources = memory_alloc(records * sizeof *growth->sources);
    for (uint32_t i = 0; i < pairs->record_count; i++) {
        growth->parent[i] = i;
        growth->sizes[i] = 1;
        growth->first[i] = growth->last[i] = NONE;
        growth->sources[i] = unique->bits[i];
    }
    if (unique->lists != NULL)
        growth->lists = tree_lists_copy(unique->lists, growth->record_count);
    if (unique->years != NULL) {
        growth->years = memory_alloc(records * sizeof *growth->years);
        memcpy(growth->years, unique->years, growth->record_count * sizeof *growth->years);
    }
    for (uint32_t i = 0; i < pairs->count; i++) {
        const LinkagePair *pair = &pairs->pairs[i];
        double probability = linkage_probability((double)pair->weight);
        set_sum(growth, key_of(pair->a, pair->b), probability);
        add_link(growth, pair->a, pair->b, 2 * i);
        add_link(growth, pair->b, pair->a, 2 * i + 1);
    }
    for (uint32_t i = 0; i < pairs->count; i++) {
        const LinkagePair *pair = &pairs->pairs[i];
        offer(growth, pair->a, pair->b, linkage_probability((double)pair->weight));
    }
}

/* Slots of clusters that are no more stay taken until the table is made anew, without them. */
static void make_room(Growth *growth)
{
    Between *old = growth->table;
    size_t capacity = growth->capacity, live = 0;

    if (2 * (growth->used + 1) <= capacity)
        return;
    for (size_t i = 0; i < capacity; i++)
        live += old[i].sum > 0;
    while (growth->capacity < 4 * (live + 1))
        growth->capacity *= 2;
    growth->table = memory_alloc(growth->capacity * sizeof *growth->table);
    growth->used = 0;
    for (size_t i = 0; i < capacity; i++) {
        if (old[i].sum > 0)
            set_sum(growth, old[i].key, old[i].sum);
    }
    memory_free(old);
}

/* What stood between the one that goes and its neighbours now stands between them and the one that stays. */
static void move_links(Growth *growth, uint32_t gone, uint32_t kept)
{
    for (uint32_t at = growth->first[gone]; at != NONE; at = growth->links[at].next) {
        uint32_t to = tree_root(growth->parent, growth->links[at].to);
        if (to == kept || to == gone)
            continue;
        Between *old = slot_of(growth, key_of(gone, to));
        double sum = old->sum;
        if (old->key == 0 || sum == 0)
            continue;
        old->sum = 0;
        sum += slot_of(growth, key_of(kept, to))->sum;
        make_room(growth);
        set_sum(growth, key_of(kept, to), sum);
        offer(growth, kept, to, sum);
    }
}

static void append_links(Growth *growth, uint32_t gone, uint32_t kept)
{
    if (growth->first[gone] == NONE)
        return;
    if (growth->first[kept] == NONE)
        growth->first[kept] = growth->first[gone];
    else
        growth->links[growth->last[kept]].next = growth->first[gone];
    growth->last[kept] = growth->last[gone];
}

static void join(Growth *growth, Tree *tree, const Candidate *candidate, double sum)
{
    bool a_larger = growth->sizes[candidate->a] >= growth->sizes[candidate->b];
    uint32_t kept = a_larger ? candidate->a : candidate->b, gone = a_larger ? candidate->b : candidate->a;
    double pairs = (double)growth->sizes[kept] * growth->sizes[gone];

    tree->joins[tree->count++] =
        (Join){.kept = kept, .joined = gone, .share = candidate->share, .sum = sum, .pairs = pairs};
    growth->sizes[kept] += growth->sizes[gone];
    growth->sources[kept] |= growth->sources[gone];
    if (growth->lists != NULL)
        tree_list_take(&growth->lists[kept], &growth->lists[gone]);
    if (growth->years != NULL)
        growth->years[kept] = tree_years_of(&growth->years[kept], &growth->years[gone]);
    growth->parent[gone] = kept;
    move_links(growth, gone, kept);
    append_links(growth, gone, kept);
}

static void grow(Growth *growth, Tree *tree)
{
    while (growth->heap_count > 0) {
        Candidate candidate = heap_pop(growth);
        uint32_t a = candidate.a, b = candidate.b;
        if (growth->parent[a] != a || growth->parent[b] != b)
            continue;
        double sum = slot_of(growth, key_of(a, b))->sum;
        /* One of them has grown since: its place in the heap is another. */
        if (share_of(growth, a, b, sum) < candidate.share)
            offer(growth, a, b, sum);
        else if (may_join(growth, a, b))
            join(growth, tree, &candidate, sum);
    }
}

/* ---- coverage ---- */

static size_t strong_neighbours(const Growth *growth, uint32_t record, uint32_t out[NEIGHBOURS_MAX])
{
    size_t count = 0;

    for (uint32_t at = growth->first[record]; at != NONE && count < NEIGHBOURS_MAX;
         at = growth->links[at].next) {
        uint32_t to = growth->links[at].to;
        if (slot_of(growth, key_of(record, to))->sum >= STRONG)
            out[count++] = to;
    }
    return count;
}

/* Two records that surely match a third match each other: how likely that pair looks by itself, on average,
 * is how much of a person's pairs the comparisons cover. */
static double coverage_of(const Growth *growth, size_t record_count)
{
    double sum = 1, pairs = 1;
    uint32_t neighbours[NEIGHBOURS_MAX];

    for (uint32_t record = 0; record < record_count; record++) {
        size_t count = strong_neighbours(growth, record, neighbours);
        for (size_t i = 0; i < count; i++) {
            for (size_t j = i + 1; j < count; j++) {
                sum += slot_of(growth, key_of(neighbours[i], neighbours[j]))->sum;
                pairs++;
            }
        }
    }
    return fmax(sum / pairs, COVERAGE_LEAST);
}

Result tree_grow(const LinkagePairs *pairs, const TreeUnique *unique, Tree *tree, Error *error)
{
    SCOPED(growth_close) Growth growth = {0};

    if (pairs->count > UINT32_MAX / 2)
        return fail(error, ERROR_LIMIT, "linkage: more likely pairs than can be numbered");
    growth_open(pairs, unique, &growth);
    *tree = (Tree){.record_count = pairs->record_count, .expected = pairs->expected_matches};
    tree->joins = memory_alloc((pairs->record_count + 1) * sizeof *tree->joins);
    tree->coverage = coverage_of(&growth, pairs->record_count);
    grow(&growth, tree);
    return RESULT_OK;
}

Result tree_build(const LinkageSet *set, const LinkagePairs *pairs, uint64_t unique_sources, Tree *tree,
                  Error *error)
{
    if (pairs->record_count != set->count)
        return fail(error, ERROR_CONFIG, "linkage: the pairs are of other records than the set");
    uint64_t *unique = memory_alloc((set->count + 1) * sizeof *unique);
    for (size_t i = 0; i < set->count; i++)
        unique[i] = UINT64_C(1) << set->records[i].source & unique_sources;
    Result result = tree_grow(pairs, &(TreeUnique){.bits = unique}, tree, error);
    memory_free(unique);
    return result;
}

void tree_close(Tree *tree)
{
    memory_free(tree->joins);
    *tree = (Tree){0};
}
