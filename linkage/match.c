/* Scores all pairs of records that share a block, and keeps the likely ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/frequency.h"
#include "linkage/score.h"

enum { PAIRS_FIRST = 4096 };

static const double LINK_FROM = 0.95, CLERICAL_FROM = 0.5;
static const double KEPT_FROM = -6.63; /* log2 of the odds at a probability of 0.01 */

typedef struct Scored {
    LinkagePair *pairs;
    size_t count, capacity;
    uint64_t compared;
    double expected;
    ScoreTable *scores;
} Scored;

typedef struct Scoring {
    const LinkageSet *set;
    ModelWeights weights;
    Frequency *frequency; /* NULL: by classes alone */
    Scored scored[BLOCK_THREADS_MAX];
} Scoring;

static void keep(Scored *scored, const LinkagePair *pair)
{
    if (scored->count == scored->capacity) {
        scored->capacity = scored->capacity * 2 + PAIRS_FIRST;
        scored->pairs = memory_resize(scored->pairs, scored->capacity * sizeof *scored->pairs);
    }
    scored->pairs[scored->count++] = *pair;
}

static double shifted(const Scoring *scoring, const BlockPair *pair, const Score *score)
{
    double weight = score->weight;

    for (uint32_t fields = score->rarest; fields != 0; fields &= fields - 1)
        weight += frequency_shift(scoring->frequency, pair->a, pair->b, (size_t)__builtin_ctz(fields));
    return weight;
}

static void score_pairs(void *context, int worker, size_t block, const BlockPair *pairs, size_t count)
{
    Scoring *scoring = context;
    Scored *scored = &scoring->scored[worker];

    scored->compared += count;
    for (size_t i = 0; i < count; i++) {
        const Score *score = score_of(scored->scores, pairs[i].levels);
        double weight = score->weight, probability = score->probability;
        if (scoring->frequency != NULL && score->rarest != 0) {
            weight = shifted(scoring, &pairs[i], score);
            probability = linkage_probability(weight);
        }
        scored->expected += probability;
        if (weight < KEPT_FROM)
            continue;
        const LinkagePair pair = {.a = pairs[i].a,
                                  .b = pairs[i].b,
                                  .weight = (float)weight,
                                  .block = (uint32_t)block,
                                  .levels = pairs[i].levels};
        keep(scored, &pair);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const LinkagePair *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static void gather(Scoring *scoring, LinkagePairs *pairs)
{
    size_t count = 0;

    *pairs = (LinkagePairs){.record_count = scoring->set->count};
    for (int i = 0; i < BLOCK_THREADS_MAX; i++)
        count += scoring->scored[i].count;
    pairs->pairs = memory_alloc((count + 1) * sizeof *pairs->pairs);
    for (int i = 0; i < BLOCK_THREADS_MAX; i++) {
        Scored *scored = &scoring->scored[i];
        if (scored->count > 0)
            memcpy(pairs->pairs + pairs->count, scored->pairs, scored->count * sizeof *scored->pairs);
        pairs->count += scored->count;
        pairs->compared += scored->compared;
        pairs->expected_matches += scored->expected;
        memory_free(scored->pairs);
    }
    qsort(pairs->pairs, pairs->count, sizeof *pairs->pairs, compare_pairs);
}

Result linkage_score(LinkageSet *set, const LinkageModel *model, const LinkageOptions *options,
                     LinkagePairs *pairs, Error *error)
{
    SCOPED(frequency_close) Frequency *frequency = NULL;
    Scoring scoring = {.set = set};

    if (model->field_count != set->field_count)
        return fail(error, ERROR_CONFIG, "linkage: the model is of other fields than the encodings");
    model_weights(model, &scoring.weights);
    TRY(frequency_count(set, &scoring.weights, model, options, &frequency, error));
    scoring.frequency = frequency;
    for (int i = 0; i < BLOCK_THREADS_MAX; i++)
        scoring.scored[i].scores = score_table_create(&scoring.weights);
    Result result = block_pairs(set, options, score_pairs, &scoring, error);
    for (int i = 0; i < BLOCK_THREADS_MAX; i++)
        score_table_close(&scoring.scored[i].scores);
    gather(&scoring, pairs);
    return result;
}

void linkage_pairs_close(LinkagePairs *pairs)
{
    memory_free(pairs->pairs);
    *pairs = (LinkagePairs){0};
}

LinkageBand linkage_band(double probability)
{
    if (probability >= LINK_FROM)
        return LINKAGE_LINK;
    return probability >= CLERICAL_FROM ? LINKAGE_CLERICAL : LINKAGE_APART;
}
