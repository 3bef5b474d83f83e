/*
 * Random tables of people with conditions, and of rates between them and of populations from outside, over
 * releases of random counties, against the naive reading of naive.h: the people of each cell before
 * suppression, and each released number after it. CINQUE_DIFFERENTIAL says how many (60), CINQUE_SEED from
 * where. Tried, and red: `of` without the other measure's condition, a rate beside a hidden count, a rate of
 * nobody as 0, the oldest of a population's versions, the first of two of one day, a total over a value that
 * the population lacks, seven people shown.
 */
#include <jansson.h>
#include <stdlib.h>

#include "query/bind.h"
#include "query/released.h"
#include "tests/query/naive_labels.h"
#include "tests/query/naive_rows.h"
#include "tests/query/naive_truth.h"
#include "tests/query/naive_words.h"

enum { QUERIES_A_COUNTY = 20, DEPTH_OF_TEST = 3, PEOPLE_OF_LINE = -1 };
enum { CONDITIONS_MAX = 3, RATES_MAX = 4, DIMENSIONS_OF_TEST = 3, VERSIONS = 4, LINES_MAX_OF_TEST = 80 };

/* per people of a line, of a measure, or of the population */
typedef struct Rate {
    int above, below;
    int64_t per;
    bool is_of_population;
} Rate;

static struct {
    const Expression *cohort, *conditions[CONDITIONS_MAX];
    int among[CONDITIONS_MAX]; /* only who has that one's condition too */
    int dimensions[DIMENSIONS_OF_TEST];
    bool totals[DIMENSIONS_OF_TEST];
    Rate rates[RATES_MAX];
    int condition_count, dimension_count, rate_count;
} asked;

/* Of each person, once it is read. */
static bool is_counted[PEOPLE_MAX];
static Truth answers[CONDITIONS_MAX][PEOPLE_MAX];
static char labels[DIMENSIONS_OF_TEST][PEOPLE_MAX][LABEL_BYTES];

/* ---- a population, and what is known of it later ---- */

static const int KENT_BY[DIMENSIONS_OF_TEST] = {NAIVE_SEX, NAIVE_DISTRICT, NAIVE_CARE_HOME};

static struct {
    Date day;
    const char *lines[LINES_MAX_OF_TEST][DIMENSIONS_OF_TEST];
    int64_t people[LINES_MAX_OF_TEST];
    int count;
} kent[VERSIONS];

/* Some values are missing, and some combinations of those that are there. */
static void make_version(int version)
{
    static const char *const sexes[] = {"1", "2", "9"}, *const homes[] = {"true", "false", "not known"},
                             *const districts[] = {"Ashford", "Canterbury", "Dartford", "Dover", "Medway"};
    uint64_t sex_count = 2 + chance(2), district_count = 3 + chance(3), home_count = 1 + chance(3);

    kent[version].count = 0;
    kent[version].day = version == 0     ? date_from_civil(2020, 6, 30)
                        : chance(3) == 0 ? kent[version - 1].day
                                         : random_day();
    for (uint64_t i = 0; i < sex_count * district_count * home_count; i++) {
        int line = kent[version].count;
        if (chance(6) == 0 && line > 0)
            continue;
        kent[version].lines[line][0] = sexes[i % sex_count];
        kent[version].lines[line][1] = districts[i / sex_count % district_count];
        kent[version].lines[line][2] = homes[i / sex_count / district_count];
        kent[version].people[line] = chance(8) == 0 ? 0 : (int64_t)chance(3000);
        kent[version].count++;
    }
}

/* Under a name of its own: what is added stays. */
static void add_population(uint64_t seed)
{
    for (int version = 0; version < VERSIONS; version++) {
        SCOPED(text_builder_close) TextBuilder sql = text_builder(QUERY_TEXT_MAX);
        char day[DATE_TEXT_BYTES];
        make_version(version);
        text_add_format(
            &sql,
            "INSERT INTO ingest.published (kind, name, day, origin, width, fields, content) VALUES "
            "('population', 'K%" PRIu64 "', '%s', 'version %d', 4, '{sex,district,care_home,people",
            seed, date_format(kent[version].day, day), version);
        for (int i = 0; i < kent[version].count; i++)
            text_add_format(&sql, ",%s,%s,%s,%" PRId64, kent[version].lines[i][0], kent[version].lines[i][1],
                            kent[version].lines[i][2], kent[version].people[i]);
        text_add_format(&sql, "}', sha256('%" PRIu64 "/%d'))", seed, version);
        county_sql(text_built(&sql).data);
    }
}

