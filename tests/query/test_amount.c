/* Totals of amounts by themselves: what may be told of them, and how it is blurred. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "query/amount.h"

enum { PEOPLE_MIN = 8, ROUND_TO = 5 };

static AmountTotal total_of(const double *amounts, size_t count)
{
    AmountTotal total = {0};

    for (size_t i = 0; i < count; i++)
        amount_add(&total, amounts[i]);
    return total;
}

#define TOTAL(...)                                                                                           \
    total_of((const double[]){__VA_ARGS__}, sizeof(const double[]){__VA_ARGS__} / sizeof(double))

static bool is_of_few(AmountTotal total)
{
    return amount_is_of_few(&total, PEOPLE_MIN);
}

static bool is_dominated(AmountTotal total)
{
    return amount_is_dominated(&total);
}

static double rounded(AmountTotal total)
{
    return amount_rounded_sum(&total, ROUND_TO);
}

/* 800 + 100 of 1000 are 90 per cent; of 999 they are more. */
Test(amount, two_people_make_up_90_per_cent_at_most)
{
    cr_expect_not(is_dominated(TOTAL(800, 100, 9, 10, 11, 12, 13, 14, 15, 16)));
    cr_expect(is_dominated(TOTAL(800, 100, 8, 10, 11, 12, 13, 14, 15, 16)));
    cr_expect_not(is_dominated(TOTAL(-800, 100, 9, -10, 11, -12, 13, -14, 15, 16)), "by sizes");
    cr_expect(is_dominated(TOTAL(-800, 100, 8, -10, 11, -12, 13, -14, 15, 16)), "by sizes");
    cr_expect(is_dominated(TOTAL(5000, 0, 0, 0, 0, 0, 0, 0, 0)));
    cr_expect_not(is_dominated(TOTAL(0, 0, 0)), "there is nothing that anybody makes up");
}

/* The p% rule of 10: who pays 120 knows of 1000 that it is 1320 less 120 less at most 99, within a tenth. */
Test(amount, who_pays_second_most_does_not_know_the_most_within_a_tenth)
{
    cr_expect(is_dominated(TOTAL(1000, 120, 14, 14, 14, 14, 14, 14, 15)));
}

Test(amount, few_contributors_are_1_to_people_min_less_1)
{
    cr_expect_not(is_of_few((AmountTotal){0}));
    cr_expect(is_of_few(TOTAL(1, 2, 3, 4, 5, 6, 7)));
    cr_expect_not(is_of_few(TOTAL(1, 2, 3, 4, 5, 6, 7, 8)));
    cr_expect(is_of_few(TOTAL(0, 0, 3, 4, 5, 6, 7, 8, 9)), "7 others than 0");
    cr_expect_not(is_of_few(TOTAL(0, 0, 2, 3, 4, 5, 6, 7, 8, 9)));
}

Test(amount, few_who_differ_from_the_rest_are_not_told_of)
{
    cr_expect(is_of_few(TOTAL(5, 5, 5, 5, 5, 5, 5, 5, 5)), "each has 5");
    cr_expect(is_of_few(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 2)), "one of two values");
    cr_expect(is_of_few(TOTAL(1, 1, 1, 1, 1, 1, 1, 2, 2, 2)), "7 and 3");
    cr_expect_not(is_of_few(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2)), "8 and 8");
    cr_expect(is_of_few(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 30, 40, 50)), "all but 3 have the least");
    cr_expect(is_of_few(TOTAL(9, 9, 9, 9, 9, 9, 9, 9, 3, 4, 5)), "all but 3 have the most");
    cr_expect_not(is_of_few(TOTAL(1, 1, 1, 1, 1, 1, 1, 30, 40, 50)), "7 of ten have nothing in common");
}

/* Red when a size, the lowest or the highest of one of the two is lost. */
Test(amount, totals_of_two_groups_are_that_of_all)
{
    AmountTotal all = TOTAL(3, -7, 0, 3, 12, 12, -7, 5), first = TOTAL(3, -7, 0, 3),
                second = TOTAL(12, 12, -7, 5), nobody = {0};

    amount_merge(&first, &second);
    amount_merge(&first, &nobody);

    cr_expect_eq(first.people, 8);
    cr_expect_eq(first.not_zero, 7);
    cr_expect_eq(first.lowest, -7);
    cr_expect_eq(first.at_lowest, 2);
    cr_expect_eq(first.highest, 12);
    cr_expect_eq(first.at_highest, 2);
    cr_expect_eq(first.sum, 21);
    cr_expect_eq(first.sizes, 49);
    cr_expect_eq(first.largest, 12);
    cr_expect_eq(first.second, 12);
    cr_expect_arr_eq(&first, &all, sizeof all);
    amount_merge(&nobody, &all);
    cr_expect_arr_eq(&nobody, &all, sizeof all);
}

