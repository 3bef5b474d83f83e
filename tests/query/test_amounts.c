/* Sums, means, medians and percentiles as they are released, worked out by hand. */
#include "tests/query/chance.h"
#include "tests/query/payers.h"

#define COST        "(sum of result_value in gp_event)"
#define OF(code)    "(sum of result_value in gp_event where code = \"" code "\")"
#define BY_SEX      "table \"t\" by sex totals sex measure people "
#define ONLY_BY_SEX "table \"t\" by sex measure people "

/* ---- values ---- */

/*
 * Men: 20 pay 10 to 29, 390 together; 19.5 each, so units of 5 * 10: 400, by 20. Women: 10 pay 100 to 109,
 * 1045; units of 500: 1000, by 10; of ten the cost is not known. All: 1435 of 30, 47.8 each, units of 100:
 * 1400, by 30.
 */
Test(amounts, a_sum_and_a_mean_are_of_those_of_whom_it_is_known)
{
    unlike_payers(20, 1, 1, 10);
    unlike_payers(10, 2, 1, 100);
    same_payers(10, 2, 1, NO_AMOUNT);

    expect_released(BY_SEX "measure cost = sum of " COST " measure each = mean of " COST,
                    "sex,people,cost,cost people,each,each people\n"
                    "1,20,400,20,20.0,20\n"
                    "2,20,1000,10,100,10\n"
                    "not known,0,,0,,0\n"
                    "all,40,1400,30,46.7,30\n");
}

/* An unknown cost is not 0: with 0 in its place they are 20 of 52.3, units of 500 still. */
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

/* -390 and 390: nothing, of sizes of 19.5. */
Test(amounts, amounts_may_be_below_zero)
{
    unlike_payers(20, 1, 1, -29);
    unlike_payers(20, 2, 1, 10);

    expect_released(BY_SEX "measure cost = sum of " COST, "sex,people,cost,cost people\n"
                                                          "1,20,-400,20\n"
                                                          "2,20,400,20\n"
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
                    "2,20,400,20,19.5,20\n"
                    "not known,0,,0,,0\n");
}

/* Of 10 to 25 those about the middle are 14 to 21; 15 people are too few. Of 1 to 80, 69 to 76. */
Test(amounts, medians_and_percentiles_have_people_min_people_on_each_side)
{
    unlike_payers(16, 1, 1, 10);
    unlike_payers(15, 1, 2, 10);
    unlike_payers(80, 1, 3, 1);
    unlike_payers(79, 1, 4, 1);

    expect_released("table \"t\" by imd_decile measure people measure m = median of " COST
                    " measure p = percentile 90 of " COST,
                    "imd_decile,people,m,m people,p,p people\n"
                    "1,15,17.5,15,*,15\n"
                    "2,15,*,15,*,15\n"
                    "3,80,40.5,80,72.5,80\n"
                    "4,80,40.5,80,*,80\n");
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

/* 8 pay 10 to 17: 108, units of 50. */
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

/* A median is that of those in the middle, whoever pays most. */
Test(amounts, a_median_is_told_where_two_people_make_up_the_sum)
{
    payer(1, 1, 90000);
    payer(1, 1, 80000);
    unlike_payers(18, 1, 1, 10);

    expect_released(ONLY_BY_SEX "measure cost = sum of " COST " measure m = median of " COST,
                    "sex,people,cost,cost people,m,m people\n"
                    "1,20,*,20,19.5,20\n"
                    "2,0,,0,,0\n"
                    "not known,0,,0,,0\n");
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
                           "all,2,65,1700,65\n"
                           "all,3,0,,0\n"
                           "all,4,0,,0\n"
                           "all,all,110,7500,110\n");
    expect_released_by(&without, query,
                       "sex,imd_decile,people,cost,cost people\n"
                       "1,1,20,*,20\n"
                       "1,2,30,700,30\n"
                       "1,3,0,,0\n"
                       "1,4,0,,0\n"
                       "1,all,50,6000,50\n"
                       "2,1,25,600,25\n"
                       "2,2,35,900,35\n"
                       "2,3,0,,0\n"
                       "2,4,0,,0\n"
                       "2,all,60,1500,60\n"
                       "all,1,45,6000,45\n"
                       "all,2,65,1700,65\n"
                       "all,3,0,,0\n"
                       "all,4,0,,0\n"
                       "all,all,110,7500,110\n");
}

/* ---- no way around counts ---- */

