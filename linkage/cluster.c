/*
 * People from pairs. Two clusters become one where their records belong together on average, not where one
 * pair is convincing: chains of likely pairs are how single links go wrong. Pairs that no block brought
 * together count as unlikely.
 */
#include <math.h>
#include <stdlib.h>

#include <string.h>

#include "base/arena.h"
#include "linkage/linkage.h"
#include "linkage/set.h"

enum { PASSES_MAX = 8, ROUNDS_MAX = 4 };

static const double SHARE_FIRST = 0.5, SHARE_LEAST = 0.1, SHARE_SETTLED = 0.002, WEIGHT_LEAST = -2;

typedef struct Edge {
    uint32_t to;
    float probability;
} Edge;

typedef struct Graph {
    size_t record_count;
    size_t *starts; /* of each record's edges; one more behind the last */
    Edge *edges;
    uint32_t *parent, *next; /* next: ring of the records of a cluster */
    uint32_t *sizes;
    uint64_t *sources; /* of unique sources: those that a cluster has a record of */
    double inside;     /* expected matches among pairs inside clusters */
    double pairs_inside;
    size_t cluster_count;
} Graph;

static void graph_close(Graph *graph)
{
    memory_free(graph->starts);
    memory_free(graph->edges);
    memory_free(graph->parent);
    memory_free(graph->next);
    memory_free(graph->sizes);
    memory_free(graph->sources);
    *graph = (Graph){0};
}

static void reset(Graph *graph, const LinkageSet *set, uint64_t unique_sources)
{
    for (size_t i = 0; i < graph->record_count; i++) {
        graph->parent[i] = graph->next[i] = (uint32_t)i;
        graph->sizes[i] = 1;
        graph->sources[i] = UINT64_C(1) << set->records[i].source & unique_sources;
    }
    graph->inside = graph->pairs_inside = 0;
    graph->cluster_count = graph->record_count;
}

static void add_edges(Graph *graph, const LinkagePairs *pairs)
{
    size_t *at = memory_alloc((graph->record_count + 1) * sizeof *at);

    for (size_t i = 0; i < pairs->count; i++) {
        graph->starts[pairs->pairs[i].a + 1]++;
        graph->starts[pairs->pairs[i].b + 1]++;
    }
    for (size_t i = 0; i < graph->record_count; i++)
        graph->starts[i + 1] += graph->starts[i];
    memcpy(at, graph->starts, graph->record_count * sizeof *at);
    for (size_t i = 0; i < pairs->count; i++) {
        const LinkagePair *pair = &pairs->pairs[i];
        float probability = (float)linkage_probability((double)pair->weight);
        graph->edges[at[pair->a]++] = (Edge){.to = pair->b, .probability = probability};
        graph->edges[at[pair->b]++] = (Edge){.to = pair->a, .probability = probability};
    }
    memory_free(at);
}

static void graph_open(const LinkageSet *set, const LinkagePairs *pairs, Graph *graph)
{
    size_t records = set->count + 1;

    *graph = (Graph){.record_count = set->count};
    graph->starts = memory_alloc((records + 1) * sizeof *graph->starts);
    graph->edges = memory_alloc((2 * pairs->count + 1) * sizeof *graph->edges);
    graph->parent = memory_alloc(records * sizeof *graph->parent);
    graph->next = memory_alloc(records * sizeof *graph->next);
    graph->sizes = memory_alloc(records * sizeof *graph->sizes);
    graph->sources = memory_alloc(records * sizeof *graph->sources);
    add_edges(graph, pairs);
}

static uint32_t find(uint32_t *parent, uint32_t record)
{
    while (parent[record] != record) {
        parent[record] = parent[parent[record]];
        record = parent[record];
    }
    return record;
}

