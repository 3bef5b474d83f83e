/* Each form of the language, bound and worked out over the five people of small.h, by hand. */
#include <math.h>

#include "tests/query/small.h"

#define JUNE "2026-06-30"

Test(bind, a_registration_covers_its_first_and_last_day_and_unknown_ends_are_open)
{
    small_expect("2026-02-28", "imd_decile = 4", "B");
    small_expect("2026-03-01", "imd_decile = 9", "B");
    small_expect("2019-12-31", "not care_home", "C");
    small_expect(JUNE, "care_home or not care_home", "AC");
}

Test(bind, the_dead_are_not_registered_and_who_dies_that_day_still_is)
{
    small_expect(JUNE, "registered at as_at", "BC");
    small_expect(JUNE, "registered at 2026-06-10", "ABC");
    small_expect(JUNE, "not registered at 2026-06-11", "ADE");
}

Test(bind, age_counts_birthdays_on_the_first_and_is_unknown_without_a_month)
{
    small_expect(JUNE, "age = 45", "B");
    small_expect("2026-07-01", "age = 46", "B");
    small_expect(JUNE, "age at 1949-12-31 = (age at 1949-12-31)", "AB");
    small_expect(JUNE, "age at 1949-12-31 < 0", "AB");
    small_expect(JUNE, "not age from 0 to 60", "A");
}

/* Red when a month without the day gives its last day: 1 March would be within, 28 February not. */
Test(bind, a_window_of_months_begins_on_the_first_of_the_next_where_the_month_is_shorter)
{
    small_expect(JUNE, "exists gp_event where event_date within 1 months before 2026-03-31", "BC");
    small_expect(JUNE, "exists gp_event where event_date within 1 months before 2026-03-30", "B");
    small_expect(JUNE, "exists gp_event where event_date within 1 months before 2026-03-28", "AB");
    small_expect(JUNE, "exists gp_event where event_date within 1 months after 2026-01-31", "A");
    small_expect(JUNE, "exists gp_event where event_date within 1 months after 2026-03-02", "BC");
}

Test(bind, windows_are_about_columns_as_well)
{
    small_expect(JUNE, "exists gp_event where 2026-03-31 within 1 months after event_date", "ABC");
    small_expect(JUNE, "exists gp_event where 2026-04-30 within 1 months after event_date", "C");
}

/* Of nobody in a care home: A is none's here. Red, the last, when bind_of_households asks no home of those
 * who are counted. */
Test(bind, of_a_household_source_the_records_are_those_of_the_home_of_the_day)
{
    static const int32_t in_none[] = {0, 0, SU, 0};
    DataSource sources[5];
    DataColumn registration[4];
    Dataset dataset = SMALL;
    memcpy(sources, small_sources, sizeof sources);
    memcpy(registration, small_registration, sizeof registration);
    registration[3].narrow = in_none;
    sources[3].columns = registration;
    dataset.sources = sources;

    small_expect_of(&dataset, "2026-01-31", "exists fire_visit where risk_level = \"high\"", "A");
    small_expect_of(&dataset, "2026-02-01", "exists fire_visit where risk_level = \"high\"", "C");
    small_expect_of(&dataset, "2026-02-01", "(count of fire_visit) = 0", "AB");
    small_expect("2026-01-31", "exists fire_visit where risk_level = \"high\"", "");
}

Test(bind, what_is_unknown_is_neither_true_nor_false)
{
    small_expect(JUNE, "exists gp_event where not event_date before 2026-01-01", "ABC");
    small_expect(JUNE, "exists gp_event where not result_value > 2", "A");
    small_expect(JUNE, "not sex = \"1\"", "B");
    small_expect(JUNE, "not sex in (\"1\", \"X\")", "B");
    small_expect(JUNE, "sex = \"1\" or as_at = 2026-06-30", "ABCDE");
    small_expect(JUNE, "not (sex = \"1\" and as_at = 2026-06-01)", "ABCDE");
}

/* Red when such a word is taken out of the set: nothing in nothing is false, also of what is unknown. */
Test(bind, a_word_that_no_cell_holds_is_none_of_them)
{
    small_expect(JUNE, "sex != \"X\"", "ABC");
    small_expect(JUNE, "not sex in (\"X\")", "ABC");
    small_expect(JUNE, "exists gp_event where code = \"X\"", "");
    small_expect(JUNE, "exists gp_event where code in (\"\")", "");
}

Test(bind, decimals_and_whole_numbers_are_compared_as_decimals)
{
    small_expect(JUNE, "exists gp_event where result_value > 2", "BD");
    small_expect(JUNE, "exists gp_event where result_value from 2 to 7", "ABD");
    small_expect(JUNE, "(count of gp_event where code in d) >= 2", "A");
}

/* Postings answer what is one `and` of a code and days: a window within it stands beside the code. */
Test(bind, a_code_and_a_window_are_one_and_with_constant_days)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;
    Result done = small_bind(&SMALL, JUNE,
                             "exists gp_event where code in d and event_date within 12 months before as_at",
                             &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);

    const PlanNode *nodes = bound.plan->nodes, *keep = &nodes[nodes[bound.cohort].operands[0]];
    const PlanNode *condition = &nodes[keep->operands[1]];

    cr_assert_eq(keep->kind, PLAN_KEEP);
    cr_assert_eq(condition->kind, PLAN_AND);
    cr_expect_eq(condition->operand_count, 3);
    for (size_t i = 0; i < condition->operand_count; i++) {
        const PlanNode *part = &nodes[condition->operands[i]];
        cr_expect(part->kind == PLAN_IN || nodes[part->operands[1]].kind == PLAN_NUMBER);
    }
}

