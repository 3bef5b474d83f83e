#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "query/released.h"

static const Coverage coverage[] = {{.source = {"gp_event", 8},
                                     .from = 315,
                                     .to = 317,
                                     .months = 3,
                                     .senders = 2,
                                     .status = {"final", 5},
                                     .match_percent = 98}};

static const Provenance provenance = {
    .query_title = {"Q, \"quoted\"", 11},
    .project = {"P-1", 3},
    .release_id = 4,
    .month = 317,
    .as_at = 9677,
    .policy = {.name = "nhs", .effective_from = 6848, .people_min = 8, .round_to = 5},
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
    return released_make(&table, states, &provenance);
}

static char *printed(TableFormat format)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(released_table_close) ReleasedTable *table = release_one(arena);
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");

    cr_assert_not_null(out);
    released_table_print(table, format, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

/* 3 is hidden; 30 because the row's total, 33, would give it back; then the column of 3, which holds nobody
 * else. */
Test(released, the_terminal_shows_the_table_and_its_record)
{
    const char *text = printed(TABLE_TERMINAL);

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
        "Source gp_event: 2026-04 to 2026-06 (3 months), final, 2 senders, 98 % of rows linked\n");
}

Test(released, csv_has_a_line_a_cell_and_the_record_behind)
{
    const char *text = printed(TABLE_CSV);

    cr_expect_eq(strncmp(text, "district,sex,people", 19), 0, "%s", text);
    cr_expect_not_null(strstr(text, "Ashford,1,*"));
    cr_expect_not_null(strstr(text, "Ashford,all,35"));
    cr_expect_not_null(strstr(text, "\n# Policy nhs of 2018-10-01"));
}

/* The hash of the policy and of the query are zero here. */
Test(released, json_is_canonical_and_says_only_that_a_cell_is_hidden)
{
    const char *text = printed(TABLE_JSON);

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
    cr_expect_null(strstr(text, "hidden_"), "no count by rule");
    cr_expect_null(strstr(text, "\"people\":3,"));
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