/* Expected matches between the smaller cluster's records and the larger's. */
static double between(Graph *graph, uint32_t smaller, uint32_t larger)
{
    double sum = 0;
    uint32_t record = smaller;

    do {
        for (size_t i = graph->starts[record]; i < graph->starts[record + 1]; i++) {
            if (find(graph->parent, graph->edges[i].to) == larger)
                sum += (double)graph->edges[i].probability;
        }
        record = graph->next[record];
    } while (record != smaller);
    return sum;
}

/* The root is the smallest record of a cluster. */
static void join(Graph *graph, uint32_t a, uint32_t b)
{
    uint32_t root = a < b ? a : b, other = a < b ? b : a, kept = graph->next[root];

    graph->parent[other] = root;
    graph->next[root] = graph->next[other];
    graph->next[other] = kept;
    graph->sizes[root] += graph->sizes[other];
    graph->sources[root] |= graph->sources[other];
    graph->cluster_count--;
}

static bool try_join(Graph *graph, const LinkagePair *pair, double share)
{
    uint32_t a = find(graph->parent, pair->a), b = find(graph->parent, pair->b);

    if (a == b || (graph->sources[a] & graph->sources[b]) != 0)
        return false;
    bool a_smaller = graph->sizes[a] < graph->sizes[b];
    double sum = between(graph, a_smaller ? a : b, a_smaller ? b : a);
    double pairs = (double)graph->sizes[a] * graph->sizes[b];
    if (sum < share * pairs)
        return false;
    graph->inside += sum;
    graph->pairs_inside += pairs;
    join(graph, a, b);
    return true;
}

static void build(Graph *graph, const LinkageSet *set, const LinkagePairs *pairs, uint64_t unique_sources,
                  double share)
{
    bool joined = true;

    reset(graph, set, unique_sources);
    /* What was refused may fit once its neighbours have grown together. */
    for (int pass = 0; pass < PASSES_MAX && joined; pass++) {
        joined = false;
        for (size_t i = 0; i < pairs->count && (double)pairs->pairs[i].weight >= WEIGHT_LEAST; i++)
            joined = try_join(graph, &pairs->pairs[i], share) || joined;
    }
}

/* Of pairs inside clusters, by the model alone. The share that makes it greatest is half of it: a pair adds
 * to F1 when it is likelier right than half the F1 reached (Lipton and others 2014). */
static double expected_f1(const Graph *graph, const LinkagePairs *pairs)
{
    return 2 * graph->inside / (graph->pairs_inside + fmax(pairs->expected_matches, 1));
}

Result linkage_cluster(const LinkageSet *set, const LinkagePairs *pairs, const LinkageOptions *options,
                       double share, LinkageClusters *clusters, Error *error)
{
    SCOPED(graph_close) Graph graph = {0};
    bool is_chosen = isnan(share);
    double tried = is_chosen ? SHARE_FIRST : share;

    if (pairs->record_count != set->count)
        return fail(error, ERROR_CONFIG, "linkage: the pairs are of other records than the set");
    graph_open(set, pairs, &graph);
    build(&graph, set, pairs, options->unique_sources, tried);
    for (int round = 0; round < ROUNDS_MAX && is_chosen; round++) {
        double better = fmax(expected_f1(&graph, pairs) / 2, SHARE_LEAST);
        if (fabs(better - tried) < SHARE_SETTLED)
            break;
        tried = better;
        build(&graph, set, pairs, options->unique_sources, tried);
    }
    *clusters = (LinkageClusters){.record_count = set->count,
                                  .cluster_count = graph.cluster_count,
                                  .share = tried,
                                  .precision_expected =
                                      graph.pairs_inside > 0 ? graph.inside / graph.pairs_inside : 1};
    clusters->person = memory_alloc((set->count + 1) * sizeof *clusters->person);
    for (size_t i = 0; i < set->count; i++)
        clusters->person[i] = find(graph.parent, (uint32_t)i);
    return RESULT_OK;
}

void linkage_clusters_close(LinkageClusters *clusters)
{
    memory_free(clusters->person);
    *clusters = (LinkageClusters){0};
}
