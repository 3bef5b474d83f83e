#include "linkage/fields.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "linkage/fields_private.h"

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

enum { CAPACITY_FIRST = 128, CLASS_BITS = 2, NIBBLE_BITS = 4 };

const float fields_level_from[LEVEL_EQUAL] = {0, 0.30F, 0.50F, 0.68F, 0.84F};

/* ---- values ---- */

uint64_t fields_key(const uint8_t *filter, size_t bytes)
{
    uint64_t mixed = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < bytes; i++)
        mixed = (mixed ^ filter[i]) * UINT64_C(1099511628211);
    return mixed;
}

/* Of one record's value; where encodings can be counted, agreement is weighed by counts and not by classes.
 */
static int32_t class_in(const LinkageSet *set, const SetRecord *record, size_t field)
{
    int32_t class = (int32_t)(record->classes >> CLASS_BITS * field & 3);

    if (!set->by_blocks)
        return FIELDS_RAREST;
    return class != 0 ? class : FIELDS_UNKNOWN;
}

/* Equal values are of one class. Files that differ say different ones, and of them the commoner is taken; a
 * short file says none, and the other's counts. */
ALWAYS_INLINE int32_t class_of(int32_t a, int32_t b)
{
    int32_t least = a < b ? a : b;

    return least == FIELDS_UNKNOWN ? 1 : least - 1;
}

unsigned fields_class(const LinkageSet *set, const SetRecord *a, const SetRecord *b, size_t field)
{
    return (unsigned)class_of(class_in(set, a, field), class_in(set, b, field));
}

/* ---- rows ---- */

