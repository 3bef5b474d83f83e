/* Each form of a measure: how it prints, and what is refused of it. */
#include "tests/query/parsing.h"

#define OLD(name) " measure " name " = people with age > 90"
#define ILL       " measure ill = people with age > 3 and exists gp_event"

Test(language_measures, a_measure_with_a_condition_prints_behind_people)
{
    expect_canonical(
        "query \"t\" project P cohort care_home table \"t\" by sex, district totals sex measure people "
        "measure "
        "ill = people with exists gp_event where code = \"1\" table \"u\" by sex measure people measure ill "
        "= "
        "people with exists gp_event where (code = \"1\")",
        "query \"t\"\nproject P\ncohort care_home\n\ntable \"t\"\n  by sex, district\n  totals sex\n  "
        "measure people\n  measure ill = people with exists gp_event where code = \"1\"\n\ntable \"u\"\n  by "
        "sex\n  measure people\n  measure ill = people with exists gp_event where code = \"1\"\n");
}

Test(language_measures, amounts_print_as_they_are_said)
{
    expect_canonical(
        "query \"t\" project P let stays = count of apc_spell cohort care_home table \"t\" by sex measure "
        "people measure a = sum of (stays) measure b = mean of sum of result_value in gp_event where "
        "(code = \"1\") measure c = percentile 50 of age measure d = percentile 9 of (age otherwise 0)",
        "query \"t\"\nproject P\nlet stays = count of apc_spell\ncohort care_home\n\ntable \"t\"\n  by "
        "sex\n  measure people\n  measure a = sum of stays\n  measure b = mean of sum of result_value in "
        "gp_event where code = \"1\"\n  measure c = median of age at as_at\n  measure d = percentile 9 "
        "of age at as_at otherwise 0\n");
}

static void expect_tables_refused(const char *tables, const char *rule)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Error error = {0};

    cr_assert_not(
        parse(text_format(arena, "query \"t\" project P cohort care_home%s", tables).data, &query, &error).ok,
        "%s", tables);
    cr_expect_not_null(strstr(error.message, rule), "%s: %s", tables, error.message);
}

#define LISTED " measure listed = people with age >= 18"

Test(language_measures, a_rate_and_what_counts_among_others_print_as_they_are_said)
{
    expect_canonical("query \"t\" project P cohort care_home" BY("sex") LISTED
                     " measure ill = people with (exists gp_event) of listed measure r = ill per 1000 listed"
                     " measure s = listed per 1 people",
                     "query \"t\"\nproject P\ncohort care_home\n\ntable \"t\"\n  by sex\n  measure people\n"
                     "  measure listed = people with age at as_at >= 18\n"
                     "  measure ill = people with exists gp_event of listed\n"
                     "  measure r = ill per 1000 listed\n  measure s = listed per 1 people\n");
}

Test(language_measures, a_rate_of_a_population_prints_as_it_is_said)
{
    expect_canonical("query \"t\" project P cohort care_home" BY("sex") LISTED
                     " measure r = listed per 1000 of population \"Kent \"\"residents\"\"\""
                     " measure s = people per 1 of population \"K\"",
                     "query \"t\"\nproject P\ncohort care_home\n\ntable \"t\"\n  by sex\n  measure people\n"
                     "  measure listed = people with age at as_at >= 18\n"
                     "  measure r = listed per 1000 of population \"Kent \"\"residents\"\"\"\n"
                     "  measure s = people per 1 of population \"K\"\n");
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 1 of popul \"K\"",
                          "expected 'population'");
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 1 of population kent",
                          "population: expected a text in double quotes");
    expect_tables_refused(BY("sex") LISTED
                          " measure r = listed per 1 of population "
                          "\"0123456789012345678901234567890123456789012345678901234567890123\"",
                          "population: its name is longer than 63 bytes");
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 1 of population \"K\""
                                           " measure s = r per 1 of population \"K\"",
                          "a rate is of counts, not of another rate");
}

/* Red when take_rate does not call is_among: a rate above one of one, and of people who were never asked. */
Test(language_measures, a_rates_numerator_counts_only_people_of_its_denominator)
{
    static const char among[] = "a rate's numerator counts only people of its denominator";

    expect_tables_refused(BY("sex") LISTED ILL " measure r = ill per 1000 listed", among);
    expect_tables_refused(BY("sex") LISTED " measure r = people per 1000 listed", among);
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 1000 listed", among);
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 1 people measure s = r per 1 people",
                          "a rate is of counts, not of another rate");
    expect_tables_refused(BY("sex") LISTED " measure r = listd per 1 people", "did you mean listed?");
    expect_tables_refused(BY("sex") LISTED " measure r = listed per 0 people",
                          "per: expected a whole number from 1 to 1000000");
    expect_tables_refused(BY("sex") LISTED " measure ill = people with age > 3 of people",
                          "of: expected an earlier measure of people with a condition");
}

/* Red when check_conditions or check_families lets them pass: bands of age would tell who is 65 or over. */
Test(language_measures, a_condition_is_in_each_table_of_a_query_and_the_same)
{
    static const char in_each[] = "in each table of a query or in none",
                      another[] = "another name or condition";

    expect_tables_refused(BY("sex, band(age, 5)") BY("sex") ILL, in_each);
    expect_tables_refused(BY("sex") ILL BY("sex, band(age, 5)"), in_each);
    expect_tables_refused(BY("sex") ILL BY("district") " measure ill = people with age > 4", another);
    expect_tables_refused(BY("sex") ILL BY("sex") ILL OLD("old"), another);
    expect_tables_refused(BY("sex") ILL OLD("old") BY("sex") ILL, in_each);
    expect_tables_refused(
        BY("sex") ILL BY("district") " measure well = people with age > 3 and exists gp_event", another);
}

/* Red when find_ring looks at one condition alone: sex by ill and old, and district by both, agree two by
 * two. */
Test(language_measures, several_measures_of_several_tables_are_refused_where_they_form_a_ring)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    expect_tables_refused(BY("sex") ILL OLD("old") BY("district") ILL OLD("old"),
                          "several measures and the dimensions of several tables form a ring");

    cr_expect(parse("query \"t\" project P cohort care_home" BY("sex, district") ILL OLD("old") BY("sex")
                        OLD("old") ILL,
                    &query, &error)
                  .ok,
              "a table within another closes none: %s", error.message);
}

Test(language_measures, a_measures_form_has_its_messages)
{
    expect_tables_refused(BY("sex") " measure sex = people with care_home", "this name is taken");
    expect_tables_refused(BY("sex") " measure ill = peeple with care_home", "did you mean people?");
    expect_tables_refused(BY("sex") " measure ill = people with age",
                          "expected a condition, this is a number");
    expect_tables_refused(BY("sex") ILL " measure ill = people with age > 90", "this name is taken");
    expect_tables_refused(BY("sex") OLD("a") OLD("b") OLD("c") OLD("d") OLD("e") OLD("f") OLD("g") OLD("h")
                              OLD("i"),
                          "more than 8 measures beside people");
    expect_tables_refused(BY("sex, district, imd_decile, care_home, ethnic_category, practice") ILL,
                          "more than 6 dimensions, the measure's condition among them");
}
