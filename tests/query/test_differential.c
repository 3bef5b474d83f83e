/*
 * Random queries over releases of random counties, against the naive reading of naive.h: the people of each
 * cell, and what is released of them. CINQUE_DIFFERENTIAL says how many (200), CINQUE_SEED from where.
 * Tried, and red: add_within with < for <=, AND written as OR, registered without deaths, a count of no
 * records as null, a registration that ends on the day on which the next begins, the latest ethnic category
 * before the register's, a single person shown, rounding down.
 */
#include <stdlib.h>

#include "query/bind.h"
#include "query/released.h"
#include "tests/query/naive_labels.h"
#include "tests/query/naive_rows.h"
#include "tests/query/naive_truth.h"
#include "tests/query/naive_words.h"

enum { QUERIES_A_COUNTY = 50, TABLES_MAX = 3, DIMENSIONS_MAX = 3, DEPTH_MAX = 3 };

typedef struct Asked {
    int attributes[DIMENSIONS_MAX]; /* NAIVE_ATTRIBUTE_COUNT: bands of age */
    bool totals[DIMENSIONS_MAX];
    int dimension_count;
} Asked;

static Asked asked[TABLES_MAX];
static int asked_count;
static int band_years; /* 0: bands begin at band_starts */
static int band_starts[BANDS_MAX], band_count;
static int person_of_number[PEOPLE_MAX + 1]; /* of the release's person numbers */
static bool is_in_cohort[PEOPLE_MAX];
static char labels[TABLES_MAX][DIMENSIONS_MAX][PEOPLE_MAX][LABEL_BYTES];

/* ---- a random query ---- */

/* One level of place in a query, and each dimension once in a table. A third table of one dimension, so that
 * they never form a ring. */
static void make_tables(void)
{
    int pool[] = {NAIVE_SEX,       NAIVE_ETHNIC,          NAIVE_IMD,
                  NAIVE_CARE_HOME, NAIVE_ATTRIBUTE_COUNT, NAIVE_DISTRICT + (int)chance(5)};

    band_years = chance(2) == 0 ? 5 + (int)chance(40) : 0;
    band_count = 0;
    for (int start = 5 + (int)chance(60); band_years == 0 && start <= 90; start += 5 + (int)chance(40))
        band_starts[band_count++] = start;
    asked_count = 1 + (int)chance(TABLES_MAX);
    for (int t = 0; t < asked_count; t++) {
        asked[t] = (Asked){.dimension_count = t == 2 ? 1 : 1 + (int)chance(DIMENSIONS_MAX)};
        for (int d = 0; d < asked[t].dimension_count; d++) {
            int other = d + (int)chance(6 - (uint64_t)d), kept = pool[d];
            pool[d] = pool[other];
            pool[other] = kept;
            asked[t].attributes[d] = pool[d];
            asked[t].totals[d] = chance(3) != 0;
        }
    }
}

static void say_bands(TextBuilder *text)
{
    if (band_years > 0)
        text_add_format(text, "band(age, %d)", band_years);
    for (int i = 0; i < band_count; i++)
        text_add_format(text, "%s%d", i == 0 ? "band(age, from " : ", ", band_starts[i]);
    text_add_string(text, band_count > 0 ? ")" : "");
}

static void say_dimension(TextBuilder *text, int attribute)
{
    if (attribute == NAIVE_ATTRIBUTE_COUNT)
        say_bands(text);
    else
        text_add_string(text, NAIVE_ATTRIBUTES[attribute].name);
}

static void say_table(TextBuilder *text, const Asked *table)
{
    bool has_totals = false;

    text_add_string(text, "\ntable \"t\"\n  by ");
    for (int d = 0; d < table->dimension_count; d++) {
        text_add_string(text, d > 0 ? ", " : "");
        say_dimension(text, table->attributes[d]);
    }
    for (int d = 0; d < table->dimension_count; d++)
        if (table->totals[d]) {
            text_add_string(text, has_totals ? ", " : "\n  totals ");
            say_dimension(text, table->attributes[d]);
            has_totals = true;
        }
    text_add_string(text, "\n  measure people\n");
}