/* As far off as a count that is rounded: half of round_to times what people have, more or less. */
Test(amount, a_sum_is_as_blurred_as_a_count)
{
    cr_expect_eq(rounded(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)), 10, "a count of 12 to the nearest 5");
    cr_expect_eq(rounded(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)), 15, "half up");
    cr_expect_eq(rounded(TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0)), 10,
                 "who has 0 blurs nothing");
    cr_expect_eq(rounded(TOTAL(10, 11, 12, 13, 14, 15, 16, 17)), 100, "108 to units of 5 * 10");
    cr_expect_eq(rounded(TOTAL(210, 230, 250, 270, 290, 310, 330, 350)), 2000, "2240 to units of 5 * 200");
    cr_expect_eq(rounded(TOTAL(510, 530, 550, 570, 590, 610, 630, 650)), 5000, "4640 to units of 5 * 500");
    cr_expect_float_eq(rounded(TOTAL(0.2, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3)), 2, 1e-12, "to units of 1");
    cr_expect_eq(rounded(TOTAL(-10, -11, -12, -13, -14, -15, -16, -17)), -100);
    cr_expect_eq(rounded(TOTAL(0, 0, 0)), 0);
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* 1, 2, ... in a mixed order */
static bool percentile_of(size_t count, int64_t percent, double *percentile)
{
    double amounts[200];

    for (size_t i = 0; i < count; i++)
        amounts[i] = (double)(1 + (i * 7 + 3) % count);
    return amount_percentile(amounts, count, percent, PEOPLE_MIN, percentile);
}

/* Of 1 to 16 the 8 in the middle are 5 to 12. Of 1 to 80, 72 are at most at 90 per cent: 69 to 76. */
Test(amount, a_percentile_is_the_mean_of_those_about_it)
{
    double percentile = 0;

    cr_assert(percentile_of(16, 50, &percentile));
    cr_expect_eq(percentile, 8.5);
    cr_assert(percentile_of(80, 90, &percentile));
    cr_expect_eq(percentile, 72.5);
    cr_assert(percentile_of(80, 10, &percentile));
    cr_expect_eq(percentile, 8.5, "5 to 12");
}

/* Against sorting: many of few values, and all in order or in the reverse of it. */
Test(amount, a_percentile_is_that_of_the_sorted_amounts)
{
    enum { MANY = 500 };
    double amounts[MANY], sorted[MANY], percentile;

    for (int shape = 0; shape < 4; shape++)
        for (int64_t percent = 2; percent <= 98; percent += 3) {
            double about = 0;
            for (int i = 0; i < MANY; i++)
                amounts[i] = shape == 0 ? 1 + i * i % 7 : shape == 1 ? 1 + i : shape == 2 ? MANY - i : 5;
            memcpy(sorted, amounts, sizeof sorted);
            qsort(sorted, MANY, sizeof *sorted, compare_doubles);
            int64_t first = percent * MANY / 100 - PEOPLE_MIN / 2;
            for (int64_t i = first; i < first + PEOPLE_MIN; i++)
                about += sorted[i] / PEOPLE_MIN;
            cr_assert(amount_percentile(amounts, MANY, percent, PEOPLE_MIN, &percentile));
            cr_expect_float_eq(percentile, about, 1e-9, "shape %d, percentile %d", shape, (int)percent);
        }
}

Test(amount, people_min_people_are_on_each_side_of_a_percentile)
{
    double percentile;

    cr_expect_not(percentile_of(15, 50, &percentile));
    cr_expect_not(percentile_of(79, 90, &percentile));
    cr_expect_not(percentile_of(79, 10, &percentile));
    cr_expect_not(percentile_of(0, 50, &percentile));
}

/* The mean of 0, 0, 0, 0, 0, 0, 2 and 900 would be of those two. */
Test(amount, those_about_a_percentile_are_not_two_above_all)
{
    double two[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 900, 901, 902, 903, 904}, percentile,
           many[] = {0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 5, 6, 901, 902, 903, 904};

    cr_expect_not(amount_percentile(two, 16, 50, PEOPLE_MIN, &percentile));
    cr_assert(amount_percentile(many, 16, 50, PEOPLE_MIN, &percentile));
    cr_expect_eq(percentile, 2.25);
}
