#include <criterion/criterion.h>

#include "tests/query/counted.h"

Test(suppress, hides_one_to_seven_and_shows_zero_and_eight)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable table = make_table(arena, (const size_t[]){4}, 1, (const int64_t[]){0, 1, 7, 8});
    CellState *states;

    suppress(&table, 1, &rule, arena, &states);

    cr_expect_eq(states[0], CELL_SHOWN, "zero");
    cr_expect_eq(states[1], CELL_PRIMARY);
    cr_expect_eq(states[2], CELL_PRIMARY);
    cr_expect_eq(states[3], CELL_SHOWN, "1 and 7 leave 8 people, and neither is known");
    cr_expect_eq(states[4], CELL_SHOWN, "the total, 16");
}

Test(suppress, hides_the_smallest_other_cell_beside_a_single_one)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable table = make_table(arena, (const size_t[]){4}, 1, (const int64_t[]){3, 30, 20, 40});
    CellState *states;

    suppress(&table, 1, &rule, arena, &states);

    cr_expect_eq(states[0], CELL_PRIMARY);
    cr_expect_eq(states[1], CELL_SHOWN);
    cr_expect_eq(states[2], CELL_COMPLEMENTARY);
    cr_expect_eq(states[3], CELL_SHOWN);
}

/* 2 and 6 are 8 people together; but with a margin of the same people as a hidden cell, that margin goes too.
 */
Test(suppress, a_set_of_people_hidden_once_is_hidden_everywhere)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable table = make_table(arena, (const size_t[]){2, 2}, 2, (const int64_t[]){9, 0, 3, 40});
    CellState *states;

    suppress(&table, 1, &rule, arena, &states);

    cr_expect_eq(states[3], CELL_PRIMARY, "second row, first column");
    cr_expect_eq(states[0] == CELL_COMPLEMENTARY, states[2] == CELL_COMPLEMENTARY,
                 "the first row has only the people of its first cell");
}

/* (0,0) 3 of 3 + 30; the second table shows the first's row totals, and nothing of it may give the 3 back. */
Test(suppress, tables_of_one_query_do_not_give_each_other_away)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable tables[2];
    CellState *states[2];
    tables[0] = make_table(arena, (const size_t[]){2, 2}, 2, (const int64_t[]){3, 30, 20, 40});
    tables[0].dimensions[0].may_total = tables[0].dimensions[1].may_total = false;
    tables[0].has_totals = false;
    tables[1] = make_table(arena, (const size_t[]){2}, 1, (const int64_t[]){33, 60});
    for (size_t i = 0; i < 2; i++)
        tables[1].cells[i].set = tables[0].cells[3 * i + 2].set;

    suppress(tables, 2, &rule, arena, states);

    cr_expect_eq(states[0][0], CELL_PRIMARY);
    cr_expect(cell_is_hidden(states[0][1]) || cell_is_hidden(states[1][0]), "33 - 30 = 3");
}

/* Row 0: 3, 2, 20; the first table hides 3 and 2 and has no totals, the second shows 25: five people. Red
 * when find_telling_cell looks into its own table alone. */
Test(suppress, a_line_whose_total_stands_in_another_table_leaves_no_few_people)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable tables[2];
    CellState *states[2];
    tables[0] = make_table(arena, (const size_t[]){2, 3}, 2, (const int64_t[]){3, 2, 20, 30, 40, 50});
    tables[0].dimensions[0].may_total = tables[0].dimensions[1].may_total = tables[0].has_totals = false;
    tables[1] = make_table(arena, (const size_t[]){2}, 1, (const int64_t[]){25, 120});
    for (size_t i = 0; i < 2; i++)
        tables[1].cells[i].set = tables[0].cells[4 * i + 3].set;

    suppress(tables, 2, &rule, arena, states);

    cr_expect_eq(states[0][0], CELL_PRIMARY);
    cr_expect_eq(states[0][1], CELL_PRIMARY);
    cr_expect(states[0][2] == CELL_COMPLEMENTARY || states[1][0] == CELL_COMPLEMENTARY, "25 - 20 = 3 + 2");
}