Test(bind, equal_parts_are_bound_once_and_long_lists_are_shared)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;

    Result done = small_bind(&SMALL, JUNE,
                             "exists gp_event where code in d or not code in d or (code in d and code in d)",
                             &query, arena, &bound, &error);

    cr_assert(done.ok, "%s", error.message);
    size_t sets = 0;
    for (size_t i = 0; i < bound.plan->count; i++)
        sets += bound.plan->nodes[i].kind == PLAN_IN;
    cr_expect_eq(sets, 1);
}

/* ---- a release that lacks something ---- */

static void expect_refused(const Dataset *dataset, const char *cohort, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;

    Result done = small_bind(dataset, JUNE, cohort, &query, arena, &bound, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}

/* Red when bind_tree does not call bind_shape_check. */
Test(bind, a_release_without_a_source_or_column_is_refused_by_name)
{
    DataSource older[4];
    const Dataset dataset = {SMALL_PEOPLE, older, 4, small_words, 5};
    memcpy(older, small_sources, sizeof older);
    older[0].column_count = 3;
    older[1].column_count = 2;

    expect_refused(&SMALL, "exists apc_spell",
                   "q:1:127: the release has no source apc_spell; build a new one");
    expect_refused(&SMALL, "exists gp_event where date_recorded = as_at",
                   "q:1:149: source gp_event of the release has no column date_recorded; build a new one");
    expect_refused(&SMALL, "district = \"Dover\"",
                   "q:1:127: source registration of the release has no column district; build a new one");
    expect_refused(&dataset, "registered at as_at",
                   "q:1:127: source person of the release has no column death_date; build a new one");
    expect_refused(&dataset, "exists fire_visit",
                   "q:1:127: source fire_visit of the release has no column household_from; build a new one");
}

Test(bind, a_column_that_the_release_holds_as_another_type_is_refused)
{
    DataColumn columns[3];
    DataSource older[4];
    const Dataset dataset = {SMALL_PEOPLE, older, 4, small_words, 5};
    memcpy(columns, small_gp_event, sizeof columns);
    memcpy(older, small_sources, sizeof older);
    columns[0].type = TYPE_NUMBER;
    older[2].columns = columns;

    expect_refused(
        &dataset, "exists gp_event where code = \"D1\"",
        "q:1:149: source gp_event of the release holds column code as another type; build a new one");
}

/* B moves from an area of decile 4 to one of 9 on 1 March. */
Test(bind, attributes_and_ages_are_those_of_a_day_that_may_be_each_persons_own)
{
    small_expect(JUNE, "imd_decile at 2026-02-28 = 4", "B");
    small_expect(JUNE, "imd_decile at (min of event_date in gp_event) = 9", "B");
    small_expect(JUNE, "imd_decile at (min of event_date in gp_event) - 1 = 2", "A");
    small_expect(JUNE, "registered at (min of event_date in gp_event)", "ABC");
    small_expect(JUNE, "age at (min of event_date in gp_event) = 45", "B");
    small_expect(JUNE, "years between 2025-06-30 and as_at = 1 and care_home", "A");
}

Test(bind, numbers_are_worked_out_and_what_has_no_value_is_unknown)
{
    small_expect(JUNE, "imd_decile * 2 + 1 = 7", "A");
    small_expect(JUNE, "imd_decile / 2 = 1.5", "A");
    small_expect(JUNE, "imd_decile / (imd_decile - 3) > 0", "B");
    small_expect(JUNE, "(imd_decile otherwise 0) = 0", "CDE");
    small_expect(JUNE, "least of (imd_decile, 5) = 5", "BCDE");
    small_expect(JUNE, "case when imd_decile > 3 then imd_decile / 2 else 1 end = 1", "ACDE");
    small_expect(JUNE, "sex is known and imd_decile is not known", "C");
    small_expect(JUNE, "imd_decile in (1, 3)", "A");
}

/* ---- time registered ---- */

Test(bind, time_registered_is_of_each_day_in_the_window_up_to_death)
{
    small_expect("2026-06-30", "days registered from 2026-06-01 to 2026-06-30 = 10", "A");
    small_expect("2026-06-30", "days registered from 2026-06-01 to as_at = 30", "BC");
    small_expect("2026-06-30", "days registered from 2026-06-11 to as_at = 0", "ADE");
    small_expect("2026-06-30", "days registered from 2026-02-01 to 2026-03-31 = 59", "ABC");
    small_expect("2026-06-30", "days registered from 2019-12-31 to 2020-01-02 = 2", "AB");
    small_expect("2026-06-30", "days registered from 2026-03-01 to 2026-03-01 = 1", "ABC");
    small_expect("2026-06-30", "days registered from 2026-03-02 to 2026-03-01 = 0", "ABCDE");
    small_expect("2026-06-30", "days registered from 2026-03-02 to 2026-01-01 = 0", "ABCDE");
}

/* From the first event, of which that of D is on an unknown day, to two days later. */
Test(bind, time_registered_is_unknown_where_an_end_is)
{
    small_expect(
        "2026-06-30",
        "days registered from (value of event_date in first gp_event by event_date) to (2026-03-02) = 3",
        "A");
    small_expect(
        "2026-06-30",
        "(days registered from (value of event_date in first gp_event by event_date) to as_at) is known",
        "ABC");
}

/* 1,461 days are four years. */
Test(bind, years_registered_are_days_by_365_and_a_quarter)
{
    small_expect("2026-06-30", "years registered from 2020-01-01 to 2023-12-31 = 4", "ABC");
    small_expect("2026-06-30", "years registered from 2026-06-30 to 2026-06-30 * 1461 = 4", "BC");
}
