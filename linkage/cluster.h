#pragma once
/* Private to linkage: people from pairs of records that nobody need have in memory. */
#include "linkage/linkage.h"

/* As linkage_cluster with a share. unique: of each record, bits of what a cluster has once. */
Result cluster_pairs(const LinkagePairs *pairs, const uint64_t *unique, double share,
                     LinkageClusters *clusters, Error *error) CHECKED;
