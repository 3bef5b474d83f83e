#pragma once
/* Private to linkage: counts of agreement patterns, and the weights that come of them. */
#include "linkage/linkage.h"

typedef struct PatternTable {
    LinkagePattern *slots; /* open addressing; count 0: free */
    size_t used, capacity; /* a power of two */
} PatternTable;

void pattern_table_add(PatternTable *table, uint64_t levels, uint64_t count);
/* Only the patterns, sorted: the table is none any more. */
void pattern_table_pack(PatternTable *table);
void pattern_table_close(PatternTable *table);

/* Sets model->match and model->prior by the patterns of pairs that are known to match, of pair_total that
 * could. */
void model_learn_known(const LinkagePattern *matches, size_t count, uint64_t pair_total, LinkageModel *model);

/* A model as log2 of how much likelier a match is to agree so than two random records. */
typedef struct ModelWeights {
    double base; /* of the prior */
    size_t field_count;
    double weights[LINKAGE_FIELDS_MAX][16]; /* by level; 0 where absent */
} ModelWeights;

void model_weights(const LinkageModel *model, ModelWeights *weights);
/* Of the whole pattern, with the prior: log2 of the odds. */
static inline double model_pattern_weight(const ModelWeights *weights, uint64_t levels)
{
    double weight = weights->base;

    for (size_t i = 0; i < weights->field_count; i++)
        weight += weights->weights[i][levels >> 4 * i & 15];
    return weight;
}
