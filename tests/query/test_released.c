#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "query/released_coverage.h"
#include "query/released_parts.h"
#include "tests/query/printing.h"

/* Of the last month few rows are held. */
static const CoverageMonth months[] = {
    {.month = 315, .status = {"final", 5}, .senders = 2, .rows = 1003, .linked = 985},
    {.month = 316, .missing = 2, .missing_names = {"G00001 G00002", 13}},
    {.month = 317,
     .status = {"final", 5},
     .senders = 1,
     .missing = 1,
     .missing_names = {"G00002", 6},
     .rows = 7,
     .linked = 5},
};
static const Coverage coverage[] = {{.source = {"gp_event", 8},
                                     .from = 315,
                                     .to = 317,
                                     .months = 3,
                                     .senders = 2,
                                     .status = {"final", 5},
                                     .rows = 1010,
                                     .linked = 990,
                                     .by_month = months,
                                     .month_count = 3}};

static const ReleasedCodes codes[] = {
    {{"d", 1}, {"SNOMED CT", 9}, {"2026-04-01", 10}, 12, 1},
    {.name = {"e", 1}, .codes = 1},
};

static const Provenance provenance = {
    .query_title = {"Q, \"quoted\"", 11},
    .project = {"P-1", 3},
    .release_id = 4,
    .month = 317,
    .as_at = 9677,
    .policy = {.name = "nhs", .effective_from = 6848, .people_min = 8, .round_to = 5},
    .codes = codes,
    .codes_count = 2,
    .coverage = coverage,
    .coverage_count = 1,
};

/* Two districts by sex with totals: 3 and 30, 0 and 42. */
static ReleasedTable *release_one(Arena *arena)
{
    static Text districts[] = {{"Ashford", 7}, {"Dover", 5}}, sexes[] = {{"1", 1}, {"2", 1}};
    static const int64_t people[] = {3, 30, 0, 0, 42, 0, 0, 0, 0};
    CountTable table = {.title = TEXT("T"), .dimension_count = 2, .has_totals = true, .cell_count = 9};
    SuppressRule rule = {.people_min = 8};
    CellState *states;

    table.dimensions[0] =
        (CountDimension){.name = TEXT("district"), .values = districts, .value_count = 2, .may_total = true};
    table.dimensions[1] =
        (CountDimension){.name = TEXT("sex"), .values = sexes, .value_count = 2, .may_total = true};
    table.cells = arena_alloc(arena, 9 * sizeof *table.cells);
    for (size_t i = 0; i < 9; i++) {
        table.cells[i].people = people[i];
        table.cells[i].set = (SetHash){.high = (uint64_t)people[i] * 1000003, .low = (uint64_t)people[i]};
    }
    count_margins(&table);
    suppress(&table, 1, &rule, arena, &states);
    const TableNode node = {.title = TEXT("T")};
    return released_make(&node, &table, &states, 1, &provenance);
}

static const char *one_printed(TableFormat format)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(released_table_close) ReleasedTable *table = release_one(arena);

    return printed(table, format);
}

/* 3 is hidden; 30 because the row's total, 33, would give it back; then the column of 3, which holds nobody
 * else. */
Test(released, the_terminal_shows_the_table_and_its_record)
{
    const char *text = one_printed(TABLE_TERMINAL);

    cr_expect_str_eq(
        text,
        "T\n\n"
        "district  sex male  sex female  all\n"
        "--------  --------  ----------  ---\n"
        "Ashford          *           *   35\n"
        "Dover            0          40   40\n"
        "all              *           *   75\n"
        "\n"
        "* hidden: 4 of 9 cells: counts of 1 to 7 people (primary), and those that would give these back "
        "(complementary). 0 is nobody.\n"
        "Policy nhs of 2018-10-01: at least 8 people; each count, totals as well, to the nearest 5, so "
        "parts need "
        "not add up.\n"
        "Query \"Q, \"quoted\"\", project P-1, release 4 (2026-06), as at 2026-06-30.\n"
        "Codes d: 12 codes of SNOMED CT, release 2026-04-01, 1 inactive; e: 1 code.\n"
        "Source gp_event: 2026-04 to 2026-06 (3 months), final, 2 senders, 98 % of rows linked\n"
        "  2026-04 final, 2 senders; 2026-05 not delivered, 2 missing; 2026-06 final, 1 sender, 1 missing\n"
        "Linkage: nothing had been linked when the release was built.\n");
}

