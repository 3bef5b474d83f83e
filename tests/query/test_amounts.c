/* Sums, means, medians and percentiles as they are released, worked out by hand. */
#include "tests/query/chance.h"
#include "tests/query/payers.h"

#define COST        "(sum of result_value in gp_event)"
#define OF(code)    "(sum of result_value in gp_event where code = \"" code "\")"
#define BY_SEX      "table \"t\" by sex totals sex measure people "
#define ONLY_BY_SEX "table \"t\" by sex measure people "

/* ---- values ---- */

/*
 * Men: 20 pay 10 to 29, 390 together; the eighth most pays 22, so units of 5 * 50: 500, by 20. Women: 10 pay
 * 100 to 109, 1045; units of 1000: 1000, by 10; of ten the cost is not known. All: 1435 of 30, the eighth
 * most pays 102, units of 1000: 1000, by 30.
 */
Test(amounts, a_sum_and_a_mean_are_of_those_of_whom_it_is_known)
{
    unlike_payers(20, 1, 1, 10);
    unlike_payers(10, 2, 1, 100);
    same_payers(10, 2, 1, NO_AMOUNT);

    expect_released(BY_SEX "measure cost = sum of " COST " measure each = mean of " COST,
                    "sex,people,cost,cost people,each,each people\n"
                    "1,20,500,20,25.0,20\n"
                    "2,20,1000,10,100,10\n"
                    "not known,0,,0,,0\n"
                    "all,40,1000,30,33.3,30\n");
}

/* An unknown cost is not 0: with 0 in its place they are 20, units of 1000 still. */
Test(amounts, what_is_unknown_is_not_zero_unless_the_query_says_so)
{
    unlike_payers(10, 2, 1, 100);
    same_payers(10, 2, 1, NO_AMOUNT);

    expect_released(ONLY_BY_SEX "measure a = mean of " COST " measure b = mean of (" COST " otherwise 0)",
                    "sex,people,a,a people,b,b people\n"
                    "1,0,,0,,0\n"
                    "2,20,100,10,50.0,20\n"
                    "not known,0,,0,,0\n");
}

/* -390 and 390: nothing, in units of 250 and, of all, also of 250. */
Test(amounts, amounts_may_be_below_zero)
{
    unlike_payers(20, 1, 1, -29);
    unlike_payers(20, 2, 1, 10);

    expect_released(BY_SEX "measure cost = sum of " COST, "sex,people,cost,cost people\n"
                                                          "1,20,-500,20\n"
                                                          "2,20,500,20\n"
                                                          "not known,0,,0\n"
                                                          "all,40,0,40\n");
}

Test(amounts, of_all_unknown_there_is_no_sum_and_not_zero)
{
    same_payers(20, 1, 1, NO_AMOUNT);
    unlike_payers(20, 2, 1, 10);

    expect_released(ONLY_BY_SEX "measure cost = sum of " COST " measure m = median of " COST,
                    "sex,people,cost,cost people,m,m people\n"
                    "1,20,,0,,0\n"
                    "2,20,500,20,19.5,20\n"
                    "not known,0,,0,,0\n");
}

/* Of 10 to 27 those about the middle are 15 to 22; 17 people, published as 15, are too few. Of 1 to 80, 69 to
 * 76. */
Test(amounts, medians_and_percentiles_have_people_min_people_on_each_side)
{
    unlike_payers(18, 1, 1, 10);
    unlike_payers(17, 1, 2, 10);
    unlike_payers(80, 1, 3, 1);
    unlike_payers(77, 1, 4, 1);

    expect_released("table \"t\" by imd_decile measure people measure m = median of " COST
                    " measure p = percentile 90 of " COST,
                    "imd_decile,people,m,m people,p,p people\n"
                    "1,20,18.5,20,*,20\n"
                    "2,15,*,15,*,15\n"
                    "3,80,40.5,80,72.5,80\n"
                    "4,75,39.0,75,*,75\n");
}

