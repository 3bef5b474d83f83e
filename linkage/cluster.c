/*
 * People from pairs. Two clusters become one where their records belong together on average, not where one
 * pair is convincing: chains of likely pairs are how single links go wrong. Pairs that no block brought
 * together count as unlikely.
 */
#include <math.h>

#include "base/arena.h"
#include "linkage/cluster.h"

Result cluster_pairs(const LinkagePairs *pairs, const TreeUnique *unique, double share,
                     LinkageClusters *clusters, Error *error)
{
    SCOPED(tree_close) Tree tree = {0};

    TRY(tree_grow(pairs, unique, &tree, error));
    tree_cut(&tree, tree_at_share(&tree, share), clusters);
    return RESULT_OK;
}

Result linkage_cluster(const LinkageSet *set, const LinkagePairs *pairs, const LinkageOptions *options,
                       double share, LinkageClusters *clusters, Error *error)
{
    Tree tree = {0};

    TRY(tree_build(set, pairs, options->unique_sources, &tree, error));
    tree_cut(&tree, isnan(share) ? tree_best(&tree) : tree_at_share(&tree, share), clusters);
    clusters->tree = memory_alloc(sizeof tree);
    *clusters->tree = tree;
    return RESULT_OK;
}

void linkage_clusters_close(LinkageClusters *clusters)
{
    if (clusters->tree != NULL)
        tree_close(clusters->tree);
    memory_free(clusters->tree);
    memory_free(clusters->person);
    *clusters = (LinkageClusters){0};
}
