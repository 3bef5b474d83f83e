/*
 * Random amounts over releases of random counties, against the naive reading of naive.h: who contributes in
 * each place, what they add up to and which amounts there are. CINQUE_DIFFERENTIAL says how many (60),
 * CINQUE_SEED from where. Tried, and red: an unknown amount as 0, a place's people with those of the place
 * before, the lowest of a margin from its last place alone.
 */
#include <math.h>
#include <stdlib.h>

#include "query/bind.h"
#include "tests/query/naive_rows.h"
#include "tests/query/naive_truth.h"
#include "tests/query/naive_words.h"

enum { QUERIES_A_COUNTY = 20, DEPTH_OF_TEST = 3 };

static const Expression *one_number(int depth)
{
    switch (chance(5)) {
    case 0:
        return number_of_person(0);
    case 1:
        return records_of(SAY_COUNT, depth);
    case 2:
        return different(depth);
    case 3:
        return of_two(SAY_DAYS, of_column(FACT_DATE, depth), constant(FACT_DATE, NULL));
    default:
        return of_column(FACT_NUMBER, depth);
    }
}

static const Expression *amount_of_person(int depth)
{
    Expression *zero = expression(SAY_NUMBER, FACT_NUMBER);
    const Expression *one = one_number(depth);

    return chance(3) == 0 ? of_two(SAY_OTHERWISE, one, zero) : one;
}

/* Two amounts, one of them twice. */
static void make_amounts(TextBuilder *text, const Expression *amounts[2])
{
    static const char *const codes[] = {"D1", "S1", "A", "B", "21", "low", "1", "Dover"};
    char day[DATE_TEXT_BYTES];

    expression_count = let_count = 0;
    naive.as_at = chance(2) == 0 ? month_last_day(COUNTY_MONTH) : random_day();
    naive.codes[0] = codes[chance(8)];
    naive.codes[1] = codes[chance(8)];
    for (int i = 0; i < 2; i++)
        amounts[i] = amount_of_person((int)chance(DEPTH_OF_TEST + 1));
    text_add_format(text, "query \"t\" project P\nas at %s\ncodes some_codes = (\"%s\", \"%s\")\n",
                    date_format(naive.as_at, day), naive.codes[0], naive.codes[1]);
    say_lets(text);
    text_add_string(text, "cohort as_at = as_at table \"t\" by sex totals sex measure people");
    for (int i = 0; i < 2; i++) {
        text_add_format(text, "\nmeasure %c = sum of (", 'a' + 2 * i);
        say(text, amounts[i]);
        text_add_format(text, ")\nmeasure %c = percentile 30 of (", 'b' + 2 * i);
        say(text, amounts[i]);
        text_add_string(text, ")");
    }
}

/* ---- each place against the people ---- */

static bool is_at(const CountTable *part, size_t place, int person)
{
    const CountDimension *sexes = &part->dimensions[0];
    Fact sex = attribute_fact(person, NAIVE_SEX);

    return is_in_release(person) &&
           (place == sexes->value_count ||
            text_equal(sexes->values[place], sex.is_known ? text_from(sex.text) : TEXT("not known")));
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static size_t list_amounts(const CountTable *part, size_t place, const Expression *amount, double *list)
{
    size_t count = 0;

    for (int p = 0; p < naive.person_count; p++) {
        Fact is = is_at(part, place, p) ? fact(amount, p, NULL) : (Fact){0};
        if (is.is_known)
            list[count++] = (double)is.number;
    }
    qsort(list, count, sizeof *list, compare_doubles);
    return count;
}

/* "" or what is wrong. */
static const char *judge_place(const CountTable *part, size_t place, const Expression *amount, Arena *arena)
{
    const AmountTotal *total = &part->amounts->totals[place];
    double expected[PEOPLE_MAX], sum = 0, sizes = 0;
    size_t count = list_amounts(part, place, amount, expected), held_count;
    double *held = count_amounts_at(part, place, arena, &held_count);

    qsort(held, held_count, sizeof *held, compare_doubles);
    if (held_count != count || (count > 0 && memcmp(held, expected, count * sizeof *held) != 0))
        return "other amounts than there are";
    for (size_t i = 0; i < count; i++) {
        sum += expected[i];
        sizes += fabs(expected[i]);
    }
    if (total->people != count || part->cells[place * 3].people != (int64_t)count)
        return "other contributors than there are";
    if (total->sum != sum || total->sizes != sizes)
        return "another sum";
    if (count > 0 && (total->lowest != expected[0] || total->highest != expected[count - 1]))
        return "another lowest or highest";
    return "";
}

static int64_t ask(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_MAX);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    const Expression *amounts[2];
    CountTable parts[QUERY_PARTS_MAX];
    Bound bound;
    Error error = {0};
    int64_t contributors = 0;

    make_amounts(&text, amounts);
    Result done = query_open(reader, "q", text_built(&text), NULL, &query, &error);
    cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message, text.data);
    COUNTY_MUST(bind_tree(query->tree, dataset_of(hold), naive.as_at, arena, &bound, must));
    COUNTY_MUST(run_check_plan(query, &bound, must));
    COUNTY_MUST(count_run(reader, hold, query->tree, &bound, release_id, arena, parts, must));
    for (size_t p = 0; p < 4; p++)
        for (size_t place = 0; place < count_places(&parts[p]); place++) {
            const char *wrong = judge_place(&parts[p], place, amounts[p / 2], arena);
            cr_assert_str_empty(wrong, "CINQUE_SEED=%" PRIu64 ", place %zu of %zu: %s\n%s", seed, place, p,
                                wrong, text.data);
            contributors += parts[p].amounts->totals[place].people;
        }
    return contributors;
}

Test(differential_amounts, places_hold_what_the_naive_reading_says)
{
    uint64_t cases = setting("CINQUE_DIFFERENTIAL", 60);

    cr_expect_gt(ask_counties(cases, QUERIES_A_COUNTY, ask), (int64_t)cases);
}
