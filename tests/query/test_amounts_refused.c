/* What may be an amount, how many people it asks for, and what is refused with place and rule. */
#include "tests/query/amounts.h"

/* ---- what is refused ---- */

/* 22 bytes of each of 70 million people and 3 bits: an amount, once more when a place is released, a place,
 * once more in order. Red when
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
    cr_expect_not_null(strstr(error.message, "q:1:53: counting would take up to 1493 MiB of memory"), "%s",
                       error.message);
    cr_expect_eq(budget_counting_bytes(1000000, 1, 3, 2) - budget_counting_bytes(1000000, 1, 3, 0), 24250002);
    payments_close(&payments);
}

/* Red without bind_amount: that a query is refused would tell of one person who has so much. */
Test(amounts, that_are_too_large_for_anybody_are_not_known)
{
    unlike_payers(12, 1, 1, 10);
    same_payers(8, 1, 1, 1e9);
    same_payers(10, 1, 1, 1e9 + 1);
    same_payers(10, 1, 1, 1e300);
    same_payers(10, 1, 1, -1e300);

    expect_released(ONLY_BY_SEX "measure cost = sum of " COST, "sex,people,cost,cost people\n"
                                                               "1,50,10000000000,20\n"
                                                               "2,0,,0\n"
                                                               "not known,0,,0\n");
}

/* ---- one number of a person ---- */

static bool is_accepted(const char *amount, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Payments payments;
    Result counted =
        payments_count(text_to_string(arena, text_format(arena, BY_SEX "measure a = sum of %s", amount)),
                       BUDGET_CHUNK_BYTES, &payments, error);

    payments_close(&payments);
    return counted.ok;
}

#define FIRST_DAY "(value of event_date in first gp_event by event_date)"

/* Red without node_is_one_number, and the last three where lets are not looked through. */
Test(amounts, are_one_number_of_a_person)
{
    static const char *const one[] = {
        "count of gp_event",
        "count of distinct code in gp_event",
        COST,
        COST " otherwise 0",
        "max of result_value in gp_event otherwise 0.0",
        "mean of result_value in gp_event where code = \"D1\" and result_value + 1 > 2",
        "value of result_value in last gp_event by event_date",
        "most of gp_event by event_date within 90 days",
        "age",
        "age at " FIRST_DAY,
        "imd_decile at 2026-01-01 otherwise 0",
        "days between " FIRST_DAY " and (as_at - 1 year)",
        "months between as_at and min of event_date in gp_event otherwise 0",
        "days registered from 2026-01-01 to as_at",
        "years registered from " FIRST_DAY " to as_at otherwise 0",
    };
    static const char *const several[] = {
        "age + 1",
        "0 - age",
        COST " * 2",
        COST " / count of gp_event",
        "(" COST " otherwise 0) otherwise 0",
        COST " otherwise 1",
        COST " otherwise age",
        "case when " COST " > 9 then 1 else 0 end",
        "least of (age, 3)",
        "greatest of (age, 3)",
        "7",
        "days between (" FIRST_DAY " + 250 days) and as_at",
        "days between case when age > 3 then as_at else 2020-01-01 end and as_at",
        "days between earliest of (" FIRST_DAY ", as_at) and as_at",
        "years registered from (" FIRST_DAY " - 1 day) to as_at",
        "age at (" FIRST_DAY " + 1 year)",
        "imd_decile at (" FIRST_DAY " + 1 year)",
    };
    Error error = {0};

    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        cr_expect(is_accepted(one[i], &error), "%s: %s", one[i], error.message);
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        cr_expect_not(is_accepted(several[i], &error), "%s", several[i]);
        cr_expect_not_null(strstr(error.message, "an amount is one number of a person"), "%s: %s", several[i],
                           error.message);
    }
}

static void expect_people_min(const char *lets, const char *measure, int64_t expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text text = text_format(
        arena, "query \"t\" project P as at 2026-06-30 %s cohort as_at = as_at " BY_SEX "measure a = %s",
        lets, measure);
    Result parsed = query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error);

    cr_assert(parsed.ok, "%s", error.message);
    cr_expect_eq(run_people_min(query, &payments_provenance.policy), expected, "%s", measure);
}

Test(amounts, a_let_is_what_it_stands_for)
{
    static const char *const lets =
        "let n = count of gp_event let m = n + 1 let z = 0 let d = as_at - 1 day ";
    static const char *const wrong[] = {"m", "n otherwise m", "n otherwise (0 - m)"};

    expect_people_min(lets, "sum of (n otherwise z)", PAYERS_PEOPLE_MIN);
    expect_people_min(lets, "sum of age at d", PAYERS_PEOPLE_MIN);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        Text text =
            text_format(arena, "query \"t\" project P %scohort as_at = as_at " BY_SEX "measure a = sum of %s",
                        lets, wrong[i]);
        cr_expect_not(query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error).ok);
        cr_expect_not_null(strstr(error.message, "an amount is one number of a person"), "%s", error.message);
    }
}

/* Of one home all have the same, and ten would be eight people. Red without read_records, also where it is
 * not asked of the cohort, and of a condition that is none of the home's own. */
Test(amounts, and_conditions_of_what_a_home_has_need_ten_times_as_many)
{
    enum { OF_HOMES = PAYERS_PEOPLE_MIN * PLAN_HOME_PEOPLE_MAX };

    expect_people_min("", "sum of count of fire_visit", OF_HOMES);
    expect_people_min("let n = max of visit_date in fire_visit", "median of (days between n and as_at)",
                      OF_HOMES);
    expect_people_min("let n = exists fire_visit", "mean of count of gp_event where n", OF_HOMES);
    expect_people_min("", "people with exists fire_visit", OF_HOMES);
    expect_people_min("", "people with exists gp_event where code in values of risk_level in fire_visit",
                      OF_HOMES);
    expect_people_min("let n = exists fire_visit", "people with exists gp_event", PAYERS_PEOPLE_MIN);
}

/* Red, the first where copy_statistics does not ask the deadline, the second without check_whole. */
Test(amounts, that_take_too_long_are_not_released)
{
    Deadline deadline;
    Provenance provenance = payments_provenance;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    Payments payments;
    Error error = {0};
    size_t count = 0;
    unlike_payers(40, 1, 1, 10);
    Result done =
        payments_count(ONLY_BY_SEX "measure m = median of " COST, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(done.ok, "%s", error.message);
    suppress(payments.parts, payments.part_count, &PAYERS_RULE, payments.arena, payments.states);
    deadline_start(&deadline, 0, &payments.query->tree->cohort->at);
    provenance.deadline = &deadline;

    SCOPED(released_table_close)
    ReleasedTable *cut = released_make(&payments.query->tree->tables[0], payments.parts, payments.states,
                                       payments.part_count, &provenance);
    done = run_release(payments.query->tree, payments.parts, &provenance, payments.arena, tables, &count,
                       &error);

    cr_expect_str_eq(payments_lines(cut, payments.arena), "sex,people,m,m people\n"
                                                          "1,40,0,40\n"
                                                          "2,0,0,0\n"
                                                          "not known,0,0,0\n");
    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_eq(count, 0);
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
         "q:1:127: more than 32 amounts up to here, each counted once a period"},
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
