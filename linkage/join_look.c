#include <string.h>

#include "linkage/join_private.h"

/* Bits of the records that a query is compared with. */
static uint64_t mask_of(const JoinLook *look, size_t query, const JoinGroup *group)
{
    uint64_t there = UINT64_MAX >> (SIMILARITY_GROUP - group->count);

    if (!look->is_self || query < group->first)
        return there;
    size_t behind = query - group->first + 1;
    return behind < SIMILARITY_GROUP ? there & UINT64_MAX << behind : 0;
}

bool join_look_begin(JoinLook *look, const JoinTile *tile, const JoinGroup *group)
{
    unsigned from = group->ones[0], to = group->ones[group->count - 1];
    uint64_t any = 0;

    memset(look->kept, 0, sizeof look->kept);
    for (unsigned q = 0; q < tile->count; q++) {
        if (join_may_match(look->bounds, tile->ones[q], from, to))
            look->kept[q] = mask_of(look, tile->first + q, group);
        any |= look->kept[q];
    }
    return any != 0;
}

static bool is_kept(const JoinLook *look, unsigned pair)
{
    return (look->kept[2 * pair] | look->kept[2 * pair + 1]) != 0;
}

/* Neighbours that are still in question are counted in one go. */
static void count_kept(JoinLook *look, const JoinTile *tile, const JoinGroup *group, unsigned from,
                       unsigned to)
{
    SimilaritySpan span = {.word_from = from, .word_to = to};

    for (unsigned pair = 0; pair < SIMILARITY_PAIRS; pair = span.pair_to + 1) {
        for (span.pair_from = pair; span.pair_from < SIMILARITY_PAIRS && !is_kept(look, span.pair_from);)
            span.pair_from++;
        for (span.pair_to = span.pair_from; span.pair_to < SIMILARITY_PAIRS && is_kept(look, span.pair_to);)
            span.pair_to++;
        if (span.pair_from < span.pair_to)
            look->methods->count(&tile->packed, &group->packed, span, &look->counts);
        look->words_counted += (uint64_t)(span.pair_to - span.pair_from) * 2 * SIMILARITY_GROUP * (to - from);
    }
}

bool join_look_step(JoinLook *look, const JoinTile *tile, const JoinGroup *group, unsigned step,
                    unsigned from)
{
    unsigned words = look->steps.words[step];
    const uint16_t *query_rest = tile->side->rest[words] + tile->first;
    uint64_t any = 0;

    count_kept(look, tile, group, from, words);
    for (unsigned q = 0; q < tile->count; q++) {
        if (look->kept[q] == 0)
            continue;
        /* The record with the fewest ones needs the least; its neighbours hardly need more. */
        SimilarityBound bound = {
            .rest = group->side->rest[words] + group->first,
            .query_rest = query_rest[q],
            .least = look->bounds->least[tile->ones[q] + (unsigned)group->ones[0]],
        };
        look->kept[q] &= look->methods->keep(look->counts.of[q], &bound);
        any |= look->kept[q];
    }
    return any != 0;
}

bool join_look(JoinLook *look, const JoinTile *tile, const JoinGroup *group)
{
    unsigned from = 0;

    if (!join_look_begin(look, tile, group))
        return false;
    memset(&look->counts, 0, sizeof look->counts);
    for (unsigned step = 0; step < look->steps.count; step++) {
        if (!join_look_step(look, tile, group, step, from))
            return false;
        from = look->steps.words[step];
    }
    return true;
}
