/* Each form of an expression: how it prints, that it prints to itself, and what is refused of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/query/words.h"

#define HEAD                                                                                                 \
    "query \"t\"\nproject P\ncodes d = (\"D1\", \"D2*\")\nlet index = value of event_date in first "         \
    "gp_event by event_date\n"
#define TAIL "\n\ntable \"t\"\n  by sex\n  measure people\n"

static Result parse(Text text, Query **query, Error *error)
{
    return query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, query, error);
}

/* What stands behind `cohort`, of a query that defines d and index. */
static Text cohort_of(Text canonical)
{
    const char *from = strstr(canonical.data, "\ncohort ") + strlen("\ncohort ");

    return (Text){from, (size_t)(strstr(from, "\n\ntable") - from)};
}

static void expect_prints(const char *cohort, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Error error = {0};

    Result done = parse(text_format(arena, HEAD "cohort %s" TAIL, cohort), &query, &error);

    cr_assert(done.ok, "%s: %s", cohort, error.message);
    Text printed = cohort_of(query_canonical(query));
    cr_expect(text_equal(printed, text_from(expected)), "%s\n%.*s\n%s", cohort, TEXT_ARG(printed), expected);
    cr_assert(parse(query_canonical(query), &again, &error).ok, "%s", error.message);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)), "prints to itself: %s", cohort);
}

static void expect_refused(const char *cohort, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    Error error = {0};

    cr_assert_not(parse(text_format(arena, HEAD "cohort %s" TAIL, cohort), &query, &error).ok, "%s", cohort);

    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected, "%s: %s", cohort, error.message);
}

typedef struct Case {
    const char *cohort, *expected;
} Case;

#define EACH(cases, expect)                                                                                  \
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)                                                \
    expect(cases[i].cohort, cases[i].expected)

Test(language_forms, records_print_as_they_are_said)
{
    static const Case cases[] = {
        {"(count of distinct code in gp_event where code in d) > 1",
         "(count of distinct code in gp_event where code in d) > 1"},
        {"sum of result_value in gp_event >= 2.50", "sum of result_value in gp_event >= 2.5"},
        {"mean of result_value in gp_event < 2.0", "mean of result_value in gp_event < 2.0"},
        {"min of admission_date in apc_spell before as_at",
         "min of admission_date in apc_spell before as_at"},
        {"max of result_value in gp_event = -3", "max of result_value in gp_event = -3"},
        {"(value of code in last gp_event by event_date where code in d) = \"D1\"",
         "(value of code in last gp_event by event_date where code in d) = \"D1\""},
        {"value of code in 1st gp_event by event_date in d",
         "value of code in first gp_event by event_date in d"},
        {"value of code in 2nd gp_event by event_date in d",
         "value of code in 2nd gp_event by event_date in d"},
        {"value of code in 13th last gp_event by result_value in d",
         "value of code in 13th last gp_event by result_value in d"},
        {"value of code in 1st last gp_event by event_date in d",
         "value of code in last gp_event by event_date in d"},
        {"value of code in 103rd gp_event by event_date in d",
         "value of code in 103rd gp_event by event_date in d"},
        {"episodes of gp_event by event_date with gaps up to 30 days > 1",
         "episodes of gp_event by event_date with gaps up to 30 days > 1"},
        {"most of gp_event by event_date within 1 day > 1",
         "most of gp_event by event_date within 1 days > 1"},
        {"at least 2 gp_event where code in d and result_value > 1",
         "(count of gp_event where code in d and result_value > 1) >= 2"},
        {"at most 2 gp_event", "count of gp_event <= 2"},
        {"exactly 0 gp_event", "count of gp_event = 0"},
        {"at least 3 gp_event by event_date within 365 days where code in d",
         "(most of gp_event by event_date within 365 days where code in d) >= 3"},
        {"exists gp_event where code in values of admission_method in apc_spell where admission_date before "
         "index",
         "exists gp_event where code in values of admission_method in apc_spell where admission_date before "
         "index"},
        {"exists gp_event where (code in values of admission_method in apc_spell) and event_date before "
         "index",
         "exists gp_event where code in values of admission_method in apc_spell and event_date before index"},
    };

    EACH(cases, expect_prints);
}

