/* Several measures of one table, and what their conditions hide. */
#include "tests/query/county.h"

/* 2,000 people, 40 opted out: every 50th. Every 20th of them has two spells: 100 - 20, all with sex 2 where
 * (i / 4) % 2 is 1. */
Test(measures, a_measure_counts_who_has_a_condition_who_has_not_and_all)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(COUNTY_HEAD
                             "cohort as_at = as_at table \"t\" by care_home totals care_home measure people "
                             "measure often = people with at least 2 apc_spell",
                             arena);

    county_expect(answer,
                  "{\"at\":[\"all\",\"yes\"],\"people\":80},{\"at\":[\"all\",\"no\"],\"people\":1880}]");
    county_expect(answer, "{\"at\":[\"all\"],\"people\":1960}");
}

/* S1 is every 5th's last event, of a value of i % 40: above 10 those of 15 to 35, 250 without 20; others have
 * no value. */
Test(measures, of_whom_a_condition_is_unknown_stands_under_not_known)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people measure high = "
                    "people with value of result_value in last gp_event by event_date > 10",
        arena);

    county_expect(answer,
                  "{\"at\":[\"all\",\"yes\"],\"people\":230},{\"at\":[\"all\",\"no\"],\"people\":130},"
                  "{\"at\":[\"all\",\"not known\"],\"people\":1600}]");
}

/* As the two tests above, at once. */
Test(measures, several_measures_stand_in_one_table)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people "
                    "measure often = people with at least 2 apc_spell "
                    "measure rate = often per 1000 people "
                    "measure high = people with value of result_value in last gp_event by event_date > 10",
        arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":1960}]");
    county_expect(answer,
                  "{\"at\":[\"all\",\"yes\"],\"people\":80},{\"at\":[\"all\",\"no\"],\"people\":1880}],"
                  "\"name\":\"often\"");
    county_expect(answer, "{\"at\":[\"all\",\"not known\"],\"people\":1600}],\"name\":\"high\"");
    county_expect(answer, "\"name\":\"rate\",\"values\":");
    county_expect(answer, "{\"at\":[\"all\"],\"value\":40.8}]");
}

/* Four people in care homes are men of 96. Red when the condition is no dimension: the others and all of them
 * would both be shown. */
Test(measures, what_a_measure_leaves_of_its_table_is_hidden_with_it)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD "cohort as_at = as_at table \"t\" by care_home measure people measure old = people "
                    "with age = 96 and sex = \"1\"",
        arena);

    const char *text = text_to_string(arena, answer);
    county_expect(answer, "{\"at\":[\"true\",\"yes\"],\"hidden\":true}");
    cr_expect(strstr(text, "{\"at\":[\"true\",\"no\"],\"people\"") == NULL ||
                  strstr(text, "{\"at\":[\"true\"],\"people\"") == NULL,
              "%s", text);
}
