/* Sums, means, medians and percentiles as they are released, worked out by hand. */
#include "tests/query/amounts.h"

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
