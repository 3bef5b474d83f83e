#include <string.h>

#include "linkage/join_private.h"

/* Bits from `from` up to `to`, as far as a mask has them. */
static uint64_t bits(size_t from, size_t to)
{
    if (from >= to || from >= SIMILARITY_MASK)
        return 0;
    return (to < SIMILARITY_MASK ? (UINT64_C(1) << to) - 1 : UINT64_MAX) & UINT64_MAX << from;
}

static size_t less(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

/* Which records of the group the query is compared with. */
static bool mark(JoinLook *look, size_t query, const JoinGroup *group, uint64_t kept[JOIN_MASKS])
{
    size_t from = look->is_self ? less(query + 1, group->first) : 0;
    uint64_t any = 0;

    for (size_t m = 0; m < JOIN_MASKS; m++) {
        kept[m] = bits(less(from, m * SIMILARITY_MASK), less(group->count, m * SIMILARITY_MASK));
        any |= kept[m];
    }
    return any != 0;
}

bool join_look_begin(JoinLook *look, const JoinTile *tile, const JoinGroup *group)
{
    unsigned from = group->ones[0], to = group->ones[group->count - 1];
    bool any = false;

    memset(look->kept, 0, sizeof look->kept);
    for (unsigned q = 0; q < tile->count; q++)
        if (join_may_match(look->bounds, tile->ones[q], from, to))
            any |= mark(look, tile->first + q, group, look->kept[q]);
    return any;
}

bool join_pair_is_kept(const JoinLook *look, unsigned pair)
{
    uint64_t any = 0;

    for (unsigned m = 0; m < JOIN_MASKS; m++)
        any |= look->kept[2 * pair][m] | look->kept[2 * pair + 1][m];
    return any != 0;
}

/* Neighbours that are still in question are counted in one go. */
static void count_kept(JoinLook *look, const JoinTile *tile, const JoinGroup *group, unsigned from,
                       unsigned to)
{
    SimilaritySpan span = {.word_from = from, .word_to = to};

    for (unsigned pair = 0; pair < SIMILARITY_PAIRS; pair = span.pair_to + 1) {
        for (span.pair_from = pair;
             span.pair_from < SIMILARITY_PAIRS && !join_pair_is_kept(look, span.pair_from);)
            span.pair_from++;
        for (span.pair_to = span.pair_from;
             span.pair_to < SIMILARITY_PAIRS && join_pair_is_kept(look, span.pair_to);)
            span.pair_to++;
        if (span.pair_from < span.pair_to)
            look->methods->count(&tile->packed, &group->packed, span, &look->counts);
        look->words_counted += (uint64_t)(span.pair_to - span.pair_from) * 2 * SIMILARITY_GROUP * (to - from);
    }
}

/* What a query keeps of a group. */
static uint64_t keep(JoinLook *look, unsigned query, SimilarityBound bound)
{
    uint64_t any = 0;

    for (unsigned m = 0; m < JOIN_MASKS; m++, bound.rest += SIMILARITY_MASK) {
        uint64_t *kept = &look->kept[query][m];
        if (*kept != 0)
            *kept &= look->methods->keep(look->counts.of[query] + (size_t)m * SIMILARITY_MASK, &bound);
        any |= *kept;
    }
    return any;
}

bool join_look_step(JoinLook *look, const JoinTile *tile, const JoinGroup *group, unsigned step,
                    unsigned from)
{
    unsigned words = look->steps.words[step];
    const uint16_t *query_rest = tile->side->rest[words] + tile->first;
    uint64_t any = 0;

    count_kept(look, tile, group, from, words);
    for (unsigned q = 0; q < tile->count; q++) {
        /* The record with the fewest ones needs the least; its neighbours hardly need more. */
        SimilarityBound bound = {
            .rest = group->side->rest[words] + group->first,
            .query_rest = query_rest[q],
            .least = look->bounds->least[tile->ones[q] + (unsigned)group->ones[0]],
        };
        any |= keep(look, q, bound);
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
