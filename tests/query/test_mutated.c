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
    " and visit_date on or before as_at table \"t\" by ward totals ward measure people",
    "query \"t\" project P cohort exists gp_event where result_value != 3 and event_date after 2020-02-29"
    " and not date_recorded within 1 months after 2020-01-31 or code in ( \"x\" , \"y\" )"
    " table \"t\" by practice , imd_decile , care_home measure people",
    "query \"t\" project P let stays = count of apc_spell cohort care_home table \"t\" by sex measure people"
    " measure a = sum of stays measure b = mean of sum of result_value in gp_event where code in ( \"x\" )"
    " measure c = median of age measure d = percentile 90 of age otherwise 0 measure e = people with age > 3",
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

static void add_mutated(TextBuilder *text, const char *at)
{
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        uint64_t fate = chance(60);
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
        Result done = bind_tree(query->tree, shape_of_catalogue(&WORDS, query->tree, arena), DAY, arena,
                                &bound, &error);
        cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ": %s", seed + i, error.message);
        done = run_check_plan(query, &bound, &error);
        cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ": %s", seed + i, error.message);
    }

    cr_expect_gt(taken, count / 20, "some are still queries");
}
