/* What amounts would tell of few people: by themselves, beside others, beside counts and by months. */
#include "tests/query/amounts.h"

/* ---- no way around counts ---- */

/* 3 of 100 pay more than 500. Red without amount_is_of_few. */
Test(amounts, do_not_count_few_people)
{
    unlike_payers(97, 1, 1, 10);
    unlike_payers(3, 1, 1, 600);

    expect_released(ONLY_BY_SEX
                    "measure a = sum of count of gp_event where result_value > 500 "
                    "measure b = sum of ((sum of result_value in gp_event where result_value > 500) "
                    "otherwise 0) measure c = percentile 90 of count of gp_event",
                    "sex,people,a,a people,b,b people,c,c people\n"
                    "1,100,*,100,*,100,*,100\n"
                    "2,0,,0,,0,,0\n");
}

/* The cost of all, and the cost of all but 3: the second is hidden. Red with without_differences. */
Test(amounts, two_amounts_do_not_differ_for_few)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_differences = true};
    static const char *const query = ONLY_BY_SEX
        "measure a = sum of " COST
        " measure b = sum of ((sum of result_value in gp_event where result_value <= "
        "500) otherwise 0) measure c = median of " COST " measure d = mean of (" COST " otherwise 0)";
    unlike_payers(97, 1, 1, 10);
    unlike_payers(3, 1, 1, 600);

    expect_released(query, "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                           "1,100,7000,100,*,100,59.5,100,70.0,100\n"
                           "2,0,,0,,0,,0,,0\n");
    expect_released_by(&without, query,
                       "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                       "1,100,7000,100,5500,100,59.5,100,70.0,100\n"
                       "2,0,,0,,0,,0,,0\n");
}

/* 50 have two events, 30 one and 20 none. Who had one of a kind, counted as an amount: beside another count
 * it would be one more. Red without amount_is_condition in hide_places. */
Test(amounts, of_two_values_are_conditions_and_asked_as_such)
{
    for (int i = 0; i < 100; i++)
        payer_of_two(1, 1, i < 80 ? 10 : NO_AMOUNT, i < 50 ? 10 : NO_AMOUNT);

    expect_released(ONLY_BY_SEX "measure a = sum of count of gp_event where code = \"S1\" "
                                "measure b = sum of count of gp_event",
                    "sex,people,a,a people,b,b people\n"
                    "1,100,*,100,130,100\n"
                    "2,0,,0,,0\n");
}

/*
 * 1,480 have 1 and are counted, others differ by 1 either way, 80 of them in the first section; the last can
 * have so much that the difference is that one's. Red where amount_stays_far asks nothing of sizes.
 */
Test(amounts, do_not_differ_from_a_count_for_who_comes_last)
{
    static const char *const query = ONLY_BY_SEX "measure others = people with exists gp_event where code = "
                                                 "\"S1\" measure a = sum of " OF("D1");
    for (int i = 0; i < 40; i++) {
        payer_of_two(1, 1, 0, 5);
        payer_of_two(1, 1, 1, NO_AMOUNT);
    }
    for (int i = 0; i < 1500; i++)
        payer_of_two(1, 1, i < 1480 ? 1 : 2, 5);
    payer_of_two(1, 1, 3, 5);

    expect_released(query, "sex,people,others,a,a people\n1,1580,1540,1560,1580\n2,0,0,,0\n");
    payers.amount[payers.events - 2] = 1000;
    expect_released(query, "sex,people,others,a,a people\n1,1580,1540,*,1580\n2,0,0,,0\n");
}

/* Of 500 men 30 have an event, 27 of them of 5; the women have two. Red without hide_near_counts: 30 less 27
 * would be 3 men. */
Test(amounts, do_not_differ_from_a_count_for_few)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_differences = true};
    static const char *const query =
        "table \"t\" by sex measure people measure a = people with exists gp_event "
        "measure b = sum of count of gp_event where result_value = 5";
    for (int i = 0; i < 500; i++)
        payer(1, 1, i < 27 ? 5 : i < 30 ? 777 : NO_AMOUNT);
    for (int i = 0; i < 40; i++)
        payer_of_two(2, 1, i < 20 ? 5 : NO_AMOUNT, i < 10 ? 5 : NO_AMOUNT);

    expect_released(query, "sex,people,a,b,b people\n"
                           "1,500,30,*,500\n"
                           "2,40,20,30.0,40\n");
    expect_released_by(&without, query,
                       "sex,people,a,b,b people\n"
                       "1,500,30,25.0,500\n"
                       "2,40,20,30.0,40\n");
}

/* Of 100 people those from 47 to 54 are in the middle, the next are 55 to 62. */
Test(amounts, two_percentiles_share_all_people_or_none)
{
    unlike_payers(100, 1, 1, 1);

    expect_released(ONLY_BY_SEX "measure a = median of " COST " measure b = percentile 54 of " COST
                                " measure c = percentile 55 of " COST " measure d = percentile 62 of " COST,
                    "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                    "1,100,50.5,100,50.5,100,58.5,100,58.5,100\n"
                    "2,0,,0,,0,,0,,0\n");
}

