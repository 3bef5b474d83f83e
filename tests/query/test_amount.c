/* Totals of amounts by themselves: what may be told of them, and how it is blurred. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/amount.h"
#include "query/plan.h"
#include "tests/query/chance.h"

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

/*
 * Of differences from a condition, of any of the first people: red without any of the three, and where the
 * bound is on what those first have, not on what anybody may have.
 */
Test(amount, a_difference_that_stays_far_is_not_near_whoever_is_added)
{
    uint64_t stayed = 0;

    chance_state = setting("CINQUE_SEED", 20261123);
    for (int round = 0; round < 3000; round++) {
        AmountTotal of_amount = {0}, whole = {0}, first[64];
        size_t count = 12 + chance(52);
        int64_t together = round % 3 == 0 ? PLAN_HOME_PEOPLE_MAX : 1;
        uint64_t values = 2 + chance(6), most = chance(4) == 0 ? 500 : 8, others = 1 + chance(3);
        for (size_t p = 0; p < count; p++) {
            double amount = chance(20) == 0 ? (double)chance(most) : (double)chance(values);
            double difference = amount - (double)(chance(others + 1) == 0);
            amount_add(&of_amount, amount);
            if (difference != 0)
                amount_add(&whole, difference);
            first[p] = whole;
        }
        for (size_t p = 0; p < count; p++)
            if (amount_stays_far(&first[p], &of_amount, PEOPLE_MIN, together)) {
                stayed++;
                cr_assert_not(amount_is_near(&whole, PEOPLE_MIN, together), "round %d, of %zu", round, p + 1);
            }
    }
    cr_expect_gt(stayed, 5000U, "%d", (int)stayed);
}

/* Of differences: red without any of the four. */
Test(amount, a_difference_of_few_is_near_also_where_all_others_differ_alike)
{
    AmountTotal few = TOTAL(3, 4, 5), alike = TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 1, 7, 8),
                below = TOTAL(1, 1, 1, 1, 1, 1, 1, 1, 1, -7, -8),
                two = TOTAL(800, 100, 8, 10, 11, 12, 13, 14, 15, 16), many = TOTAL(1, 2, 3, 4, 5, 6, 7, 8),
                nobody = {0};

    cr_expect(amount_is_near(&few, PEOPLE_MIN, 1));
    cr_expect(amount_is_near(&alike, PEOPLE_MIN, 1));
    cr_expect(amount_is_near(&below, PEOPLE_MIN, 1));
    cr_expect(amount_is_near(&two, PEOPLE_MIN, 1));
    cr_expect_not(amount_is_near(&many, PEOPLE_MIN, 1));
    cr_expect_not(amount_is_near(&nobody, PEOPLE_MIN, 1));
}

static bool is_dominated(AmountTotal total)
{
    return amount_is_dominated(&total, 1);
}

static bool is_dominated_at_home(AmountTotal total)
{
    return amount_is_dominated(&total, PLAN_HOME_PEOPLE_MAX);
}

static void add_many(AmountTotal *total, int people, double amount, double step)
{
    for (int i = 0; i < people; i++)
        amount_add(total, amount + i * step);
}

/* ten have first, ten second, a hundred 15 to 24 */
static AmountTotal two_homes(double first, double second)
{
    AmountTotal total = {0};

    add_many(&total, 10, first, 0);
    add_many(&total, 10, second, 0);
    for (int i = 0; i < 10; i++)
        add_many(&total, 10, 15, 1);
    return total;
}

static double rounded_of(const double *amounts, size_t count)
{
    double held[30];
    AmountTotal total = total_of(amounts, count);

    memcpy(held, amounts, count * sizeof *amounts);
    return amount_rounded_sum(&total, amount_step(held, count, PEOPLE_MIN), ROUND_TO);
}

#define ROUNDED(...)                                                                                         \
    rounded_of((const double[]){__VA_ARGS__}, sizeof(const double[]){__VA_ARGS__} / sizeof(double))

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

/* Red with 1 in place of PLAN_HOME_PEOPLE_MAX: the two largest are of one home, and no two per cent. */
Test(amount, two_homes_make_up_90_per_cent_at_most)
{
    AmountTotal alike = {0}, at_most = {0}, more = {0};
    add_many(&alike, 80, 7, 0);
    amount_add(&at_most, 71);
    add_many(&at_most, 29, 1, 0);
    amount_add(&more, 71);
    add_many(&more, 28, 1, 0);

    cr_expect(is_dominated_at_home(two_homes(60000, 20)));
    cr_expect(is_dominated_at_home(two_homes(60000, 59000)), "the second of the two");
    cr_expect(is_dominated_at_home(two_homes(60000, -59000)), "by sizes");
    cr_expect_not(is_dominated(two_homes(60000, 59000)), "as two people");
    cr_expect_not(is_dominated_at_home(two_homes(24, 24)));
    cr_expect_not(is_dominated_at_home(alike));
    cr_expect_not(is_dominated_at_home(at_most), "71 and 19 of 100");
    cr_expect(is_dominated_at_home(more), "71 and 19 of 99");
}

