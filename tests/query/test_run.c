/* What a run may be of, and under whose permit. */
#include "tests/query/county.h"
#include "tests/query/words.h"

Test(run, same_question_same_bytes)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[2][QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    size_t count;
    county_make(2000, 1);
    county_release();
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "q",
                           TEXT(COUNTY_HEAD "cohort care_home table \"t\" by district, band(age, 20), sex "
                                            "totals district, sex, age measure people"),
                           NULL, &query, must));
    county_approve(query);

    for (int i = 0; i < 2; i++)
        COUNTY_MUST(run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables[i], &count, must));

    cr_expect(text_equal(released_table_canonical(tables[0][0]), released_table_canonical(tables[1][0])));
    cr_expect_gt(released_table_suppressed(tables[0][0]), 0);
    released_table_close(&tables[0][0]);
    released_table_close(&tables[1][0]);
}

static Result try_run(const GovernancePolicy *policy, const uint8_t *permit, Error *error)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = policy};
    size_t count;

    COUNTY_MUST(query_open(reader, "q",
                           TEXT(COUNTY_HEAD "cohort care_home table \"t\" by sex measure people"), NULL,
                           &query, must));
    Result result = run_query(reader, permit, TEXT("1"), query, &run, tables, &count, error);
    for (size_t i = 0; i < count; i++)
        released_table_close(&tables[i]);
    return result;
}

static void expect_cells_refused(const Query *query, const CountTable *counts, const char *message)
{
    Error error = {0};

    cr_expect_not(run_check_cells(query->tree, counts, &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, message);
}

/* Red when run_release does not call run_check_cells, or it counts each table alone or no rates. */
Test(run, tables_that_are_too_large_together_are_refused_at_the_one_that_is_too_much)
{
    SCOPED(query_close) Query *query = NULL;
    /* of the last 12 cells, by care home and condition, and 3 rates */
    CountTable counts[3] = {
        {.cell_count = 60000},
        {.cell_count = 39985},
        {.cell_count = 12, .dimension_count = 2, .dimensions[1] = {.value_count = 3, .is_condition = true}}};
    Error error = {0};
    static const char text[] = "query \"t\" project P cohort care_home\n"
                               "table \"a\" by sex measure people measure old = people with age > 60\n"
                               "table \"b\" by district measure people measure old = people with age > 60\n"
                               "table \"c\" by care_home measure people measure old = people with age > 60 "
                               "measure r = old per 1000 people";
    Result done = query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);

    cr_expect(run_check_cells(query->tree, counts, &error).ok, "%s", error.message);
    counts[0].cell_count++;
    expect_cells_refused(query, counts,
                         "q:4:14: up to this table there are more than 100000 cells together; "
                         "use fewer or coarser dimensions");
    counts[1].cell_count += 20;
    expect_cells_refused(query, counts,
                         "q:3:14: up to this table there are more than 100000 cells together; "
                         "use fewer or coarser dimensions");
}

/* Red when release.open does not ask for the approved wording. */
Test(run, a_query_that_nobody_approved_is_refused)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    county_make(60, 0);
    county_release();
    county_ask(COUNTY_HEAD "cohort not care_home table \"t\" by sex measure people", arena);

    cr_expect_not(try_run(&COUNTY_POLICY, COUNTY_RUN_PERMIT, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "not approved in this wording"), "%s", error.message);
}

/* Red when release.open does not call audit.require. */
Test(run, a_permit_for_something_else_is_refused)
{
    Error error = {0};
    county_make(60, 0);
    county_release();

    cr_expect_not(try_run(&COUNTY_POLICY, COUNTY_RETIRE_PERMIT, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "permit: none is open"), "%s", error.message);
}

Test(run, a_retired_release_is_refused)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 0);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(release_retire(releaser, COUNTY_RETIRE_PERMIT, 1, must));

    cr_expect_not(try_run(&COUNTY_POLICY, COUNTY_RUN_PERMIT, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "not live"), "%s", error.message);
}

/* By the roles and columns that the county registered. */
Test(run, the_catalogue_says_which_sources_attributes_are_made_of)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    county_make(60, 0);
    reader = support_database("cinque_query");

    COUNTY_MUST(query_open(
        reader, "q",
        TEXT(COUNTY_HEAD "cohort registered at as_at table \"t\" by ethnic_category measure people"), NULL,
        &query, must));

    cr_assert_eq(query_source_count(query), 3);
    cr_expect(text_equal(query_source(query, 0), TEXT("apc_spell")));
    cr_expect(text_equal(query_source(query, 1), TEXT("death")));
    cr_expect(text_equal(query_source(query, 2), TEXT("patient_list")));
}

Test(run, a_policy_below_the_floor_is_refused)
{
    const GovernancePolicy policy = {.name = "lax", .people_min = 4, .round_to = 5};
    Error error = {0};
    county_make(60, 0);
    county_release();

    cr_expect_not(try_run(&policy, COUNTY_RUN_PERMIT, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "policy lax: people_min is below the floor of 5");
}

/* 8 people to the nearest 17 would be 0, and 0 says nobody. */
Test(run, a_policy_that_rounds_coarser_than_its_minimum_is_refused)
{
    const GovernancePolicy policy = {.name = "coarse", .people_min = 8, .round_to = 9};
    Error error = {0};
    county_make(60, 0);
    county_release();

    cr_expect_not(try_run(&policy, COUNTY_RUN_PERMIT, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "policy coarse: round_to is above people_min");
}

Test(run, a_day_after_the_release_is_refused)
{
    county_make(60, 0);
    county_release();

    county_expect_refused(COUNTY_HEAD "as at 2026-07-01 cohort care_home table \"t\" by sex measure people",
                          "q:1:38: the query's day is after the last day of the release");
}

Test(run, the_number_is_that_of_the_approved_wording)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text number;
    county_make(60, 0);
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "q",
                           TEXT(COUNTY_HEAD "cohort care_home table \"t\" by sex measure people"), NULL,
                           &query, must));

    cr_expect_not(run_query_number(reader, COUNTY_RUN_PERMIT, query, arena, &number, &error).ok);
    county_approve(query);
    COUNTY_MUST(run_query_number(reader, COUNTY_RUN_PERMIT, query, arena, &number, must));

    cr_expect(text_equal(number, TEXT("1")));
}
