/* Rates of published counts over numbers of people from outside. */
#include "query/released_parts.h"
#include "tests/query/county.h"
#include "tests/query/printing.h"

#define RATE  "measure rate = people per 1000 of population \"Kent\""
#define BY(d) "cohort as_at = as_at table \"t\" by " d " measure people " RATE

/* ---- which version ---- */

static void put(const char *day, const char *origin, int width, const char *fields)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);

    county_sql(text_format(arena,
                           "INSERT INTO ingest.published (kind, name, day, origin, width, fields, content) "
                           "VALUES ('population', 'Kent', '%s', '%s', %d, '%s', sha256('%s'))",
                           day, origin, width, fields, origin)
                   .data);
}

/* The county has 980 of either sex; the one after the query's day would give half the rate. Of a day two:
 * what came last counts. Age is summed. */
Test(population, a_rate_is_of_the_newest_version_up_to_the_querys_day)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();
    put("2025-06-30", "old", 2, "{sex,people,1,1,2,1}");
    put("2026-06-30", "wrong", 2, "{sex,people,1,2,2,2}");
    put("2026-06-30", "right", 3, "{sex,age,people,1,a,9000,1,b,800,2,a,0,2,b,0}");
    put("2026-07-01", "late", 2, "{sex,people,1,19600,2,19600}");

    Text answer = county_ask(COUNTY_HEAD "as at 2026-06-30 " BY("sex totals sex"), arena);

    county_expect(answer, "\"values\":[{\"at\":[\"1\"],\"value\":100.0},{\"at\":[\"2\"],\"value\":null},"
                          "{\"at\":[\"all\"],\"value\":200.0}]");
    county_expect(answer, "\"populations\":[{\"content\":\"");
    county_expect(answer, "\"day\":\"2026-06-30\",\"name\":\"Kent\",\"origin\":\"right\"}]");
}

/* Half are 46 and half 80; between their bands stands the one that has nobody, and none before or behind. */
Test(population, declared_bands_of_age_are_found_by_their_names)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql("UPDATE subjects.subject SET birth_month = 6, birth_year = "
               "CASE WHEN subject_id % 100000000 <= 1000 THEN 1980 ELSE 1946 END");
    county_release();
    put("2026-06-30", "june", 2, "{age,people,0-17,7,18-64,9800,65-74,100,75-84,4900,85+,8}");

    Text answer = county_ask(COUNTY_HEAD "as at 2026-06-30 " BY("band(age, from 18, 65, 75, 85)"), arena);

    county_expect(answer,
                  "\"values\":[{\"at\":[\"18-64\"],\"value\":100.0},{\"at\":[\"65-74\"],\"value\":0.0},"
                  "{\"at\":[\"75-84\"],\"value\":200.0}]");
}

/* Of May that of May, of June that of June. */
Test(population, each_period_of_a_series_has_the_version_of_its_end)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();
    put("2026-05-31", "may", 2, "{sex,people,1,9800,2,9800}");
    put("2026-06-01", "june", 2, "{sex,people,1,4900,2,4900}");

    Text answer =
        county_ask(COUNTY_HEAD "as at 2026-06-30 cohort as_at = as_at table \"t\" by month of the 2 months "
                               "to as_at, sex measure people measure admitted = people with exists "
                               "apc_spell where admission_date before end of month " RATE,
                   arena);

    county_expect(answer, "{\"at\":[\"2026-05\",\"1\"],\"value\":100.0}");
    county_expect(answer, "{\"at\":[\"2026-06\",\"1\"],\"value\":200.0}");
    county_expect(answer, "\"origin\":\"may\"");
    county_expect(answer, "\"origin\":\"june\"");
}

Test(population, a_population_that_there_is_none_of_is_refused)
{
    county_make(60, 0);
    county_release();
    put("2026-06-30", "june", 2, "{sex,people,1,9,2,9}");

    county_expect_refused(COUNTY_HEAD "as at 2026-06-29 " BY("sex"),
                          "q:1:110: there is no population \"Kent\" of a day up to 2026-06-29");
}

Test(population, a_table_by_more_than_its_population_is_refused)
{
    county_make(60, 0);
    county_release();
    put("2026-06-30", "june", 2, "{sex,people,1,9,2,9}");

    county_expect_refused(COUNTY_HEAD "as at 2026-06-30 " BY("sex, district"),
                          "q:1:120: the population \"Kent\" is not by district, as the table of its rate is");
}

