/* Bands of age, and the tables that one query may have. */
#include "tests/query/parsing.h"

/* The place is that of the age that is wrong. */
Test(language_tables, declared_bands_ascend_are_wide_and_begin_by_90)
{
    static const struct {
        const char *starts;
        int column;
    } cases[] = {
        {"from 4", 46},       {"from 18, 22", 50}, {"from 18, 18", 50},     {"from 65, 18", 50},
        {"from 18, 91", 50},  {"from 86, 91", 50}, {"from 18, 65, 69", 54}, {"from sex", 46},
        {"from 18, 65,", 53}, {"from 2.5", 46},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], message[256];
        snprintf(text, sizeof text, COHORT "care_home table \"t\" by band(age, %s) measure people",
                 cases[i].starts);
        snprintf(message, sizeof message,
                 "q.cohort:3:%d: band: expected the age at which the next band begins: a whole number up to "
                 "90, at least 5 above where the one before begins",
                 cases[i].column);
        expect_refused(text, message);
    }
}

static void expect_bands(const char *said, const char *canonical)
{
    char text[256], expected[256];

    snprintf(text, sizeof text,
             COHORT "care_home table \"t\" by band(age, %s) totals band(age, %s) measure people", said, said);
    snprintf(expected, sizeof expected,
             COHORT "care_home\n\ntable \"t\"\n  by band(age, %s)\n  totals band(age, %s)\n"
                    "  measure people\n",
             canonical, canonical);
    expect_canonical(text, expected);
}

Test(language_tables, the_same_bands_are_one_question_however_they_are_said)
{
    expect_bands("from 18,65 , 75", "from 18, 65, 75");
    expect_bands("from 20, 40, 60, 80", "20");
    expect_bands("20", "20");
    expect_bands("from 20, 40, 60", "from 20, 40, 60");
    expect_bands("from 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90", "5");
    expect_bands("from 90", "from 90");
    expect_bands("65", "from 65");
    expect_bands("91", "120");
}

/* Red when check_rings is not called: pairs of margins agree, and no table of people has all three. */
Test(language_tables, tables_whose_dimensions_form_a_ring_are_refused)
{
    static const char rule[] = "the dimensions of the tables form a ring, from which hidden cells can be "
                               "worked out; ask one table by all of them";
    char three[256], four[256];
    snprintf(three, sizeof three, "q.cohort:3:117: %s", rule);
    snprintf(four, sizeof four, "q.cohort:3:172: %s", rule);

    expect_refused(COHORT "care_home" BY("sex, district") BY("sex, imd_decile") BY("district, imd_decile"),
                   three);
    expect_refused(COHORT "care_home" BY("sex, district") BY("district, imd_decile")
                       BY("imd_decile, care_home") BY("care_home, sex"),
                   four);
}

/* Red when dimension_equal does not compare bands: those from 18 less those from 19 would be of one year. */
Test(language_tables, tables_of_other_bands_of_age_are_refused)
{
    static const char *const pairs[][2] = {{"from 18, 65", "from 19, 65"},
                                           {"from 18, 65", "from 18, 65, 75"},
                                           {"from 18, 65", "from 18, 70"},
                                           {"5", "from 18"},
                                           {"18", "from 18"},
                                           {"5", "7"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        char text[256];
        snprintf(text, sizeof text, COHORT "care_home" BY("band(age, %s)") BY("sex, band(age, %s)"),
                 pairs[i][0], pairs[i][1]);
        cr_expect_not(parse(text, &query, &error).ok, "%s", text);
        cr_expect_not_null(strstr(error.message, ": an earlier table has another level of this dimension"));
    }
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    cr_expect(parse(COHORT "care_home" BY("band(age, 20)") BY("sex, band(age, from 20, 40, 60, 80)"), &query,
                    &error)
                  .ok,
              "%s", error.message);
}

/* A chain, a star, and a ring that one table spans. */
Test(language_tables, tables_whose_dimensions_form_no_ring_are_accepted)
{
    static const char *const texts[] = {
        COHORT "care_home" BY("sex, district") BY("district, imd_decile") BY("imd_decile, care_home"),
        COHORT "care_home" BY("sex, district") BY("sex, imd_decile") BY("sex, care_home") BY("sex"),
        COHORT "care_home" BY("sex, district") BY("sex, imd_decile") BY("district, imd_decile")
            BY("sex, district, imd_decile"),
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        cr_expect(parse(texts[i], &query, &error).ok, "%s", error.message);
    }
}
