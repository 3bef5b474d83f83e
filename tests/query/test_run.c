#include "tests/query/county.h"
#include "tests/query/words.h"

#define HEAD "query \"t\" project PHM-2026-014 "

static void expect_holds(Text text, const char *part)
{
    char copy[16384];

    cr_assert_lt(text.length, sizeof copy);
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    cr_expect_not_null(strstr(copy, part), "%s is not in %s", part, copy);
}

/* 2,000 people. Diabetes: 666, without 13 opted out (multiples of 150) 653. */
Test(run, counts_people_with_an_event)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 1);
    county_release();

    Text answer = county_ask(HEAD "codes d = (\"D1\") cohort exists gp_event where code in d "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":655}");
}

/* Every 5th of 2,000 without every 50th: 360 people with 0, 5, 10 ... 35. Of 15 to 35 there are 50, 40, 50,
 * 40 and 50, of 10 and 0 40, of 5 50: 6400 together, in units of 5 * 50. The 8 in the middle have 15 and 20.
 */
Test(run, adds_up_what_people_have)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 1);
    county_release();

    Text answer = county_ask(HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people "
                                  "measure s = sum of sum of result_value in gp_event where code = \"S1\" "
                                  "measure m = mean of sum of result_value in gp_event where code = \"S1\" "
                                  "measure h = median of sum of result_value in gp_event where code = \"S1\"",
                             arena);

    expect_holds(
        answer, "{\"at\":[\"all\",\"known\"],\"people\":360},{\"at\":[\"all\",\"unknown\"],\"people\":1600}");
    expect_holds(answer, "{\"at\":[\"all\"],\"value\":6.5e3}]}");
    expect_holds(answer, "{\"at\":[\"all\"],\"value\":18.1}]}");
    expect_holds(answer, "{\"at\":[\"all\"],\"value\":17.5}]}");
}

/* 90 categories, each used four times; D1 is of the last, which alone holds of anybody. */
Test(run, each_of_many_categories_of_a_list_keeps_its_own_codes)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_BYTES_MAX);
    county_make(2000, 1);
    county_release();
    text_add_string(&text, HEAD "codes d = (");
    for (int i = 0; i < 89; i++)
        text_add_format(&text, "\"N%d\" as \"c%d\", ", i, i);
    text_add_string(&text, "\"D1\" as \"c89\") ");
    words_add_uses(&text, "x", 90);
    text_add_string(&text,
                    "let y = exists gp_event where code in d category \"c88\" cohort x and x and x and x "
                    "and not y table \"t\" by sex totals sex measure people");

    Text answer = county_ask(text_to_string(arena, text_built(&text)), arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":655}");
}

/* Every 10th person: 200 - 40; on 30 June 2025 every 20th: 100 - 20. */
Test(run, within_twelve_months_leaves_out_the_day_twelve_months_before)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        HEAD "as at 2026-06-30 cohort exists apc_spell where "
             "admission_date within 12 months before as_at and admission_method in (\"11\", \"21\") "
             "table \"t\" by sex totals sex measure people",
        arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":160}");
}

Test(run, count_of_counts_records)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(HEAD "let spells = count of apc_spell cohort spells >= 2 "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":80}");
}

/* Null result_value: neither it nor its negation is true. */
Test(run, unknown_is_neither_true_nor_false)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(HEAD "cohort exists gp_event where code = \"D1\" and not result_value > 1 "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer,
                 "\"cells\":[{\"at\":[\"1\"],\"people\":0},{\"at\":[\"2\"],\"people\":0},{\"at\":[\"all\"],");
}

/* Homes 4, 8, ...: two people each, 1,000 homes, 250 visited: 500 people, of whom 10 opted out (i = 7 or 0 of
 * 8); 10 more are dead, and 13 live in a care home: 467. */
Test(run, household_sources_join_through_the_home_of_the_day)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(HEAD "cohort exists fire_visit where risk_level = \"high\" "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":465}");
    expect_holds(answer, "\"rules\":[\"primary\",\"complementary\",\"households\"]");
}

/* The same as above, now everybody with two registrations whose beginning is unknown, of which the one that
 * is kept is in no care home: 480. Switch: '-infinity' in release.registrations_collect. */
