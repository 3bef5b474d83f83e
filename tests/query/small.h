#pragma once
/*
 * A release of five people in memory, with the words of words.h, and who of them a condition is true of:
 * A born 1950-01, registered since 2020-01-01, died 2026-06-10; B born 1980-07, two registrations, the second
 * from 2026-03-01; C whose registration has neither beginning nor end, born 2010 in an unknown month; D not
 * registered, with nothing known but events; E with nothing at all.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "query/bind.h"
#include "query/engine.h"
#include "tests/query/words.h"

enum { SMALL_PEOPLE = 5, SU = SMALL_UNKNOWN, SMALL_ARENA_BYTES = 64 << 20 };

/* Days since 2000-01-01 are hard to read: these are all of 2026, by month and day. */
#define IN_2026(month, day)                                                                                  \
    (9497 + (day)-1 +                                                                                        \
     ((month) == 1   ? 0                                                                                     \
      : (month) == 2 ? 31                                                                                    \
      : (month) == 3 ? 59                                                                                    \
      : (month) == 4 ? 90                                                                                    \
      : (month) == 5 ? 120                                                                                   \
                     : 151))

static const Text small_words[] = {{"1", 1}, {"2", 1}, {"D1", 2}, {"S1", 2}, {"high", 4}};
enum { WORD_1, WORD_2, WORD_D1, WORD_S1, WORD_HIGH };

static const uint32_t small_one_each[] = {0, 1, 2, 3, 4, 5};
static const int32_t small_sex[] = {WORD_1, WORD_2, WORD_1, SU, SU},
                     small_year[] = {1950, 1980, 2010, SU, SU}, small_month[] = {1, 7, SU, SU, SU},
                     small_death[] = {IN_2026(6, 10), SU, SU, SU, SU};
static const DataColumn small_person[] = {{{"birth_year", 10}, TYPE_NUMBER, small_year, NULL, NULL},
                                          {{"birth_month", 11}, TYPE_NUMBER, small_month, NULL, NULL},
                                          {{"sex", 3}, TYPE_TEXT, small_sex, NULL, NULL},
                                          {{"death_date", 10}, TYPE_DATE, small_death, NULL, NULL}};

/* A: one, B: two, C: one */
static const uint32_t small_registered[] = {0, 1, 3, 4, 4, 4};
static const int32_t small_from[] = {7305, 7305, IN_2026(3, 1), SU},
                     small_to[] = {SU, IN_2026(2, 28), SU, SU}, small_decile[] = {3, 4, 9, SU},
                     small_home[] = {1, 0, SU, 0};
static const DataColumn small_registration[] = {{{"valid_from", 10}, TYPE_DATE, small_from, NULL, NULL},
                                                {{"valid_to", 8}, TYPE_DATE, small_to, NULL, NULL},
                                                {{"imd_decile", 10}, TYPE_NUMBER, small_decile, NULL, NULL},
                                                {{"care_home", 9}, TYPE_BOOL, small_home, NULL, NULL}};

/* A: D1 on 28 February and 1 March; B: D1 on 2 March; C: S1 on 31 March; D: D1 on an unknown day */
static const uint32_t small_with_events[] = {0, 2, 3, 4, 5, 5};
static const int32_t small_code[] = {WORD_D1, WORD_D1, WORD_D1, WORD_S1, WORD_D1},
                     small_day[] = {IN_2026(2, 28), IN_2026(3, 1), IN_2026(3, 2), IN_2026(3, 31), SU};
static const double small_result[] = {1.5, 2, 7, (double)INFINITY, 2.25};
static const DataColumn small_gp_event[] = {
    {{"code", 4}, TYPE_TEXT, small_code, NULL, NULL},
    {{"result_value", 12}, TYPE_DECIMAL, NULL, NULL, small_result},
    {{"clinical_effective_date", 23}, TYPE_DATE, small_day, NULL, NULL}};