/* Of decile 1 5 of 20 have not 0, of decile 2 nobody has: what all less the others leave is of those 5. Red
 * without amount_is_of_few in suppress_is_total_safe. */
Test(amounts, what_a_margin_leaves_is_not_of_few)
{
    same_payers(15, 1, 1, 0);
    unlike_payers(5, 1, 1, 10);
    same_payers(20, 1, 2, 0);
    unlike_payers(30, 1, 3, 10);
    unlike_payers(40, 1, 4, 10);

    expect_released("table \"t\" by imd_decile totals imd_decile measure people measure cost = sum of " COST,
                    "imd_decile,people,cost,cost people\n"
                    "1,20,*,20\n"
                    "2,20,*,20\n"
                    "3,30,*,30\n"
                    "4,40,1250,40\n"
                    "all,110,2000,110\n");
}

/* The second is another for 3 of decile 1, 4 of decile 2 and 20 of decile 3: 7 of the first two. Red without
 * differences in suppress_is_total_safe. */
Test(amounts, what_a_margin_leaves_of_two_amounts_does_not_differ_for_few)
{
    static const int dear[] = {3, 4, 20, 0};
    for (int i = 0; i < 4; i++) {
        unlike_payers(40 + 10 * i, 1, i + 1, 10);
        unlike_payers(dear[i], 1, i + 1, 600);
    }

    expect_released(
        "table \"t\" by imd_decile totals imd_decile measure people measure a = sum of " COST
        " measure b = sum of ((sum of result_value in gp_event where result_value <= 500) otherwise 0)",
        "imd_decile,people,a,a people,b,b people\n"
        "1,45,3000,45,*,45\n"
        "2,55,4000,55,*,55\n"
        "3,80,15000,80,*,80\n"
        "4,70,3000,70,*,70\n"
        "all,245,25000,245,8500,245\n");
}

/* 97 pay at most 500, 3 more, and of 50 it is not known. Red where what is not known of the second is its
 * value. */
Test(amounts, what_is_not_known_differs_as_nothing_would)
{
    unlike_payers(97, 1, 1, 10);
    unlike_payers(3, 1, 1, 600);
    same_payers(50, 1, 1, NO_AMOUNT);

    expect_released(ONLY_BY_SEX
                    "measure a = sum of (" COST " otherwise 0) "
                    "measure b = sum of sum of result_value in gp_event where result_value <= 500",
                    "sex,people,a,a people,b,b people\n"
                    "1,150,7000,150,*,95\n"
                    "2,0,,0,,0\n");
}

/* With 20 zeros before them the same people stand in other blocks. Red without mark_ordered. */
Test(amounts, of_two_that_order_people_alike_one_has_percentiles)
{
    unlike_payers(61, 1, 1, 10);
    same_payers(20, 1, 1, NO_AMOUNT);
    unlike_payers(30, 2, 1, 10);

    expect_released(ONLY_BY_SEX "measure a = median of " COST " measure b = percentile 70 of (" COST
                                " otherwise 0) measure c = mean of (" COST " otherwise 0)",
                    "sex,people,a,a people,b,b people,c,c people\n"
                    "1,80,40.0,60,*,80,31.2,80\n"
                    "2,30,24.5,30,32.5,30,25.0,30\n");
}

/* ---- months ---- */

/* 20 paid 10 to 29 in May, and 12 of them 40 to 51 in June. */
Test(amounts, are_counted_once_a_month)
{
    for (int i = 0; i < 20; i++)
        payer_of_two(1, 1, 10 + i, i < 12 ? 40 + i : NO_AMOUNT);

    expect_released("table \"t\" by month of the 2 months to as_at, sex measure people measure cost = sum of "
                    "sum of result_value in gp_event where event_date in month",
                    "month,sex,people,cost,cost people\n"
                    "2026-05,1,20,500,20\n"
                    "2026-05,2,0,,0\n"
                    "2026-05,not known,0,,0\n"
                    "2026-06,1,20,500,10\n"
                    "2026-06,2,0,,0\n"
                    "2026-06,not known,0,,0\n");
}

/* Of whom 5 paid once more in June: what all have paid until then is hidden beside what they had until May.
 */
Test(amounts, of_a_month_hold_few_more_than_those_of_the_one_before)
{
    for (int i = 0; i < 20; i++)
        payer_of_two(1, 1, 10 + i, i < 5 ? 40 + i : NO_AMOUNT);

    expect_released("table \"t\" by month of the 2 months to as_at, sex measure people measure cost = sum of "
                    "sum of result_value in gp_event where event_date on or before end of month",
                    "month,sex,people,cost,cost people\n"
                    "2026-05,1,20,500,20\n"
                    "2026-05,2,0,,0\n"
                    "2026-05,not known,0,,0\n"
                    "2026-06,1,20,*,20\n"
                    "2026-06,2,0,,0\n"
                    "2026-06,not known,0,,0\n");
}