Test(released, csv_has_a_line_a_cell_and_the_record_behind)
{
    const char *text = one_printed(TABLE_CSV);

    cr_expect_eq(strncmp(text, "district,sex,people", 19), 0, "%s", text);
    cr_expect_not_null(strstr(text, "Ashford,1,*"));
    cr_expect_not_null(strstr(text, "Ashford,all,35"));
    cr_expect_not_null(strstr(text, "\n# Policy nhs of 2018-10-01"));
    cr_expect_not_null(strstr(text, "\n# gp_event,2026-04,final,2,0,,1005,98\n"));
    cr_expect_not_null(strstr(text, "\n# gp_event,2026-05,not delivered,0,2,G00001 G00002,0,\n"));
    cr_expect_not_null(strstr(text, "\n# gp_event,2026-06,final,1,1,G00002,*,\n"));
}

/* The hash of the policy and of the query are zero here. */
Test(released, json_is_canonical_and_says_only_that_a_cell_is_hidden)
{
    const char *text = one_printed(TABLE_JSON);

    cr_expect_eq(
        strncmp(
            text,
            "{\"as_at\":\"2026-06-30\",\"cells\":[{\"at\":[\"Ashford\",\"1\"],\"hidden\":true},"
            "{\"at\":[\"Ashford\",\"2\"],\"hidden\":true},{\"at\":[\"Ashford\",\"all\"],\"people\":35},"
            "{\"at\":[\"Dover\",\"1\"],\"people\":0},",
            strlen(
                "{\"as_at\":\"2026-06-30\",\"cells\":[{\"at\":[\"Ashford\",\"1\"],\"hidden\":true},"
                "{\"at\":[\"Ashford\",\"2\"],\"hidden\":true},{\"at\":[\"Ashford\",\"all\"],\"people\":35},"
                "{\"at\":[\"Dover\",\"1\"],\"people\":0},")),
        0, "%s", text);
    cr_expect_not_null(strstr(text, "\"hidden\":4,\"people_min\":8"));
    cr_expect_not_null(strstr(text, "\"rules\":[\"primary\",\"complementary\"]"));
    cr_expect_not_null(strstr(text,
                              "{\"match_percent\":null,\"missing\":1,\"missing_senders\":[\"G00002\"],"
                              "\"month\":\"2026-06\",\"rows\":null,\"senders\":1,\"status\":\"final\"}"),
                       "rows fewer than people may be are not said: has_few_rows in released_coverage.c");
    cr_expect_not_null(strstr(text,
                              "\"code_lists\":[{\"codes\":12,\"inactive\":1,\"name\":\"d\",\"release\":"
                              "\"2026-04-01\",\"terminology\":\"SNOMED CT\"},{\"codes\":1,\"inactive\":0,"
                              "\"name\":\"e\",\"release\":null,\"terminology\":null}]"));
    cr_expect_null(strstr(text, "hidden_"), "no count by rule");
    cr_expect_null(strstr(text, "\"people\":3,"));
}

/* Switch: the test of few in coverage_match_percent; rows 10 and 87 % would tell one row of 8 that is not. */
Test(released, a_share_that_would_tell_few_rows_linked_or_not_is_not_said)
{
    cr_expect_eq(coverage_match_percent(8, 7, 8), -1, "1 is not");
    cr_expect_eq(coverage_match_percent(1000, 993, 8), -1, "7 are not");
    cr_expect_eq(coverage_match_percent(1000, 992, 8), 99, "8 are not");
    cr_expect_eq(coverage_match_percent(1000, 7, 8), -1);
    cr_expect_eq(coverage_match_percent(1000, 8, 8), 0);
    cr_expect_eq(coverage_match_percent(1000, 1000, 8), 100);
    cr_expect_eq(coverage_match_percent(1000, 0, 8), 0);
    cr_expect_eq(coverage_match_percent(0, 0, 8), -1);
}

