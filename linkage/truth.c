/* Precision and recall of pairs and clusters where the truth is known. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "linkage/block.h"
#include "linkage/tree.h"

static const double claims[2] = {0.95, 0.99};
enum { SHARE_STEPS = 20 }; /* of trying which share is best */

static LinkageScore score_of(double right, double found, double true_pairs, double threshold)
{
    LinkageScore score = {.threshold = threshold};

    score.precision = found > 0 ? right / found : 1;
    score.recall = true_pairs > 0 ? right / true_pairs : 1;
    score.f1 = right > 0 ? 2 * score.precision * score.recall / (score.precision + score.recall) : 0;
    return score;
}

/* ---- groups: pairs inside them, counted without making them ---- */

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static double pairs_of_equal(uint64_t *keys, size_t count)
{
    double pairs = 0, run = 0;

    qsort(keys, count, sizeof *keys, compare_numbers);
    for (size_t i = 0; i < count; i++) {
        run = i > 0 && keys[i] == keys[i - 1] ? run + 1 : 0;
        pairs += run;
    }
    return pairs;
}

static LinkageScore score_clusters(const LinkageClusters *clusters, const uint32_t *truth, double true_pairs,
                                   uint64_t *keys)
{
    size_t count = clusters->record_count;

    for (size_t i = 0; i < count; i++)
        keys[i] = clusters->person[i];
    double found = pairs_of_equal(keys, count);
    for (size_t i = 0; i < count; i++)
        keys[i] = (uint64_t)clusters->person[i] << 32 | truth[i];
    return score_of(pairs_of_equal(keys, count), found, true_pairs, clusters->share);
}

static double count_true_pairs(const uint32_t *truth, size_t count, uint64_t *keys)
{
    for (size_t i = 0; i < count; i++)
        keys[i] = truth[i];
    return pairs_of_equal(keys, count);
}

/* ---- pairs ---- */

/* At a threshold, or where it is NAN at the best one. */
static LinkageScore score_pairs(const LinkagePairs *pairs, const uint32_t *truth, double true_pairs,
                                double threshold)
{
    /* Where no pair is right none is best: at a threshold that nobody reaches. */
    LinkageScore best = score_of(0, 0, true_pairs, 1), now;
    double right = 0, found = 0;

    for (size_t i = 0; i < pairs->count; i++) {
        double probability = linkage_probability((double)pairs->pairs[i].weight);
        if (!isnan(threshold) && probability < threshold)
            break;
        right += truth[pairs->pairs[i].a] == truth[pairs->pairs[i].b];
        found++;
        if (!isnan(threshold))
            continue;
        now = score_of(right, found, true_pairs, probability);
        if (now.f1 > best.f1)
            best = now;
    }
    return isnan(threshold) ? best : score_of(right, found, true_pairs, threshold);
}

static void calibrate(const LinkagePairs *pairs, const uint32_t *truth, LinkageQuality *quality)
{
    for (size_t c = 0; c < 2; c++) {
        double claimed = 0, right = 0;
        uint64_t count = 0;
        for (; count < pairs->count; count++) {
            const LinkagePair *pair = &pairs->pairs[count];
            double probability = linkage_probability((double)pair->weight);
            if (probability < claims[c])
                break;
            claimed += probability;
            right += truth[pair->a] == truth[pair->b];
        }
        quality->calibration[c].count = count;
        quality->calibration[c].claimed = count > 0 ? claimed / (double)count : 1;
        quality->calibration[c].right = count > 0 ? right / (double)count : 1;
    }
}

typedef struct Recall {
    const uint32_t *truth;
    uint64_t met[BLOCK_THREADS_MAX], right[BLOCK_THREADS_MAX];
} Recall;

static void meet(void *context, int worker, size_t block, const BlockPair *pairs, size_t count)
{
    Recall *recall = context;

    (void)block;
    recall->met[worker] += count;
    for (size_t i = 0; i < count; i++)
        recall->right[worker] += recall->truth[pairs[i].a] == recall->truth[pairs[i].b];
}

static Result measure_blocking(LinkageSet *set, const LinkageOptions *options, const uint32_t *truth,
                               LinkageQuality *quality, Error *error)
{
    Recall recall = {.truth = truth};
    uint64_t right = 0;

    TRY(block_meetings(set, options, meet, &recall, error));
    for (int i = 0; i < BLOCK_THREADS_MAX; i++) {
        quality->compared += recall.met[i];
        right += recall.right[i];
    }
    quality->blocking_recall = quality->true_pairs > 0 ? (double)right / (double)quality->true_pairs : 1;
    return RESULT_OK;
}

static void best_clusters(const Tree *tree, const uint32_t *truth, uint64_t *keys, LinkageQuality *quality)
{
    for (int step = 1; step < SHARE_STEPS; step++) {
        SCOPED(linkage_clusters_close) LinkageClusters tried = {0};
        tree_cut(tree, tree_at_share(tree, (double)step / SHARE_STEPS), &tried);
        LinkageScore score = score_clusters(&tried, truth, (double)quality->true_pairs, keys);
        if (score.f1 > quality->clusters_best.f1)
            quality->clusters_best = score;
    }
}

Result linkage_evaluate(LinkageSet *set, const LinkagePairs *pairs, const LinkageClusters *clusters,
                        const LinkageOptions *options, const uint32_t *truth, LinkageQuality *quality,
                        Error *error)
{
    uint64_t *keys = memory_alloc((set->count + 1) * sizeof *keys);
    double true_pairs = count_true_pairs(truth, set->count, keys);

    *quality = (LinkageQuality){.true_pairs = (uint64_t)true_pairs};
    quality->pairs = score_pairs(pairs, truth, true_pairs, clusters->share);
    quality->pairs_best = score_pairs(pairs, truth, true_pairs, NAN);
    quality->clusters = score_clusters(clusters, truth, true_pairs, keys);
    calibrate(pairs, truth, quality);
    Result result = measure_blocking(set, options, truth, quality, error);
    if (clusters->tree != NULL)
        best_clusters(clusters->tree, truth, keys, quality);
    memory_free(keys);
    return result;
}