/* ---- what is published ---- */

static Text values[] = {{"Ashford", 7}, {"Dover", 5}, {"Thanet", 6}, {"not known", 9}};

/* Four places, of Dover hidden, and their total. */
static ReleasedTable *release(size_t value_count, const Published *population, Arena *arena)
{
    static const int64_t people[] = {52, 3, 40, 20};
    CountTable table = {.title = TEXT("T"), .dimension_count = 1, .has_totals = true};
    CellState *states = arena_alloc(arena, 5 * sizeof *states);
    const PopulationUse use = {population->name, 9677, population};
    const Provenance provenance = {.as_at = 9677,
                                   .policy = {.name = "nhs", .people_min = 8, .round_to = 5},
                                   .populations = &use,
                                   .population_count = 1};
    const TableNode node = {.title = TEXT("T"),
                            .measures = {{.name = TEXT("rate"),
                                          .kind = MEASURE_RATE,
                                          .numerator = MEASURE_OF_ALL,
                                          .denominator = MEASURE_OF_ALL,
                                          .population = population->name,
                                          .per = 1000}},
                            .measure_count = 1};

    table.dimensions[0] = (CountDimension){
        .name = TEXT("district"), .values = values, .value_count = value_count, .may_total = true};
    table.cell_count = value_count + 1;
    table.cells = arena_alloc(arena, table.cell_count * sizeof *table.cells);
    for (size_t i = 0; i < value_count; i++) {
        table.cells[i].people = people[i];
        table.cells[value_count].people += people[i];
        states[i] = people[i] < 8 ? CELL_PRIMARY : CELL_SHOWN;
    }
    states[value_count] = CELL_SHOWN;
    return released_make(&node, &table, &states, 1, &provenance);
}

static Text dimensions[] = {{"sex", 3}, {"district", 8}};
static Text lines[] = {{"1", 1}, {"Ashford", 7}, {"2", 1}, {"Ashford", 7}, {"1", 1}, {"Dover", 5},
                       {"2", 1}, {"Dover", 5},   {"1", 1}, {"Medway", 6},  {"2", 1}, {"Medway", 6}};
static int64_t line_people[] = {400, 600, 500, 500, 1000, 1000};
static const Published kent = {.name = {"Kent", 4},
                               .origin = {"Census", 6},
                               .day = 9677,
                               .dimensions = dimensions,
                               .dimension_count = 2,
                               .values = lines,
                               .numbers = line_people,
                               .line_count = 6};

/* Of 50, the published number, not 52: 50 in 1000. Of Dover hidden: red when rate_of_population does not ask.
 * Thanet the population lacks, and so the total has people who are not of it: red without is_all_said. */
Test(population, a_rate_is_hidden_with_its_count_and_empty_where_the_population_lacks_the_value)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(released_table_close) ReleasedTable *table = release(4, &kent, arena);

    static const char expected[] = "T\n\n"
                                   "district   people  rate\n"
                                   "---------  ------  ----\n"
                                   "Ashford        50  50.0\n"
                                   "Dover           *     *\n"
                                   "Thanet         40      \n"
                                   "not known      20      \n"
                                   "all           115      \n";
    const char *text = printed(table, TABLE_TERMINAL);
    cr_expect_eq(strncmp(text, expected, strlen(expected)), 0, "%s", text);
    cr_expect_eq(released_table_suppressed(table), 2, "Dover and its rate");
    cr_expect_not_null(strstr(released_table_canonical(table).data,
                              "{\"at\":[\"Dover\"],\"hidden\":true},{\"at\":[\"Thanet\"],\"value\":null}"));
}

/* 55 of all 4000: Medway has nobody in the table, and its people are of the population. */
Test(population, a_total_is_over_the_whole_population_and_its_version_is_named)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(released_table_close) ReleasedTable *table = release(2, &kent, arena);

    const char *text = printed(table, TABLE_CSV);

    cr_expect_not_null(strstr(text, "all,55,13.8"), "%s", text);
    cr_expect_not_null(strstr(text, "# Population \"Kent\" of 2026-06-30, content 0000"), "%s", text);
    cr_expect_not_null(strstr(text, ": Census."), "%s", text);
}
