#include <math.h>

#include "tests/linkage/encoded.h"

enum { UNLIKE = 0, EQUAL = LINKAGE_LEVELS - 1 };

/* What a thousand million pairs come to when three fields agree by these rates and half of all pairs match:
 * the model of Splink's known_params_comparison_vectors.csv. */
static size_t known_patterns(LinkagePattern patterns[8])
{
    static const double match[] = {0.7, 0.9, 0.95}, chance[] = {0.1, 0.025, 0.2};

    for (unsigned p = 0; p < 8; p++) {
        double of_match = 0.5, of_chance = 0.5;
        patterns[p].levels = 0;
        for (unsigned f = 0; f < 3; f++) {
            bool agrees = (p >> f & 1) != 0;
            of_match *= agrees ? match[f] : 1 - match[f];
            of_chance *= agrees ? chance[f] : 1 - chance[f];
            patterns[p].levels |= (uint64_t)(agrees ? EQUAL : UNLIKE) << 4 * f;
        }
        patterns[p].count = (uint64_t)((of_match + of_chance) * 1e9 + 0.5);
    }
    return 8;
}

Test(linkage_model, learning_finds_the_rates_that_the_patterns_were_made_with)
{
    LinkageModel model = {.field_count = 3};
    LinkagePattern patterns[8];

    size_t count = known_patterns(patterns);
    linkage_learn(patterns, count, 1000000000, true, &model);

    cr_expect(model.is_settled);
    cr_expect_float_eq(model.prior, 0.5, 0.001);
    cr_expect_float_eq(model.match[0][EQUAL], 0.7, 0.001);
    cr_expect_float_eq(model.match[1][EQUAL], 0.9, 0.001);
    cr_expect_float_eq(model.match[2][EQUAL], 0.95, 0.001);
    cr_expect_float_eq(model.chance[0][EQUAL], 0.1, 0.001);
    cr_expect_float_eq(model.chance[1][EQUAL], 0.025, 0.001);
    cr_expect_float_eq(model.chance[2][EQUAL], 0.2, 0.001);
}

/* A thousand matches that blocks found, among a hundred million pairs whose chance is known: without the
 * total, all that is seen would pass for a match. */
Test(linkage_model, the_prior_is_held_by_the_pairs_that_no_block_held)
{
    LinkageModel model = {.field_count = 2};
    const LinkagePattern patterns[] = {{0x77, 1000}, {0x07, 100000}, {0x70, 100000}};

    for (size_t f = 0; f < 2; f++) {
        for (size_t l = 0; l < LINKAGE_LEVELS; l++)
            model.chance[f][l] = l == UNLIKE ? 0.999 : l == EQUAL ? 0.001 : 1e-6;
    }
    linkage_learn(patterns, 3, 100000000, false, &model);

    cr_expect(model.is_settled);
    cr_expect_float_eq(model.prior * 1e8, 900, 150, "%.0f matches", model.prior * 1e8);
}

Test(linkage_model, what_is_absent_changes_no_odds)
{
    LinkageModel with = {.field_count = 3}, without = {.field_count = 3};
    LinkagePattern patterns[8];

    size_t count = known_patterns(patterns);
    linkage_learn(patterns, count, 1000000000, true, &with);
    for (size_t i = 0; i < count; i++)
        patterns[i].levels |= (uint64_t)LINKAGE_LEVEL_ABSENT << 12;
    without.field_count = 4;
    linkage_learn(patterns, count, 1000000000, true, &without);

    cr_expect_float_eq(with.prior, without.prior, 1e-9);
    cr_expect_float_eq(with.match[1][EQUAL], without.match[1][EQUAL], 1e-9);
}
