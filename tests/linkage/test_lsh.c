/* Keys come from the seed alone, and find what is stated: measured over seeds, against pairs made at a
 * threshold. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "linkage/lsh.h"

enum { WORDS = 16 };

static uint64_t state = 0x9E3779B97F4A7C15;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016) */
static uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static Lsh make(LshParameters parameters, uint64_t seed)
{
    uint8_t bytes[LSH_SEED_BYTES] = {0};
    Error error = {0};
    Lsh lsh;

    memcpy(bytes, &seed, sizeof seed);
    cr_assert(lsh_make(&parameters, bytes, &lsh, &error).ok, "%s", error.message);
    return lsh;
}

/* ---- the sample ---- */

/* Written out by Python's hashlib from the definition in lsh.c. */
Test(lsh, the_positions_of_a_seed_are_those_of_the_definition)
{
    static const uint16_t first[] = {66,  794, 273, 809, 141, 501, 78,  471, 769, 235, 908, 411,
                                     861, 508, 167, 463, 526, 688, 174, 215, 43,  868, 20,  53};
    static const uint16_t last[] = {420, 102, 327, 393};
    Lsh lsh = make((LshParameters){WORDS, 24, 1}, 0), half = make((LshParameters){8, 4, 256}, 0);

    cr_expect_arr_eq(lsh.positions[0], first, sizeof first);
    cr_expect_arr_eq(half.positions[255], last, sizeof last);
}

Test(lsh, the_bits_of_a_key_are_all_different)
{
    Lsh lsh = make((LshParameters){8, 64, 256}, 5);

    for (unsigned k = 0; k < 256; k++)
        for (unsigned a = 0; a < 64; a++)
            for (unsigned b = a + 1; b < 64; b++)
                cr_assert_neq(lsh.positions[k][a], lsh.positions[k][b]);
}

Test(lsh, a_key_is_the_sampled_bits_in_order)
{
    Lsh lsh = make((LshParameters){WORDS, 24, 2}, 0);
    uint64_t row[WORDS] = {0}, keys[2];

    /* Positions 794, 501 and 53 are the bits 1, 5 and 23 of key 0; 2 is none of its bits. */
    row[794 / 64] |= UINT64_C(1) << 794 % 64;
    row[501 / 64] |= UINT64_C(1) << 501 % 64;
    row[0] |= UINT64_C(1) << 53 | UINT64_C(1) << 2;
    cr_assert(lsh_keys(&lsh, row, keys));

    cr_expect_eq(keys[0], 0x800022);
}

Test(lsh, another_seed_samples_other_bits)
{
    Lsh lsh = make((LshParameters){WORDS, 24, 1}, 1), other = make((LshParameters){WORDS, 24, 1}, 2);

    cr_expect_arr_neq(lsh.positions[0], other.positions[0], 24 * sizeof(uint16_t));
}

Test(lsh, an_empty_encoding_has_no_keys)
{
    Lsh lsh = make((LshParameters){WORDS, 4, 3}, 1);
    const uint64_t row[WORDS] = {0};
    uint64_t keys[3];

    cr_expect_not(lsh_keys(&lsh, row, keys));
}

/* ---- recall ---- */

/* 1 - (1 - C(1024 - 120, 20) / C(1024, 20))^30 and the like, by Python's math.comb */
Test(lsh, the_stated_recall_is_that_of_drawing_without_putting_back)
{
    const LshParameters parameters = {WORDS, 20, 30}, half = {8, 16, 10};

    cr_expect_float_eq(lsh_recall(&parameters, (JoinThreshold){80, 100}, 600), 0.9197151795277323, 1e-12);
    cr_expect_float_eq(lsh_recall(&half, (JoinThreshold){90, 100}, 400), 0.9550099588123026, 1e-12);
    cr_expect_float_eq(lsh_recall(&parameters, (JoinThreshold){1, 1}, 600), 1, 0);
    cr_expect_float_eq(lsh_recall(&parameters, (JoinThreshold){1, 1000}, 1200), 0, 0);
}

Test(lsh, fewer_ones_or_a_higher_threshold_never_lower_the_stated_recall)
{
    const LshParameters parameters = {WORDS, 20, 30};

    for (unsigned ones = 2; ones <= 1024; ones++)
        cr_assert_leq(lsh_recall(&parameters, (JoinThreshold){80, 100}, ones),
                      lsh_recall(&parameters, (JoinThreshold){80, 100}, ones - 1));
    for (unsigned percent = 2; percent <= 100; percent++)
        cr_assert_geq(lsh_recall(&parameters, (JoinThreshold){percent, 100}, 600),
                      lsh_recall(&parameters, (JoinThreshold){percent - 1, 100}, 600));
}

