#include "tests/attack/joined.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

enum { OTHERS = 10, TRIES = 1000, SEED = 17 };

void features_add(Features *features, double value)
{
    const double most = FEATURE_STEPS - 1;

    features->of[features->count++] = (uint8_t)(value < 0 ? 0 : value > most ? most : value);
}

/* How often a feature says so, of pairs that are one person and of others. */
typedef struct Learnt {
    double one[FEATURES_MAX][FEATURE_STEPS], others[FEATURES_MAX][FEATURE_STEPS];
} Learnt;

static void learn(double shares[FEATURES_MAX][FEATURE_STEPS], const Features *features)
{
    for (size_t f = 0; f < features->count; f++)
        shares[f][features->of[f]]++;
}

static double score(const Learnt *learnt, const Features *features)
{
    double sum = 0;

    for (size_t f = 0; f < features->count; f++)
        sum += log((1 + learnt->one[f][features->of[f]]) / (1 + learnt->others[f][features->of[f]] / OTHERS));
    return sum;
}

typedef struct Scored {
    double score;
    bool is_one;
} Scored;

static int by_score(const void *a, const void *b)
{
    const Scored *left = a, *right = b;

    return (left->score > right->score) - (left->score < right->score);
}

/* Equal scores count half. */
static double area_of(Scored *scored, size_t count)
{
    double below = 0, ones = 0, others = 0, area = 0;

    qsort(scored, count, sizeof *scored, by_score);
    for (size_t from = 0, to; from < count; from = to) {
        double equal_ones = 0, equal_others = 0;
        for (to = from; to < count && by_score(&scored[from], &scored[to]) == 0; to++)
            *(scored[to].is_one ? &equal_ones : &equal_others) += 1;
        area += equal_ones * (below + equal_others / 2);
        below += equal_others;
        ones += equal_ones;
        others += equal_others;
    }
    return area / (ones * others);
}

/* A half of the people. */
typedef struct Half {
    size_t from, count;
} Half;

/* Somebody else of the half, or the same one where nobody is found. */
static size_t other_of(const Joined *joined, size_t row, const Half *half, uint64_t *random)
{
    uint8_t *const *rows = joined->other->rows;

    for (int tries = 0; tries < TRIES; tries++) {
        size_t other = half->from + draw_below(random, half->count);
        if (other != row && (joined->may_stand == NULL || joined->may_stand(rows[other], rows[row])))
            return other;
    }
    return row;
}

typedef void (*Take)(void *context, bool is_one, const Features *features);

/* Each person's pair, and beside it pairs with others. */
static void for_pairs(const Joined *joined, const Half *half, Take take, void *context)
{
    uint64_t random = SEED;

    for (size_t i = half->from; i < half->from + half->count; i++) {
        Features features = joined->look(joined->one->rows[i], joined->other->rows[i]);
        take(context, true, &features);
        for (size_t n = 0; n < OTHERS; n++) {
            size_t j = other_of(joined, i, half, &random);
            if (j == i)
                continue;
            features = joined->look(joined->one->rows[i], joined->other->rows[j]);
            take(context, false, &features);
        }
    }
}

static void take_learnt(void *context, bool is_one, const Features *features)
{
    Learnt *learnt = context;

    learn(is_one ? learnt->one : learnt->others, features);
}

typedef struct Judged {
    const Learnt *learnt;
    Scored *scored;
    size_t count;
} Judged;

static void take_judged(void *context, bool is_one, const Features *features)
{
    Judged *judged = context;

    judged->scored[judged->count++] = (Scored){.score = score(judged->learnt, features), .is_one = is_one};
}

static double area_between(const Joined *joined, const Half *learnt_from, const Half *judged_by)
{
    Learnt *learnt = memory_alloc(sizeof *learnt);
    Judged judged = {.learnt = learnt,
                     .scored = memory_alloc(judged_by->count * (1 + OTHERS) * sizeof *judged.scored)};

    for_pairs(joined, learnt_from, take_learnt, learnt);
    for_pairs(joined, judged_by, take_judged, &judged);
    double area = area_of(judged.scored, judged.count);
    memory_free(judged.scored);
    memory_free(learnt);
    return area;
}

double joined_area(const Joined *joined)
{
    size_t half = joined->one->count / 2;
    const Half first = {.from = 0, .count = half}, second = {.from = half, .count = half};

    return (area_between(joined, &first, &second) + area_between(joined, &second, &first)) / 2;
}