Test(run, records_of_a_home_are_counted_once_where_its_beginning_is_unknown_twice)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE records.patient_list SET business_effective_from = NULL;"
               "INSERT INTO records.patient_list (load_id, line_number, subject_id, primary_care_provider)"
               " SELECT DISTINCT 1, 1, subject_id, 'G00009' FROM records.patient_list");
    county_release();

    Text answer = county_ask(HEAD "let visits = count of fire_visit cohort visits = 1 "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":480}");
}

/* Born in month m: on 30 June 2026 those of June had their birthday on the first, those of July not yet. */
Test(run, a_birthday_is_on_the_first_of_its_month)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject SET birth_year = 1980, birth_month = 6");
    county_sql("UPDATE subjects.subject SET birth_month = 7 WHERE subject_id % 100000000 <= 100");
    county_release();

    Text answer = county_ask(HEAD "cohort age = 46 table \"t\" by sex totals sex measure people", arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":1860}");
}

/* People 1 to 100 have no birth date, 101 to 200 one after the day; of each hundred two opted out. */
Test(run, without_a_birth_before_the_day_nobody_is_in_an_age_band)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject SET birth_year = 1980, birth_month = 6");
    county_sql("UPDATE subjects.subject SET birth_year = NULL, birth_month = NULL"
               " WHERE subject_id % 100000000 BETWEEN 1 AND 100");
    county_sql(
        "UPDATE subjects.subject SET birth_year = 2027 WHERE subject_id % 100000000 BETWEEN 101 AND 200");
    county_release();

    Text answer =
        county_ask(HEAD "cohort registered at 2026-01-01 table \"t\" by band(age, 20) measure people", arena);

    expect_holds(answer, "\"cells\":[{\"at\":[\"40-59\"],\"people\":1765},"
                         "{\"at\":[\"not known\"],\"people\":195}]");
}

/* On 30 June 2026, each 200 people, of whom four opted out: those of June had their birthday on the first,
 * those of July not yet. The last 400 are of the month itself. */
Test(run, declared_bands_begin_on_the_birthday)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject AS s SET birth_year = b.year, birth_month = b.month FROM (VALUES "
               "(0, 2008, 6), (1, 2008, 7), (2, 1961, 6), (3, 1961, 7), (4, 1936, 6), (5, 1936, 7),"
               "(6, NULL, NULL), (7, 2026, 7), (8, 2026, 6), (9, 2026, 6)) AS b (part, year, month)"
               " WHERE (subject_id % 100000000 - 1) / 200 = b.part");
    county_release();

    Text answer = county_ask(HEAD "cohort registered at 2026-01-01 table \"t\" by "
                                  "band(age, from 18, 65, 75, 90) totals age measure people",
                             arena);

    expect_holds(answer, "\"cells\":[{\"at\":[\"0-17\"],\"people\":590},{\"at\":[\"18-64\"],\"people\":390},"
                         "{\"at\":[\"65-74\"],\"people\":195},{\"at\":[\"75-89\"],\"people\":195},"
                         "{\"at\":[\"90+\"],\"people\":195},{\"at\":[\"not known\"],\"people\":390},"
                         "{\"at\":[\"all\"],\"people\":1960}]");
}

Test(run, the_dead_are_not_registered)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(HEAD "cohort not registered at as_at and registered at 2026-04-30 "
                                  "table \"t\" by sex totals sex measure people",
                             arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":20}");
}

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
                           TEXT(HEAD "cohort care_home table \"t\" by district, band(age, 20), sex "
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

    COUNTY_MUST(query_open(reader, "q", TEXT(HEAD "cohort care_home table \"t\" by sex measure people"), NULL,
                           &query, must));
    Result result = run_query(reader, permit, TEXT("1"), query, &run, tables, &count, error);
    for (size_t i = 0; i < count; i++)
        released_table_close(&tables[i]);
    return result;
}