Test(lsh, as_many_keys_are_needed_as_reach_the_recall_and_no_more)
{
    LshParameters parameters = {.words = WORDS, .bits = 20};
    const JoinThreshold threshold = {80, 100};

    parameters.keys = lsh_keys_needed(&parameters, threshold, 600, 0.99);

    cr_expect_eq(parameters.keys, 55);
    cr_expect_geq(lsh_recall(&parameters, threshold, 600), 0.99);
    parameters.keys--;
    cr_expect_lt(lsh_recall(&parameters, threshold, 600), 0.99);
    cr_expect_eq(lsh_keys_needed(&parameters, (JoinThreshold){30, 100}, 600, 0.99), 0);
}

/* Two records of 300 ones that share `shared` of them, at random places. */
static void make_pair(unsigned shared, uint64_t a[WORDS], uint64_t b[WORDS])
{
    uint16_t places[WORDS * 64];

    for (unsigned i = 0; i < WORDS * 64; i++) {
        unsigned other = (unsigned)(draw() % (i + 1));
        places[i] = places[other];
        places[other] = (uint16_t)i;
    }
    memset(a, 0, WORDS * sizeof a[0]);
    memset(b, 0, WORDS * sizeof b[0]);
    for (unsigned i = 0; i < 300; i++) {
        unsigned second = i < shared ? i : i + 300;
        a[places[i] / 64] |= UINT64_C(1) << places[i] % 64;
        b[places[second] / 64] |= UINT64_C(1) << places[second] % 64;
    }
}

static bool agree(const Lsh *lsh, const uint64_t *a, const uint64_t *b)
{
    uint64_t keys_a[LSH_KEYS_MAX], keys_b[LSH_KEYS_MAX];

    cr_assert(lsh_keys(lsh, a, keys_a) && lsh_keys(lsh, b, keys_b));
    for (unsigned k = 0; k < lsh->parameters.keys; k++)
        if (keys_a[k] == keys_b[k])
            return true;
    return false;
}

/* Pairs exactly at Dice percent / 100, each under a seed of its own: what is found, in standard errors away
 * from what is stated. */
static double errors_away(LshParameters parameters, unsigned percent, double stated)
{
    enum { PAIRS = 6000 };
    unsigned found = 0;

    for (unsigned i = 0; i < PAIRS; i++) {
        uint64_t a[WORDS], b[WORDS];
        Lsh lsh = make(parameters, draw());
        make_pair(3 * percent, a, b);
        found += agree(&lsh, a, b);
    }
    return ((double)found / PAIRS - stated) / sqrt(stated * (1 - stated) / PAIRS);
}

Test(lsh, what_the_keys_find_is_what_is_stated)
{
    static const struct {
        LshParameters parameters;
        unsigned percent;
    } cases[] = {{{WORDS, 20, 30}, 80}, {{WORDS, 12, 4}, 70}, {{WORDS, 40, 10}, 90}, {{WORDS, 8, 1}, 60}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const LshParameters *parameters = &cases[i].parameters;
        double stated = lsh_recall(parameters, (JoinThreshold){cases[i].percent, 100}, 600);
        double away = errors_away(*parameters, cases[i].percent, stated);
        cr_expect_lt(fabs(away), 4, "case %zu: %.1f standard errors from %.4f", i, away, stated);
    }
}

/* The control: what is stated for one bit less must not pass. */
Test(lsh, a_recall_stated_for_other_keys_is_noticed)
{
    const LshParameters parameters = {WORDS, 20, 30}, fewer = {WORDS, 19, 30};
    double stated = lsh_recall(&fewer, (JoinThreshold){80, 100}, 600);

    cr_expect_lt(errors_away(parameters, 80, stated), -4);
}

/* ---- errors ---- */

static void check_refused(LshParameters parameters, const char *message)
{
    static const uint8_t seed[LSH_SEED_BYTES];
    Error error = {0};
    Lsh lsh;

    cr_expect_not(lsh_make(&parameters, seed, &lsh, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, message);
}

Test(lsh, parameters_out_of_bounds_are_refused)
{
    check_refused((LshParameters){9, 20, 30}, "blocking keys: encodings are of 512 or of 1024 bits");
    check_refused((LshParameters){WORDS, 0, 30}, "blocking keys: a key has 1 to 64 bits");
    check_refused((LshParameters){WORDS, 65, 30}, "blocking keys: a key has 1 to 64 bits");
    check_refused((LshParameters){WORDS, 20, 0}, "blocking keys: a record has 1 to 256 of them");
    check_refused((LshParameters){WORDS, 20, 257}, "blocking keys: a record has 1 to 256 of them");
}
