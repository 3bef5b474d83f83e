/* Amounts of a home's records, which everybody at home has alike: how far back the last visit was, in days.
 */
#include "tests/query/amounts.h"

#define LAST  "(days between (max of visit_date in fire_visit) and as_at)"
#define FIRST "(days between (min of visit_date in fire_visit) and as_at)"

static const SuppressRule of_homes = {.people_min = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX};

/* Of each place of each part: is its amount hidden? A margin that is not asked for is. */
static void expect_hidden(const SuppressRule *rule, const char *tables, const char *expected)
{
    Payments payments;
    Error error = {0};
    char hidden[64] = "";
    size_t count = 0;

    Result counted = payments_count(tables, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    suppress(payments.parts, payments.part_count, rule, payments.arena, payments.states);
    for (size_t p = 0; p < payments.part_count; p++) {
        if (payments.parts[p].amounts == NULL)
            continue;
        cr_assert_lt(count + count_places(&payments.parts[p]) + 1, sizeof hidden);
        for (size_t place = 0; place < count_places(&payments.parts[p]); place++)
            hidden[count++] = payments.parts[p].amounts->is_hidden[place] ? '*' : '.';
        hidden[count++] = ' ';
    }
    cr_expect_str_eq(hidden, expected, "%sof %s", hidden, tables);
    payments_close(&payments);
}

/* So many times ten people: of each ten the last visit was so many days ago, or up to 9 more, and the first
 * `apart` days before that, or up to 9 more. */
static void visited_tens(int tens, int decile, int last, int apart)
{
    for (int i = 0; i < tens; i++)
        visited_people(10, decile, 2, last + i % 10, last + apart + 2 * (i % 10));
}

/*
 * One home of ten was visited 6000 days ago, which is 60000 of 61950 in decile 1; in decile 2 nobody was so
 * long ago. Red without `together` of count_amounts, or with without_dominance.
 */
Test(amounts, of_a_home_are_not_told_by_a_sum_or_a_mean)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX,
                                         .without_dominance = true};
    static const char *const query =
        "table \"t\" by imd_decile measure people measure a = sum of " LAST " measure b = mean of " LAST;
    visited_people(10, 1, 2, 6000, 6000);
    visited_tens(10, 1, 15, 1);
    visited_people(10, 2, 2, 25, 25);
    visited_tens(10, 2, 15, 1);

    expect_hidden(&of_homes, query, "*...* *...* ");
    expect_hidden(&without, query, "....* ....* ");
}

/* First and last visit of one home of ten differ by 5000 days, of the others by 1 to 10: of the two amounts
 * the later goes. Red without `together` in hide_near. */
Test(amounts, of_a_home_are_not_told_by_a_difference)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX,
                                         .without_differences = true};
    static const char *const query =
        "table \"t\" by imd_decile measure people measure a = sum of " LAST " measure b = sum of " FIRST;
    visited_people(10, 1, 2, 1000, 6000);
    visited_tens(10, 1, 6000, 1);
    visited_people(10, 2, 2, 5990, 6000);
    visited_tens(10, 2, 6000, 1);

    expect_hidden(&of_homes, query, "....* *...* ");
    expect_hidden(&without, query, "....* ....* ");
}

/*
 * In decile 1 is the home of ten. That and decile 2, the smallest of the others, are the home's sum above
 * all: 60000 of 63285. So decile 3 goes as well. Red without `together` in suppress_is_total_safe.
 */
Test(amounts, of_a_home_are_not_told_by_what_margins_leave)
{
    visited_people(10, 1, 2, 6000, 6000);
    visited_tens(8, 1, 15, 1);
    visited_tens(9, 2, 15, 1);
    visited_tens(11, 3, 2000, 1);
    visited_tens(12, 4, 2000, 1);

    expect_hidden(&of_homes,
                  "table \"t\" by imd_decile totals imd_decile measure people measure a = sum of " LAST,
                  "***.. ");
}

