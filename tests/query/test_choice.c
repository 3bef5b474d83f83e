/*
 * Chosen rows 16 people at a time, and bits of tables 64 at a time, against one by one; what is chosen at all
 * is compared with the reference in test_engine.c.
 * Tried, and red: what is not known taken as below the window, rows searched from the wrong end, lanes beyond
 * the last person, codes above 127 looked up among those below.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "query/choice.h"
#include "tests/query/chance.h"

enum { ARENA_BYTES_MAX = 16 << 20, PEOPLE = 203, ROUNDS = 200, ROWS_MOST = 4, VALUES = 40 };

static int32_t value_or_unknown(void)
{
    return chance(6) == 0 ? SMALL_UNKNOWN : 100 + (int32_t)chance(VALUES);
}

static ChoiceTest random_test(Arena *arena, size_t rows)
{
    int32_t *column = arena_alloc(arena, (rows + 1) * sizeof *column);
    bool *passes = arena_alloc(arena, VALUES + 1);
    uint32_t from = (uint32_t)chance(VALUES), width = (uint32_t)chance(VALUES - from + 1);

    for (size_t i = 0; i < rows; i++)
        column[i] = value_or_unknown();
    passes[0] = chance(2) == 0;
    for (uint32_t place = 1 + from; place < 1 + from + width; place++)
        passes[place] = true;
    return (ChoiceTest){
        .column = {column, NULL, 100, VALUES + 1, 1},
        .passes = passes,
        .is_window = true,
        .from = 100 + from,
        .width = width,
    };
}

static Choice random_choice(Arena *arena)
{
    uint32_t *begin = arena_alloc(arena, (PEOPLE + 1) * sizeof *begin);
    Choice choice = {.begin = begin, .test_count = chance(3)};

    for (uint32_t p = 0; p < PEOPLE; p++)
        begin[p + 1] = begin[p] + (uint32_t)(chance(3) == 0 ? 1 : chance(ROWS_MOST));
    for (size_t t = 0; t < choice.test_count; t++)
        choice.tests[t] = random_test(arena, begin[PEOPLE]);
    return choice;
}

Test(choice, rows_of_16_people_at_a_time_are_those_of_one_by_one)
{
    for (chance_state = 1; chance_state <= ROUNDS; chance_state++) {
        SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
        uint64_t seed = chance_state, bits[PEOPLE / 64 + 1], wide_bits[PEOPLE / 64 + 1];
        uint32_t first = (uint32_t)chance(20), people = PEOPLE - first - (uint32_t)chance(20);
        uint32_t plain[PEOPLE + 1] = {0}, wide[PEOPLE + 1] = {0};
        Choice choice = random_choice(arena);
        bool last = chance(2) == 0, wanted = chance(2) == 0;

        if (!choice_rows_wide(&choice, first, people, last, arena, wide))
            cr_skip("this processor has no AVX-512 VBMI2");
        choice_rows_plain(&choice, first, people, last, plain);
        choice_bits_plain(plain, people, wanted, bits);
        cr_assert(choice_bits_wide(plain, people, wanted, wide_bits));

        cr_assert_arr_eq(plain, wide, sizeof plain, "seed %" PRIu64, seed);
        cr_assert_arr_eq(bits, wide_bits, (people + 63) / 64 * sizeof *bits, "seed %" PRIu64, seed);
        chance_state = seed;
    }
}

/* A processor without the wide way has the plain one twice. */
Test(choice, bits_of_a_table_are_those_of_one_by_one)
{
    static const uint32_t counts[] = {1, 2, 128, 129, 256};
    uint8_t codes[PEOPLE], truths[256];

    chance_state = 3;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (uint32_t first = 0; first < 3; first++) {
            const Lookup lookup = {.columns = {{NULL, codes, 0, counts[c], 1}},
                                   .column_count = 1,
                                   .truths = truths,
                                   .count = counts[c]};
            uint64_t plain[PEOPLE / 64 + 1], wide[PEOPLE / 64 + 1];
            bool wanted = chance(2) == 0;
            for (uint32_t i = 0; i < 256; i++)
                truths[i] = (uint8_t)chance(3);
            for (uint32_t p = 0; p < PEOPLE; p++)
                codes[p] = (uint8_t)chance(counts[c]);

            lookup_bits(&lookup, first, PEOPLE - first, wanted, wide);
            lookup_bits_plain(&lookup, first, PEOPLE - first, wanted, plain);

            cr_assert_arr_eq(plain, wide, sizeof plain);
            for (uint32_t p = first; p < PEOPLE; p++)
                cr_assert_eq(plain[(p - first) / 64] >> (p - first) % 64 & 1, truths[codes[p]] == wanted);
        }
}