/* The newest up to the query's day; of one day what came last. */
static int newest_version(void)
{
    int newest = 0;

    for (int version = 1; version < VERSIONS; version++)
        if (kent[version].day <= naive.as_at && kent[version].day >= kent[newest].day)
            newest = version;
    return newest;
}

static int kent_dimension(int asked_dimension)
{
    int d = 0;

    while (KENT_BY[d] != asked.dimensions[asked_dimension])
        d++;
    return d;
}

static bool has_value(int version, int dimension, const char *value)
{
    for (int i = 0; i < kent[version].count; i++)
        if (strcmp(kent[version].lines[i][dimension], value) == 0)
            return true;
    return false;
}

/* Is a line of the table of what the population does not have? */
static bool lacks_value(int version, int asked_dimension, const json_t *lines)
{
    const json_t *line;
    size_t i;

    json_array_foreach(lines, i, line)
    {
        const char *at =
            json_string_value(json_array_get(json_object_get(line, "at"), (size_t)asked_dimension));
        if (strcmp(at, "all") != 0 && strcmp(at, "not known") != 0 &&
            !has_value(version, kent_dimension(asked_dimension), at))
            return true;
    }
    return false;
}

/* Of a line; 0: there is nobody to divide by. */
static int64_t residents(const json_t *at, const json_t *lines)
{
    int version = newest_version();
    int64_t people = 0;

    for (int d = 0; d < asked.dimension_count; d++)
        if (strcmp(json_string_value(json_array_get(at, (size_t)d)), "all") == 0 &&
            lacks_value(version, d, lines))
            return 0;
    for (int i = 0; i < kent[version].count; i++) {
        bool is_there = true;
        for (int d = 0; d < asked.dimension_count; d++) {
            const char *value = json_string_value(json_array_get(at, (size_t)d));
            is_there &=
                strcmp(value, "all") == 0 || strcmp(value, kent[version].lines[i][kent_dimension(d)]) == 0;
        }
        people += is_there ? kent[version].people[i] : 0;
    }
    return people;
}

/* ---- a random query ---- */

static void make_dimensions(void)
{
    int pool[DIMENSIONS_OF_TEST];

    memcpy(pool, KENT_BY, sizeof pool);
    asked.dimension_count = chance(2) == 0 ? 1 : 1 + (int)chance(DIMENSIONS_OF_TEST);
    for (int d = 0; d < asked.dimension_count; d++) {
        int other = d + (int)chance(DIMENSIONS_OF_TEST - (uint64_t)d), kept = pool[d];
        pool[d] = pool[other];
        pool[other] = kept;
        asked.dimensions[d] = pool[d];
        asked.totals[d] = chance(4) != 0;
    }
}

/* Of itself, of a measure that it is among, or of all of the line. */
static int random_denominator(int above)
{
    int below = above;

    while (below != PEOPLE_OF_LINE && (below == above || chance(2) == 0))
        below = asked.among[below];
    return below;
}

static void make_rates(void)
{
    static const int64_t pers[] = {1, 100, 1000, 100000};

    asked.rate_count = 1 + (int)chance(RATES_MAX);
    for (int r = 0; r < asked.rate_count; r++) {
        Rate *rate = &asked.rates[r];
        *rate = (Rate){.above = (int)chance((uint64_t)asked.condition_count),
                       .per = pers[chance(4)],
                       .is_of_population = chance(3) == 0};
        if (rate->is_of_population && chance(3) == 0)
            rate->above = PEOPLE_OF_LINE;
        else
            rate->below = random_denominator(rate->above);
    }
}

static void say_counted(TextBuilder *text, int measure)
{
    if (measure == PEOPLE_OF_LINE)
        text_add_string(text, "people");
    else
        text_add_format(text, "m%d", measure);
}