/* The same of two amounts: in deciles 1 and 2 they differ by 50000 days for the home and by 1000 for others.
 * Red without `together` in suppress_is_total_safe. */
Test(amounts, of_a_home_are_not_told_by_what_margins_leave_of_a_difference)
{
    visited_people(10, 1, 2, 1000, 6000);
    visited_tens(10, 1, 6000, 1);
    visited_tens(9, 2, 6000, 1);
    visited_tens(12, 3, 3000, 3000);
    visited_tens(13, 4, 3000, 3000);

    expect_hidden(&of_homes,
                  "table \"t\" by imd_decile totals imd_decile measure people measure a = sum of " LAST
                  " measure b = sum of " FIRST,
                  "..... ***.. ");
}

/* There are 1540 visits more than people with one, 1390 of them of one home. Red without `together` in
 * hide_near_answer. */
Test(amounts, of_a_home_are_not_told_by_who_has_a_record)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX,
                                         .without_differences = true};
    static const char *const query = "table \"t\" by imd_decile measure people measure visited = people with "
                                     "exists fire_visit measure a = sum of count of fire_visit";
    visited_people(10, 1, 140, 10, 10);
    visited_people(1600, 1, 1, 10, 10);
    visited_people(50, 1, 2, 10, 10);
    visited_people(50, 1, 3, 10, 10);

    expect_hidden(&of_homes, query, "*...* ");
    expect_hidden(&without, query, "....* ");
}

static void expect_released_of_homes(const char *tables, const char *expected)
{
    Payments payments;
    Error error = {0};
    Provenance provenance = payments_provenance;

    provenance.policy.people_min = of_homes.people_min;
    Result counted = payments_count(tables, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    suppress(payments.parts, payments.part_count, &of_homes, payments.arena, payments.states);
    ReleasedTable *table = released_make(&payments.query->tree->tables[0], payments.parts, payments.states,
                                         payments.part_count, &provenance);
    cr_expect_str_eq(payments_lines(table, payments.arena), expected, "%s",
                     payments_lines(table, payments.arena));
    released_table_close(&table);
    payments_close(&payments);
}

/* 240 people each; of the 80 in the middle ten of decile 1 are one home's, 900 days from the others. Red
 * without `together` in released_statistic. */
Test(amounts, of_a_home_are_not_told_by_a_median)
{
    for (int decile = 1; decile <= 2; decile++) {
        visited_tens(8, decile, 15, 1);
        visited_tens(decile == 1 ? 7 : 8, decile, 30, 1);
        visited_tens(8, decile, 940, 1);
    }
    visited_people(10, 1, 2, 930, 930);

    expect_released_of_homes("table \"t\" by imd_decile measure people measure m = median of " LAST,
                             "imd_decile,people,m,m people\n"
                             "1,240,*,240\n"
                             "2,240,33.5,240\n"
                             "3,0,,0\n"
                             "4,0,,0\n");
}

/*
 * A hostel of 100 people was visited once, 6000 days ago, and homes of ten, 240 people, twice since. Without
 * the rule 100 would be those with one visit, stand under `not known` of how many live with them, and have
 * most of the sum. Red when bind_of_households adds nothing to the cohort: then run_check_plan refuses, and
 * without its check_counted the table tells.
 */
Test(amounts, of_a_hostel_are_in_no_cell_and_no_sum)
{
    visited_tens(8, 1, 15, 1);
    visited_tens(8, 1, 30, 1);
    visited_tens(8, 1, 940, 1);
    uint32_t hostel = payers.count;
    visited_people(100, 1, 1, 6000, 6000);
    payers_at_one_home(hostel);

    expect_released_of_homes("table \"t\" by sex measure people measure once = people with (count of "
                             "fire_visit) = 1 measure lodgers ="
                             " people with count of people in the household > 9 measure a = mean of " LAST
                             " measure m = median of " LAST,
                             "sex,people,once,lodgers,a,a people,m,m people\n"
                             "1,240,0,240,333,240,33.5,240\n"
                             "2,0,0,0,,0,,0\n");
}
