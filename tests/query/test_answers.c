/* What questions of people, records and homes are answered with, counted by hand. */
#include "tests/query/county.h"
#include "tests/query/words.h"

/* 2,000 people. Diabetes: 666, without 13 opted out (multiples of 150) 653. */
Test(answers, counts_people_with_an_event)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 1);
    county_release();

    Text answer = county_ask(COUNTY_HEAD "codes d = (\"D1\") cohort exists gp_event where code in d "
                                         "table \"t\" by sex totals sex measure people",
                             arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":655}");
}

/* Every 5th of 2,000 without every 50th: 360 people with 0, 5, 10 ... 35. Of 15 to 35 there are 50, 40, 50,
 * 40 and 50, of 10 and 0 40, of 5 50: 6400 together, in units of 5 * 50. The 8 in the middle have 15 and 20.
 */
Test(answers, adds_up_what_people_have)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 1);
    county_release();

    Text answer =
        county_ask(COUNTY_HEAD "cohort as_at = as_at table \"t\" by sex totals sex measure people "
                               "measure s = sum of sum of result_value in gp_event where code = \"S1\" "
                               "measure m = mean of sum of result_value in gp_event where code = \"S1\" "
                               "measure h = median of sum of result_value in gp_event where code = \"S1\"",
                   arena);

    county_expect(
        answer, "{\"at\":[\"all\",\"known\"],\"people\":360},{\"at\":[\"all\",\"unknown\"],\"people\":1600}");
    county_expect(answer, "{\"at\":[\"all\"],\"value\":6.5e3}]}");
    county_expect(answer, "{\"at\":[\"all\"],\"value\":18.1}]}");
    county_expect(answer, "{\"at\":[\"all\"],\"value\":17.5}]}");
}

/* Every 3rd of 2,000 has one D1: at 22:05 in the night before the 15th, later at 09:59:59. */
Test(answers, asks_times_of_day_in_minutes)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 1);
    county_sql(
        "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, required,"
        " first_version, last_version) SELECT source_id, 'seen_at', 4, 'seen_at', 'time', 'time', false, 1, 1"
        " FROM ingest.source WHERE name = 'gp_event'; ALTER TABLE records.gp_event ADD seen_at time;"
        " UPDATE records.gp_event SET seen_at = CASE WHEN code = 'D1' THEN time '22:05' ELSE '09:59:59' END");
    county_release();

    Text late = county_ask(COUNTY_HEAD
                           "codes d = (\"D1\") cohort exists gp_event where code in d and seen_at >= 1325 "
                           "and seen_at < 1326 table \"t\" by sex totals sex measure people",
                           arena);

    const Text granted[] = {TEXT("gp_event")};
    const CatalogueWanted wanted = {
        .sources = granted, .source_count = 1, .release_id = 1, .source = "gp_event"};
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(table_close) Table *table = NULL;
    COUNTY_MUST(query_catalogue(reader, &wanted, &table, must));

    cr_expect_not_null(strstr(support_csv(table), "\nseen_at,minutes of day,time,"));
    county_expect(late, "{\"at\":[\"all\"],\"people\":655}");
    cr_expect_eq(
        county_number("SELECT count(*) FROM release_1.gp_event WHERE code <> 'D1' AND seen_at <> 599"), 0);
}

/* 90 categories, each used four times; D1 is of the last, which alone holds of anybody. */
Test(answers, each_of_many_categories_of_a_list_keeps_its_own_codes)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_BYTES_MAX);
    county_make(2000, 1);
    county_release();
    text_add_string(&text, COUNTY_HEAD "codes d = (");
    for (int i = 0; i < 89; i++)
        text_add_format(&text, "\"N%d\" as \"c%d\", ", i, i);
    text_add_string(&text, "\"D1\" as \"c89\") ");
    words_add_uses(&text, "x", 90);
    text_add_string(&text,
                    "let y = exists gp_event where code in d category \"c88\" cohort x and x and x and x "
                    "and not y table \"t\" by sex totals sex measure people");

    Text answer = county_ask(text_to_string(arena, text_built(&text)), arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":655}");
}

/* Every 10th person: 200 - 40; on 30 June 2025 every 20th: 100 - 20. */
Test(answers, within_twelve_months_leaves_out_the_day_twelve_months_before)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD "as at 2026-06-30 cohort exists apc_spell where "
                    "admission_date within 12 months before as_at and admission_method in (\"11\", \"21\") "
                    "table \"t\" by sex totals sex measure people",
        arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":160}");
}

Test(answers, count_of_counts_records)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(COUNTY_HEAD "let spells = count of apc_spell cohort spells >= 2 "
                                         "table \"t\" by sex totals sex measure people",
                             arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":80}");
}

/* Null result_value: neither it nor its negation is true. */
Test(answers, unknown_is_neither_true_nor_false)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask(COUNTY_HEAD "cohort exists gp_event where code = \"D1\" and not result_value > 1 "
                               "table \"t\" by sex totals sex measure people",
                   arena);

    county_expect(
        answer, "\"cells\":[{\"at\":[\"1\"],\"people\":0},{\"at\":[\"2\"],\"people\":0},{\"at\":[\"all\"],");
}

/* Homes 4, 8, ...: two people each, 1,000 homes, 250 visited: 500 people, of whom 10 opted out (i = 7 or 0 of
 * 8); 10 more are dead, and 13 live in a care home: 467. */
