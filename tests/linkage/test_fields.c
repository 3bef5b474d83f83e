/* Levels of field filters are those of a loop that counts single bits and knows Dice from its definition. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "linkage/fields.h"

enum { RECORDS = 60, PAIRS = 1200 };

static const FieldsLevels levels = {5, {300, 500, 680, 840, 1000}};

static uint64_t state = 0x9E3779B97F4A7C15;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016) */
static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

/* Ones from bit `from` on. */
static void set_ones(uint64_t *filter, unsigned from, unsigned count)
{
    for (unsigned bit = from; bit < from + count; bit++)
        filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

static unsigned naive_level(const uint64_t *a, const uint64_t *b)
{
    unsigned ones = 0, both = 0, level = 0;

    for (unsigned bit = 0; bit < 512; bit++) {
        unsigned in_a = a[bit / 64] >> bit % 64 & 1, in_b = b[bit / 64] >> bit % 64 & 1;
        ones += in_a + in_b;
        both += in_a & in_b;
    }
    static const uint64_t empty[FIELDS_WORDS];
    if (memcmp(a, empty, sizeof empty) == 0 || memcmp(b, empty, sizeof empty) == 0)
        return FIELDS_ABSENT;
    while (level < levels.count && (double)2 * both / ones >= levels.from[level] / 1000.0)
        level++;
    return level;
}

/* Copies of few values with some bits changed, so that all levels come; every fifth filter is empty. */
static void fill(uint64_t *rows, size_t filters)
{
    for (size_t i = 0; i < filters; i++) {
        uint64_t *filter = rows + i * FIELDS_WORDS;
        memset(filter, 0, FIELDS_WORDS * sizeof filter[0]);
        if (draw() % 5 == 0)
            continue;
        set_ones(filter, (unsigned)(draw() % 4 * 60), 200);
        for (uint64_t flips = draw() % 4 * 30; flips > 0; flips--) {
            uint64_t bit = draw() % 512;
            filter[bit / 64] ^= UINT64_C(1) << bit % 64;
        }
    }
}

static void check_fields(unsigned fields)
{
    size_t filters = (size_t)RECORDS * fields;
    /* Exactly as large as they must be: a read past the end is seen by the sanitizer. */
    uint64_t *rows = malloc(filters * FIELDS_WORDS * sizeof rows[0]);
    uint16_t *ones = malloc(filters * sizeof ones[0]);
    FieldsPair pairs[PAIRS];
    uint64_t patterns[PAIRS];
    unsigned seen = 0;

    fill(rows, filters);
    fields_ones(rows, filters, ones);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (FieldsPair){(uint32_t)(draw() % RECORDS), (uint32_t)(draw() % RECORDS)};
    const FieldsSet set = {rows, ones, fields};
    fields_compare(&set, &set, pairs, PAIRS, &levels, patterns);

    for (size_t i = 0; i < PAIRS; i++) {
        for (unsigned f = 0; f < FIELDS_MAX; f++) {
            unsigned expected = 0;
            if (f < fields)
                expected = naive_level(rows + (pairs[i].left * fields + f) * FIELDS_WORDS,
                                       rows + (pairs[i].right * fields + f) * FIELDS_WORDS);
            cr_assert_eq(fields_level(patterns[i], f), expected, "pair %zu, field %u of %u", i, f, fields);
            seen |= 1U << expected;
        }
    }
    cr_expect_eq(seen, 1U << FIELDS_ABSENT | 0x3F, "the case must hold every level");
    free(rows);
    free(ones);
}

Test(fields, levels_are_those_of_a_loop_for_any_number_of_fields)
{
    for (unsigned fields = 1; fields <= FIELDS_MAX; fields++)
        check_fields(fields);
}

Test(fields, a_level_is_reached_exactly_at_its_threshold)
{
    for (unsigned shared = 0; shared <= 100; shared++) {
        uint64_t rows[2 * FIELDS_WORDS] = {0};
        uint16_t ones[2];
        uint64_t pattern;
        const FieldsLevels at = {1, {(uint16_t)(10 * shared)}}, above = {1, {(uint16_t)(10 * shared + 1)}};
        set_ones(rows, 0, 100);
        set_ones(rows + FIELDS_WORDS, 100 - shared, 100);
        fields_ones(rows, 2, ones);
        const FieldsSet set = {rows, ones, 1};

        fields_compare(&set, &set, &(FieldsPair){0, 1}, 1, &at, &pattern);
        cr_expect_eq(pattern, 1, "%u of 100", shared);
        fields_compare(&set, &set, &(FieldsPair){0, 1}, 1, &above, &pattern);
        cr_expect_eq(pattern, 0, "%u of 100", shared);
    }
}

Test(fields, a_field_that_one_record_lacks_is_absent_whichever_it_is)
{
    uint64_t rows[4 * FIELDS_WORDS] = {0};
    uint16_t ones[4];
    uint64_t patterns[2];

    /* Record 0 has the first field alone, record 1 the second. */
    set_ones(rows, 0, 512);
    set_ones(rows + 3 * FIELDS_WORDS, 0, 512);
    fields_ones(rows, 4, ones);
    const FieldsSet set = {rows, ones, 2};
    fields_compare(&set, &set, (FieldsPair[]){{0, 1}, {0, 0}}, 2, &levels, patterns);

    cr_expect_eq(patterns[0], 0xFF);
    cr_expect_eq(patterns[1], 0xF5);
}

Test(fields, two_sets_are_compared_left_with_right)
{
    uint64_t left_rows[FIELDS_WORDS] = {0}, right_rows[3 * FIELDS_WORDS] = {0};
    uint16_t left_ones[1], right_ones[3];
    uint64_t pattern;

    set_ones(left_rows, 0, 50);
    set_ones(right_rows, 200, 50);
    set_ones(right_rows + 2 * FIELDS_WORDS, 0, 50);
    fields_ones(left_rows, 1, left_ones);
    fields_ones(right_rows, 3, right_ones);
    const FieldsSet left = {left_rows, left_ones, 1}, right = {right_rows, right_ones, 1};
    fields_compare(&left, &right, &(FieldsPair){0, 2}, 1, &levels, &pattern);

    cr_expect_eq(pattern, 5);
}