Test(language_forms, people_of_the_household_print_as_they_are_said)
{
    static const Case cases[] = {
        {"count of people in the household = 1", "count of people in the household = 1"},
        {"count of other people in the household at as_at > 2", "count of other people in the household > 2"},
        {"count of people in the household at 2025-01-31 > 2",
         "count of people in the household at 2025-01-31 > 2"},
        {"count of people in the household at (as_at - 1 year) > 2",
         "count of people in the household at (as_at - 12 months) > 2"},
        {"exists person in the household where age < 5",
         "(count of people in the household where age at as_at < 5) >= 1"},
        {"exists other person in the household where exists gp_event where code in d",
         "(count of other people in the household where exists gp_event where code in d) >= 1"},
        {"at least 2 other people in the household at 2025-01-31 where care_home",
         "(count of other people in the household at 2025-01-31 where care_home) >= 2"},
        {"exactly 3 people in the household", "count of people in the household = 3"},
        {"at most 1 people in the household where index is known and (exists person in the household where "
         "age > 90)",
         "(count of people in the household where (count of people in the household where age at as_at > 90) "
         ">= 1 "
         "and index is known) <= 1"},
    };

    EACH(cases, expect_prints);
}

Test(language_forms, time_registered_prints_as_it_is_said)
{
    static const Case cases[] = {
        {"days registered from 2025-01-01 to as_at > 30", "days registered from 2025-01-01 to as_at > 30"},
        {"years registered from index to (index + 1 year) >= 0.50",
         "years registered from index to (index + 12 months) >= 0.5"},
    };
    static const Case refused[] = {
        {"months registered from index to as_at > 3", "q:5:8: time registered is in days or years"},
        {"exists gp_event where days registered from index to as_at > 3",
         "q:5:30: time registered is of people, not of a record; say it in a let"},
        {"days registered at as_at > 3", "q:5:24: expected 'from'"},
    };

    EACH(cases, expect_prints);
    EACH(refused, expect_refused);
}

Test(language_forms, a_household_is_of_one_day_and_of_people)
{
    static const Case cases[] = {
        {"count of people in the household at index > 2",
         "q:5:44: the day of a household is the same for everybody: as_at, a date, or one so far from it"},
        {"count of people in the household at (index + 1 day) > 2",
         "q:5:44: the day of a household is the same for everybody: as_at, a date, or one so far from it"},
        {"count of people in the household where age > 2",
         "q:5:8: the cohort is a condition, this is a number"},
        {"exists person in the household where age", "q:5:45: expected a condition, this is a number"},
        {"exists people in the household", "q:5:15: expected 'person'"},
        {"exists gp_event where count of people in the household > 1",
         "q:5:30: 'count' is of people, and `where` reaches to here: end it by a parenthesis before, or say "
         "this in a let"},
        {"most of people in the household > 1",
         "q:5:8: most of a source is by a date, within a number of days"},
    };

    EACH(cases, expect_refused);
}

Test(language_forms, windows_are_of_days_and_months_and_about_any_day)
{
    static const Case cases[] = {
        {"exists gp_event where event_date within 90 days after index",
         "exists gp_event where event_date within 90 days after index"},
        {"index within 2 weeks before as_at", "index within 14 days before as_at"},
        {"index within 1 year after 2020-01-01 + 1 day", "index within 12 months after 2020-01-01 + 1 days"},
        {"exists gp_event where event_date from index + 1 day to index + 1 year",
         "exists gp_event where event_date from index + 1 days to index + 12 months"},
        {"practice sent gp_event from 2026-01-01 to as_at",
         "practice sent gp_event from 2026-01-01 to as_at"},
        {"not practice at index sent gp_event from as_at - 1 year to as_at",
         "not (practice at index sent gp_event from as_at - 12 months to as_at)"},
        {"index - 2 months - 3 days after as_at", "index - 2 months - 3 days after as_at"},
        {"age at index >= 18 and registered at index", "age at index >= 18 and registered at index"},
        {"district at (index + 1 month) = \"Dover\"", "district at (index + 1 months) = \"Dover\""},
        {"district at as_at = \"Dover\"", "district = \"Dover\""},
        {"days between index and as_at - 1 > 30", "days between index and as_at - 1 > 30"},
        {"years between (index - 1 day) and as_at = 3", "years between (index - 1 days) and as_at = 3"},
        {"months between index and earliest of (as_at, index + 5 days) > 3",
         "months between index and earliest of (as_at, index + 5 days) > 3"},
    };

    EACH(cases, expect_prints);
}

