#include <string.h>

#include "linkage/join.h"

typedef struct Best {
    JoinMatch *of;
    unsigned most;
    bool is_self;
} Best;

/* A higher Dice, compared as fractions; of equal ones the smaller place. */
static bool is_better(const JoinMatch *a, const JoinMatch *b)
{
    uint64_t left = (uint64_t)a->both * b->ones, right = (uint64_t)b->both * a->ones;

    return left != right ? left > right : a->right < b->right;
}

/* Each record's matches are few and stay sorted. */
static void insert(const Best *best, JoinMatch match)
{
    JoinMatch *of = best->of + (size_t)match.left * best->most;
    unsigned at = best->most;

    while (at > 0 && (of[at - 1].both == 0 || is_better(&match, &of[at - 1])))
        at--;
    if (at == best->most)
        return;
    memmove(of + at + 1, of + at, (best->most - at - 1) * sizeof of[0]);
    of[at] = match;
}

static Result take(void *context, const JoinMatch *matches, size_t count, Error *error)
{
    const Best *best = context;

    (void)error;
    for (size_t i = 0; i < count; i++) {
        insert(best, matches[i]);
        if (best->is_self)
            insert(best, (JoinMatch){matches[i].right, matches[i].left, matches[i].both, matches[i].ones});
    }
    return RESULT_OK;
}

Result join_best(const SimilaritySet *left, const SimilaritySet *right, const JoinOptions *options,
                 unsigned most, JoinMatch *best, JoinReport *report, Error *error)
{
    Best context = {.of = best, .most = most, .is_self = right == NULL};

    memset(best, 0, left->count * most * sizeof best[0]);
    return join_pairs(left, right, options, take, &context, report, error);
}