static void say_measures(TextBuilder *text, uint64_t seed)
{
    for (int m = 0; m < asked.condition_count; m++) {
        text_add_format(text, "\n  measure m%d = people with (", m);
        say(text, asked.conditions[m]);
        text_add_string(text, asked.among[m] == PEOPLE_OF_LINE ? ")" : ") of ");
        if (asked.among[m] != PEOPLE_OF_LINE)
            say_counted(text, asked.among[m]);
    }
    for (int r = 0; r < asked.rate_count; r++) {
        const Rate *rate = &asked.rates[r];
        text_add_format(text, "\n  measure r%d = ", r);
        say_counted(text, rate->above);
        text_add_format(text, " per %" PRId64 " ", rate->per);
        if (rate->is_of_population)
            text_add_format(text, "of population \"K%" PRIu64 "\"", seed);
        else
            say_counted(text, rate->below);
    }
}

static void say_dimensions(TextBuilder *text)
{
    const char *before = "\n  totals ";

    for (int d = 0; d < asked.dimension_count; d++)
        text_add_format(text, "%s%s", d > 0 ? ", " : "\n  by ", NAIVE_ATTRIBUTES[asked.dimensions[d]].name);
    for (int d = 0; d < asked.dimension_count; d++)
        if (asked.totals[d]) {
            text_add_format(text, "%s%s", before, NAIVE_ATTRIBUTES[asked.dimensions[d]].name);
            before = ", ";
        }
}

static void make_query(TextBuilder *text, uint64_t seed)
{
    static const char *const codes[] = {"D1", "S1", "A", "B", "21", "low", "1", "Dover"};
    char day[DATE_TEXT_BYTES];

    expression_count = let_count = 0;
    naive.as_at = chance(2) == 0 ? month_last_day(COUNTY_MONTH) : random_day();
    naive.codes[0] = codes[chance(8)];
    naive.codes[1] = codes[chance(8)];
    asked.cohort = chance(3) != 0 ? NULL : condition(NO_SOURCE, (int)chance(DEPTH_OF_TEST + 1));
    asked.condition_count = 1 + (int)chance(CONDITIONS_MAX);
    for (int m = 0; m < asked.condition_count; m++) {
        asked.conditions[m] = condition(NO_SOURCE, (int)chance(DEPTH_OF_TEST + 1));
        asked.among[m] = chance(2) == 0 ? PEOPLE_OF_LINE : (int)chance((uint64_t)m + 1) - 1;
    }
    make_dimensions();
    make_rates();
    text_add_format(text, "query \"t\" project P\nas at %s\ncodes some_codes = (\"%s\", \"%s\")\n",
                    date_format(naive.as_at, day), naive.codes[0], naive.codes[1]);
    say_lets(text);
    text_add_string(text, "cohort ");
    if (asked.cohort == NULL)
        text_add_string(text, "as_at = as_at");
    else
        say(text, asked.cohort);
    text_add_string(text, "\ntable \"t\"");
    say_dimensions(text);
    text_add_string(text, "\n  measure people");
    say_measures(text, seed);
}

/* ---- the naive reading ---- */

static void read_naively(void)
{
    for (int p = 0; p < naive.person_count; p++) {
        is_counted[p] = is_in_release(p) && (asked.cohort == NULL || (has_households(asked.cohort, p) &&
                                                                      truth(asked.cohort, p, NULL) == YES));
        for (int m = 0; m < asked.condition_count; m++) {
            is_counted[p] = is_counted[p] && has_households(asked.conditions[m], p);
            Truth own = truth(asked.conditions[m], p, NULL);
            Truth other = asked.among[m] == PEOPLE_OF_LINE ? YES : answers[asked.among[m]][p];
            answers[m][p] = own < other ? own : other;
        }
        for (int d = 0; d < asked.dimension_count; d++)
            attribute_label(p, asked.dimensions[d], labels[d][p]);
    }
}

static const char *answer_word(int measure, int person)
{
    static const char *const words[] = {[NO] = "no", [UNSURE] = "not known", [YES] = "yes"};

    return words[answers[measure][person]];
}

