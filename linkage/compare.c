#include "linkage/compare.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(CINQUE_SANITIZED)
#define COUNTS_ONES __attribute__((target_clones("popcnt", "default")))
#else
#define COUNTS_ONES
#endif

/* Likeness from which a level is reached. */
static const float level_from[LEVEL_EQUAL] = {0, 0.30F, 0.50F, 0.68F, 0.84F};

#define INLINED static inline __attribute__((always_inline))

/* Of two filters: how many ones each has, and both at the same places. */
typedef struct Ones {
    int a, b, common;
    bool equal;
} Ones;

INLINED uint64_t word_at(const uint8_t *bytes, size_t at, size_t end)
{
    uint64_t word = 0;

    if (end - at >= sizeof word)
        memcpy(&word, bytes + at, sizeof word);
    else
        memcpy(&word, bytes + at, end - at);
    return word;
}

INLINED Ones count_ones(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    Ones ones = {0};
    uint64_t differs = 0;

    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t x = word_at(a, i, bytes), y = word_at(b, i, bytes);
        ones.a += __builtin_popcountll(x);
        ones.b += __builtin_popcountll(y);
        ones.common += __builtin_popcountll(x & y);
        differs |= x ^ y;
    }
    ones.equal = differs == 0;
    return ones;
}

/* With a size that the compiler knows, the loop is unrolled. */
INLINED Ones ones_of(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    switch (bytes) {
    case 32:
        return count_ones(a, b, 32);
    case 16:
        return count_ones(a, b, 16);
    default:
        return count_ones(a, b, bytes);
    }
}

/*
 * Likeness is Dice's coefficient above what two filters of these weights share by chance, so that it means
 * the same whatever the density, folds or flips: 0 unlike, 1 equal. Both sides of the fraction are multiplied
 * by the number of bits.
 */
INLINED unsigned level_of(const Ones *ones, size_t bytes)
{
    float bits = (float)bytes * 8, chance = (float)ones->a * (float)ones->b;
    float above = (float)ones->common * bits - chance;
    float most = (float)(ones->a + ones->b) * bits / 2 - chance;
    unsigned level = 0;

    if (ones->equal)
        return LEVEL_EQUAL;
    for (size_t i = 1; i < LEVEL_EQUAL; i++)
        level += most > 0 && above >= level_from[i] * most;
    return level;
}

uint64_t compare_key(const uint8_t *filter, size_t bytes)
{
    uint64_t mixed = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < bytes; i++)
        mixed = (mixed ^ filter[i]) * UINT64_C(1099511628211);
    return mixed;
}

/* Equal values are of one class. Files that differ say different ones, and of them the commoner is taken; a
 * short file says none, and the other's counts. */
unsigned compare_class(const LinkageSet *set, const SetRecord *a, const SetRecord *b, size_t field)
{
    unsigned in_a = a->classes >> 2 * field & 3, in_b = b->classes >> 2 * field & 3;

    if (!set->by_blocks)
        return 2;
    if (in_a == 0 || in_b == 0)
        return in_a == in_b ? 1 : in_a + in_b - 1;
    return (in_a < in_b ? in_a : in_b) - 1;
}

COUNTS_ONES
uint64_t compare_views(const LinkageSet *set, const SetRecord *a, const uint8_t *view_a, const SetRecord *b,
                       const uint8_t *view_b)
{
    uint64_t levels = 0;

    for (size_t i = 0; i < set->field_count; i++) {
        bool in_a = (a->fields >> i & 1) != 0, in_b = (b->fields >> i & 1) != 0;
        size_t bytes = set->filter_bytes[i];
        uint64_t level = LINKAGE_LEVEL_ABSENT;
        if (in_a && in_b) {
            const Ones ones = ones_of(view_a, view_b, bytes);
            level = set->is_exact[i] && !ones.equal ? 0 : level_of(&ones, bytes);
        }
        if (level == LEVEL_EQUAL)
            level += compare_class(set, a, b, i);
        levels |= level << 4 * i;
        view_a += in_a ? bytes : 0;
        view_b += in_b ? bytes : 0;
    }
    return levels;
}