/* Red when the values of a chunk are kept at another chunk's places. */
Test(amounts, do_not_depend_on_the_chunks)
{
    static const size_t chunks[] = {1, 30000, BUDGET_CHUNK_BYTES};
    const char *first = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    for (int i = 0; i < 300; i++)
        payer(1 + i % 2, 1 + i % 4, i % 7 == 0 ? NO_AMOUNT : 10 + i % 31);

    for (size_t i = 0; i < 3; i++) {
        Payments payments;
        Error error = {0};
        Result counted =
            payments_count("table \"t\" by sex, imd_decile totals sex measure people measure c = "
                           "sum of " COST " measure m = median of " COST,
                           chunks[i], &payments, &error);
        cr_assert(counted.ok, "%s", error.message);
        ReleasedTable *table = payments_release(&payments, &PAYERS_RULE);
        if (i == 0)
            first = text_to_string(arena, released_table_canonical(table));
        else
            cr_expect_str_eq(released_table_canonical(table).data, first);
        released_table_close(&table);
        payments_close(&payments);
    }
}

/* ---- what is hidden ---- */

/* 8 pay 10 to 17: 108, units of 5 * 10. */
Test(amounts, people_min_contributors_are_enough_and_one_less_is_not)
{
    unlike_payers(8, 1, 1, 10);
    unlike_payers(7, 2, 1, 10);

    expect_released(ONLY_BY_SEX "measure cost = sum of " COST, "sex,people,cost,cost people\n"
                                                               "1,10,100,10\n"
                                                               "2,*,*,*\n"
                                                               "not known,0,,0\n");
}

static void pay_by_two(int sex, double least)
{
    payer(sex, 1, 800);
    payer(sex, 1, 100);
    payer(sex, 1, least);
    unlike_payers(7, sex, 1, 10);
}

/* 10 to 16 are 91: with 9 they are 100 of 1000, with 8 99 of 999. Red with without_dominance. */
Test(amounts, two_people_make_up_90_per_cent_at_most)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_dominance = true};
    static const char *const query = ONLY_BY_SEX "measure cost = sum of " COST " measure m = mean of " COST;
    pay_by_two(1, 9);
    pay_by_two(2, 8);

    expect_released(query, "sex,people,cost,cost people,m,m people\n"
                           "1,10,1000,10,100,10\n"
                           "2,10,*,10,*,10\n"
                           "not known,0,,0,,0\n");
    expect_released_by(&without, query,
                       "sex,people,cost,cost people,m,m people\n"
                       "1,10,1000,10,100,10\n"
                       "2,10,1000,10,100,10\n"
                       "not known,0,,0,,0\n");
}

/* The men's would be guessed from their number and their median, and so would the cost of the two. Red when a
 * percentile has a decision of its own. */
Test(amounts, a_median_is_hidden_where_the_sum_is)
{
    payer(1, 1, 90000);
    payer(1, 1, 80000);
    unlike_payers(18, 1, 1, 10);
    unlike_payers(200, 2, 1, 10);

    expect_released(BY_SEX "measure cost = sum of " COST " measure m = median of " COST
                           " measure n = median of (" COST " otherwise 0)",
                    "sex,people,cost,cost people,m,m people,n,n people\n"
                    "1,20,*,20,*,20,*,20\n"
                    "2,200,*,200,*,200,*,200\n"
                    "all,220,192000,220,102,220,102,220\n");
}

/* One man pays 5000 of 5361. His line and his column would give that back, and so would what is hidden for
 * these: all four are hidden. Red with without_complementary. */
Test(amounts, a_hidden_sum_is_not_what_margins_leave)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_complementary = true};
    static const char *const query = "table \"t\" by sex, imd_decile totals sex, imd_decile measure people "
                                     "measure cost = sum of " COST;
    payer(1, 1, 5000);
    unlike_payers(19, 1, 1, 10);
    unlike_payers(30, 1, 2, 10);
    unlike_payers(25, 2, 1, 10);
    unlike_payers(35, 2, 2, 10);

    expect_released(query, "sex,imd_decile,people,cost,cost people\n"
                           "1,1,20,*,20\n"
                           "1,2,30,*,30\n"
                           "1,3,0,,0\n"
                           "1,4,0,,0\n"
                           "1,all,50,6000,50\n"
                           "2,1,25,*,25\n"
                           "2,2,35,*,35\n"
                           "2,3,0,,0\n"
                           "2,4,0,,0\n"
                           "2,all,60,1500,60\n"
                           "all,1,45,6000,45\n"
                           "all,2,65,1750,65\n"
                           "all,3,0,,0\n"
                           "all,4,0,,0\n"
                           "all,all,110,7500,110\n");
    expect_released_by(&without, query,
                       "sex,imd_decile,people,cost,cost people\n"
                       "1,1,20,*,20\n"
                       "1,2,30,750,30\n"
                       "1,3,0,,0\n"
                       "1,4,0,,0\n"
                       "1,all,50,6000,50\n"
                       "2,1,25,500,25\n"
                       "2,2,35,1000,35\n"
                       "2,3,0,,0\n"
                       "2,4,0,,0\n"
                       "2,all,60,1500,60\n"
                       "all,1,45,6000,45\n"
                       "all,2,65,1750,65\n"
                       "all,3,0,,0\n"
                       "all,4,0,,0\n"
                       "all,all,110,7500,110\n");
}

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

