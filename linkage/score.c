#include "linkage/score.h"

#include "base/arena.h"
#include "linkage/fields.h"

_Static_assert(SCORE_SLOTS == 1 << (64 - 52), "score_of takes as many bits as there are slots");

static const uint64_t NO_PATTERN = UINT64_MAX; /* a level behind the last field */

ScoreTable *score_table_create(const ModelWeights *weights)
{
    ScoreTable *table = memory_alloc(sizeof *table);

    table->weights = weights;
    for (size_t i = 0; i < SCORE_SLOTS; i++)
        table->slots[i].levels = NO_PATTERN;
    return table;
}

void score_table_close(ScoreTable **table)
{
    memory_free(*table);
    *table = NULL;
}

void score_fill(const ModelWeights *weights, uint64_t levels, Score *score)
{
    *score = (Score){.levels = levels, .weight = model_pattern_weight(weights, levels)};
    score->probability = linkage_probability(score->weight);
    for (size_t i = 0; i < weights->field_count; i++)
        score->rarest |= (uint32_t)(fields_level(levels, i) == LINKAGE_LEVELS - 1) << i;
}
