/* Which sources a query reads. */
#include "tests/query/parsing.h"

Test(language_sources, the_sources_it_reads_are_named_once_each_sorted)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert(parse(COHORT "(exists gp_event) and (exists apc_spell) and (count of gp_event) > 1" TAIL,
                    &query, &error)
                  .ok,
              "%s", error.message);

    cr_assert_eq(query_source_count(query), 2);
    cr_expect(text_equal(query_source(query, 0), TEXT("apc_spell")));
    cr_expect(text_equal(query_source(query, 1), TEXT("gp_event")));
    cr_expect(text_equal(query_title(query), TEXT("t")));
    cr_expect(text_equal(query_project(query), TEXT("P")));
}

/* Without them a project that was not granted a source would learn from it. */
Test(language_sources, the_sources_that_an_attribute_is_made_of_are_read_too)
{
    static const struct {
        const char *text, *sources;
    } cases[] = {
        {COHORT "registered at as_at" TAIL, "death"},
        {COHORT "count of people in the household = 1" TAIL, "death"},
        {COHORT "exists fire_visit" TAIL, "death fire_visit"},
        {COHORT "days registered from 2025-01-01 to as_at > 3" TAIL, "death"},
        {COHORT "ethnic_category = \"A\"" TAIL, "apc_spell"},
        {COHORT "care_home" BY("ethnic_category"), "apc_spell"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};

        cr_assert(parse(cases[i].text, &query, &error).ok, "%s", error.message);

        Text expected = text_from(cases[i].sources);
        for (size_t s = 0; s < query_source_count(query); s++)
            cr_expect(text_equal(query_source(query, s), text_next(&expected, ' ')), "case %zu", i);
        cr_expect_eq(expected.length, 0, "case %zu", i);
    }
}

Test(language_sources, the_sources_of_a_measures_condition_are_read)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert(parse("query \"t\" project P codes d = (\"A\") cohort care_home" BY(
                        "sex") " measure ill = people with exists gp_event where code in d",
                    &query, &error)
                  .ok,
              "%s", error.message);

    cr_assert_eq(query_source_count(query), 1);
    cr_expect(text_equal(query_source(query, 0), TEXT("gp_event")));
    cr_expect_not_null(strstr(query_canonical(query).data, "codes d"));
}
