#include "linkage/fields.h"

#include "linkage/similarity.h"

/* So many pairs ahead their records are asked for: pairs of a block lie anywhere in memory. */
enum { AHEAD = 8 };

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

void fields_ones(const uint64_t *rows, size_t filters, uint16_t *ones)
{
    for (size_t i = 0; i < filters; i++)
        ones[i] = (uint16_t)similarity_ones(rows + i * FIELDS_WORDS, FIELDS_WORDS);
}

ALWAYS_INLINE unsigned both_of(const uint64_t *a, const uint64_t *b)
{
    unsigned both = 0;

    /* Written out: a loop costs more than its eight counts. */
    both += (unsigned)__builtin_popcountll(a[0] & b[0]) + (unsigned)__builtin_popcountll(a[1] & b[1]);
    both += (unsigned)__builtin_popcountll(a[2] & b[2]) + (unsigned)__builtin_popcountll(a[3] & b[3]);
    both += (unsigned)__builtin_popcountll(a[4] & b[4]) + (unsigned)__builtin_popcountll(a[5] & b[5]);
    both += (unsigned)__builtin_popcountll(a[6] & b[6]) + (unsigned)__builtin_popcountll(a[7] & b[7]);
    return both;
}

/* Dice is 2 both / ones: compared in integers, without a branch. */
ALWAYS_INLINE unsigned level_of(const FieldsLevels *levels, unsigned both, unsigned ones)
{
    unsigned level = 0;

    for (unsigned l = 0; l < levels->count; l++)
        level += 2000 * both >= levels->from[l] * ones;
    return level;
}

ALWAYS_INLINE uint64_t pattern_of(const FieldsSet *left, const FieldsSet *right, FieldsPair pair,
                                  const FieldsLevels *levels)
{
    size_t a = (size_t)pair.left * left->fields, b = (size_t)pair.right * right->fields;
    uint64_t pattern = 0;

    for (unsigned f = 0; f < left->fields; f++, a++, b++) {
        unsigned both = both_of(left->rows + a * FIELDS_WORDS, right->rows + b * FIELDS_WORDS);
        unsigned level = level_of(levels, both, (unsigned)left->ones[a] + right->ones[b]);
        if (left->ones[a] == 0 || right->ones[b] == 0)
            level = FIELDS_ABSENT;
        pattern |= (uint64_t)level << 4 * f;
    }
    return pattern;
}

ALWAYS_INLINE void ask_for(const FieldsSet *set, uint32_t record)
{
    size_t first = (size_t)record * set->fields;

    __builtin_prefetch(set->ones + first);
    for (unsigned f = 0; f < set->fields; f++)
        __builtin_prefetch(set->rows + (first + f) * FIELDS_WORDS);
}

ALWAYS_INLINE void compare(const FieldsSet *left, const FieldsSet *right, const FieldsPair *pairs,
                           size_t count, const FieldsLevels *levels, uint64_t *patterns)
{
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) {
            ask_for(left, pairs[i + AHEAD].left);
            ask_for(right, pairs[i + AHEAD].right);
        }
        patterns[i] = pattern_of(left, right, pairs[i], levels);
    }
}

#ifdef __x86_64__
__attribute__((target("popcnt"))) static void compare_popcnt(const FieldsSet *left, const FieldsSet *right,
                                                             const FieldsPair *pairs, size_t count,
                                                             const FieldsLevels *levels, uint64_t *patterns)
{
    compare(left, right, pairs, count, levels, patterns);
}
#endif

void fields_compare(const FieldsSet *left, const FieldsSet *right, const FieldsPair *pairs, size_t count,
                    const FieldsLevels *levels, uint64_t *patterns)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("popcnt")) {
        compare_popcnt(left, right, pairs, count, levels, patterns);
        return;
    }
#endif
    compare(left, right, pairs, count, levels, patterns);
}