/* answer: NULL, or the measure's. */
static int64_t people_at(const char *const *at, int measure, const char *answer)
{
    int64_t people = 0;

    for (int p = 0; p < naive.person_count; p++) {
        bool is_there = is_counted[p];
        for (int d = 0; d < asked.dimension_count; d++)
            is_there &= strcmp(at[d], "all") == 0 || strcmp(at[d], labels[d][p]) == 0;
        people += is_there && (answer == NULL || strcmp(answer, answer_word(measure, p)) == 0);
    }
    return people;
}

/* ---- before suppression ---- */

static const char *judge_part(const CountTable *part, int measure, Arena *arena)
{
    size_t place[QUERY_DIMENSIONS_MAX], last = part->dimension_count - 1;
    const char *at[QUERY_DIMENSIONS_MAX];

    for (size_t cell = 0; cell < part->cell_count; cell++) {
        count_coordinates(part, cell, place);
        for (size_t d = 0; d < part->dimension_count; d++)
            at[d] = place[d] == part->dimensions[d].value_count
                        ? "all"
                        : text_to_string(arena, part->dimensions[d].values[place[d]]);
        const char *answer = strcmp(at[last], "all") == 0 ? NULL : at[last];
        if (people_at(at, measure, answer) != part->cells[cell].people)
            return "a cell counts other people than there are";
    }
    return "";
}

/* ---- what is released ---- */

static int64_t rounded(int64_t people)
{
    return (people + 2) / 5 * 5;
}

/* -1: hidden */
static int64_t released_people(const json_t *cell)
{
    const json_t *people = json_object_get(cell, "people");

    return json_is_integer(people) ? json_integer_value(people) : -1;
}

static const char *judge_cell(const json_t *cell, int measure)
{
    const json_t *names = json_object_get(cell, "at");
    const char *at[QUERY_DIMENSIONS_MAX + 1] = {NULL};
    int64_t shown = released_people(cell);

    for (size_t d = 0; d < json_array_size(names); d++)
        at[d] = json_string_value(json_array_get(names, d));
    int64_t people = people_at(at, measure, at[asked.dimension_count]);
    if ((shown < 0) != json_is_true(json_object_get(cell, "hidden")))
        return "a cell is neither shown nor hidden";
    if (shown >= 0 && people >= 1 && people <= 7)
        return "a small count is shown";
    return shown < 0 || shown == rounded(people) ? "" : "a count is not its people to the nearest 5";
}

/* The released count of a line: of all its people, or of who has a measure's condition. */
static int64_t released_at(const json_t *root, size_t line, int measure)
{
    const json_t *cells = json_object_get(root, "cells");

    if (measure == PEOPLE_OF_LINE)
        return released_people(json_array_get(cells, line));
    const json_t *of =
        json_object_get(json_array_get(json_object_get(root, "measures"), (size_t)measure), "cells");
    return released_people(json_array_get(of, line * (json_array_size(of) / json_array_size(cells))));
}

static bool is_same_to_three_digits(double a, double b)
{
    char one[64], other[64];

    snprintf(one, sizeof one, "%.3g", a);
    snprintf(other, sizeof other, "%.3g", b);
    return strcmp(one, other) == 0;
}

static const char *judge_rate(const json_t *root, const Rate *rate, size_t line, const json_t *value)
{
    const json_t *cells = json_object_get(root, "cells"), *number = json_object_get(value, "value"),
                 *at = json_object_get(json_array_get(cells, line), "at");
    int64_t above = released_at(root, line, rate->above);
    int64_t below = rate->is_of_population ? residents(at, cells) : released_at(root, line, rate->below);

    if (!json_equal(at, json_object_get(value, "at")))
        return "a rate stands at another line";
    if (above < 0 || below < 0)
        return json_is_true(json_object_get(value, "hidden")) && number == NULL
                   ? ""
                   : "a rate of a hidden count is shown";
    if (below == 0)
        return json_is_null(number) ? "" : "a rate of nobody is a number";
    return json_is_real(number) && is_same_to_three_digits(json_real_value(number),
                                                           (double)above * (double)rate->per / (double)below)
               ? ""
               : "a rate is not that of the published counts";
}