Test(language_forms, values_print_with_the_parentheses_that_they_need)
{
    static const Case cases[] = {
        {"imd_decile + 1 * 2 - 3 > 4", "imd_decile + 1 * 2 - 3 > 4"},
        {"(imd_decile + 1) * 2 > 4", "(imd_decile + 1) * 2 > 4"},
        {"imd_decile - (1 - 2) > 4 / (2 * 3)", "imd_decile - (1 - 2) > 4 / (2 * 3)"},
        {"((imd_decile - 1) - 2) > 4", "imd_decile - 1 - 2 > 4"},
        {"imd_decile + -3 > -4.50", "imd_decile + -3 > -4.5"},
        {"(value of result_value in last gp_event by event_date where code in d) otherwise 0 > 3",
         "(value of result_value in last gp_event by event_date where code in d) otherwise 0 > 3"},
        {"imd_decile otherwise count of apc_spell otherwise 0 + 1 > 3",
         "imd_decile otherwise count of apc_spell otherwise 0 + 1 > 3"},
        {"(imd_decile otherwise count of apc_spell) + 1 > 3",
         "(imd_decile otherwise count of apc_spell) + 1 > 3"},
        {"case when imd_decile < 18 then \"child\" when exists gp_event where code in d then \"ill\" else "
         "sex end = "
         "\"ill\"",
         "case when imd_decile < 18 then \"child\" when exists gp_event where code in d then \"ill\" else "
         "sex end = "
         "\"ill\""},
        {"case when care_home then imd_decile > 3 end", "case when care_home then imd_decile > 3 end"},
        {"index is known and care_home is not known", "index is known and not (care_home is known)"},
        {"not index is known", "not (index is known)"},
        {"(imd_decile > 3 or care_home) is known", "(care_home or imd_decile > 3) is known"},
        {"imd_decile in (3, 1, 2, 1)", "imd_decile in (1, 2, 3)"},
        {"least of (imd_decile, 40, count of apc_spell * 2) < 3",
         "least of (imd_decile, 40, count of apc_spell * 2) < 3"},
        {"greatest of (imd_decile) < 3", "greatest of (imd_decile) < 3"},
        {"greatest of (index, as_at) = as_at", "latest of (index, as_at) = as_at"},
        {"exists gp_event where code contains d or code contains (\"I2*\", \"A\")",
         "exists gp_event where code contains (\"A\", \"I2*\") or code contains d"},
    };

    EACH(cases, expect_prints);
}

/* Red where such a chain has the tightness of a chain: the text would not print to itself, so what was
 * approved could never run. */
Test(language_forms, a_chain_of_the_same_prints_as_one_of_them)
{
    static const Case cases[] = {
        {"care_home and (care_home or care_home)", "care_home"},
        {"care_home and (sex = \"1\" or sex = \"1\")", "care_home and sex = \"1\""},
        {"(sex = \"1\" and (care_home or care_home)) is known", "(care_home and sex = \"1\") is known"},
        {"(care_home or sex = \"1\") and (sex = \"1\" or care_home)", "care_home or sex = \"1\""},
        {"not ((care_home and care_home) or (care_home and care_home))", "not care_home"},
        {"sex = \"9\" or ((exists gp_event where code in d) and (exists gp_event where code in d))",
         "(exists gp_event where code in d) or sex = \"9\""},
    };

    EACH(cases, expect_prints);
}