/* ---- as it is kept ---- */

Test(amounts, are_kept_with_how_many_people_they_are_of)
{
    static const char *const expected[] = {
        "\"rules\":[\"primary\",\"complementary\",\"dominance\"]",
        "{\"cells\":[{\"at\":[\"1\",\"known\"],\"people\":120},{\"at\":[\"1\",\"unknown\"],\"people\":10},"
        "{\"at\":[\"2\",\"known\"],\"people\":0},{\"at\":[\"2\",\"unknown\"],\"people\":0}],\"name\":\"m\","
        "\"statistic\":\"percentile "
        "25\",\"values\":[{\"at\":[\"1\"],\"value\":37.5},{\"at\":[\"2\"],\"value\":null}"
        "]}"};
    Payments payments;
    Error error = {0};
    unlike_payers(120, 1, 1, 10);
    same_payers(10, 1, 1, NO_AMOUNT);

    Result counted = payments_count(ONLY_BY_SEX "measure m = percentile 25 of " COST, BUDGET_CHUNK_BYTES,
                                    &payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    ReleasedTable *table = payments_release(&payments, &PAYERS_RULE);

    for (size_t i = 0; i < 2; i++)
        cr_expect_not_null(strstr(released_table_canonical(table).data, expected[i]), "%s\n%s", expected[i],
                           released_table_canonical(table).data);
    cr_expect_eq(released_table_cells(table), 8, "people, known, unknown and the amount of two lines");
    released_table_close(&table);
    payments_close(&payments);
}

/* ---- what is refused ---- */

/* 22 bytes of each of 70 million people and 3 bits: an amount, once more when a place is released, a place,
 * once more in order. Red when
 * check_bytes or budget_counting_bytes leaves them out. */
Test(amounts, take_memory_that_is_said_and_bounded)
{
    Payments payments;
    Error error = {0};
    unlike_payers(20, 1, 1, 10);
    cr_assert(
        payments_count(ONLY_BY_SEX "measure a = sum of " COST, BUDGET_CHUNK_BYTES, &payments, &error).ok);
    Dataset many = *payments.bound.plan->dataset;
    many.people = 70000000;
    payments.bound.plan->dataset = &many;
    payments.counting.group_count = payments.counting.value_count = 0;

    cr_expect_not(count_people(NULL, &payments.counting, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "query: counting would take up to 1493 MiB of memory"), "%s",
                       error.message);
    cr_expect_eq(budget_counting_bytes(1000000, 1, 3, 2) - budget_counting_bytes(1000000, 1, 3, 0), 24000000);
    payments_close(&payments);
}

/* Red without bind_amount: that a query is refused would tell of one person who has so much. */
Test(amounts, that_are_too_large_for_anybody_are_not_known)
{
    unlike_payers(12, 1, 1, 10);
    same_payers(8, 1, 1, 1e9);
    same_payers(10, 1, 1, 1e9 + 1);
    same_payers(10, 1, 1, 1e300);
    same_payers(10, 1, 1, -1e300);

    expect_released(ONLY_BY_SEX "measure cost = sum of " COST, "sex,people,cost,cost people\n"
                                                               "1,50,10000000000,20\n"
                                                               "2,0,,0\n"
                                                               "not known,0,,0\n");
}

/* ---- one number of a person ---- */

static bool is_accepted(const char *amount, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Payments payments;
    Result counted =
        payments_count(text_to_string(arena, text_format(arena, BY_SEX "measure a = sum of %s", amount)),
                       BUDGET_CHUNK_BYTES, &payments, error);

    payments_close(&payments);
    return counted.ok;
}

#define FIRST_DAY "(value of event_date in first gp_event by event_date)"

/* Red without node_is_one_number, and the last three where lets are not looked through. */
Test(amounts, are_one_number_of_a_person)
{
    static const char *const one[] = {
        "count of gp_event",
        "count of distinct code in gp_event",
        COST,
        COST " otherwise 0",
        "max of result_value in gp_event otherwise 0.0",
        "mean of result_value in gp_event where code = \"D1\" and result_value + 1 > 2",
        "value of result_value in last gp_event by event_date",
        "most of gp_event by event_date within 90 days",
        "age",
        "age at " FIRST_DAY,
        "imd_decile at 2026-01-01 otherwise 0",
        "days between " FIRST_DAY " and (as_at - 1 year)",
        "months between as_at and min of event_date in gp_event otherwise 0",
        "days registered from 2026-01-01 to as_at",
        "years registered from " FIRST_DAY " to as_at otherwise 0",
    };
    static const char *const several[] = {
        "age + 1",
        "0 - age",
        COST " * 2",
        COST " / count of gp_event",
        "(" COST " otherwise 0) otherwise 0",
        COST " otherwise 1",
        COST " otherwise age",
        "case when " COST " > 9 then 1 else 0 end",
        "least of (age, 3)",
        "greatest of (age, 3)",
        "7",
        "days between (" FIRST_DAY " + 250 days) and as_at",
        "days between case when age > 3 then as_at else 2020-01-01 end and as_at",
        "days between earliest of (" FIRST_DAY ", as_at) and as_at",
        "years registered from (" FIRST_DAY " - 1 day) to as_at",
        "age at (" FIRST_DAY " + 1 year)",
        "imd_decile at (" FIRST_DAY " + 1 year)",
    };
    Error error = {0};

    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        cr_expect(is_accepted(one[i], &error), "%s: %s", one[i], error.message);
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        cr_expect_not(is_accepted(several[i], &error), "%s", several[i]);
        cr_expect_not_null(strstr(error.message, "an amount is one number of a person"), "%s: %s", several[i],
                           error.message);
    }
}

