#include <string.h>

#include "linkage/join_private.h"

enum { SAMPLES = 64 };

/* A look at a pair, in the time that counting a word of it takes. */
static const double look_cost = 0.7;

/* How many pairs of queries are still in question after so many words; [0]: how many there were. */
typedef struct Survival {
    double after[SIMILARITY_WORDS_MAX + 1];
} Survival;

static unsigned pairs_kept(const JoinLook *look)
{
    unsigned kept = 0;

    for (unsigned pair = 0; pair < SIMILARITY_PAIRS; pair++)
        kept += join_pair_is_kept(look, pair);
    return kept;
}

/* look->steps: every word. */
static void try_one(JoinLook *look, const JoinTile *tile, const JoinGroup *group, Survival *survival)
{
    if (!join_look_begin(look, tile, group))
        return;
    survival->after[0] += pairs_kept(look);
    memset(&look->counts, 0, sizeof look->counts);
    for (unsigned w = 0; w < look->steps.count; w++) {
        if (!join_look_step(look, tile, group, w, w))
            return;
        survival->after[w + 1] += pairs_kept(look);
    }
}

/* Where, from `from` on, groups begin and end that the tile may match. */
static size_t group_count_near(const JoinSide *right, const JoinTile *tile, const JoinBounds *bounds,
                               size_t *first)
{
    size_t groups = (right->set.count + SIMILARITY_GROUP - 1) / SIMILARITY_GROUP, near = 0;

    for (size_t g = *first; g < groups; g++) {
        size_t from = g * SIMILARITY_GROUP, to = from + SIMILARITY_GROUP - 1;
        if (to >= right->set.count)
            to = right->set.count - 1;
        if (!join_any_may_match(bounds, tile->ones[0], tile->ones[tile->count - 1], right->ones[from],
                                right->ones[to])) {
            if (near > 0)
                break;
            continue;
        }
        if (near++ == 0)
            *first = g;
    }
    return near;
}

static Survival sample(const JoinSide *left, const JoinSide *right, Arena *arena, JoinLook *look)
{
    JoinTile *tile = join_alloc(arena, sizeof *tile);
    JoinGroup *group = join_alloc(arena, sizeof *group);
    size_t tiles = (left->set.count + SIMILARITY_TILE - 1) / SIMILARITY_TILE;
    size_t samples = tiles < SAMPLES ? tiles : SAMPLES;
    Survival survival = {0};

    for (size_t i = 0; i < samples; i++) {
        join_tile_pack(left, i * tiles / samples * SIMILARITY_TILE, look->methods, tile);
        size_t first = look->is_self ? tile->first / SIMILARITY_GROUP : 0;
        size_t near = group_count_near(right, tile, look->bounds, &first);
        if (near == 0)
            continue;
        /* Steps of the golden ratio spread over whatever there is. */
        size_t chosen = first + (size_t)((uint32_t)i * UINT32_C(2654435769) * (uint64_t)near >> 32);
        join_group_pack(right, chosen * SIMILARITY_GROUP, look->methods, group);
        try_one(look, tile, group, &survival);
    }
    return survival;
}

/* The cheapest way from no word to all of them; each edge counts some words and looks. */
static void cheapest(const Survival *survival, unsigned words, JoinSteps *steps)
{
    double cost[SIMILARITY_WORDS_MAX + 1] = {0};
    unsigned before[SIMILARITY_WORDS_MAX + 1] = {0}, reversed[SIMILARITY_WORDS_MAX];

    for (unsigned to = 1; to <= words; to++) {
        for (unsigned from = 0; from < to; from++) {
            double here = cost[from] + survival->after[from] * (to - from + look_cost);
            if (from == 0 || here < cost[to]) {
                cost[to] = here;
                before[to] = from;
            }
        }
    }
    steps->count = 0;
    for (unsigned at = words; at > 0; at = before[at])
        reversed[steps->count++] = at;
    for (unsigned s = 0; s < steps->count; s++)
        steps->words[s] = reversed[steps->count - 1 - s];
}

void join_plan(const JoinSide *left, const JoinSide *right, Arena *arena, JoinLook *look)
{
    unsigned words = left->set.words;

    look->steps.count = words;
    for (unsigned w = 0; w < words; w++)
        look->steps.words[w] = w + 1;
    Survival survival = sample(left, right, arena, look);
    cheapest(&survival, words, &look->steps);
    look->words_counted = 0;
}