/* A and C live in the home that was visited: A until 31 January, C since 1 February. */
static const uint32_t small_visited[] = {0, 1, 1, 2, 2, 2};
static const int32_t small_risk[] = {WORD_HIGH, WORD_HIGH}, small_visit[] = {IN_2026(1, 5), IN_2026(1, 5)},
                     small_since[] = {SU, IN_2026(2, 1)}, small_until[] = {IN_2026(1, 31), SU};
static const DataColumn small_fire_visit[] = {{{"visit_date", 10}, TYPE_DATE, small_visit, NULL, NULL},
                                              {{"risk_level", 10}, TYPE_TEXT, small_risk, NULL, NULL},
                                              {{"household_from", 14}, TYPE_DATE, small_since, NULL, NULL},
                                              {{"household_to", 12}, TYPE_DATE, small_until, NULL, NULL}};

/* A has lived in home 1, B in home 2 until 28 February and in 3 since, C always in 3. */
static const uint32_t small_lodged[] = {0, 1, 3, 4, 4, 4};
static const int32_t small_number[] = {1, 2, 3, 3}, small_lodged_from[] = {7305, 7305, IN_2026(3, 1), SU},
                     small_lodged_to[] = {SU, IN_2026(2, 28), SU, SU};
static const DataColumn small_household[] = {
    {{"household_number", 16}, TYPE_NUMBER, small_number, NULL, NULL},
    {{"valid_from", 10}, TYPE_DATE, small_lodged_from, NULL, NULL},
    {{"valid_to", 8}, TYPE_DATE, small_lodged_to, NULL, NULL}};

static const DataSource small_sources[] = {
    {.name = {"person", 6}, .begin = small_one_each, .columns = small_person, .column_count = 4},
    {.name = {"fire_visit", 10}, .begin = small_visited, .columns = small_fire_visit, .column_count = 4},
    {.name = {"gp_event", 8}, .begin = small_with_events, .columns = small_gp_event, .column_count = 3},
    {.name = {"registration", 12},
     .begin = small_registered,
     .columns = small_registration,
     .column_count = 4},
    {.name = {"household", 9}, .begin = small_lodged, .columns = small_household, .column_count = 3},
};
static const Dataset SMALL = {SMALL_PEOPLE, small_sources, 5, small_words, 5};

__attribute__((unused)) static Result small_bind(const Dataset *dataset, const char *day, const char *cohort,
                                                 Query **query, Arena *arena, Bound *bound, Error *error)
{
    Text text = text_format(
        arena,
        "query \"t\" project P as at %s codes d = (\"D1\") codes k = (\"I210\" as \"heart\", \"I21\" as "
        "\"heart\", \"B2\" as \"other\") cohort %s table \"t\" by sex measure people",
        day, cohort);

    TRY(query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, query, error));
    return bind_tree((*query)->tree, dataset, (*query)->tree->as_at, arena, bound, error);
}

/* "AC": those of whom it is true. */
__attribute__((unused)) static void small_expect_of(const Dataset *dataset, const char *day,
                                                    const char *cohort, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(engine_close) Engine *engine = NULL;
    char people[SMALL_PEOPLE + 1] = "";
    Error error = {0};
    Bound bound;
    size_t count = 0;

    Result done = small_bind(dataset, day, cohort, &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    engine = engine_create(bound.plan);
    for (size_t round = 0; round < engine_rounds(engine); round++) {
        engine_chunk(engine, 0, SMALL_PEOPLE);
        engine_round(engine, round);
    }
    engine_chunk(engine, 0, SMALL_PEOPLE);
    const Vector *value = engine_value(engine, bound.cohort);
    for (size_t p = 0; p < SMALL_PEOPLE; p++)
        if (vector_number(value, p) == 1)
            people[count++] = (char)('A' + p);
    cr_expect_str_eq(people, expected, "%s", cohort);
}

__attribute__((unused)) static void small_expect(const char *day, const char *cohort, const char *expected)
{
    small_expect_of(&SMALL, day, cohort, expected);
}