Test(answers, household_sources_join_through_the_home_of_the_day)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(COUNTY_HEAD "cohort exists fire_visit where risk_level = \"high\" "
                                         "table \"t\" by sex totals sex measure people",
                             arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":465}");
    county_expect(answer, "\"rules\":[\"primary\",\"complementary\",\"households\"]");
}

/* The same as above, now everybody with two registrations whose beginning is unknown, of which the one that
 * is kept is in no care home: 480. Switch: '-infinity' in release.registrations_collect. */
Test(answers, records_of_a_home_are_counted_once_where_its_beginning_is_unknown_twice)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE records.patient_list SET business_effective_from = NULL;"
               "INSERT INTO records.patient_list (load_id, line_number, subject_id, primary_care_provider)"
               " SELECT DISTINCT 1, 1, subject_id, 'G00009' FROM records.patient_list");
    county_release();

    Text answer = county_ask(COUNTY_HEAD "let visits = count of fire_visit cohort visits = 1 "
                                         "table \"t\" by sex totals sex measure people",
                             arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":480}");
}

/* Born in month m: on 30 June 2026 those of June had their birthday on the first, those of July not yet. */
Test(answers, a_birthday_is_on_the_first_of_its_month)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject SET birth_year = 1980, birth_month = 6");
    county_sql("UPDATE subjects.subject SET birth_month = 7 WHERE subject_id % 100000000 <= 100");
    county_release();

    Text answer =
        county_ask(COUNTY_HEAD "cohort age = 46 table \"t\" by sex totals sex measure people", arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":1860}");
}

/* People 1 to 100 have no birth date, 101 to 200 one after the day; of each hundred two opted out. */
Test(answers, without_a_birth_before_the_day_nobody_is_in_an_age_band)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject SET birth_year = 1980, birth_month = 6");
    county_sql("UPDATE subjects.subject SET birth_year = NULL, birth_month = NULL"
               " WHERE subject_id % 100000000 BETWEEN 1 AND 100");
    county_sql(
        "UPDATE subjects.subject SET birth_year = 2027 WHERE subject_id % 100000000 BETWEEN 101 AND 200");
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD "cohort registered at 2026-01-01 table \"t\" by band(age, 20) measure people", arena);

    county_expect(answer, "\"cells\":[{\"at\":[\"40-59\"],\"people\":1765},"
                          "{\"at\":[\"not known\"],\"people\":195}]");
}

/* On 30 June 2026, each 200 people, of whom four opted out: those of June had their birthday on the first,
 * those of July not yet. The last 400 are of the month itself. */
Test(answers, declared_bands_begin_on_the_birthday)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject AS s SET birth_year = b.year, birth_month = b.month FROM (VALUES "
               "(0, 2008, 6), (1, 2008, 7), (2, 1961, 6), (3, 1961, 7), (4, 1936, 6), (5, 1936, 7),"
               "(6, NULL, NULL), (7, 2026, 7), (8, 2026, 6), (9, 2026, 6)) AS b (part, year, month)"
               " WHERE (subject_id % 100000000 - 1) / 200 = b.part");
    county_release();

    Text answer = county_ask(COUNTY_HEAD "cohort registered at 2026-01-01 table \"t\" by "
                                         "band(age, from 18, 65, 75, 90) totals age measure people",
                             arena);

    county_expect(answer, "\"cells\":[{\"at\":[\"0-17\"],\"people\":590},{\"at\":[\"18-64\"],\"people\":390},"
                          "{\"at\":[\"65-74\"],\"people\":195},{\"at\":[\"75-89\"],\"people\":195},"
                          "{\"at\":[\"90+\"],\"people\":195},{\"at\":[\"not known\"],\"people\":390},"
                          "{\"at\":[\"all\"],\"people\":1960}]");
}

Test(answers, the_dead_are_not_registered)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(COUNTY_HEAD "cohort not registered at as_at and registered at 2026-04-30 "
                                         "table \"t\" by sex totals sex measure people",
                             arena);

    county_expect(answer, "{\"at\":[\"all\"],\"people\":20}");
}

/* Two people an address: 2k - 1 and 2k. Without the opted out, every 50th, those of a care home, every 60th,
 * and the dead, 7 of each 100, 87 are left alone: 40 + 27 + 20. */
Test(answers, counts_people_by_how_many_live_in_their_home)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text alone = county_ask(COUNTY_HEAD "cohort count of people in the household = 1 "
                                        "table \"t\" by sex totals sex measure people",
                            arena);

    county_expect(alone, "{\"at\":[\"all\"],\"people\":85}");
    county_expect(alone, "\"people_min\":80");
}

/* Of the 87 20, 20 and 47 in three districts: enough for the policy, which shows 8, but of a condition of
 * people at home ten could be of one home. Switch: run_people_min. */
Test(answers, a_condition_of_people_at_home_needs_ten_times_as_many)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text alone = county_ask(COUNTY_HEAD "cohort count of people in the household = 1 "
                                        "table \"t\" by district totals district measure people",
                            arena);

    county_expect(alone, "{\"at\":[\"Ashford\"],\"hidden\":true}");
    county_expect(alone, "{\"at\":[\"Dover\"],\"hidden\":true}");
    county_expect(alone, "{\"at\":[\"all\"],\"people\":85}");
}
