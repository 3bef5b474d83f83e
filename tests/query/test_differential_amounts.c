/*
 * Random amounts over releases of random counties, against the naive reading of naive.h: who contributes in
 * each place, what they add up to and which amounts there are; after suppression each released sum and mean.
 * CINQUE_DIFFERENTIAL says how many (60), CINQUE_SEED from where. Tried, and red: an unknown amount as 0, a
 * place's people with those of the place before, the lowest of a margin from its last place alone, a sum by
 * the largest in place of the people_min-th, a mean of the true sum, years of 365 days.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "query/bind.h"
#include "query/released.h"
#include "tests/query/naive_rows.h"
#include "tests/query/naive_truth.h"
#include "tests/query/naive_words.h"

enum { QUERIES_A_COUNTY = 20, DEPTH_OF_TEST = 3 };

/* as_years: days registered by 365.25, person-years at risk */
typedef struct Asked {
    const Expression *amount;
    bool as_years, is_mean;
} Asked;

static const Expression *days_of_person(void)
{
    Expression *made = expression(SAY_DAYS_REGISTERED, FACT_NUMBER);

    made->number = random_day();
    made->months = 1 + (int)chance(400);
    return made;
}

static const Expression *one_number(int depth)
{
    switch (chance(6)) {
    case 0:
        return number_of_person(0);
    case 5:
        return days_of_person();
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

static Asked random_amount(void)
{
    Asked made = {.as_years = chance(6) == 0, .is_mean = chance(2) == 0};

    made.amount = made.as_years ? days_of_person() : amount_of_person((int)chance(DEPTH_OF_TEST + 1));
    return made;
}

static void say_amount(TextBuilder *text, const Asked *asked)
{
    char from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES];

    if (!asked->as_years) {
        say(text, asked->amount);
        return;
    }
    text_add_format(text, "years registered from %s to %s", date_format((Date)asked->amount->number, from),
                    date_format((Date)asked->amount->number + asked->amount->months - 1, to));
}

/* Two amounts, of each a sum or mean and a percentile. */
static void make_amounts(TextBuilder *text, Asked amounts[2])
{
    static const char *const codes[] = {"D1", "S1", "A", "B", "21", "low", "1", "Dover"};
    char day[DATE_TEXT_BYTES];

    expression_count = let_count = 0;
    naive.as_at = chance(2) == 0 ? month_last_day(COUNTY_MONTH) : random_day();
    naive.codes[0] = codes[chance(8)];
    naive.codes[1] = codes[chance(8)];
    for (int i = 0; i < 2; i++)
        amounts[i] = random_amount();
    text_add_format(text, "query \"t\" project P\nas at %s\ncodes some_codes = (\"%s\", \"%s\")\n",
                    date_format(naive.as_at, day), naive.codes[0], naive.codes[1]);
    say_lets(text);
    text_add_string(text, "cohort as_at = as_at table \"t\" by sex totals sex measure people");
    for (int i = 0; i < 2; i++) {
        text_add_format(text, "\nmeasure %c = %s of (", 'a' + 2 * i, amounts[i].is_mean ? "mean" : "sum");
        say_amount(text, &amounts[i]);
        text_add_format(text, ")\nmeasure %c = percentile 30 of (", 'b' + 2 * i);
        say_amount(text, &amounts[i]);
        text_add_string(text, ")");
    }
}

/* ---- each place against the people ---- */

static bool is_counted[PEOPLE_MAX];

static void read_counted(const Asked amounts[2])
{
    for (int p = 0; p < naive.person_count; p++)
        is_counted[p] =
            is_in_release(p) && has_households(amounts[0].amount, p) && has_households(amounts[1].amount, p);
}

static bool is_at(const CountTable *part, size_t place, int person)
{
    const CountDimension *sexes = &part->dimensions[0];
    Fact sex = attribute_fact(person, NAIVE_SEX);

    return is_counted[person] &&
           (place == sexes->value_count ||
            text_equal(sexes->values[place], sex.is_known ? text_from(sex.text) : TEXT("not known")));
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool amount_of(const CountTable *part, size_t place, const Asked *asked, int person, double *amount)
{
    Fact is = is_at(part, place, person) ? fact(asked->amount, person, NULL) : (Fact){0};

    *amount = asked->as_years ? (double)is.number / 365.25 : (double)is.number;
    return is.is_known;
}

static size_t list_amounts(const CountTable *part, size_t place, const Asked *asked, double *list)
{
    size_t count = 0;

    for (int p = 0; p < naive.person_count; p++)
        count += amount_of(part, place, asked, p, &list[count]);
    qsort(list, count, sizeof *list, compare_doubles);
    return count;
}

/* "" or what is wrong. */
static const char *judge_place(const CountTable *part, size_t place, const Asked *asked, Arena *arena)
{
    const AmountTotal *total = &part->amounts->totals[place];
    double expected[PEOPLE_MAX + 1], sum = 0, sizes = 0;
    size_t count = list_amounts(part, place, asked, expected), held_count;
    double *held = count_amounts_at(part, place, arena, &held_count);

    qsort(held, held_count, sizeof *held, compare_doubles);
    if (held_count != count || (count > 0 && memcmp(held, expected, count * sizeof *held) != 0))
        return "other amounts than there are";
    for (size_t i = 0; i < count; i++) {
        sum += expected[i];
        sizes += fabs(expected[i]);
    }
    double slack = asked->as_years ? sizes * 1e-12 : 0; /* fractions are added up in another order */
    if (total->people != count || part->cells[place * 3].people != (int64_t)count)
        return "other contributors than there are";
    if (fabs(total->sum - sum) > slack || fabs(total->sizes - sizes) > slack)
        return "another sum";
    if (count > 0 && (total->lowest != expected[0] || total->highest != expected[count - 1]))
        return "another lowest or highest";
    return "";
}

/* ---- what is released ---- */

/* Of counts. */
static int64_t rounded(size_t people)
{
    return ((int64_t)people + 2) / 5 * 5;
}

/* Amounts of 1, 2 or 5 with noughts behind or before it, one after the other, until one is no less. */
static double step_of(double size)
{
    static const double firsts[] = {1, 2, 5};

    for (int place = -6;; place++)
        for (int i = 0; i < 3; i++)
            if (firsts[i] * pow(10, place) >= size)
                return firsts[i] * pow(10, place);
}

static double three_digits(double number)
{
    char text[64];

    snprintf(text, sizeof text, "%.3g", number);
    return strtod(text, NULL);
}

static int compare_sizes(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (fabs(*x) < fabs(*y)) - (fabs(*x) > fabs(*y));
}

/* To the nearest 5 of a step that the people_min-th largest reaches. */
static double released_sum(double *amounts, size_t count, int64_t people_min)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += amounts[i];
    qsort(amounts, count, sizeof *amounts, compare_sizes);
    if (amounts[people_min - 1] == 0)
        return 0;
    double unit = 5 * step_of(fabs(amounts[people_min - 1]));
    return three_digits(floor(sum / unit + 0.5) * unit);
}

/* Whose records of homes are one another's: a place for each address, and for each other person. */
static size_t home_with_records(int person)
{
    const Row *at = registration(person, naive.as_at);

    return at != NULL && has_home(at->address) ? PEOPLE_MAX + (size_t)at->address : (size_t)person;
}

/* Do two homes, or two people, have more than 90 per cent? */
static bool is_of_two(const CountTable *part, size_t place, const Asked *asked, bool of_homes)
{
    double sizes[PEOPLE_MAX + ADDRESSES_MAX] = {0}, all = 0, first = 0, second = 0, amount;

    for (int p = 0; p < naive.person_count; p++) {
        if (!amount_of(part, place, asked, p, &amount))
            continue;
        sizes[of_homes ? home_with_records(p) : (size_t)p] += fabs(amount);
        all += fabs(amount);
    }
    for (size_t home = 0; home < PEOPLE_MAX + ADDRESSES_MAX; home++) {
        second = fmax(second, fmin(first, sizes[home]));
        first = fmax(first, sizes[home]);
    }
    return first + second > all * (0.9 + 1e-9);
}

static const char *judge_value(const CountTable *part, size_t place, const Asked *asked, int64_t people_min,
                               const json_t *value)
{
    double amounts[PEOPLE_MAX + 1], shown = json_real_value(json_object_get(value, "value"));
    size_t count = list_amounts(part, place, asked, amounts);

    if (json_is_true(json_object_get(value, "hidden")))
        return "";
    if (count == 0)
        return json_is_null(json_object_get(value, "value")) ? "" : "nobody has an amount";
    if ((int64_t)count < people_min)
        return "an amount of few is shown";
    if (is_of_two(part, place, asked, people_min > COUNTY_POLICY.people_min))
        return "an amount of two people or homes is shown";
    double sum = released_sum(amounts, count, people_min);
    double expected = asked->is_mean ? three_digits(sum / (double)rounded(count)) : sum;
    return three_digits(shown) == expected ? "" : "another amount is released";
}

/* The sums and means; *shown grows by how many there are. */
static const char *judge_released(const Query *query, const CountTable *parts, const Asked amounts[2],
                                  Arena *arena, int64_t *shown)
{
    CellState *states[QUERY_PARTS_MAX];
    const SuppressRule rule = {.people_min = run_people_min(query, &COUNTY_POLICY)};
    Provenance provenance = {
        .query_title = TEXT("t"), .project = TEXT("P"), .month = COUNTY_MONTH, .policy = COUNTY_POLICY};
    const char *wrong = "";

    provenance.policy.people_min = rule.people_min;
    suppress(parts, query->tree->part_count, &rule, arena, states);
    SCOPED(released_table_close)
    ReleasedTable *released =
        released_make(&query->tree->tables[0], parts, states, query->tree->part_count, &provenance);
    json_t *root = json_loads(text_to_string(arena, released_table_canonical(released)), 0, NULL);
    for (size_t p = 0; p < 4; p += 2) {
        const json_t *values =
            json_object_get(json_array_get(json_object_get(root, "measures"), p), "values");
        cr_assert_eq(json_array_size(values), count_places(&parts[p]));
        for (size_t place = 0; place < count_places(&parts[p]) && *wrong == '\0'; place++) {
            const json_t *value = json_array_get(values, place);
            wrong = judge_value(&parts[p], place, &amounts[p / 2], rule.people_min, value);
            *shown += json_is_real(json_object_get(value, "value"));
        }
    }
    json_decref(root);
    return wrong;
}

/* ---- a case ---- */

static int64_t shown_values;

static int64_t ask(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_MAX);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    Asked amounts[2];
    CountTable parts[QUERY_PARTS_MAX];
    Bound bound;
    Error error = {0};
    int64_t contributors = 0;

    make_amounts(&text, amounts);
    read_counted(amounts);
    Result done = query_open(reader, "q", text_built(&text), NULL, &query, &error);
    cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message, text.data);
    COUNTY_MUST(bind_tree(query->tree, dataset_of(hold), naive.as_at, arena, &bound, must));
    COUNTY_MUST(run_check_plan(query, &bound, must));
    COUNTY_MUST(count_run(reader, hold, query->tree, &bound, release_id, arena, parts, must));
    for (size_t p = 0; p < 4; p++)
        for (size_t place = 0; place < count_places(&parts[p]); place++) {
            const char *wrong = judge_place(&parts[p], place, &amounts[p / 2], arena);
            cr_assert_str_empty(wrong, "CINQUE_SEED=%" PRIu64 ", place %zu of %zu: %s\n%s", seed, place, p,
                                wrong, text.data);
            contributors += parts[p].amounts->totals[place].people;
        }
    const char *wrong = judge_released(query, parts, amounts, arena, &shown_values);
    cr_assert_str_empty(wrong, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, wrong, text.data);
    return contributors;
}

Test(differential_amounts, places_hold_what_the_naive_reading_says)
{
    uint64_t cases = setting("CINQUE_DIFFERENTIAL", 60);

    cr_expect_gt(ask_counties(cases, QUERIES_A_COUNTY, ask), (int64_t)cases);
    cr_expect_gt(shown_values, (int64_t)cases / 2, "%" PRId64 " amounts are shown", shown_values);
}
