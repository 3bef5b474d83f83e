#pragma once
/* Between the files of the join. */
#include "base/arena.h"
#include "linkage/join.h"

enum { JOIN_ALIGNMENT = 64, JOIN_MASKS = SIMILARITY_GROUP / SIMILARITY_MASK };

/* A set in the order of its ones. */
typedef struct JoinSide {
    SimilaritySet set; /* a copy */
    uint32_t *places;  /* of each record in the caller's set */
    uint16_t *ones;
    uint16_t *rest[SIMILARITY_WORDS_MAX + 1]; /* by words: ones behind so many; aligned, to a full group */
} JoinSide;

/* After which words a pair is looked at; the last is all of them. */
typedef struct JoinSteps {
    unsigned count;
    unsigned words[SIMILARITY_WORDS_MAX];
} JoinSteps;

typedef struct JoinTile {
    SimilarityTile packed;
    size_t first;
    unsigned count;
    const JoinSide *side;
    const uint16_t *ones;
} JoinTile;

typedef struct JoinGroup {
    SimilarityGroup packed;
    size_t first;
    unsigned count;
    const JoinSide *side;
    const uint16_t *ones;
} JoinGroup;

void *join_alloc(Arena *arena, size_t bytes); /* aligned to JOIN_ALIGNMENT */

/* ---- join_order.c ---- */
size_t join_side_bytes(const SimilaritySet *set);
void join_side_make(Arena *arena, const SimilaritySet *set, JoinSide *side);
void join_tile_pack(const JoinSide *side, size_t first, const SimilarityMethods *methods, JoinTile *tile);
void join_group_pack(const JoinSide *side, size_t first, const SimilarityMethods *methods, JoinGroup *group);

/* ---- join_bound.c: what the ones of two records allow ---- */
enum { JOIN_ONES_MAX = SIMILARITY_WORDS_MAX * 64 };

typedef struct JoinBounds {
    JoinThreshold threshold;
    uint16_t least[2 * JOIN_ONES_MAX + 1]; /* by the ones of both added up: how many they must share */
    uint16_t from[JOIN_ONES_MAX + 1];      /* by the ones of one: how many the other may have, */
    uint16_t to[JOIN_ONES_MAX + 1];        /* both included; from > to: none */
} JoinBounds;

void join_bounds_make(JoinThreshold threshold, JoinBounds *bounds);
/* Whether one with `ones` may match any of those that have `from` to `to`. */
static inline bool join_may_match(const JoinBounds *bounds, unsigned ones, unsigned from, unsigned to)
{
    return bounds->from[ones] <= to && bounds->to[ones] >= from;
}
/* The same for any of a_from to a_to. */
static inline bool join_any_may_match(const JoinBounds *bounds, unsigned a_from, unsigned a_to, unsigned from,
                                      unsigned to)
{
    /* More ones of one never lower what the other may have. */
    return bounds->from[a_from] <= to && bounds->to[a_to] >= from && a_to > 0;
}

/* ---- join_look.c: a tile against a group ---- */
typedef struct JoinLook {
    SimilarityCounts counts;
    const SimilarityMethods *methods;
    const JoinBounds *bounds;
    uint64_t words_counted;
    uint64_t kept[SIMILARITY_TILE][JOIN_MASKS]; /* bit r: query and record r match, if counts say so */
    JoinSteps steps;
    bool is_self; /* only records behind the query count */
} JoinLook;

/* Which of the pairs are to be compared at all, as look->kept; false: none. */
bool join_look_begin(JoinLook *look, const JoinTile *tile, const JoinGroup *group);
/* Takes step by step what cannot match out of look->kept; false: nothing is left. */
bool join_look(JoinLook *look, const JoinTile *tile, const JoinGroup *group);
/* Whether one of two neighbouring queries is still in question. */
bool join_pair_is_kept(const JoinLook *look, unsigned pair);
/* One step alone: counts the words from `from` to its own. */
bool join_look_step(JoinLook *look, const JoinTile *tile, const JoinGroup *group, unsigned step,
                    unsigned from);

/* ---- join_plan.c ---- */
/* Tries a sample of pairs word by word, and takes those steps that cost least. All else of look is set. */
void join_plan(const JoinSide *left, const JoinSide *right, Arena *arena, JoinLook *look);
