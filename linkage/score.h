#pragma once
/*
 * Private to linkage: weights by look-up of the whole pattern of levels. Pairs have few patterns among them,
 * and a logarithm's sum and an exponential cost more than the comparison that found the pattern.
 */
#include "linkage/model.h"

enum { SCORE_SLOTS = 1 << 12 };

typedef struct Score {
    uint64_t levels;
    double weight, probability; /* by the model alone */
    uint32_t rarest;            /* bit of a field: it agrees at the last level, where frequency may count */
} Score;

/* Of one thread: a pattern has one place, where the last that was asked for stands. */
typedef struct ScoreTable {
    const ModelWeights *weights;
    Score slots[SCORE_SLOTS];
} ScoreTable;

ScoreTable *score_table_create(const ModelWeights *weights);
void score_table_close(ScoreTable **table);
void score_fill(const ModelWeights *weights, uint64_t levels, Score *score);

static inline const Score *score_of(ScoreTable *table, uint64_t levels)
{
    uint64_t mixed = levels * UINT64_C(0x9E3779B97F4A7C15);
    Score *score = &table->slots[mixed >> 52];

    if (score->levels != levels)
        score_fill(table->weights, levels, score);
    return score;
}