static void expect_people_min(const char *lets, const char *measure, int64_t expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text text = text_format(
        arena, "query \"t\" project P as at 2026-06-30 %s cohort as_at = as_at " BY_SEX "measure a = %s",
        lets, measure);
    Result parsed = query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error);

    cr_assert(parsed.ok, "%s", error.message);
    cr_expect_eq(run_people_min(query, &payments_provenance.policy), expected, "%s", measure);
}

Test(amounts, a_let_is_what_it_stands_for)
{
    static const char *const lets =
        "let n = count of gp_event let m = n + 1 let z = 0 let d = as_at - 1 day ";
    static const char *const wrong[] = {"m", "n otherwise m", "n otherwise (0 - m)"};

    expect_people_min(lets, "sum of (n otherwise z)", PAYERS_PEOPLE_MIN);
    expect_people_min(lets, "sum of age at d", PAYERS_PEOPLE_MIN);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        Text text =
            text_format(arena, "query \"t\" project P %scohort as_at = as_at " BY_SEX "measure a = sum of %s",
                        lets, wrong[i]);
        cr_expect_not(query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error).ok);
        cr_expect_not_null(strstr(error.message, "an amount is one number of a person"), "%s", error.message);
    }
}

/* Of one home all have the same, and ten would be eight people. Red without read_records, also where it is
 * not asked of the cohort, and of a condition that is none of the home's own. */
Test(amounts, and_conditions_of_what_a_home_has_need_ten_times_as_many)
{
    enum { OF_HOMES = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX };

    expect_people_min("", "sum of count of fire_visit", OF_HOMES);
    expect_people_min("let n = max of visit_date in fire_visit", "median of (days between n and as_at)",
                      OF_HOMES);
    expect_people_min("let n = exists fire_visit", "mean of count of gp_event where n", OF_HOMES);
    expect_people_min("", "people with exists fire_visit", OF_HOMES);
    expect_people_min("", "people with exists gp_event where code in values of risk_level in fire_visit",
                      OF_HOMES);
    expect_people_min("let n = exists fire_visit", "people with exists gp_event", PAYERS_PEOPLE_MIN);
}

