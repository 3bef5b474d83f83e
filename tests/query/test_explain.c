#include <criterion/criterion.h>

#include "tests/query/words.h"

static void expect_explained(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text explained;

    Result done = query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);
    done = query_explain(query, &explained, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_str_eq(explained.data, expected);
}

Test(explain, says_what_would_be_counted_and_by_what)
{
    expect_explained(
        "query \"t\" project P as at 2026-06-30 codes d = (\"A\", \"B\")"
        " cohort (count of gp_event where code in d and event_date within 12 months before as_at) >= 2"
        " and not exists fire_visit table \"t\" by sex measure people",
        "as at 2026-06-30\n"
        "counts people for whom (the number of records of gp_event where (code is \"A\" or \"B\" and"
        " clinical_effective_date is more than 2025-06-30 and clinical_effective_date is at most 2026-06-30)"
        " is at least 2 and not (there are records of fire_visit where ((household_from, else 2026-06-30) is"
        " at most 2026-06-30 and (household_to, else 2026-06-30) is at least 2026-06-30)))\n"
        "by sex: sex\n");
}

/* A let that is used twice, whose own parts are used twice, would else be said four times. */
Test(explain, what_is_used_more_than_once_is_said_once)
{
    expect_explained("query \"t\" project P as at 2026-06-30 let a = exists death let b = a or not a"
                     " cohort b or (not b) table \"t\" by sex measure people",
                     "as at 2026-06-30\n"
                     "[1] there are records of death\n"
                     "[2] ([1] or not ([1]))\n"
                     "counts people for whom ([2] or not ([2]))\n"
                     "by sex: sex\n");
}

Test(explain, long_lists_are_counted_and_long_words_cut)
{
    expect_explained(
        "query \"t\" project P as at 2026-06-30 codes d = (\"A\", \"B\", \"C\", \"D\", \"E\", \"F\")"
        " cohort exists gp_event where code in d or code ="
        " \"0123456789012345678901234567890123456789x\" table \"t\" by sex measure people",
        "as at 2026-06-30\n"
        "counts people for whom there are records of gp_event where (code is one of 6 or code is"
        " \"0123456789012345678901234567890123456789...\")\n"
        "by sex: sex\n");
}

Test(explain, a_prefix_is_said_as_it_is_written)
{
    expect_explained("query \"t\" project P as at 2026-06-30 codes d = (\"E11*\", \"X\")"
                     " cohort exists gp_event where code in d table \"t\" by sex measure people",
                     "as at 2026-06-30\n"
                     "counts people for whom there are records of gp_event where code is \"E11*\" or \"X\"\n"
                     "by sex: sex\n");
}

/* Red when set_words does not look at measures: both words would be another one, and one condition. */
Test(explain, the_words_of_a_measures_condition_are_said_as_they_are_written)
{
    expect_explained(
        "query \"t\" project P as at 2026-06-30 cohort exists gp_event table \"t\" by sex"
        " measure people measure m = people with exists apc_spell where admission_method = \"21\""
        " or admission_method = \"22\" or admission_method in (\"23\", \"24\")",
        "as at 2026-06-30\n"
        "counts people for whom there are records of gp_event\n"
        "by sex: sex\n"
        "by m: there are records of apc_spell where (admission_method is \"21\" or"
        " admission_method is \"22\" or admission_method is \"23\" or \"24\")\n");
}