static const Expression *make_query(TextBuilder *text)
{
    static const char *const codes[] = {"D1", "S1", "A", "B", "21", "low", "1", "Dover"};
    char day[DATE_TEXT_BYTES];

    expression_count = let_count = 0;
    naive.as_at = chance(3) == 0 ? month_last_day(COUNTY_MONTH) : random_day();
    if (chance(3) == 0) /* a day on which somebody registers, or the day before */
        naive.as_at = (Date)naive.rows[PATIENT_LIST][chance((uint64_t)naive.row_counts[PATIENT_LIST])]
                          .facts[REGISTERED_FROM]
                          .number -
                      (Date)chance(2);
    naive.codes[0] = codes[chance(8)];
    naive.codes[1] = codes[chance(8)];
    const Expression *cohort = condition(NO_SOURCE, (int)chance(DEPTH_MAX + 1));
    make_tables();
    text_add_format(text, "query \"t\" project P\nas at %s\ncodes some_codes = (\"%s\", \"%s\")\n",
                    date_format(naive.as_at, day), naive.codes[0], naive.codes[1]);
    say_lets(text);
    text_add_string(text, "cohort ");
    say(text, cohort);
    for (int t = 0; t < asked_count; t++)
        say_table(text, &asked[t]);
    return cohort;
}

/* ---- labels ---- */

static void declared_band(int64_t years, char label[LABEL_BYTES])
{
    int below = 0;

    while (below < band_count && years >= band_starts[below])
        below++;
    if (below == band_count)
        snprintf(label, LABEL_BYTES, "%d+", band_starts[below - 1]);
    else
        snprintf(label, LABEL_BYTES, "%d-%d", below == 0 ? 0 : band_starts[below - 1],
                 band_starts[below] - 1);
}

static void equal_band(int64_t years, char label[LABEL_BYTES])
{
    int64_t top = 90 / band_years * band_years, from = years / band_years * band_years;

    if (from >= top)
        snprintf(label, LABEL_BYTES, "%" PRId64 "+", top);
    else
        snprintf(label, LABEL_BYTES, "%" PRId64 "-%" PRId64, from, from + band_years - 1);
}

static void band_of(int person, char label[LABEL_BYTES])
{
    Fact years = age(person, naive.as_at);

    if (!years.is_known || years.number < 0)
        snprintf(label, LABEL_BYTES, "not known");
    else if (band_years > 0)
        equal_band(years.number, label);
    else
        declared_band(years.number, label);
}

static void label_of(int person, int attribute, char label[LABEL_BYTES])
{
    if (attribute == NAIVE_ATTRIBUTE_COUNT) {
        band_of(person, label);
        return;
    }
    attribute_label(person, attribute, label);
}

/* Who is of the cohort, and in which lines; says how many they are. */
static int64_t read_naively(const Expression *cohort)
{
    int64_t people = 0;

    for (int p = 0; p < naive.person_count; p++) {
        is_in_cohort[p] = is_in_release(p) && has_households(cohort, p) && truth(cohort, p, NULL) == YES;
        people += is_in_cohort[p];
        for (int t = 0; t < asked_count; t++)
            for (int d = 0; d < asked[t].dimension_count; d++)
                label_of(p, asked[t].attributes[d], labels[t][d][p]);
    }
    return people;
}

/* ---- a table against the people ---- */

static bool is_in_cell(const CountTable *table, int t, size_t cell, int person)
{
    size_t place[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, cell, place);
    for (size_t d = 0; is_in_cohort[person] && d < table->dimension_count; d++)
        if (place[d] != table->dimensions[d].value_count &&
            !text_equal(table->dimensions[d].values[place[d]], text_from(labels[t][d][person])))
            return false;
    return is_in_cohort[person];
}

static int64_t people_of(const CountTable *table, int t, size_t cell)
{
    int64_t people = 0;

    for (int p = 0; p < naive.person_count; p++)
        people += is_in_cell(table, t, cell, p);
    return people;
}

static SetHash set_of(const CountTable *table, int t, size_t cell)
{
    SetHash set = {0};

    for (int number = 1; number <= PEOPLE_MAX; number++)
        if (person_of_number[number] >= 0 && is_in_cell(table, t, cell, person_of_number[number]))
            set_hash_add(&set, set_hash_of((uint32_t)number));
    return set;
}

/* "" or what is wrong, of margins as well. That all of the cohort is somewhere shows in the grand total. */
static const char *judge_cell(const CountTable *table, int t, size_t cell)
{
    const CountCell *counted = &table->cells[cell];
    SetHash set = set_of(table, t, cell);

    if (people_of(table, t, cell) != counted->people)
        return "a cell counts other people than there are";
    return set.high == counted->set.high && set.low == counted->set.low ? ""
                                                                        : "a cell's set is not its people";
}

static void add_cell(TextBuilder *json, const CountTable *table, size_t cell, CellState state, int64_t people)
{
    size_t place[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, cell, place);
    text_add_string(json, json->length > 0 ? ",{\"at\":[" : "{\"at\":[");
    for (size_t d = 0; d < table->dimension_count; d++) {
        bool is_all = place[d] == table->dimensions[d].value_count;
        text_add_format(json, "%s\"%.*s\"", d > 0 ? "," : "",
                        TEXT_ARG(is_all ? TEXT("all") : table->dimensions[d].values[place[d]]));
    }
    if (cell_is_hidden(state))
        text_add_string(json, "],\"hidden\":true}");
    else
        text_add_format(json, "],\"people\":%" PRId64 "}", (people + 2) / 5 * 5);
}

