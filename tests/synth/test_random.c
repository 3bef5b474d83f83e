#include <criterion/criterion.h>

#include "synth/random.h"

Test(random, a_stream_follows_splitmix64)
{
    /* The reference implementation's first numbers for state 1234567 (prng.di.unimi.it/splitmix64.c). */
    Stream stream = {.state = 1234567};

    uint64_t first = random_next(&stream), second = random_next(&stream), third = random_next(&stream);

    cr_expect_eq(first, UINT64_C(6457827717110365317));
    cr_expect_eq(second, UINT64_C(3203168211198807973));
    cr_expect_eq(third, UINT64_C(9817491932198370423));
}

Test(random, a_stream_depends_on_each_part_of_its_name)
{
    uint64_t usual = random_stream(1, PURPOSE_LIFE, 2, 3).state;

    cr_expect_eq(random_stream(1, PURPOSE_LIFE, 2, 3).state, usual);
    cr_expect_neq(random_stream(9, PURPOSE_LIFE, 2, 3).state, usual);
    cr_expect_neq(random_stream(1, PURPOSE_MOVE, 2, 3).state, usual);
    cr_expect_neq(random_stream(1, PURPOSE_LIFE, 9, 3).state, usual);
    cr_expect_neq(random_stream(1, PURPOSE_LIFE, 2, 9).state, usual);
    cr_expect_neq(random_stream(1, PURPOSE_LIFE, 3, 2).state, usual, "parts are not interchangeable");
}

Test(random, a_chance_of_nothing_never_comes_and_a_sure_one_always)
{
    Stream stream = random_stream(1, PURPOSE_LIFE, 0, 0);

    for (int i = 0; i < 1000; i++) {
        cr_expect_not(random_chance(&stream, 0));
        cr_expect_not(random_chance(&stream, -5));
        cr_expect(random_chance(&stream, RANDOM_MILLION));
    }
}

Test(random, weights_decide_how_often_an_index_is_picked)
{
    static const uint16_t weights[] = {0, 1, 3};
    Stream stream = random_stream(1, PURPOSE_LIFE, 0, 0);
    int picked[3] = {0};

    for (int i = 0; i < 40000; i++)
        picked[random_pick(&stream, weights, 3)]++;

    cr_expect_eq(picked[0], 0);
    cr_expect(picked[1] > 9600 && picked[1] < 10400);
    cr_expect(picked[2] > 29600 && picked[2] < 30400);
}

Test(random, a_bell_stays_in_its_range_and_around_zero)
{
    Stream stream = random_stream(1, PURPOSE_LIFE, 0, 0);
    int sum = 0;

    for (int i = 0; i < 10000; i++) {
        int drawn = random_bell(&stream, 20);
        cr_assert(drawn >= -20 && drawn <= 20);
        sum += drawn;
    }

    cr_expect(sum > -2000 && sum < 2000);
}
