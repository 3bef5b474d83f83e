/* How many joins to keep, and the clusters after them. */
#include <math.h>

#include "linkage/tree.h"

/* What a join's pairs come to, those that were not compared included. */
static double true_pairs(const Tree *tree, const Join *join)
{
    return fmin(join->sum / tree->coverage, join->pairs);
}

size_t tree_best(const Tree *tree)
{
    double right = 0, found = 0, all = fmax(tree->expected / tree->coverage, 1), best_f1 = 0;
    size_t best = 0;

    for (size_t i = 0; i < tree->count; i++) {
        right += true_pairs(tree, &tree->joins[i]);
        found += tree->joins[i].pairs;
        double f1 = 2 * right / (found + all);
        if (f1 <= best_f1)
            continue;
        best_f1 = f1;
        best = i + 1;
    }
    return best;
}

size_t tree_at_share(const Tree *tree, double share)
{
    size_t joins = 0;

    while (joins < tree->count && (double)tree->joins[joins].share >= share)
        joins++;
    return joins;
}

void tree_cut(const Tree *tree, size_t joins, LinkageClusters *clusters)
{
    double right = 0, found = 0;

    *clusters = (LinkageClusters){.record_count = tree->record_count,
                                  .cluster_count = tree->record_count - joins,
                                  .share = joins > 0 ? (double)tree->joins[joins - 1].share : 1};
    clusters->person = memory_alloc((tree->record_count + 1) * sizeof *clusters->person);
    for (uint32_t i = 0; i < tree->record_count; i++)
        clusters->person[i] = i;
    for (size_t i = 0; i < joins; i++) {
        uint32_t a = tree_root(clusters->person, tree->joins[i].kept);
        uint32_t b = tree_root(clusters->person, tree->joins[i].joined);
        clusters->person[a > b ? a : b] = a > b ? b : a;
        right += true_pairs(tree, &tree->joins[i]);
        found += tree->joins[i].pairs;
    }
    for (uint32_t i = 0; i < tree->record_count; i++)
        clusters->person[i] = tree_root(clusters->person, i);
    clusters->precision_expected = found > 0 ? right / found : 1;
}
