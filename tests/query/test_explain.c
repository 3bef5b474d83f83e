#include <criterion/criterion.h>
#include <string.h>

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
        " is at least 2 and not (there are records of fire_visit where 2026-06-30 is from household_from to"
        " household_to) and"
        " how many people share (where ((death_date, else 2026-06-30) is at least 2026-06-30 and not"
        " ((care_home of the last of records of registration where 2026-06-30 is from valid_from to valid_to,"
        " else false))): household_number of"
        " the last of records of household where 2026-06-30 is from valid_from to valid_to) is known)\n"
        "by sex: sex\n");
}

Test(explain, a_band_is_the_last_that_has_begun_at_the_age)
{
    expect_explained("query \"t\" project P as at 2026-06-30 cohort as_at = as_at"
                     " table \"t\" by band(age, from 18, 65) measure people",
                     "as at 2026-06-30\n"
                     "[1] the whole years from (((birth_year * 12) + birth_month) - 24001) months behind "
                     "2000-01-01 to 2026-06-30\n"
                     "counts people for whom 2026-06-30 is 2026-06-30\n"
                     "by age: (where [1] is at least 65: 65; where [1] is at least 18: 18; where [1] is at "
                     "least 0: 0)\n");
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

Test(explain, a_rate_is_of_what_is_published)
{
    expect_explained("query \"t\" project P as at 2026-06-30 cohort exists gp_event table \"t\" by sex"
                     " measure people measure m = people with exists death measure r = m per 1000 people",
                     "as at 2026-06-30\n"
                     "counts people for whom there are records of gp_event\n"
                     "by sex: sex\n"
                     "by m: there are records of death\n"
                     "r: the published m for every 1000 of the published people\n");
}

Test(explain, a_rate_of_a_population_says_that_it_is_from_outside)
{
    expect_explained("query \"t\" project P as at 2026-06-30 cohort exists gp_event table \"t\" by sex"
                     " measure people measure r = people per 1000 of population \"Kent\"",
                     "as at 2026-06-30\n"
                     "counts people for whom there are records of gp_event\n"
                     "by sex: sex\n"
                     "r: the published people for every 1000 people of the population \"Kent\", a table from "
                     "outside\n");
}

Test(explain, an_amount_is_over_those_of_whom_it_is_known)
{
    expect_explained(
        "query \"t\" project P as at 2026-06-30 let n = count of death cohort exists gp_event "
        "table \"t\" by sex measure people measure m = percentile 50 of n measure s = sum of "
        "sum of length_of_hospital_stay in apc_spell measure o = percentile 25 of n",
        "as at 2026-06-30\n"
        "[1] the number of records of death\n"
        "[2] [1] (up to 1000000000) is known\n"
        "[3] the sum of length_of_hospital_stay over records of apc_spell\n"
        "counts people for whom there are records of gp_event\n"
        "by sex: sex\n"
        "by m: [2]\n"
        "by s: [3] (up to 1000000000) is known\n"
        "by o: [2]\n"
        "m: the median of n, over the people of whom it is known\n"
        "s: the sum of sum of length_of_hospital_stay in apc_spell, over the people of whom it is known\n"
        "o: the percentile 25 of n, over the people of whom it is known\n");
}

static size_t count_of(Text text, Text part)
{
    size_t count = 0;

    for (size_t i = 0; i + part.length <= text.length; i++)
        count += memcmp(text.data + i, part.data, part.length) == 0;
    return count;
}

/* Red, by an arena that ends the process, when each use of a category takes memory of the whole list's size.
 */
Test(explain, many_uses_of_many_categories_of_a_long_list_are_explained)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_CANONICAL_BYTES_MAX);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text explained;
    text_add_string(&text, "query \"t\" project P as at 2026-06-30 ");
    words_add_codes(&text, QUERY_CODES_MAX, 200);
    words_add_uses(&text, "x", 200);
    words_add_uses(&text, "y", 200);
    words_add_uses(&text, "z", 200);
    text_add_string(&text, "cohort x and not y or z table \"t\" by sex measure people");
    Result done =
        query_parse(&WORDS, "q", text_built(&text), QUERY_CANONICAL_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);

    done = query_explain(query, &explained, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_eq(count_of(explained, TEXT("code is one of 100")), 200);
}

/* 20,000 words that all begin with A, once for each list that names them all: 160,000 bytes. */
static Result explain_prefixes(int lists, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_CANONICAL_BYTES_MAX);
    SCOPED(query_close) Query *query = NULL;
    Text explained;

    text_add_string(&text, "query \"t\" project P as at 2026-06-30 ");
    words_add_codes(&text, QUERY_CODES_MAX, 1);
    text_add_string(&text, "let x = exists gp_event where (code in d");
    for (int i = 0; i < lists; i++)
        text_add_format(&text, " or code in (\"A*\", \"B%d\")", i);
    text_add_string(&text, ") cohort x or not x table \"t\" by sex measure people");
    TRY(query_parse(&WORDS, "q", text_built(&text), QUERY_CANONICAL_BYTES_MAX, NULL, &query, error));
    return query_explain(query, &explained, error);
}

Test(explain, lists_whose_words_fit_in_memory_together_are_explained)
{
    Error error = {0};

    Result done = explain_prefixes(200, &error);

    cr_expect(done.ok, "%s", error.message);
}

/* Red when BOUND_SETS_BYTES_MAX is not kept. */
Test(explain, prefixes_that_stand_for_too_many_words_are_refused)
{
    Error error = {0};

    Result done = explain_prefixes(220, &error);

    cr_assert(!done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(
        error.message,
        "q:1:365391: the codes up to here stand for more words than fit in 32 MiB of memory; use "
        "fewer lists, categories or prefixes");
}