static const char *judge_rates(const json_t *root, int64_t *shown)
{
    for (int r = 0; r < asked.rate_count; r++) {
        const json_t *values = json_object_get(json_array_get(json_object_get(root, "measures"),
                                                              (size_t)(asked.condition_count + r)),
                                               "values"),
                     *value;
        size_t line;
        if (json_array_size(values) != json_array_size(json_object_get(root, "cells")))
            return "a rate has other lines than the table";
        json_array_foreach(values, line, value)
        {
            const char *wrong = judge_rate(root, &asked.rates[r], line, value);
            if (*wrong != '\0')
                return wrong;
            *shown += json_real_value(json_object_get(value, "value")) > 0;
        }
    }
    return "";
}

static const char *judge_released(const json_t *root, int64_t *shown)
{
    const char *wrong = "";
    const json_t *cell, *measures = json_object_get(root, "measures");
    size_t i;

    json_array_foreach(json_object_get(root, "cells"), i, cell) if (*wrong == '\0') wrong =
        judge_cell(cell, PEOPLE_OF_LINE);
    for (int m = 0; m < asked.condition_count; m++)
        json_array_foreach(json_object_get(json_array_get(measures, (size_t)m), "cells"), i,
                           cell) if (*wrong == '\0') wrong = judge_cell(cell, m);
    return *wrong != '\0' ? wrong : judge_rates(root, shown);
}

/* ---- a case ---- */

static const char *judge(Db *reader, const Query *query, const CountTable *parts, Arena *arena,
                         int64_t *shown)
{
    CellState *states[QUERY_PARTS_MAX];
    Provenance provenance = {.query_title = TEXT("t"),
                             .project = TEXT("P"),
                             .month = COUNTY_MONTH,
                             .as_at = naive.as_at,
                             .policy = COUNTY_POLICY};
    const SuppressRule rule = {.people_min = run_people_min(query, &COUNTY_POLICY)};

    for (int m = 0; m < asked.condition_count; m++) {
        const char *wrong = judge_part(&parts[m], m, arena);
        if (*wrong != '\0')
            return wrong;
    }
    COUNTY_MUST(population_read(reader, query->tree, naive.as_at, arena, &provenance.populations,
                                &provenance.population_count, must));
    provenance.policy.people_min = rule.people_min;
    suppress(parts, query->tree->part_count, &rule, arena, states);
    SCOPED(released_table_close)
    ReleasedTable *released =
        released_make(&query->tree->tables[0], parts, states, query->tree->part_count, &provenance);
    json_t *root = json_loads(text_to_string(arena, released_table_canonical(released)), 0, NULL);
    const char *wrong = judge_released(root, shown);
    json_decref(root);
    return wrong;
}

static int64_t ask(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_MAX);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    CountTable parts[QUERY_PARTS_MAX];
    Bound bound;
    Error error = {0};
    int64_t shown = 0;

    if (number == 0)
        add_population(seed);
    make_query(&text, seed);
    Result done = query_open(reader, "q", text_built(&text), NULL, &query, &error);
    cr_assert(done.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message, text.data);
    COUNTY_MUST(bind_tree(query->tree, dataset_of(hold), naive.as_at, arena, &bound, must));
    COUNTY_MUST(run_check_plan(query, &bound, must));
    COUNTY_MUST(count_run(reader, hold, query->tree, &bound, release_id, arena, parts, must));
    cr_assert_eq(query->tree->part_count, (size_t)asked.condition_count);
    read_naively();
    const char *wrong = judge(reader, query, parts, arena, &shown);
    cr_assert_str_empty(wrong, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, wrong, text.data);
    return shown;
}

Test(differential_rates, conditions_and_rates_are_as_the_naive_reading_has_them)
{
    uint64_t cases = setting("CINQUE_DIFFERENTIAL", 60);

    int64_t shown = ask_counties(cases, QUERIES_A_COUNTY, ask);

    cr_expect_gt(shown, (int64_t)cases / 2, "%" PRId64 " rates are shown", shown);
}