/* Red, the first where copy_statistics does not ask the deadline, the second without check_whole. */
Test(amounts, that_take_too_long_are_not_released)
{
    Deadline deadline;
    Provenance provenance = payments_provenance;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    Payments payments;
    Error error = {0};
    size_t count = 0;
    unlike_payers(40, 1, 1, 10);
    Result done =
        payments_count(ONLY_BY_SEX "measure m = median of " COST, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(done.ok, "%s", error.message);
    suppress(payments.parts, payments.part_count, &PAYERS_RULE, payments.arena, payments.states);
    deadline_start(&deadline, 0);
    provenance.deadline = &deadline;

    SCOPED(released_table_close)
    ReleasedTable *cut = released_make(&payments.query->tree->tables[0], payments.parts, payments.states,
                                       payments.part_count, &provenance);
    done = run_release(payments.query->tree, payments.parts, &provenance, payments.arena, tables, &count,
                       &error);

    cr_expect_str_eq(payments_lines(cut, payments.arena), "sex,people,m,m people\n"
                                                          "1,40,0,40\n"
                                                          "2,0,0,0\n"
                                                          "not known,0,0,0\n");
    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_eq(count, 0);
    payments_close(&payments);
}

Test(amounts, that_cannot_be_are_refused_with_place_and_rule)
{
    static const struct {
        const char *tables, *message;
    } cases[] = {
        {BY_SEX "measure a = sum of age measure b = a per 10 people",
         "a rate is of counts of people, not of an amount"},
        {BY_SEX "measure a = sum of age measure b = people per 10 a",
         "a rate is of counts of people, not of an amount"},
        {BY_SEX "measure a = sum of age measure b = people with age > 1 of a",
         "of: expected an earlier measure of people with a condition"},
        {BY_SEX "measure a = sum of age > 1", "expected a number, this is a condition"},
        {BY_SEX "measure a = sum of as_at", "expected a number, this is a date"},
        {BY_SEX "measure a = percentile 100 of age", "percentile: expected a whole number from 1 to 99"},
        {BY_SEX "measure a = percentile 0 of age", "percentile: expected a whole number from 1 to 99"},
        {BY_SEX "measure a = percentile of age", "percentile: expected a whole number from 1 to 99"},
        {BY_SEX "measure a = median age", "expected 'of'"},
        {BY_SEX "measure a = summ of age", "measure 'summ' is unknown; did you mean sum?"},
        {BY_SEX "measure median = people with age > 1", "this name is taken"},
        {BY_SEX "measure a = sum of age table \"u\" by sex measure people measure a = sum of age",
         "an amount stands in a query of one table, since amounts of several can be subtracted from each "
         "other"},
        {"table \"u\" by month of the 2 months to as_at measure people measure a = sum of age",
         "no measure of this table speaks of the month: in month, start of month, end of month"},
        {"table \"u\" by month of the 33 months to as_at measure people measure a = sum of age at end of "
         "month",
         "query: it has more than 32 amounts, each counted once a period"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Payments payments;
        Error error = {0};
        cr_assert_not(payments_count(cases[i].tables, BUDGET_CHUNK_BYTES, &payments, &error).ok, "%s",
                      cases[i].tables);
        cr_expect_not_null(strstr(error.message, cases[i].message), "%s\n%s", cases[i].tables, error.message);
        payments_close(&payments);
    }
}

/* ---- an attacker ---- */

enum { TABLE_LINES = 3, TABLE_COLUMNS = 5, PLACES = TABLE_LINES * TABLE_COLUMNS, TABLES = 60 };

/* What is published as equations of the hidden inner sums; each row's last is not needed: whether one is
 * determined does not depend on what it comes to. */
typedef struct Equations {
    double of[PLACES][PLACES];
    size_t count;
} Equations;

static bool is_below(size_t place, size_t inner)
{
    size_t line = place / TABLE_COLUMNS, column = place % TABLE_COLUMNS;

    return (line == TABLE_LINES - 1 || line == inner / TABLE_COLUMNS) &&
           (column == TABLE_COLUMNS - 1 || column == inner % TABLE_COLUMNS);
}

static bool is_inner(size_t place)
{
    return place / TABLE_COLUMNS < TABLE_LINES - 1 && place % TABLE_COLUMNS < TABLE_COLUMNS - 1;
}

static void add_place(const CountAmounts *amounts, size_t place, double row[PLACES])
{
    for (size_t inner = 0; inner < PLACES; inner++)
        row[inner] = is_inner(inner) && amounts->is_hidden[inner] && is_below(place, inner);
}

/* Gauss, with 0 and 1 and so without trouble of digits. Leaves nothing of what the others make up. */
static bool reduce(const Equations *equations, double row[PLACES])
{
    for (size_t e = 0; e < equations->count; e++) {
        size_t first = 0;
        while (equations->of[e][first] == 0)
            first++;
        double times = row[first] / equations->of[e][first];
        for (size_t i = 0; i < PLACES; i++)
            row[i] -= times * equations->of[e][i];
    }
    for (size_t i = 0; i < PLACES; i++)
        if (row[i] > 1e-9 || row[i] < -1e-9)
            return true;
        else
            row[i] = 0;
    return false;
}

static void take_published(const CountAmounts *amounts, Equations *equations)
{
    equations->count = 0;
    for (size_t place = 0; place < PLACES; place++) {
        double *row = equations->of[equations->count];
        add_place(amounts, place, row);
        if (!amounts->is_hidden[place] && reduce(equations, row))
            equations->count++;
    }
}

/* Hidden sums of which it follows what they are; and groups of hidden ones that a line tells and that are few
 * people's or two people's. */
static int wins_of(const CountAmounts *amounts)
{
    Equations equations;
    int wins = 0;

    take_published(amounts, &equations);
    for (size_t place = 0; place < PLACES; place++) {
        double row[PLACES];
        add_place(amounts, place, row);
        if (amounts->is_hidden[place] && amounts->totals[place].people > 0)
            wins += !reduce(&equations, row);
    }
    for (size_t place = 0; place < PLACES; place++) {
        AmountTotal left = {0};
        for (size_t inner = 0; inner < PLACES; inner++)
            if (is_inner(inner) && amounts->is_hidden[inner] && is_below(place, inner))
                amount_merge(&left, &amounts->totals[inner]);
        if (!amounts->is_hidden[place] && left.people > 0)
            wins += amount_is_of_few(&left, PAYERS_PEOPLE_MIN) || amount_is_dominated(&left);
    }
    return wins;
}

static void pay_at_random(void)
{
    payers.count = payers.events = 0;
    for (int sex = 1; sex <= 2; sex++)
        for (int decile = 1; decile <= 4; decile++) {
            unlike_payers((int)chance(30), sex, decile, (double)chance(50));
            if (chance(3) == 0)
                payer(sex, decile, (double)(1000 * (1 + chance(20))));
            same_payers((int)chance(3) * 9, sex, decile, NO_AMOUNT);
        }
    for (int sex = 1; sex <= 2; sex++) /* nobody is of an unknown line, and all lines are there */
        unlike_payers(50, sex, 1, 10);
}

static int wins_at_random(const SuppressRule *rule)
{
    int wins = 0;

    chance_state = setting("CINQUE_SEED", 20261122);
    for (int i = 0; i < TABLES; i++) {
        Payments payments;
        Error error = {0};
        pay_at_random();
        Result counted =
            payments_count("table \"t\" by sex, imd_decile totals sex, imd_decile measure people "
                           "measure cost = sum of " COST,
                           BUDGET_CHUNK_BYTES, &payments, &error);
        cr_assert(counted.ok, "%s", error.message);
        suppress(payments.parts, payments.part_count, rule, payments.arena, payments.states);
        wins += wins_of(payments.parts[0].amounts);
        payments_close(&payments);
    }
    return wins;
}

Test(amounts, no_sum_of_random_tables_is_given_back)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_complementary = true};

    cr_expect_eq(wins_at_random(&PAYERS_RULE), 0);
    cr_expect_gt(wins_at_random(&without), TABLES / 2, "the attacker knows how to");
}