/* 3 of 100 pay more than 500: a sum of ones would count them, and so would one of twos and ones. */
Test(amounts, do_not_count_few_people)
{
    unlike_payers(97, 1, 1, 10);
    unlike_payers(3, 1, 1, 600);

    expect_released(ONLY_BY_SEX "measure a = sum of case when " COST " > 500 then 1 else 0 end "
                                "measure b = mean of case when " COST " > 500 then 1001 else 1000 end "
                                "measure c = percentile 90 of case when " COST " > 500 then 0 else 7 end "
                                "measure d = sum of case when " COST " > 500 then 0 else 9 end",
                    "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                    "1,100,*,100,*,100,*,100,*,100\n"
                    "2,0,,0,,0,,0,,0\n");
}

/* The cost of all, and the cost of all but 3: the second is hidden. Red with without_differences. */
Test(amounts, two_amounts_do_not_differ_for_few)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_differences = true};
    static const char *const query = ONLY_BY_SEX
        "measure a = sum of " COST " measure b = sum of case when " COST " > 500 then 0 else " COST
        " end measure c = median of " COST " measure d = mean of (" COST " + 5)";
    unlike_payers(97, 1, 1, 10);
    unlike_payers(3, 1, 1, 600);

    expect_released(query, "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                           "1,100,7500,100,*,100,59.5,100,80.0,100\n"
                           "2,0,,0,,0,,0,,0\n");
    expect_released_by(&without, query,
                       "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                       "1,100,7500,100,5750,100,59.5,100,80.0,100\n"
                       "2,0,,0,,0,,0,,0\n");
}

/* 50 pay 200 to 249, 29 31 to 59: 179 of ones and threes, units of 10. Who had an event, counted as an
 * amount: beside another count it would be one more. Red without amount_is_condition in hide_places. */
Test(amounts, of_two_values_are_conditions_and_asked_as_such)
{
    unlike_payers(50, 1, 1, 10);
    unlike_payers(50, 1, 1, 200);

    expect_released(ONLY_BY_SEX "measure a = sum of case when " COST " > 100 then 3 else 0 end "
                                "measure b = sum of case when " COST " > 100 then 3 when " COST
                                " > 30 then 1 else 0 end",
                    "sex,people,a,a people,b,b people\n"
                    "1,100,*,100,180,100\n"
                    "2,0,,0,,0\n");
}

/* Of 100 people 8 are between two percentiles that are 8 apart. Red without hide_near in released.c. */
Test(amounts, two_percentiles_do_not_share_people)
{
    unlike_payers(100, 1, 1, 1);

    expect_released(ONLY_BY_SEX "measure a = median of " COST " measure b = percentile 57 of " COST
                                " measure c = percentile 58 of " COST " measure d = median of " COST,
                    "sex,people,a,a people,b,b people,c,c people,d,d people\n"
                    "1,100,50.5,100,*,100,58.5,100,50.5,100\n"
                    "2,0,,0,,0,,0,,0\n");
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
                    "2026-05,1,20,400,20\n"
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
                    "2026-05,1,20,400,20\n"
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
        "25\",\"values\":[{\"at\":[\"1\"],\"value\":39.5},{\"at\":[\"2\"],\"value\":null}"
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

/* 14 bytes of each of 70 million people and 3 bits: an amount, a place, once more in order. Red when
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
    cr_expect_not_null(strstr(error.message, "query: counting would take up to 959 MiB of memory"), "%s",
                       error.message);
    cr_expect_eq(budget_counting_bytes(1000000, 1, 3, 2) - budget_counting_bytes(1000000, 1, 3, 0), 16000000);
    payments_close(&payments);
}

Test(amounts, that_add_up_to_more_than_15_digits_are_refused)
{
    Payments payments;
    Error error = {0};
    unlike_payers(20, 1, 1, 1e14);

    cr_expect_not(
        payments_count(ONLY_BY_SEX "measure cost = sum of " COST, BUDGET_CHUNK_BYTES, &payments, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, "measure cost: its amounts add up to more than 15 digits");
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
        row[inner] = is_inner(inner) && amounts->is_hidden_as_sum[inner] && is_below(place, inner);
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
        if (!amounts->is_hidden_as_sum[place] && reduce(equations, row))
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
        if (amounts->is_hidden_as_sum[place] && amounts->totals[place].people > 0)
            wins += !reduce(&equations, row);
    }
    for (size_t place = 0; place < PLACES; place++) {
        AmountTotal left = {0};
        for (size_t inner = 0; inner < PLACES; inner++)
            if (is_inner(inner) && amounts->is_hidden_as_sum[inner] && is_below(place, inner))
                amount_merge(&left, &amounts->totals[inner]);
        if (!amounts->is_hidden_as_sum[place] && left.people > 0)
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