/* Switch: percent_of_month and percent_of_all in released_coverage.c. */
Test(released, no_form_of_an_answer_tells_how_few_rows_are_not_linked)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    const CoverageMonth few[] = {{.month = 317, .senders = 1, .missing = -1, .rows = 1000, .linked = 999}};
    const Coverage line = {.source = TEXT("gp_event"),
                           .from = 317,
                           .to = 317,
                           .months = 1,
                           .senders = 1,
                           .status = TEXT("final"),
                           .rows = 1000,
                           .linked = 999,
                           .by_month = few,
                           .month_count = 1};
    char *text = arena_alloc(arena, 4096);
    FILE *out = fmemopen(text, 4096, "w");
    json_t *json = released_coverage_json(&line, 1, &provenance.policy);
    const json_t *month = json_array_get(json_object_get(json_array_get(json, 0), "by_month"), 0);

    released_coverage_print(&line, 1, &provenance.policy, out);
    released_coverage_print_csv(&line, 1, &provenance.policy, "", out);
    cr_assert_eq(fclose(out), 0);

    cr_expect_null(strstr(text, "%"), "%s", text);
    cr_expect_not_null(strstr(text, "gp_event,2026-06,not delivered,1,,,1000,\n"), "%s", text);
    cr_expect(json_is_null(json_object_get(json_array_get(json, 0), "match_percent")));
    cr_expect(json_is_null(json_object_get(month, "match_percent")));
    cr_expect(json_is_null(json_object_get(month, "missing")));
    json_decref(json);
}

/* ---- measures ---- */

static Text places[] = {{"Ashford", 7}, {"Dover", 5}}, answers[] = {{"yes", 3}, {"no", 2}};

/* Places by a condition; yes and no of each. */
static CountTable count_measure(const char *name, const int64_t counts[4], Arena *arena)
{
    CountTable table = {.title = TEXT("T"), .dimension_count = 2, .has_totals = true, .cell_count = 9};

    table.dimensions[0] =
        (CountDimension){.name = TEXT("district"), .values = places, .value_count = 2, .may_total = true};
    table.dimensions[1] = (CountDimension){.name = text_from(name),
                                           .values = answers,
                                           .value_count = 2,
                                           .may_total = true,
                                           .is_condition = true};
    table.cells = arena_alloc(arena, 9 * sizeof *table.cells);
    for (size_t i = 0; i < 4; i++)
        table.cells[i / 2 * 3 + i % 2].people = counts[i];
    count_margins(&table);
    return table;
}

/* Of the second part the people of Dover are hidden. */
static ReleasedTable *release_measures(Arena *arena)
{
    static const int64_t ill[] = {20, 30, 10, 30}, old[] = {41, 9, 3, 37};
    const CountTable parts[] = {count_measure("ill", ill, arena), count_measure("old", old, arena)};
    CellState shown[9], hidden[9], *states[] = {shown, hidden};
    static const Node some_condition;
    const TableNode node = {
        .title = TEXT("T"),
        .measures = {{.name = TEXT("ill"), .dimension = {.condition = &some_condition}},
                     {.name = TEXT("rate"),
                      .kind = MEASURE_RATE,
                      .numerator = 0,
                      .denominator = MEASURE_OF_ALL,
                      .per = 1000},
                     {.name = TEXT("old"), .dimension = {.condition = &some_condition}}},
        .measure_count = 3,
    };

    for (size_t i = 0; i < 9; i++) {
        shown[i] = CELL_SHOWN;
        hidden[i] = i >= 3 && i < 6 ? CELL_PRIMARY : CELL_SHOWN;
    }
    return released_make(&node, parts, states, 2, &provenance);
}