static int64_t cohort_people(void)
{
    int64_t people = 0;

    for (int p = 0; p < naive.person_count; p++)
        people += is_in_cohort[p];
    return people;
}

/* Whole lines of what is released: each count to the nearest 5, 1 to 7 people never, nobody always, and of a
 * cohort of 1 to 7 nothing at all. */
static const char *judge_release(const CountTable *table, int t, CellState *states)
{
    SCOPED(text_builder_close) TextBuilder json = text_builder(4 << 20);
    SCOPED(released_table_close) ReleasedTable *released = NULL;
    const Provenance provenance = {
        .query_title = TEXT("t"), .project = TEXT("P"), .month = COUNTY_MONTH, .policy = COUNTY_POLICY};

    bool is_of_few = cohort_people() >= 1 && cohort_people() <= 7;
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        int64_t people = people_of(table, t, cell);
        if (states[cell] == CELL_NOT_ASKED)
            continue;
        if ((is_of_few || (people >= 1 && people <= 7)) && !cell_is_hidden(states[cell]))
            return "a small count is shown";
        if (people == 0 && !is_of_few && cell_is_hidden(states[cell]))
            return "nobody is hidden";
        add_cell(&json, table, cell, states[cell], people);
    }
    released = released_make(&(TableNode){.title = TEXT("t")}, table, &(CellState *){states}, 1, &provenance);
    Text whole = released_table_canonical(released);
    SCOPED(arena_close) Arena *arena = arena_create(8 << 20);
    return strstr(text_to_string(arena, whole), text_built(&json).data) != NULL
               ? ""
               : "what is released is not what was counted, to the nearest 5";
}

/* ---- a case ---- */

static const char *judge_tables(const CountTable *tables, CellState **states)
{
    for (int t = 0; t < asked_count; t++) {
        const char *wrong = "";
        for (size_t cell = 0; *wrong == '\0' && cell < tables[t].cell_count; cell++)
            wrong = judge_cell(&tables[t], t, cell);
        if (*wrong == '\0')
            wrong = judge_release(&tables[t], t, states[t]);
        if (*wrong != '\0')
            return wrong;
    }
    return "";
}

/* Which of the release's numbers is which person. */
static void read_numbers(int64_t release_id)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT g.person_number, p.person_id FROM release_%" PRId64
             ".guard AS g JOIN release.guard_person"
             " AS p USING (guard_number)",
             release_id);
    const DbStatement statement = {.name = "numbers", .sql = sql, .columns = {VALUE_INT4, VALUE_INT8}};
    COUNTY_MUST(db_run(db, &statement, NULL, &rows, must));
    memset(person_of_number, -1, sizeof person_of_number);
    for (size_t i = 0; i < db_row_count(rows); i++)
        person_of_number[db_int(rows, i, 0)] = (int)db_int(rows, i, 1) - 1;
}

static int64_t ask(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_MAX);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    if (number == 0)
        read_numbers(release_id);
    const Expression *cohort = make_query(&text);
    const SuppressRule rule = {.people_min = 8};
    CountTable tables[QUERY_PARTS_MAX];
    CellState *states[QUERY_PARTS_MAX];
    Bound bound;
    Error error = {0};

    Result opened = query_open(reader, "q", text_built(&text), NULL, &query, &error);
    cr_assert(opened.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message, text.data);
    Result is_bound = bind_tree(query->tree, dataset_of(hold), naive.as_at, arena, &bound, &error);
    if (is_bound.ok)
        is_bound = run_check_plan(query, &bound, &error);
    cr_assert(is_bound.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message,
              text.data);
    Result counted = count_run(reader, hold, query->tree, &bound, release_id, arena, tables, &error);
    cr_assert(counted.ok, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, error.message,
              text.data);
    int64_t people = read_naively(cohort);
    suppress(tables, (size_t)asked_count, &rule, arena, states);
    const char *wrong = judge_tables(tables, states);
    cr_assert_str_empty(wrong, "CINQUE_SEED=%" PRIu64 ", query %d: %s\n%s", seed, number, wrong, text.data);
    return people;
}

Test(differential, queries_answer_as_the_naive_reading_does)
{
    uint64_t cases = setting("CINQUE_DIFFERENTIAL", 200);

    cr_expect_gt(ask_counties(cases, QUERIES_A_COUNTY, ask), (int64_t)cases, "cohorts are not mostly empty");
}
