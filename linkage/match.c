/* Scores all pairs of records that share a block, and keeps the likely ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/compare.h"
#include "linkage/frequency.h"
#include "linkage/model.h"

enum { PAIRS_FIRST = 4096 };

static const double LINK_FROM = 0.95, CLERICAL_FROM = 0.5;
static const double KEPT_FROM = -6.63; /* log2 of the odds at a probability of 0.01 */

typedef struct Scored {
    LinkagePair *pairs;
    size_t count, capacity;
    uint64_t compared;
    double expected;
} Scored;

typedef struct Scoring {
    const LinkageSet *set;
    ModelWeights weights;
    Frequency *frequency;
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

static void score_pair(void *context, int worker, uint32_t a, uint32_t b, size_t block)
{
    Scoring *scoring = context;
    const LinkageSet *set = scoring->set;
    const SetRecord *x = &set->records[a], *y = &set->records[b];
    uint64_t levels = compare_views(set, x, set_view(set, x, block), y, set_view(set, y, block));
    double weight = model_pattern_weight(&scoring->weights, levels);

    for (size_t i = 0; i < set->field_count; i++) {
        if (compare_level(levels, i) == LINKAGE_LEVELS - 1)
            weight += frequency_shift(scoring->frequency, a, b, i);
    }
    scoring->scored[worker].compared++;
    scoring->scored[worker].expected += linkage_probability(weight);
    if (weight < KEPT_FROM)
        return;
    const LinkagePair pair = {
        .a = a, .b = b, .weight = (float)weight, .block = (uint32_t)block, .levels = levels};
    keep(&scoring->scored[worker], &pair);
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
    Result result = block_pairs(set, options, score_pair, &scoring, error);
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