Test(language_forms, each_rule_has_its_message)
{
    static const Case cases[] = {
        {"value of cod in last gp_event by event_date = \"1\"",
         "q:5:17: column 'cod' is unknown; did you mean code?"},
        {"value of code in lst gp_event by event_date = \"1\"",
         "q:5:25: place 'lst' is unknown; did you mean last?"},
        {"value of code in some gp_event by event_date = \"1\"",
         "q:5:25: expected first, last or a place such as 2nd"},
        {"value of code in 1000th gp_event by event_date = \"1\"", "q:5:25: a word begins with a letter"},
        {"value of code in 2th gp_event by event_date = \"1\"", "q:5:25: a word begins with a letter"},
        {"value of code in 0th gp_event by event_date = \"1\"", "q:5:25: expected 1st to 999th"},
        {"value of code in last gp_event where code in d", "q:5:39: expected 'by'"},
        {"value of code in last gp_event by code = \"1\"", "q:5:42: only numbers and dates have an order"},
        {"value of 3 in last gp_event by code = \"1\"", "q:5:17: expected a column"},
        {"sum of code in gp_event > 3", "q:5:15: expected a column of numbers"},
        {"min of code in gp_event > 3", "q:5:15: only numbers and dates have an order"},
        {"episodes of gp_event by result_value with gaps up to 3 days > 1",
         "q:5:32: expected a column of dates"},
        {"episodes of gp_event by event_date with gap up to 3 days > 1",
         "q:5:48: expected 'gaps'; did you mean gaps?"},
        {"most of gp_event > 1", "q:5:8: most of a source is by a date, within a number of days"},
        {"at leest 2 gp_event", "q:5:11: expected 'least' or 'most'; did you mean least?"},
        {"exists gp_event where event_date within 3 dais after index",
         "q:5:50: unit 'dais' is unknown; did you mean days?"},
        {"exists gp_event where event_date within 101 years after index",
         "q:5:48: a span of time is at most 100 years"},
        {"exists gp_event where event_date within 3 after index", "q:5:50: unit 'after' is unknown"},
        {"index + 3 after as_at",
         "q:5:16: to a date belongs a number of days, weeks, months or years; between two dates say days "
         "between A and B"},
        {"index - as_at > 3", "q:5:16: to a date belongs a number of days, weeks, months or years; between "
                              "two dates say days between A and B"},
        {"index + 3 dais after as_at", "q:5:18: unit 'dais' is unknown; did you mean days?"},
        {"age + 3 years > 4", "q:5:16: a span of time is added to a date, this is a number"},
        {"sex + 1 > 3", "q:5:8: expected a number, this is text"},
        {"age + sex > 3", "q:5:14: expected a number, this is text"},
        {"days between index and 3 > 3", "q:5:31: expected a date, this is a number"},
        {"weeks between index and as_at > 3", "q:5:8: between two dates are days, months or years"},
        {"age at 3 > 3", "q:5:15: expected a date, this is a number"},
        {"sex at index = \"1\"", "q:5:12: 'sex' is known without a day"},
        {"case when age then 1 end > 3", "q:5:18: expected a condition, this is a number"},
        {"case when care_home then 1 else sex end > 3", "q:5:40: expected a number, this is text"},
        {"case else 1 end > 3", "q:5:13: expected 'when'"},
        {"care_home otherwise care_home", "q:5:8: otherwise is of numbers, dates and texts"},
        {"age otherwise sex > 3", "q:5:22: expected a number, this is text"},
        {"least of (sex, sex) = sex", "q:5:18: only numbers and dates have an order"},
        {"least of (age, as_at) = 3", "q:5:23: expected a number, this is a date"},
        {"age is nown", "q:5:15: expected 'known'; did you mean known?"},
        {"age in (1, 2.5)", "q:5:19: expected a whole number"},
        {"age > 2.", "q:5:14: a decimal number has digits behind its point"},
        {"age > 1234567890.123456", "q:5:14: decimal number has more than 15 digits"},
        {"age > - sex", "q:5:16: expected a number behind the minus"},
        {"sex in (\"*\")", "q:5:16: before * stands what codes begin with"},
        {"exists gp_event where code in d category \"x\"", "q:5:49: category 'x' is unknown"},
        {"exists gp_event where code in values of result_value in gp_event",
         "q:5:48: expected text, this is a number"},
        {"exists gp_event where indx is known", "q:5:30: column 'indx' is unknown; did you mean index?"},
        {"sex sent gp_event from as_at to as_at",
         "q:5:8: 'sent' is asked of practice alone, this is another"},
        {"practice sent gp_events from as_at to as_at",
         "q:5:22: source 'gp_events' is unknown; did you mean gp_event?"},
        {"practice sent gp_event from index to as_at",
         "q:5:36: 'sent' is of days alike for everybody, this is another"},
        {"practice sent gp_event from as_at to 3", "q:5:45: expected a date, this is a number"},
        {"exists gp_event where exists apc_spell",
         "q:5:30: 'exists' is of people, and `where` reaches to here: end it by a parenthesis before, or say "
         "this in a let"},
        {"sum of core_hrg at prices \"T\" of 2024/26 in apc_spell > 3",
         "q:5:41: a price year is a financial one such as 2024/25"},
        {"sum of length_of_hospital_stay at prices \"T\" of 2024/25 in apc_spell > 3",
         "q:5:15: prices are of codes, this is a number"},
        {"mean of core_hrg at prices \"T\" of 2024/25 in apc_spell > 3", "q:5:25: expected 'in'"},
        {"exists apc_spell where admission_date at prices \"T\" of 2024/25 > 3",
         "q:5:31: prices are of codes, this is a date"},
        {"exists gp_event where code = \"I2*\"",
         "q:5:37: a text that ends in * is a prefix and stands in a list: in (\"I2*\")"},
        {"exists gp_event where (code otherwise \"I*\") != code",
         "q:5:46: a text that ends in * is a prefix and stands in a list: in (\"I*\")"},
    };

    EACH(cases, expect_refused);
}

