/*
 * Queries of which words were taken out, doubled, swapped with those of other queries or spoilt: each is
 * refused with a place, or its plan counts people by registered categories and nothing else.
 * CINQUE_DIFFERENTIAL says how many hundred (100), CINQUE_SEED from where.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "query/run.h"
#include "query/shape.h"
#include "tests/query/chance.h"
#include "tests/query/words.h"

enum { HUNDRED = 100, DAY = 9677 };

static const char *const queries[] = {
    "query \"t\" project P as at 2026-06-30 codes d = ( \"A\" , \"B\" ) let old = age >= 65"
    " cohort registered at as_at and old and exists gp_event where code in d"
    " table \"t\" by sex , band ( age , 5 ) totals sex measure people",
    "query \"t\" project P let stays = count of apc_spell where admission_date within 12 months before as_at"
    " cohort ( stays >= 2 or not care_home ) and imd_decile from 1 to 3"
    " table \"a\" by district , sex measure people table \"b\" by ethnic_category measure people",
    "query \"t\" project P cohort age at 2020-01-01 < 18 and exists fire_visit where risk_level = \"high\""
    " and visit_date on or before as_at table \"t\" by ward , band ( age , from 18 , 65 , 75 )"
    " totals ward measure people",
    "query \"t\" project P cohort exists gp_event where result_value != 3 and event_date after 2020-02-29"
    " and not date_recorded within 1 months after 2020-01-31 or code in ( \"x\" , \"y\" )"
    " table \"t\" by practice , imd_decile , care_home measure people",
    "query \"t\" project P let stays = count of apc_spell cohort care_home table \"t\" by sex measure people"
    " measure a = sum of stays measure b = mean of sum of result_value in gp_event where code in ( \"x\" )"
    " measure c = median of age measure d = percentile 90 of age otherwise 0 measure e = people with age > 3",
    "query \"t\" project P as at onday parameter onday in ( 2026-05-31 , 2026-06-30 ) parameter area in ( "
    "\"a\" "
    ", \"b\" )"
    " codes d terminology \"ICD-10\" = ( \"I2*\" as \"x\" , \"I5\" as \"y\" inactive )"
    " let first_stay = value of admission_date in 2nd last apc_spell by admission_date where "
    "primary_diagnosis"
    " contains d category \"x\" cohort registered at as_at and district in ( area , \"c\" )"
    " and days between first_stay and as_at <= 30 table \"t\" by practice_now totals practice_now measure "
    "people",
    "query \"t\" project P let died = min of date_of_death in death let young = case when age < 18 then "
    "\"y\" else"
    " \"o\" end = \"y\" cohort practice sent gp_event from as_at - 2 months to as_at and ( count of other "
    "people in"
    " the household at as_at where young ) >= 2 and earliest of ( died , as_at ) > 2020-01-01"
    " table \"t\" by pcn , sex measure people measure a = people with young measure b = a per 100 people"
    " measure c = a per 1000 of population \"Kent\"",
    "query \"t\" project P let cost = sum of core_hrg at prices \"N\" of 2024/25 in apc_spell"
    " cohort years registered from 2025-06-30 to as_at > 0.5 and at least 2 gp_event by event_date within 90 "
    "days"
    " and ( episodes of gp_event by event_date with gaps up to 30 days where code in ( \"A*\" ) ) otherwise "
    "0 >= 1"
    " table \"t\" by district measure people measure a = sum of cost measure b = mean of cost",
    "query \"t\" project P cohort age at 2026-01-01 >= 18 and ethnic_category is known"
    " table \"t\" by financial quarter of the 4 financial quarters to as_at , hcp totals hcp measure people"
    " measure a = people with registered at end of financial quarter measure b = people with ( exists "
    "gp_event"
    " where event_date in financial quarter and result_value / 2 + 1 > 3 ) of a measure c = b per 100 a",
};
enum { QUERY_COUNT = sizeof queries / sizeof *queries };

static Text random_piece(void)
{
    const char *query = queries[chance(QUERY_COUNT)], *at = query + chance(strlen(query));

    while (at > query && at[-1] != ' ')
        at--;
    return (Text){at, strcspn(at, " ")};
}

/* A word that a query cannot have, or can in another place. */
static Text odd_piece(void)
{
    static const char *const odd[] = {"person_number", "birth_year", "household_number", "(", ")", "999999",
                                      "\"\"",          "lsoa_2021",  "death_date",       ",", "=", "-1"};

    return text_from(odd[chance(sizeof odd / sizeof *odd)]);
}

static uint64_t words_of(const char *query)
{
    uint64_t words = 1;

    for (; *query != '\0'; query++)
        words += *query == ' ';
    return words;
}

/* Two changes of a query, on average. */
static void add_mutated(TextBuilder *text, const char *at)
{
    uint64_t odds = 2 * words_of(at);

    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        uint64_t fate = chance(odds);
        if (fate == 0)
            text_add(text, random_piece());
        else if (fate == 1)
            text_add(text, odd_piece());
        else if (fate != 2)
            text_add(text, (Text){at, length});
        text_add_char(text, ' ');
        if (fate == 3)
            text_add(text, random_piece());
        text_add_char(text, ' ');
        at += length + (at[length] == ' ');
    }
}

/* "q:LINE:COLUMN: ..." */
static bool names_a_place(const char *message)
{
    unsigned line, column;

    return sscanf(message, "q:%u:%u: ", &line, &column) == 2;
}

/* Of each source that is read: who may not read it is told where. */
static bool places_are_known(const Tree *tree, const Catalogue *catalogue)
{
    bool are_known = tree->project_at.text != NULL;

    for (size_t i = 0; i < tree->source_count; i++)
        are_known &= tree->source_at[tree->sources[i] - catalogue->sources].text != NULL;
    return are_known;
}

Test(mutated, each_one_is_a_query_before)
{
    for (size_t i = 0; i < QUERY_COUNT; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};

        Result done =
            query_parse(&WORDS, "q", text_from(queries[i]), QUERY_TEXT_BYTES_MAX, NULL, &query, &error);

        cr_expect(done.ok, "%s", error.message);
    }
}

Test(mutated, a_query_is_refused_with_a_place_or_counts_people_by_categories)
{
    uint64_t seed = setting("CINQUE_SEED", 1), count = setting("CINQUE_DIFFERENTIAL", 100) * HUNDRED;
    uint64_t taken = 0;

    for (uint64_t i = 0; i < count; i++) {
        SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_BYTES_MAX);
        SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        Bound bound;
        chance_state = seed + i;
        add_mutated(&text, queries[chance(QUERY_COUNT)]);

        if (!query_parse(&WORDS, "q", text_built(&text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error).ok) {
            cr_assert(names_a_place(error.message), "CINQUE_SEED=%" PRIu64 ": %s", seed + i, error.message);
            continue;
        }
        taken++;
        cr_assert(places_are_known(query->tree, &WORDS), "CINQUE_SEED=%" PRIu64, seed + i);
        Result done = bind_tree(query->tree, shape_of_catalogue(&WORDS, query->tree, arena), DAY, arena,
                                &bound, &error);
        cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ": %s", seed + i, error.message);
        done = run_check_plan(query, &bound, &error);
        cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ": %s", seed + i, error.message);
    }

    cr_expect_gt(taken, count / 20, "some are still queries");
}