/* Red when hide_people looks at the first part alone. */
Test(released, measures_stand_beside_people_and_hide_them_in_all_parts_or_none)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(released_table_close) ReleasedTable *table = release_measures(arena);

    const char *text = printed(table, TABLE_TERMINAL);

    static const char expected[] = "T\n\n"
                                   "district  people  ill  rate  old\n"
                                   "--------  ------  ---  ----  ---\n"
                                   "Ashford       50   20   400   40\n"
                                   "Dover          *   10     *    *\n"
                                   "all           90   30   333   45\n"
                                   "\n"
                                   "* hidden: 4 of 18 cells";
    cr_expect_eq(strncmp(text, expected, strlen(expected)), 0, "%s", text);
    cr_expect_eq(released_table_cells(table), 18, "3 of people, 12 answers, 3 rates");
    cr_expect_eq(released_table_suppressed(table), 4, "Dover: people, its rate, old and not old");
    const char *json = text_to_string(arena, released_table_canonical(table));
    cr_expect_not_null(strstr(json, "{\"cells\":[{\"at\":[\"Ashford\",\"yes\"],\"people\":20},"
                                    "{\"at\":[\"Ashford\",\"no\"],\"people\":30},"
                                    "{\"at\":[\"Dover\",\"yes\"],\"people\":10},"),
                       "%s", json);
    cr_expect_not_null(strstr(json, "{\"at\":[\"Dover\"],\"hidden\":true}"), "%s", json);
    cr_expect_not_null(strstr(json, "\"values\":[{\"at\":[\"Ashford\"],\"value\":400.0},{\"at\":[\"Dover\"],"
                                    "\"hidden\":true},{\"at\":[\"all\"],\"value\":333.0}]"),
                       "%s", json);
}

Test(released, a_rate_of_nobody_is_empty_and_not_hidden)
{
    static const int64_t ill[] = {20, 30, 0, 0};
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    const CountTable part = count_measure("ill", ill, arena);
    CellState shown[9], *states = shown;
    static const Node some_condition;
    const TableNode node = {
        .title = TEXT("T"),
        .measures = {{.name = TEXT("ill"), .dimension = {.condition = &some_condition}},
                     {.name = TEXT("rate"),
                      .kind = MEASURE_RATE,
                      .numerator = 0,
                      .denominator = MEASURE_OF_ALL,
                      .per = 1000}},
        .measure_count = 2,
    };
    for (size_t i = 0; i < 9; i++)
        shown[i] = CELL_SHOWN;

    SCOPED(released_table_close) ReleasedTable *table = released_make(&node, &part, &states, 1, &provenance);

    const char *json = text_to_string(arena, released_table_canonical(table));
    cr_expect_not_null(strstr(json, "{\"at\":[\"Dover\"],\"value\":null}"), "%s", json);
    cr_expect_eq(released_table_suppressed(table), 0);
}

Test(released, amounts_have_three_digits)
{
    static const struct {
        double amount;
        const char *text;
    } cases[] = {
        {0, "0"},          {12, "12.0"},      {999.5, "1000"}, {1234567, "1230000"}, {0.0123456, "0.0123"},
        {-68.75, "-68.8"}, {1.005e3, "1000"}, {99.96, "100"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[AMOUNT_TEXT_BYTES];
        cr_expect_str_eq(amount_format(cases[i].amount, text), cases[i].text, "case %zu", i);
    }
}

/* The wall of the counts: outside this module nothing can be made of a CountTable. */
Test(released, the_public_header_gives_no_counts)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text text;
    cr_assert(input_read_all(TEST_FILES "/../../query/query.h", 1 << 18, arena, &text, &error).ok);

    for (Text rest = text; rest.length > 0;) {
        const char *line = text_to_string(arena, text_next(&rest, '\n'));
        if (strncmp(line, " *", 2) != 0)
            cr_expect_null(strstr(line, "Count"), "%s", line);
    }
}
