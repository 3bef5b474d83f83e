/* Scores all pairs of records that share a block, and keeps the likely ones. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/frequency.h"
#include "linkage/score.h"

enum { ORDER_KEYS = 3, DIGIT_BITS = 11 };

static const uint32_t SIGN = UINT32_C(1) << 31;

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
    scored->pairs = memory_room(scored->pairs, scored->count, &scored->capacity, sizeof *scored->pairs);
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

/* ---- in order ---- */

/* What pairs are ordered by, the last first, and where the pair is. */
typedef struct Place {
    uint32_t keys[ORDER_KEYS];
    uint32_t at;
} Place;

/* Grows as the weight falls. */
static uint32_t weight_key(float weight)
{
    float whole = weight + 0.0F; /* no zero below zero */
    uint32_t bits;

    memcpy(&bits, &whole, sizeof bits);
    return (bits & SIGN) != 0 ? bits : ~bits & ~SIGN;
}

/* One round: who is equal stays in the order of before. */
static void order_by(const Place *places, size_t count, size_t key, unsigned shift, Place *ordered)
{
    uint32_t starts[1 << DIGIT_BITS] = {0};
    const uint32_t mask = (1 << DIGIT_BITS) - 1;

    for (size_t i = 0; i < count; i++)
        starts[places[i].keys[key] >> shift & mask]++;
    for (uint32_t digit = 0, start = 0, here; digit <= mask; digit++, start += here) {
        here = starts[digit];
        starts[digit] = start;
    }
    for (size_t i = 0; i < count; i++)
        ordered[starts[places[i].keys[key] >> shift & mask]++] = places[i];
}

/* Gives back whichever of the two ends up holding the places in order. */
static Place *order_places(Place *places, size_t count, Place *aside)
{
    for (size_t key = 0; key < ORDER_KEYS; key++) {
        uint32_t differ = 0;
        for (size_t i = 1; i < count; i++)
            differ |= places[i].keys[key] ^ places[0].keys[key];
        for (unsigned shift = 0; shift < 32 && differ >> shift != 0; shift += DIGIT_BITS) {
            order_by(places, count, key, shift, aside);
            Place *ordered = aside;
            aside = places;
            places = ordered;
        }
    }
    return places;
}

static size_t place_pairs(const Scoring *scoring, Place *places)
{
    size_t count = 0;

    for (int w = 0; w < BLOCK_THREADS_MAX; w++) {
        const Scored *scored = &scoring->scored[w];
        for (size_t i = 0; i < scored->count; i++, count++) {
            const LinkagePair *pair = &scored->pairs[i];
            places[count] = (Place){{pair->b, pair->a, weight_key(pair->weight)}, (uint32_t)count};
        }
    }
    return count;
}

static const LinkagePair *pair_at(const Scoring *scoring, size_t at)
{
    const Scored *scored = scoring->scored;

    for (; at >= scored->count; scored++)
        at -= scored->count;
    return &scored->pairs[at];
}

static void sort_pairs(const Scoring *scoring, LinkagePairs *pairs)
{
    Place *places = memory_alloc((pairs->count + 1) * sizeof *places);
    Place *aside = memory_alloc((pairs->count + 1) * sizeof *aside);
    const Place *ordered = order_places(places, place_pairs(scoring, places), aside);

    pairs->pairs = memory_alloc((pairs->count + 1) * sizeof *pairs->pairs);
    for (size_t i = 0; i < pairs->count; i++)
        pairs->pairs[i] = *pair_at(scoring, ordered[i].at);
    memory_free(places);
    memory_free(aside);
}

static void gather(Scoring *scoring, LinkagePairs *pairs)
{
    *pairs = (LinkagePairs){.record_count = scoring->set->count};
    for (int i = 0; i < BLOCK_THREADS_MAX; i++) {
        pairs->count += scoring->scored[i].count;
        pairs->compared += scoring->scored[i].compared;
        pairs->expected_matches += scoring->scored[i].expected;
    }
    assert(pairs->count <= UINT32_MAX);
    sort_pairs(scoring, pairs);
    for (int i = 0; i < BLOCK_THREADS_MAX; i++)
        memory_free(scoring->scored[i].pairs);
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
    for (int i = 0; i < block_workers(options); i++)
        scoring.scored[i].scores = score_table_create(&scoring.weights);
    Result result = block_pairs(set, options, score_pairs, &scoring, error);
    for (int i = 0; i < block_workers(options); i++)
        score_table_close(&scoring.scored[i].scores);
    gather(&scoring, pairs);
    return result;
}

void linkage_pairs_close(LinkagePairs *pairs)
{
    memory_free(pairs->pairs);
    *pairs = (LinkagePairs){0};
}