/* Red when count_and_release does not call run_check_cells, or it counts each table alone. */
Test(run, tables_that_are_too_large_together_are_refused)
{
    const CountTable tables[] = {{.cell_count = 60000}, {.cell_count = 40000}, {.cell_count = 1}};
    Error error = {0};

    cr_expect(run_check_cells(tables, 2, 0, &error).ok);
    cr_expect_not(run_check_cells(tables, 3, 0, &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect(run_check_cells(tables, 1, 40000, &error).ok);
    cr_expect_not(run_check_cells(tables, 1, 40001, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
}

/* Red when release.open does not ask for the approved wording. */
Test(run, a_query_that_nobody_approved_is_refused)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    county_make(60, 0);
    county_release();
    county_ask(HEAD "cohort not care_home table \"t\" by sex measure people", arena);

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
        reader, "q", TEXT(HEAD "cohort registered at as_at table \"t\" by ethnic_category measure people"),
        NULL, &query, must));

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
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    Error error = {0};
    size_t count;
    county_make(60, 0);
    county_release();
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "q",
                           TEXT(HEAD "as at 2026-07-01 cohort care_home table \"t\" by sex measure people"),
                           NULL, &query, must));
    county_approve(query);

    cr_expect_not(run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &count, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
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
    COUNTY_MUST(query_open(reader, "q", TEXT(HEAD "cohort care_home table \"t\" by sex measure people"), NULL,
                           &query, must));

    cr_expect_not(run_query_number(reader, COUNTY_RUN_PERMIT, query, arena, &number, &error).ok);
    county_approve(query);
    COUNTY_MUST(run_query_number(reader, COUNTY_RUN_PERMIT, query, arena, &number, must));

    cr_expect(text_equal(number, TEXT("1")));
}

/* 2,000 people, 40 opted out: every 50th. Every 20th of them has two spells: 100 - 20, all with sex 2 where
 * (i / 4) % 2 is 1. */
Test(run, a_measure_counts_who_has_a_condition_who_has_not_and_all)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask(HEAD "cohort as_at = as_at table \"t\" by care_home totals care_home measure people "
                        "measure often = people with at least 2 apc_spell",
                   arena);

    expect_holds(answer,
                 "{\"at\":[\"all\",\"yes\"],\"people\":80},{\"at\":[\"all\",\"no\"],\"people\":1880}]");
    expect_holds(answer, "{\"at\":[\"all\"],\"people\":1960}");
}

/* S1 is every 5th's last event, of a value of i % 40: above 10 those of 15 to 35, 250 without 20; others have
 * no value. */
Test(run, of_whom_a_condition_is_unknown_stands_under_not_known)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask(HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people measure high = "
                        "people with value of result_value in last gp_event by event_date > 10",
                   arena);

    expect_holds(answer, "{\"at\":[\"all\",\"yes\"],\"people\":230},{\"at\":[\"all\",\"no\"],\"people\":130},"
                         "{\"at\":[\"all\",\"not known\"],\"people\":1600}]");
}

/* As the two tests above, at once. */
Test(run, several_measures_stand_in_one_table)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people "
             "measure often = people with at least 2 apc_spell "
             "measure rate = often per 1000 people "
             "measure high = people with value of result_value in last gp_event by event_date > 10",
        arena);

    expect_holds(answer, "{\"at\":[\"all\"],\"people\":1960}]");
    expect_holds(answer,
                 "{\"at\":[\"all\",\"yes\"],\"people\":80},{\"at\":[\"all\",\"no\"],\"people\":1880}],"
                 "\"name\":\"often\"");
    expect_holds(answer, "{\"at\":[\"all\",\"not known\"],\"people\":1600}],\"name\":\"high\"");
    expect_holds(answer, "\"name\":\"rate\",\"values\":");
    expect_holds(answer, "{\"at\":[\"all\"],\"value\":40.8}]");
}

/* Four people in care homes are men of 96. Red when the condition is no dimension: the others and all of them
 * would both be shown. */
Test(run, what_a_measure_leaves_of_its_table_is_hidden_with_it)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask(HEAD "cohort as_at = as_at table \"t\" by care_home measure people measure old = people "
                        "with age = 96 and sex = \"1\"",
                   arena);

    const char *text = text_to_string(arena, answer);
    expect_holds(answer, "{\"at\":[\"true\",\"yes\"],\"hidden\":true}");
    cr_expect(strstr(text, "{\"at\":[\"true\",\"no\"],\"people\"") == NULL ||
                  strstr(text, "{\"at\":[\"true\"],\"people\"") == NULL,
              "%s", text);
}

/* Query 1, 2, 3 ... of one county, each under a permit of its own. */
static Text ask_numbered(int number, const char *text, Arena *arena)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    const char *object = text_format(arena, "%d", number).data;
    uint8_t permit[16];
    size_t count;

    memset(permit, 0x20 + number, sizeof permit);
    county_sql(text_format(arena,
                           "INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id)"
                           " VALUES (decode(repeat('%02x', 16), 'hex'), 'query_run', '%d', 'ann', %d)",
                           0x20 + number, number, 100 + number)
                   .data);
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "test.cohort", text_from(text), NULL, &query, must));
    county_approve(query);
    COUNTY_MUST(run_query(reader, permit, text_from(object), query, &run, tables, &count, must));
    Text canonical = text_copy(arena, released_table_canonical(tables[0]));
    released_table_close(&tables[0]);
    return canonical;
}