static size_t words_of(const LinkageSet *set)
{
    size_t bytes = 0;

    for (size_t i = 0; i < set->field_count; i++)
        bytes = set->filter_bytes[i] > bytes ? set->filter_bytes[i] : bytes;
    return bytes <= FIELDS_SLIM_WORDS * sizeof(uint64_t) ? FIELDS_SLIM_WORDS
                                                         : (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

FieldsRows *fields_rows_create(const LinkageSet *set)
{
    FieldsRows *rows = memory_alloc(sizeof *rows);

    rows->set = set;
    rows->words = words_of(set);
    rows->groups = (set->field_count + FIELDS_GROUP - 1) / FIELDS_GROUP;
    rows->slots = rows->groups * FIELDS_GROUP;
    rows->bits = memory_alloc((rows->slots + 1) * sizeof *rows->bits);
    rows->partly = memory_alloc((rows->slots + 1) * sizeof *rows->partly);
    for (size_t i = 0; i < set->field_count; i++) {
        size_t half = FIELDS_GROUP / 2, in_group = i % FIELDS_GROUP;
        rows->bits[i] = (float)set->filter_bytes[i] * 8;
        rows->partly[i] = set->is_exact[i] ? 0 : -1;
        /* So that a sum over the two halves of two filters comes out in the fields' order. */
        rows->slot_of[i] = (uint8_t)(i - in_group + in_group % half * 2 + in_group / half);
    }
    return rows;
}

void fields_rows_close(FieldsRows **rows)
{
    if (*rows == NULL)
        return;
    if ((*rows)->filters != NULL)
        secret_wipe((*rows)->filters,
                    (*rows)->capacity * (*rows)->slots * (*rows)->words * sizeof *(*rows)->filters);
    memory_free((*rows)->bits);
    memory_free((*rows)->partly);
    memory_free((*rows)->filters);
    memory_free((*rows)->ones);
    memory_free((*rows)->classes);
    memory_free(*rows);
    *rows = NULL;
}

void fields_rows_start(FieldsRows *rows, size_t count)
{
    if (count <= rows->capacity)
        return;
    rows->capacity = count + rows->capacity + CAPACITY_FIRST;
    size_t cells = rows->capacity * rows->slots;
    rows->filters = memory_resize(rows->filters, cells * rows->words * sizeof *rows->filters);
    rows->ones = memory_resize(rows->ones, cells * sizeof *rows->ones);
    rows->classes = memory_resize(rows->classes, cells * sizeof *rows->classes);
}

/* With a size that the compiler knows, copying is no call. */
ALWAYS_INLINE void copy_filter(uint64_t *filter, const uint8_t *view, size_t bytes)
{
    if (bytes == FIELDS_SLIM_WORDS * sizeof *filter)
        memcpy(filter, view, FIELDS_SLIM_WORDS * sizeof *filter);
    else
        memcpy(filter, view, bytes);
}

ALWAYS_INLINE void lay(FieldsRows *rows, size_t place, const SetRecord *record, const uint8_t *view)
{
    const LinkageSet *set = rows->set;
    uint64_t *filters = rows->filters + place * rows->slots * rows->words;
    float *ones = rows->ones + place * rows->slots;
    int32_t *classes = rows->classes + place * rows->slots;

    memset(filters, 0, rows->slots * rows->words * sizeof *filters);
    memset(classes, 0, rows->slots * sizeof *classes);
    for (size_t i = 0; i < rows->slots; i++)
        ones[i] = -1;
    for (size_t i = 0; i < set->field_count; i++) {
        uint64_t *filter = filters + rows->slot_of[i] * rows->words;
        int count = 0;
        if ((record->fields >> i & 1) == 0)
            continue;
        copy_filter(filter, view, set->filter_bytes[i]);
        for (size_t w = 0; w < rows->words; w++)
            count += __builtin_popcountll(filter[w]);
        ones[i] = (float)count;
        classes[i] = class_in(set, record, i);
        view += set->filter_bytes[i];
    }
}

/* ---- pairs ---- */

/* Of two filters: how many ones each has, and both at the same places. */
typedef struct Ones {
    float a, b, common;
} Ones;

/*
 * Likeness is Dice's coefficient above what two filters of these weights share by chance, so that it means
 * the same whatever the density, folds or flips: 0 unlike, 1 equal. Both sides of the fraction are multiplied
 * by the number of bits.
 */
ALWAYS_INLINE int32_t level_of(Ones ones, float bits, int32_t partly)
{
    float chance = ones.a * ones.b, above = ones.common * bits - chance;
    float most = (ones.a + ones.b) * bits / 2 - chance;
    int32_t level = 0;

    for (size_t i = 1; i < LEVEL_EQUAL; i++)
        level += most > 0 && above >= fields_level_from[i] * most;
    return level & partly;
}

ALWAYS_INLINE uint64_t pair_levels(const FieldsRows *rows, FieldsPair pair)
{
    size_t a = pair.left * rows->slots, b = pair.right * rows->slots;
    uint64_t levels = 0;

    for (size_t i = 0; i < rows->set->field_count; i++) {
        const uint64_t *x = rows->filters + (a + rows->slot_of[i]) * rows->words;
        const uint64_t *y = rows->filters + (b + rows->slot_of[i]) * rows->words;
        int count = 0, level;
        for (size_t w = 0; w < rows->words; w++)
            count += __builtin_popcountll(x[w] & y[w]);
        const Ones ones = {.a = rows->ones[a + i], .b = rows->ones[b + i], .common = (float)count};
        if (ones.a < 0 || ones.b < 0)
            level = LINKAGE_LEVEL_ABSENT;
        else if (ones.common == ones.a && ones.common == ones.b)
            level = LEVEL_EQUAL + class_of(rows->classes[a + i], rows->classes[b + i]);
        else
            level = level_of(ones, rows->bits[i], rows->partly[i]);
        levels |= (uint64_t)level << NIBBLE_BITS * i;
    }
    return levels;
}

ALWAYS_INLINE void compare(const FieldsRows *rows, const FieldsPair *pairs, size_t count, uint64_t *levels)
{
    for (size_t i = 0; i < count; i++)
        levels[i] = pair_levels(rows, pairs[i]);
}

/* Each loop is written once and compiled twice: where POPCNT is allowed, the builtin is one instruction. */
#ifdef __x86_64__
#define POPCNT __attribute__((target("popcnt")))

POPCNT static void lay_popcnt(FieldsRows *rows, size_t place, const SetRecord *record, const uint8_t *view)
{
    lay(rows, place, record, view);
}

POPCNT static void compare_popcnt(const FieldsRows *rows, const FieldsPair *pairs, size_t count,
                                  uint64_t *levels)
{
    compare(rows, pairs, count, levels);
}
#endif

void fields_rows_lay(FieldsRows *rows, size_t place, const SetRecord *record, const uint8_t *view)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("popcnt")) {
        lay_popcnt(rows, place, record, view);
        return;
    }
#endif
    lay(rows, place, record, view);
}

bool fields_compare_by(FieldsPath path, const FieldsRows *rows, const FieldsPair *pairs, size_t count,
                       uint64_t *levels)
{
    bool is_done = true;

    if (path == FIELDS_PORTABLE)
        compare(rows, pairs, count, levels);
#ifdef __x86_64__
    else if (path == FIELDS_POPCNT && __builtin_cpu_supports("popcnt"))
        compare_popcnt(rows, pairs, count, levels);
    else if (path == FIELDS_AVX2 && __builtin_cpu_supports("avx2") && rows->words == FIELDS_SLIM_WORDS)
        fields_compare_avx2(rows, pairs, count, levels);
#endif
    else
        is_done = false;
    return is_done;
}

void fields_compare(const FieldsRows *rows, const FieldsPair *pairs, size_t count, uint64_t *levels)
{
    FieldsPath path = FIELDS_AVX2;

    while (!fields_compare_by(path, rows, pairs, count, levels))
        path--;
}
