#pragma once
/* Private to linkage: people from pairs of records that nobody need have in memory. */
#include "linkage/tree.h"

/* As linkage_cluster with a share. */
Result cluster_pairs(const LinkagePairs *pairs, const TreeUnique *unique, double share,
                     LinkageClusters *clusters, Error *error) CHECKED;