/*
 * Of 2,000 people without the 40 of every 50th. D1 is every 3rd's, on 2025-03-10; S1 every 5th's, with a
 * value of i % 40; spells are every 10th's on 2026-03-05, of i % 9 days, and every 20th's on 2025-06-30.
 */
Test(run, each_kind_of_expression_is_worked_out_over_a_release)
{
    static const struct {
        const char *cohort;
        int people; /* to the nearest 5 */
    } cases[] = {
        /* every 30th, 66, without the 13 of every 150th: 53 */
        {"exists apc_spell where admission_date within 12 months after index", 55},
        {"exists apc_spell where admission_date within 361 days after index", 55},
        /* 2026-03-05 is 360 days after 2025-03-10: every 60th alone, 33 without the 6 of every 300th */
        {"exists apc_spell where admission_date within 360 days after index", 25},
        {"exists apc_spell where admission_date before index + 360 days", 25},
        /* i % 9 from 5 to 8 of every 10th: 88, without 18 */
        {"sum of length_of_hospital_stay in apc_spell >= 5", 70},
        {"(sum of length_of_hospital_stay in apc_spell) / 2 >= 2.5", 70},
        {"exists gp_event where code in (\"S*\")", 360},
        /* i % 40 of 10 or 15: 100, without 10 */
        {"(value of result_value in last gp_event by event_date where code = \"S1\") from 10 to 19.5", 90},
        {"exists gp_event where result_value in (10, 15)", 90},
        /* every 15th: 133, without 13 */
        {"count of distinct code in gp_event = 2", 120},
        {"at least 2 gp_event by event_date within 32 days", 120},
        {"at least 2 gp_event by event_date within 31 days", 0},
        {"episodes of gp_event by event_date with gaps up to 30 days = 2", 120},
        /* every 25th was with the other practice before 2020: of the odd ones the first */
        {"practice at 2015-06-30 = \"G00001\"", 40},
        {"case when registered at 2015-06-30 then 2 else 1 end = 2", 40},
        {"index is known and not (exists apc_spell where admission_date in values of event_date in gp_event)",
         655},
    };
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);
    county_make(2000, 0);
    county_release();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Text text =
            text_format(arena,
                        HEAD "let index = value of event_date in first gp_event by event_date where code = "
                             "\"D1\" cohort %s table \"t\" by sex totals sex measure people",
                        cases[i].cohort);
        Text expected = text_format(arena, "{\"at\":[\"all\"],\"people\":%d}", cases[i].people);
        Text answer = ask_numbered((int)i + 1, text.data, arena);
        cr_expect_not_null(strstr(text_to_string(arena, answer), expected.data), "%s: %.*s", cases[i].cohort,
                           TEXT_ARG(answer));
    }
}

/* Two people an address: 2k - 1 and 2k. Without the opted out, every 50th, those of a care home, every 60th,
 * and the dead, 7 of each 100, 87 are left alone: 40 + 27 + 20. */
Test(run, counts_people_by_how_many_live_in_their_home)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text alone = county_ask(HEAD "cohort count of people in the household = 1 "
                                 "table \"t\" by sex totals sex measure people",
                            arena);

    expect_holds(alone, "{\"at\":[\"all\"],\"people\":85}");
    expect_holds(alone, "\"people_min\":80");
}

/* Of the 87 20, 20 and 47 in three districts: enough for the policy, which shows 8, but of a condition of
 * people at home ten could be of one home. Switch: run_people_min. */
Test(run, a_condition_of_people_at_home_needs_ten_times_as_many)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text alone = county_ask(HEAD "cohort count of people in the household = 1 "
                                 "table \"t\" by district totals district measure people",
                            arena);

    expect_holds(alone, "{\"at\":[\"Ashford\"],\"hidden\":true}");
    expect_holds(alone, "{\"at\":[\"Dover\"],\"hidden\":true}");
    expect_holds(alone, "{\"at\":[\"all\"],\"people\":85}");
}
