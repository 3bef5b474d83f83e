/*
 * Random series over releases of random counties, against the naive reading of naive.h with the period's days
 * in place of its words. CINQUE_DIFFERENTIAL says how many (60), CINQUE_SEED from where. Tried, and red: a
 * financial year from January, in month without its last day, the periods of parts the other way round.
 */
#include <stdlib.h>

#include "query/bind.h"
#include "tests/query/naive_rows.h"
#include "tests/query/naive_truth.h"
#include "tests/query/naive_words.h"

enum { QUERIES_A_COUNTY = 20, PERIODS_OF_TEST = 5, DEPTH_OF_TEST = 3 };

/* Its words and, worked out in another way than period.c does, its length and the month in which one begins.
 */
typedef struct NaiveUnit {
    const char *name, *many;
    int months, begins;
} NaiveUnit;

static const NaiveUnit UNITS[] = {{"month", "months", 1, 1},
                                  {"quarter", "quarters", 3, 1},
                                  {"year", "years", 12, 1},
                                  {"financial quarter", "financial quarters", 3, 4},
                                  {"financial year", "financial years", 12, 4}};

/* Day by day back from the query's: the day before a beginning ends the last whole one. */
static void set_period(const NaiveUnit *unit, int back)
{
    Date begins = naive.as_at + 1;

    for (;; begins--) {
        CivilDate day = date_to_civil(begins);
        if (day.day == 1 && (day.month + 12 - unit->begins) % unit->months == 0)
            break;
    }
    naive.first = date_add_months(begins, -(back + 1) * unit->months);
    naive.last = date_add_months(naive.first, unit->months) - 1;
}

static const Expression *make_series(TextBuilder *text, const NaiveUnit *unit, int periods)
{
    static const char *const codes[] = {"D1", "S1", "A", "B", "21", "low", "1", "Dover"};
    char day[DATE_TEXT_BYTES];

    expression_count = 0;
    let_count = LETS_MAX; /* a let has no period */
    naive.unit = unit->name;
    naive.as_at = chance(2) == 0 ? month_last_day(COUNTY_MONTH) : random_day();
    naive.codes[0] = codes[chance(8)];
    naive.codes[1] = codes[chance(8)];
    const Expression *measured = condition(NO_SOURCE, (int)chance(DEPTH_OF_TEST + 1));
    text_add_format(
        text,
        "query \"t\" project P\nas at %s\ncodes some_codes = (\"%s\", \"%s\")\ncohort as_at = as_at\n"
        "table \"t\" by %s of the %d %s to as_at, sex measure people measure m = people with\n"
        "as_at after start of %s and (",
        date_format(naive.as_at, day), naive.codes[0], naive.codes[1], unit->name, periods, unit->many,
        unit->name);
    say(text, measured);
    text_add_string(text, ")");
    return measured;
}

/* ---- each cell against the people ---- */

static bool is_in_cell(const CountTable *part, size_t cell, int person, const Expression *measured)
{
    static const Text answers[] = {[NO] = TEXT("no"), [UNSURE] = TEXT("not known"), [YES] = TEXT("yes")};
    size_t place[QUERY_DIMENSIONS_MAX];
    Fact sex = attribute_fact(person, NAIVE_SEX);

    count_coordinates(part, cell, place);
    return text_equal(part->dimensions[0].values[place[0]],
                      sex.is_known ? text_from(sex.text) : TEXT("not known")) &&
           text_equal(part->dimensions[1].values[place[1]], answers[truth(measured, person, NULL)]);
}

static int64_t judge_part(const CountTable *part, const Expression *measured, const char *text, uint64_t seed)
{
    int64_t all = 0;

    for (size_t cell = 0; cell < part->cell_count; cell++) {
        int64_t people = 0;
        if (!count_is_inner(part, cell))
            continue;
        for (int p = 0; p < naive.person_count; p++)
            people += is_in_release(p) && has_households(measured, p) && is_in_cell(part, cell, p, measured);
        cr_assert_eq(people, part->cells[cell].people, "CINQUE_SEED=%" PRIu64 ", %s, %d for %d\n%s", seed,
                     part->period.data, (int)part->cells[cell].people, (int)people, text);
        all += people;
    }
    cr_assert_eq(all, part->cells[part->cell_count - 1].people);
    return all;
}

static int64_t ask(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_MAX);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    const NaiveUnit *unit = &UNITS[chance(5)];
    int periods = 1 + (int)chance(PERIODS_OF_TEST);
    const Expression *measured = make_series(&text, unit, periods);
    CountTable parts[QUERY_PARTS_MAX];
    Bound bound;
    Error error = {0};
    int64_t people = 0;

    Result done = query_open(reader, "q", text_built(&text), NULL, &query, &error);
    cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message, text.data);
    COUNTY_MUST(bind_tree(query->tree, dataset_of(hold), naive.as_at, arena, &bound, must));
    COUNTY_MUST(count_run(reader, hold, query->tree, &bound, release_id, arena, parts, must));
    for (int p = 0; p < periods; p++) {
        set_period(unit, periods - 1 - p);
        people += judge_part(&parts[p], measured, text.data, seed);
    }
    return people;
}

Test(differential_series, each_period_answers_as_the_naive_reading_does)
{
    uint64_t cases = setting("CINQUE_DIFFERENTIAL", 60);

    cr_expect_gt(ask_counties(cases, QUERIES_A_COUNTY, ask), (int64_t)cases);
}
