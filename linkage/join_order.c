#include <string.h>

#include "linkage/join_private.h"

enum { ONES_MAX = SIMILARITY_WORDS_MAX * 64 };

void *join_alloc(Arena *arena, size_t bytes)
{
    uintptr_t at = (uintptr_t)arena_alloc(arena, bytes + JOIN_ALIGNMENT);
    return (void *)((at + JOIN_ALIGNMENT - 1) / JOIN_ALIGNMENT * JOIN_ALIGNMENT);
}

static size_t full_groups(size_t count)
{
    return (count + SIMILARITY_GROUP - 1) / SIMILARITY_GROUP * SIMILARITY_GROUP;
}

size_t join_side_bytes(const SimilaritySet *set)
{
    size_t record = set->words * sizeof(uint64_t) + sizeof(uint32_t) + 2 * sizeof(uint16_t);

    return set->count * record + full_groups(set->count) * (set->words + 1) * sizeof(uint16_t) +
           (SIMILARITY_WORDS_MAX + 5) * 2 * JOIN_ALIGNMENT;
}

static const uint64_t *row_of(const SimilaritySet *set, size_t record)
{
    return set->rows + record * set->words;
}

/* Places sorted by counting; those with equally many ones stay in the caller's order. */
static void sort(Arena *arena, const SimilaritySet *set, JoinSide *side)
{
    uint16_t *ones = join_alloc(arena, set->count * sizeof ones[0]);
    size_t next[ONES_MAX + 2] = {0};

    for (size_t i = 0; i < set->count; i++) {
        ones[i] = (uint16_t)similarity_ones(row_of(set, i), set->words);
        next[ones[i] + 1]++;
    }
    for (size_t i = 1; i <= ONES_MAX; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < set->count; i++) {
        size_t to = next[ones[i]]++;
        side->places[to] = (uint32_t)i;
        side->ones[to] = ones[i];
    }
}

void join_side_make(Arena *arena, const SimilaritySet *set, JoinSide *side)
{
    uint64_t *rows = join_alloc(arena, set->count * set->words * sizeof rows[0]);

    side->places = join_alloc(arena, set->count * sizeof side->places[0]);
    side->ones = join_alloc(arena, set->count * sizeof side->ones[0]);
    for (unsigned w = 0; w <= set->words; w++)
        side->rest[w] = join_alloc(arena, full_groups(set->count) * sizeof side->rest[w][0]);
    sort(arena, set, side);
    for (size_t i = 0; i < set->count; i++) {
        uint64_t *row = rows + i * set->words;
        memcpy(row, row_of(set, side->places[i]), set->words * sizeof row[0]);
        side->rest[0][i] = side->ones[i];
        for (unsigned w = 0; w < set->words; w++)
            side->rest[w + 1][i] = (uint16_t)(side->rest[w][i] - similarity_ones(row + w, 1));
    }
    side->set = (SimilaritySet){rows, set->count, set->words};
}

static unsigned records_from(const JoinSide *side, size_t first, unsigned most)
{
    size_t left = first < side->set.count ? side->set.count - first : 0;
    return left < most ? (unsigned)left : most;
}

void join_tile_pack(const JoinSide *side, size_t first, const SimilarityMethods *methods, JoinTile *tile)
{
    methods->pack_tile(&side->set, first, &tile->packed);
    tile->first = first;
    tile->count = records_from(side, first, SIMILARITY_TILE);
    tile->side = side;
    tile->ones = side->ones + first;
}

void join_group_pack(const JoinSide *side, size_t first, const SimilarityMethods *methods, JoinGroup *group)
{
    methods->pack_group(&side->set, first, &group->packed);
    group->first = first;
    group->count = records_from(side, first, SIMILARITY_GROUP);
    group->side = side;
    group->ones = side->ones + first;
}