/* Whoever lives where. Red when the others of both homes are taken to have less than the second largest. */
Test(amount, no_two_homes_of_those_told_make_up_more)
{
    int told = 0;

    chance_state = 1;
    for (int round = 0; round < 2000; round++) {
        double first = 0, second = 0, most = (double)(1 << chance(16));
        AmountTotal total = {0};
        for (int home = 0; home < 12; home++) {
            double of_home = 0;
            for (uint64_t people = 1 + chance(PLAN_HOME_PEOPLE_MAX); people > 0; people--) {
                double amount = (double)chance(100) - 50 + (home < 3 ? most : 0);
                amount_add(&total, amount);
                of_home += fabs(amount);
            }
            second = fmax(second, fmin(first, of_home));
            first = fmax(first, of_home);
        }
        told += !is_dominated_at_home(total);
        cr_assert(is_dominated_at_home(total) || (first + second) * 100 <= total.sizes * 90, "%d", round);
    }
    cr_expect_gt(told, 400);
    cr_expect_lt(told, 1600);
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

/* Red when the step is of the mean size, or the one below. */
Test(amount, a_sum_is_as_blurred_as_a_count)
{
    cr_expect_eq(ROUNDED(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 10, "a count of 12 to the nearest 5");
    cr_expect_eq(ROUNDED(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 15, "half up");
    cr_expect_eq(ROUNDED(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), 10, "who has 0 blurs nothing");
    cr_expect_eq(ROUNDED(1, 1, 1, 1, 1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2,
                         0.2, 0.2, 0.2),
                 10, "11 and still a count of 8 among them");
    cr_expect_eq(ROUNDED(10, 11, 12, 13, 14, 15, 16, 17), 100, "108 to units of 5 * 10");
    cr_expect_eq(ROUNDED(210, 230, 250, 270, 290, 310, 330, 350), 2500, "2240 to units of 5 * 500");
    cr_expect_eq(ROUNDED(510, 530, 550, 570, 590, 610, 630, 650), 5000, "4640 to units of 5 * 1000");
    cr_expect_eq(ROUNDED(900, 901, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1810,
                 "two have more, which is not the step");
    cr_expect_float_eq(ROUNDED(0.2, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3), 2, 1e-12, "to units of 1");
    cr_expect_eq(ROUNDED(-10, -11, -12, -13, -14, -15, -16, -17), -100);
    cr_expect_eq(ROUNDED(0, 0, 0), 0);
}

/* ---- percentiles ---- */

static const AmountDoubt doubt = {PEOPLE_MIN, ROUND_TO, 1};

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool percentile_in(double *amounts, size_t count, int64_t percent, double *percentile)
{
    return amount_percentile(amounts, count, percent, ((int64_t)count + 2) / 5 * 5, doubt, percentile);
}

/* times 1, 2, ... in a mixed order */
static bool percentile_of(size_t count, int64_t percent, double times, double *percentile)
{
    double amounts[200];

    for (size_t i = 0; i < count; i++)
        amounts[i] = times * (double)(1 + (i * 199 + 3) % count);
    return percentile_in(amounts, count, percent, percentile);
}

/* Of 1 to 18 the 8 in the middle are 6 to 13, of 19 9 are, 6 to 14. Of 80, blocks from 37 to 44 and upwards.
 */
Test(amount, a_percentile_is_the_mean_of_those_about_it)
{
    double percentile = 0;

    cr_assert(percentile_of(18, 50, 1, &percentile));
    cr_expect_eq(percentile, 9.5);
    cr_assert(percentile_of(20, 50, 1, &percentile));
    cr_expect_eq(percentile, 10.5);
    cr_assert(percentile_of(19, 50, 1, &percentile));
    cr_expect_float_eq(percentile, 10, 1e-12);
    cr_assert(percentile_of(80, 90, 1, &percentile));
    cr_expect_eq(percentile, 72.5);
    cr_assert(percentile_of(80, 10, 1, &percentile));
    cr_expect_eq(percentile, 8.5, "5 to 12");
}

static double mean_of_block(const double *sorted, int64_t count, int64_t percent)
{
    int64_t from = (count - PEOPLE_MIN) / 2, at = percent * count / 100;
    double mean = 0;

    while (at < from)
        from -= PEOPLE_MIN;
    while (at > from + PEOPLE_MIN)
        from += PEOPLE_MIN;
    for (int64_t i = from; i < from + PEOPLE_MIN; i++)
        mean += sorted[i] / PEOPLE_MIN;
    return mean;
}

/* Against sorting: many of few values, and all in order or in the reverse of it. */
Test(amount, a_percentile_is_that_of_the_sorted_amounts)
{
    enum { MANY = 500 };
    double amounts[MANY], sorted[MANY], percentile;
    int told = 0;

    for (int shape = 0; shape < 4; shape++)
        for (int64_t percent = 2; percent <= 98; percent += 3) {
            for (int i = 0; i < MANY; i++)
                amounts[i] = shape == 0 ? 1 + i * i % 7 : shape == 1 ? 1 + i : shape == 2 ? MANY - i : 5;
            memcpy(sorted, amounts, sizeof sorted);
            qsort(sorted, MANY, sizeof *sorted, compare_doubles);
            if (!percentile_in(amounts, MANY, percent, &percentile))
                continue; /* where one value ends and the next begins: two are apart from the rest */
            told++;
            cr_expect_float_eq(percentile, mean_of_block(sorted, MANY, percent), 1e-9, "shape %d, of %d",
                               shape, (int)percent);
        }
    cr_expect_geq(told, 128);
}

/* Red with windows about each percentile: what two of them differ by would be of the few at their ends. */
Test(amount, two_percentiles_share_all_people_or_none)
{
    for (size_t count = 18; count < 200; count += 13)
        for (int64_t percent = 1; percent < 99; percent++) {
            double one, next;
            if (percentile_of(count, percent, 1, &one) && percentile_of(count, percent + 1, 1, &next))
                cr_expect(one == next || next - one > PEOPLE_MIN - 1e-9, "%zu people, percentile %d", count,
                          (int)percent);
        }
}

/* Red where blocks begin at the lowest: sign and a shift would cut them at other people. */
Test(amount, the_people_about_a_percentile_are_those_of_the_amounts_turned_round)
{
    for (size_t count = 18; count < 200; count += 13)
        for (int64_t percent = 1; percent <= 99; percent++) {
            double one, turned;
            bool is = percentile_of(count, percent, 1, &one);
            cr_assert_eq(is, percentile_of(count, 100 - percent, -1, &turned), "%zu", count);
            cr_expect(!is || fabs(one + turned) < 1e-9, "%zu people, percentile %d: %g and %g", count,
                      (int)percent, one, turned);
        }
}

Test(amount, people_min_people_are_on_each_side_of_a_percentile)
{
    double percentile;

    cr_expect_not(percentile_of(17, 50, 1, &percentile));
    cr_expect_not(percentile_of(77, 90, 1, &percentile));
    cr_expect_not(percentile_of(77, 10, 1, &percentile));
    cr_expect_not(percentile_of(0, 50, 1, &percentile));
}

/* Of 18 to 22, published as 20. Red when the true count says how many are on each side, or which block it is.
 */
Test(amount, which_percentiles_are_hidden_tells_no_more_than_the_published_count)
{
    for (int64_t percent = 1; percent < 99; percent++)
        for (size_t count = 18; count <= 22; count++) {
            double of_20[2] = {0}, of_count[2] = {0};
            for (int i = 0; i < 2; i++) {
                bool is = percentile_of(20, percent + i, 1, &of_20[i]);
                cr_expect_eq(percentile_of(count, percent + i, 1, &of_count[i]), is, "%zu", count);
            }
            cr_expect_eq(of_count[0] == of_count[1], of_20[0] == of_20[1], "%zu, percentile %d", count,
                         (int)percent);
        }
}

static bool is_told(double *block)
{
    double amounts[18], percentile;

    for (int i = 0; i < 18; i++)
        amounts[i] = i < 5 ? block[0] - 10 : i < 13 ? block[i - 5] : block[7] + 10;
    return percentile_in(amounts, 18, 50, &percentile);
}

#define IS_TOLD(...) is_told((double[]){__VA_ARGS__})

/* The mean of seven alike and one tells that one. Red when distances are from 0 alone, or from one end. */
Test(amount, those_about_a_percentile_are_not_two_above_all)
{
    cr_expect_not(IS_TOLD(0, 0, 0, 0, 0, 0, 2, 900));
    cr_expect_not(IS_TOLD(10, 10, 10, 10, 10, 10, 10, 85));
    cr_expect_not(IS_TOLD(-85, -10, -10, -10, -10, -10, -10, -10));
    cr_expect_not(IS_TOLD(10, 85, 85, 85, 85, 85, 85, 85));
    cr_expect_not(IS_TOLD(-900, 5, 5, 5, 5, 5, 5, 700), "from the middle");
    cr_expect(IS_TOLD(0, 0, 0, 0, 3, 4, 5, 6));
    cr_expect(IS_TOLD(7, 7, 7, 7, 7, 7, 7, 7), "what so many have is nobody's own");
}

/* Of 80 about the median ten have 900 more. Red when is_of_two asks of two people. */
Test(amount, those_about_a_percentile_are_not_two_homes_above_all)
{
    static const AmountDoubt of_homes = {10 * PEOPLE_MIN, ROUND_TO, PLAN_HOME_PEOPLE_MAX},
                             of_people = {10 * PEOPLE_MIN, ROUND_TO, 1};
    double amounts[240], percentile;

    for (int ten = 0; ten < 2; ten++) {
        for (int i = 0; i < 240; i++)
            amounts[i] = i < 80 ? -10 : i < 150 ? i % 10 : i < 160 ? 900 * ten + i % 10 : 910;
        cr_expect_eq(amount_percentile(amounts, 240, 50, 240, of_homes, &percentile), ten == 0);
        cr_expect(amount_percentile(amounts, 240, 50, 240, of_people, &percentile));
    }
}
