#include "linkage/compare.h"

#include <string.h>

/* Likeness from which a level is reached. */
static const double level_from[LEVEL_EQUAL] = {-2, 0.30, 0.50, 0.68, 0.84};

static uint64_t word_at(const uint8_t *bytes, size_t at, size_t end)
{
    uint64_t word = 0;

    memcpy(&word, bytes + at, end - at < sizeof word ? end - at : sizeof word);
    return word;
}

/*
 * Dice's coefficient above what two filters of these weights share by chance, so that it means the same
 * whatever the density, folds or flips: 0 unlike, 1 equal.
 */
static double likeness(int weight_a, int weight_b, int common, double bits)
{
    double chance = (double)weight_a * weight_b / bits, mean = (weight_a + weight_b) / 2.0;

    return mean > chance ? (common - chance) / (mean - chance) : 0;
}

unsigned compare_filters(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    int weight_a = 0, weight_b = 0, common = 0;
    uint64_t differs = 0;

    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t x = word_at(a, i, bytes), y = word_at(b, i, bytes);
        weight_a += __builtin_popcountll(x);
        weight_b += __builtin_popcountll(y);
        common += __builtin_popcountll(x & y);
        differs |= x ^ y;
    }
    if (differs == 0)
        return LEVEL_EQUAL;
    double like = likeness(weight_a, weight_b, common, (double)bytes * 8);
    unsigned level = LEVEL_EQUAL - 1;
    while (level > 0 && like < level_from[level])
        level--;
    return level;
}

uint64_t compare_key(const uint8_t *filter, size_t bytes)
{
    uint64_t mixed = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < bytes; i++)
        mixed = (mixed ^ filter[i]) * UINT64_C(1099511628211);
    return mixed;
}

/* Equal values are of one class, unless one of them came where less was known. */
unsigned compare_class(const LinkageSet *set, const SetRecord *a, const SetRecord *b, size_t field)
{
    unsigned in_a = a->classes >> 2 * field & 3, in_b = b->classes >> 2 * field & 3;

    if (!set->by_blocks)
        return 2;
    return in_a == 0 || in_b == 0 ? 1 : (in_a < in_b ? in_a : in_b) - 1;
}

uint64_t compare_views(const LinkageSet *set, const SetRecord *a, const uint8_t *view_a, const SetRecord *b,
                       const uint8_t *view_b)
{
    uint64_t levels = 0;

    for (size_t i = 0; i < set->field_count; i++) {
        bool in_a = (a->fields >> i & 1) != 0, in_b = (b->fields >> i & 1) != 0;
        uint64_t level = in_a && in_b ? compare_filters(view_a, view_b, set->filter_bytes[i])
                                      : (uint64_t)LINKAGE_LEVEL_ABSENT;
        if (level < LEVEL_EQUAL && set->is_exact[i])
            level = 0;
        if (level == LEVEL_EQUAL)
            level += compare_class(set, a, b, i);
        levels |= level << 4 * i;
        view_a += in_a ? set->filter_bytes[i] : 0;
        view_b += in_b ? set->filter_bytes[i] : 0;
    }
    return levels;
}