/* The same row; the other table shows it by a further dimension, 10 and 15, which add up to its total. */
Test(suppress, a_line_whose_total_is_a_sum_in_another_table_leaves_no_few_people)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable tables[2];
    CellState *states[2];
    tables[0] = make_table(arena, (const size_t[]){2, 3}, 2, (const int64_t[]){3, 2, 20, 30, 40, 50});
    tables[1] = make_table(arena, (const size_t[]){2, 2}, 2, (const int64_t[]){10, 15, 60, 60});
    tables[1].dimensions[1].name = TEXT("c");
    for (size_t i = 0; i < 2; i++) {
        tables[i].dimensions[0].may_total = tables[i].dimensions[1].may_total = tables[i].has_totals = false;
        tables[i].cells[tables[i].cell_count - 1].set = (SetHash){.high = 99, .low = 99};
    }
    for (size_t i = 0; i < 9; i++)
        tables[1].cells[i].set.low += 1000;

    suppress(tables, 2, &rule, arena, states);

    cr_expect(states[0][2] == CELL_COMPLEMENTARY || cell_is_hidden(states[1][0]) ||
                  cell_is_hidden(states[1][1]),
              "10 + 15 - 20 = 3 + 2");
}

/* sdctable_hidden_recompute in miniature: two hidden in each line, and one still known by adding lines up. */
Test(audit, sees_what_lines_do_not)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    SCOPED(audit_close) Audit *audit = NULL;
    CountTable table =
        make_table(arena, (const size_t[]){3, 3}, 2, (const int64_t[]){9, 9, 9, 9, 9, 9, 9, 9, 9});
    CellState states[16];
    CellState *all[] = {states};
    for (size_t i = 0; i < 16; i++)
        states[i] = CELL_SHOWN;
    /* row 0: columns 0 1; row 1: columns 0 1 2; row 2: 2 alone with its margin shown, so known */
    states[0] = states[1] = states[4] = states[5] = states[6] = states[10] = CELL_COMPLEMENTARY;

    audit = audit_open(&table, 1, all, PEOPLE_MIN);

    cr_expect(is_determined(audit, 10), "row 2 has no other hidden cell");
    cr_expect(is_determined(audit, 6), "its column then, too");
    cr_expect_not(is_determined(audit, 0));
    cr_expect(audit_is_safe(audit, 0, 0));
    cr_expect_not(audit_is_safe(audit, 0, 6));
}

/* 1 and 1 of 2: linear algebra sees two unknowns, but neither can be 0 and both are known. */
Test(audit, knows_that_a_hidden_cell_is_at_least_one)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    SCOPED(audit_close) Audit *audit = NULL;
    CountTable table = make_table(arena, (const size_t[]){3}, 1, (const int64_t[]){1, 1, 20});
    CellState states[] = {CELL_PRIMARY, CELL_PRIMARY, CELL_SHOWN, CELL_SHOWN};
    CellState *all[] = {states};

    audit = audit_open(&table, 1, all, PEOPLE_MIN);

    cr_expect_not(is_determined(audit, 0));
    cr_expect_not(audit_is_safe(audit, 0, 0));
}

/* 7 and 7 of 14, and nothing else hidden: whoever knows the rules knows both, so a third cell has to go. Red
 * when largest_possible gives INT64_MAX. */
Test(suppress, cells_that_can_only_be_the_largest_small_ones_are_not_left_alone)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable table = make_table(arena, (const size_t[]){4}, 1, (const int64_t[]){7, 7, 20, 30});
    CellState *states;

    suppress(&table, 1, &rule, arena, &states);

    cr_expect_eq(states[0], CELL_PRIMARY);
    cr_expect_eq(states[1], CELL_PRIMARY);
    cr_expect_eq(states[2], CELL_COMPLEMENTARY);
    cr_expect_eq(states[3], CELL_SHOWN);
}

Test(suppress, rounds_half_up_to_the_nearest)
{
    static const int64_t cases[][3] = {{0, 5, 0},   {8, 5, 10}, {12, 5, 10}, {13, 5, 15},
                                       {5, 10, 10}, {4, 10, 0}, {17, 1, 17}, {9, 6, 12}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(round_people(cases[i][0], cases[i][1]), cases[i][2], "case %zu", i);
}