Test(language_forms, a_let_that_a_column_hides_is_refused)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert_not(
        parse(TEXT("query \"t\" project P let code = sex cohort exists gp_event where code = \"1\"" TAIL),
              &query, &error)
            .ok);

    cr_expect_not_null(strstr(error.message, "q:1:65: both a column and a let have this name"), "%s",
                       error.message);
}

/* Red when expression_day or parser_expression does not count how deep it is. */
Test(language_forms, operands_within_operands_are_limited)
{
    static const struct {
        const char *before, *part;
    } cases[] = {
        {"", "age at "},
        {"", "days between "},
        {"", "case when "},
        {"", "least of ("},
        {"exists gp_event where ", "code in values of code in gp_event where "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(query_close) Query *query = NULL;
        SCOPED(text_builder_close) TextBuilder text = text_builder(1 << 20);
        Error error = {0};
        text_add_format(&text, HEAD "cohort %s", cases[i].before);
        for (int times = 0; times < 1000; times++)
            text_add_string(&text, cases[i].part);

        cr_assert_not(parse(text_built(&text), &query, &error).ok);

        cr_expect_not_null(strstr(error.message, "nested too deeply"), "%s", error.message);
    }
}

Test(language_forms, prices_print_as_they_are_said)
{
    static const Case said[] = {
        {"(sum of core_hrg at prices \"a \"\"b\"\"\" of 2008/09 in apc_spell) > 3.50",
         "sum of core_hrg at prices \"a \"\"b\"\"\" of 2008/09 in apc_spell > 3.5"},
        {"exists apc_spell where core_hrg at prices \"T\" of 1999/00 is not known",
         "exists apc_spell where not (core_hrg at prices \"T\" of 1999/00 is known)"},
    };

    EACH(said, expect_prints);
}
