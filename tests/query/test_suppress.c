#include <criterion/criterion.h>
#include <stdio.h>

#include "query/audit_parts.h"
#include "query/suppress.h"
#include "tests/query/sums.h"

enum { PEOPLE_MIN = 8, SIZE_MAX_OF_TEST = 4, ARENA_BYTES = 1 << 24 };

static const SuppressRule rule = {.people_min = PEOPLE_MIN};
static const SuppressRule switched_off = {.people_min = PEOPLE_MIN, .without_complementary = true};

/* A table with totals over all dimensions; counts of inner cells in row-major order. Each cell has people of
 * its own. */
static CountTable make_table(Arena *arena, const size_t *sizes, size_t dimension_count, const int64_t *counts)
{
    static const char *const names[] = {"a", "b", "c"};
    CountTable table = {
        .title = TEXT("t"), .dimension_count = dimension_count, .has_totals = true, .cell_count = 1};
    size_t next = 0;

    for (size_t d = 0; d < dimension_count; d++) {
        table.dimensions[d] =
            (CountDimension){.name = text_from(names[d]), .value_count = sizes[d], .may_total = true};
        table.dimensions[d].values = arena_alloc(arena, sizes[d] * sizeof(Text));
        table.cell_count *= sizes[d] + 1;
    }
    table.cells = arena_alloc(arena, table.cell_count * sizeof *table.cells);
    for (size_t cell = 0; cell < table.cell_count; cell++) {
        if (!count_is_inner(&table, cell))
            continue;
        table.cells[cell].people = counts[next++];
        if (table.cells[cell].people > 0)
            table.cells[cell].set = (SetHash){.high = (uint64_t)1 << next, .low = next};
    }
    count_margins(&table);
    return table;
}

/* ---- the attacker: tries every table of whole numbers that has the published cells ---- */

enum { HIDDEN_MAX = 12, CELLS_MAX = 256, STEPS_MAX = 200000 };

typedef struct Attack {
    const CountTable *table;
    const CellState *states;
    size_t hidden[HIDDEN_MAX], hidden_count; /* inner cells */
    bool is_part[CELLS_MAX][HIDDEN_MAX];     /* of each cell: which hidden inner cells it is the sum of */
    int64_t change[HIDDEN_MAX];              /* of the solution being tried, from the true one */
    int64_t sum_left[CELLS_MAX]; /* of each published margin: what its other hidden cells have to hold */
    bool differs[CELLS_MAX];     /* hidden cells for which a second value was found */
    size_t differ_count, wanted_count;
    long steps;
} Attack;

static void note_solution(Attack *attack)
{
    for (size_t cell = 0; cell < attack->table->cell_count; cell++) {
        int64_t change = 0;
        if (!cell_is_hidden(attack->states[cell]) || attack->differs[cell])
            continue;
        for (size_t i = 0; i < attack->hidden_count; i++)
            change += attack->is_part[cell][i] ? attack->change[i] : 0;
        attack->differs[cell] = change != 0;
        attack->differ_count += change != 0;
    }
}

static bool is_known_margin(const Attack *attack, size_t cell)
{
    return attack->states[cell] == CELL_SHOWN && !count_is_inner(attack->table, cell);
}

/* Between what this cell has to hold because no other hidden one below a margin remains, and what the margins
 * leave. */
static void range_of(const Attack *attack, size_t index, int64_t *least, int64_t *most)
{
    *least = 1;
    *most = attack->table->cells[attack->hidden[index]].people + 12;
    for (size_t m = 0; m < attack->table->cell_count; m++) {
        int64_t others = 0;
        if (!attack->is_part[m][index] || !is_known_margin(attack, m))
            continue;
        for (size_t i = index + 1; i < attack->hidden_count; i++)
            others += attack->is_part[m][i];
        if (others == 0 && attack->sum_left[m] > *least)
            *least = attack->sum_left[m];
        if (attack->sum_left[m] - others < *most)
            *most = attack->sum_left[m] - others;
    }
}

static void shift_sums(Attack *attack, size_t index, int64_t by)
{
    for (size_t m = 0; m < attack->table->cell_count; m++)
        attack->sum_left[m] += attack->is_part[m][index] ? by : 0;
}

static void try_all(Attack *attack, size_t index)
{
    int64_t least, most;

    if (index == attack->hidden_count) {
        note_solution(attack);
        return;
    }
    range_of(attack, index, &least, &most);
    for (int64_t guess = least; guess <= most; guess++) {
        if (attack->differ_count == attack->wanted_count || attack->steps++ > STEPS_MAX)
            return;
        attack->change[index] = guess - attack->table->cells[attack->hidden[index]].people;
        shift_sums(attack, index, -guess);
        try_all(attack, index + 1);
        shift_sums(attack, index, guess);
    }
}

/* The number of hidden cells that the attacker knows for sure; -1 when there are too many tables to try. */
static int known_for_sure(const CountTable *table, const CellState *states)
{
    Attack attack = {.table = table, .states = states};

    for (size_t cell = 0; cell < table->cell_count; cell++) {
        attack.wanted_count += cell_is_hidden(states[cell]);
        if (!cell_is_hidden(states[cell]) || !count_is_inner(table, cell))
            continue;
        if (attack.hidden_count == HIDDEN_MAX)
            return -1;
        attack.hidden[attack.hidden_count++] = cell;
    }
    for (size_t m = 0; m < table->cell_count; m++)
        for (size_t i = 0; i < attack.hidden_count; i++) {
            attack.is_part[m][i] = is_summed_in(table, m, attack.hidden[i]);
            attack.sum_left[m] += attack.is_part[m][i] ? table->cells[attack.hidden[i]].people : 0;
        }
    try_all(&attack, 0);
    if (attack.differ_count < attack.wanted_count && attack.steps > STEPS_MAX)
        return -1;
    return (int)(attack.wanted_count - attack.differ_count);
}

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % limit;
}

/* Sparse with small counts: the hard ones. */
static CountTable random_table(Arena *arena, size_t dimension_count)
{
    size_t sizes[3] = {0}, cells = 1;
    int64_t counts[64] = {0};

    for (size_t d = 0; d < dimension_count; d++) {
        sizes[d] = 2 + random_below(dimension_count == 3 ? 2 : 3);
        cells *= sizes[d];
    }
    for (size_t i = 0; i < cells; i++) {
        uint64_t kind = random_below(10);
        counts[i] = kind < 2 ? 0 : kind < 4 ? 1 + (int64_t)random_below(7) : 8 + (int64_t)random_below(12);
    }
    return make_table(arena, sizes, dimension_count, counts);
}

/* How many of the tables give a cell away, of those small enough to try; *tried says how many those were. */
static int attack_random_tables(const SuppressRule *with, size_t dimension_count, int count, int *tried)
{
    int broken = 0;

    *tried = 0;
    random_state = 20261122 + dimension_count;
    for (int i = 0; i < count; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
        CountTable table = random_table(arena, dimension_count);
        CellState *states;
        suppress(&table, 1, with, arena, &states);
        int known = known_for_sure(&table, states);
        *tried += known >= 0;
        broken += known > 0;
    }
    return broken;
}

Test(suppress, no_hidden_cell_of_two_dimensions_can_be_worked_out, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&rule, 2, 400, &tried);

    cr_expect_eq(broken, 0);
    cr_expect_gt(tried, 150);
}

Test(suppress, no_hidden_cell_of_three_dimensions_can_be_worked_out, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&rule, 3, 400, &tried);

    cr_expect_eq(broken, 0);
    cr_expect_gt(tried, 50);
}

/* The same attacker, with complementary suppression switched off: shows that the two tests above can turn
 * red. */
Test(suppress, without_complementary_suppression_the_attacker_wins, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&switched_off, 2, 200, &tried);

    cr_expect_gt(broken, 50);
}

/* A group left over by subtraction is a count as well: 1 to 7 people must not be left. */
Test(suppress, no_line_leaves_fewer_people_than_the_minimum)
{
    random_state = 7;
    for (int i = 0; i < 300; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
        CountTable table = random_table(arena, 2);
        CellState *states;
        suppress(&table, 1, &rule, arena, &states);
        for (size_t m = 0; m < table.cell_count; m++) {
            int64_t left = 0;
            if (states[m] != CELL_SHOWN || count_is_inner(&table, m))
                continue;
            for (size_t inner = 0; inner < table.cell_count; inner++)
                if (count_is_inner(&table, inner) && cell_is_hidden(states[inner]) &&
                    is_summed_in(&table, m, inner))
                    left += table.cells[inner].people;
            cr_expect(left == 0 || left >= PEOPLE_MIN, "table %d", i);
        }
    }
}

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

static bool is_determined(Audit *audit, size_t cell)
{
    audit_want(audit, 0, cell);
    return audit_is_determined(audit);
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

/* ---- zeros beside few ---- */

enum { PLACES = 4, YES = 0, NO = 1, ALL = 2 };

/* Places by whether they have a condition, in which they are yes and no. */
static CountTable make_condition(Arena *arena, const int64_t counts[2 * PLACES])
{
    const size_t sizes[] = {PLACES, 2};
    CountTable table = make_table(arena, sizes, 2, counts);

    table.dimensions[1].is_condition = true;
    return table;
}

static CellState state_at(const CountTable *table, const CellState *states, size_t place, size_t answer)
{
    const size_t coordinates[] = {place, answer};

    return states[count_cell(table, coordinates)];
}

/* Three people, all of whom have it: a shown `no: 0` would say so. Switch: is_of_few. */
Test(suppress, what_all_of_few_have_is_not_told_by_a_zero)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const int64_t counts[] = {3, 0, 20, 30, 15, 40, 25, 9};
    CountTable table = make_condition(arena, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    for (size_t answer = YES; answer <= ALL; answer++)
        cr_expect(cell_is_hidden(state_at(&table, states[0], 0, answer)), "answer %zu", answer);
    SCOPED(audit_close) Audit *audit = audit_open(&table, 1, states, PEOPLE_MIN);
    const size_t zero[] = {0, NO};
    cr_expect_not(is_determined(audit, count_cell(&table, zero)), "by no sum either");
    cr_expect(audit_is_safe(audit, 0, count_cell(&table, zero)));
}

Test(suppress, what_none_of_many_have_is_a_zero)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const int64_t counts[] = {0, 30, 20, 30, 15, 40, 25, 9};
    CountTable table = make_condition(arena, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    cr_expect_eq(state_at(&table, states[0], 0, YES), CELL_SHOWN);
}

/* One person, whose place a table of a star among zeros would tell. Switch: is_of_few. */
Test(suppress, of_a_cohort_of_few_nothing_is_shown)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const size_t sizes[] = {PLACES};
    const int64_t counts[] = {0, 1, 0, 0};
    CountTable table = make_table(arena, sizes, 1, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    for (size_t cell = 0; cell < table.cell_count; cell++)
        cr_expect(cell_is_hidden(states[0][cell]), "cell %zu", cell);
}

/* ---- several measures of a table ---- */

enum { MEASURES = 2 };

enum { CROWD = 100 };

/* One place; who has what as ranges of people, from 1 on. */
static void fill_measure(CountTable *part, const char *name, uint32_t yes_from, uint32_t yes_to,
                         CountPeople *who, Arena *arena)
{
    static const uint16_t here[1] = {0};
    const size_t sizes[] = {1, 2};
    const int64_t none[2] = {0};
    uint64_t *yes = arena_alloc(arena, (CROWD / 64 + 1) * sizeof *yes);

    *part = make_table(arena, sizes, 2, none);
    part->dimensions[1].name = text_from(name);
    part->dimensions[1].is_condition = true;
    for (uint32_t i = 1; i <= CROWD; i++) {
        bool has = i >= yes_from && i <= yes_to;
        CountCell *cell = &part->cells[has ? YES : NO];
        cell->people++;
        set_hash_add(&cell->set, set_hash_of(i));
        yes[(i - 1) / 64] |= (uint64_t)has << (i - 1) % 64;
    }
    part->who = who;
    part->who_places = here;
    part->yes = yes;
    part->unknown = arena_alloc(arena, (CROWD / 64 + 1) * sizeof *yes);
    count_margins(part);
}

static bool are_both_shown(const SuppressRule *with, uint32_t from, uint32_t to)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[MEASURES];
    CellState *states[MEASURES];
    static const uint64_t all[] = {~UINT64_C(0), (UINT64_C(1) << (CROWD - 64)) - 1};
    static const uint16_t places[CROWD];
    CountPeople who = {.people = CROWD, .place_count = 1, .cohort = all, .places = places};

    fill_measure(&parts[0], "m", 1, 20, &who, arena);
    fill_measure(&parts[1], "n", from, to, &who, arena);
    suppress(parts, MEASURES, with, arena, states);
    return states[0][YES] == CELL_SHOWN && states[1][YES] == CELL_SHOWN;
}

/* 20 people, and 23 with them among them: 3 of whom one holds and the other does not. Switch: without_nested.
 */
Test(suppress, measures_that_differ_by_few_people_are_not_both_shown)
{
    const SuppressRule off = {.people_min = PEOPLE_MIN, .without_nested = true};

    cr_expect_not(are_both_shown(&rule, 1, 23), "3 more");
    cr_expect_not(are_both_shown(&rule, 4, 20), "3 less");
    cr_expect(are_both_shown(&rule, 1, 28), "8 more");
    cr_expect(are_both_shown(&rule, 2, 24), "others: neither lies within the other");
    cr_expect(are_both_shown(&rule, 1, 20), "the same");

    cr_expect(are_both_shown(&off, 1, 23));
}

/* ---- what measures tell together ---- */

enum { PARTS_MAX = 8, CELLS_OF_PART = 6 };

typedef struct Range {
    uint32_t from, to;
} Range;

/* Parts of one place of one table; yes of each is a range of its people. */
static void suppress_ranges(const SuppressRule *with, const Range *ranges, size_t count, CountTable *parts,
                            CellState **states, Arena *arena)
{
    static const char *const names[PARTS_MAX] = {"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"};
    static const uint64_t all[] = {~UINT64_C(0), (UINT64_C(1) << (CROWD - 64)) - 1};
    static const uint16_t places[CROWD];
    static CountPeople who;

    who = (CountPeople){.people = CROWD, .place_count = 1, .cohort = all, .places = places};
    for (size_t i = 0; i < count; i++)
        fill_measure(&parts[i], names[i], ranges[i].from, ranges[i].to, &who, arena);
    suppress(parts, count, with, arena, states);
}

/* One of a hundred is rare; is it ill? What is hidden is the same if it is and if it is not. Switches:
 * suppress_is_beside_few; of_answer in suppress_hide. */
Test(suppress, a_zero_beside_few_of_another_measure_does_not_say_what_those_few_have)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[2];
    CellState *ill[2], *well[2];

    suppress_ranges(&rule, (const Range[]){{1, 1}, {1, 1}}, 2, parts, ill, arena);
    suppress_ranges(&rule, (const Range[]){{1, 1}, {1, 0}}, 2, parts, well, arena);

    cr_expect_eq(parts[1].cells[YES].people, 0);
    cr_expect(cell_is_hidden(well[1][YES]));
    cr_expect_eq(well[1][ALL], CELL_SHOWN);
    for (size_t part = 0; part < 2; part++)
        for (size_t cell = 0; cell < CELLS_OF_PART; cell++)
            cr_expect_eq(cell_is_hidden(ill[part][cell]), cell_is_hidden(well[part][cell]),
                         "part %zu, cell %zu", part, cell);
    SCOPED(audit_close) Audit *audit = audit_open(parts, 2, well, PEOPLE_MIN);
    cr_expect(audit_is_safe(audit, 1, YES), "by no sum either");
}

Test(suppress, a_zero_beside_many_of_another_measure_is_shown)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[2];
    CellState *states[2];

    suppress_ranges(&rule, (const Range[]){{1, 20}, {1, 0}}, 2, parts, states, arena);

    cr_expect_eq(states[1][YES], CELL_SHOWN);
}

/* How many of the pairs 0 and 1, 2 and 3 ... have both their yes shown. */
static size_t count_shown_pairs(const SuppressRule *with, const Range *ranges)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[PARTS_MAX];
    CellState *states[PARTS_MAX];
    size_t shown = 0;

    suppress_ranges(with, ranges, PARTS_MAX, parts, states, arena);
    for (size_t i = 0; i < PARTS_MAX; i += 2)
        shown += states[i][YES] == CELL_SHOWN && states[i + 1][YES] == CELL_SHOWN;
    return shown;
}

/* 51 to 70 are told four times, each with other people: the mean of four roundings is nearer than one.
 * Switch: without_nested, which takes suppress_repeated with it. */
Test(suppress, one_difference_is_not_told_by_several_pairs)
{
    static const Range ranges[PARTS_MAX] = {{1, 50},  {1, 70},  {10, 50}, {10, 70},
                                            {20, 50}, {20, 70}, {30, 50}, {30, 70}};
    const SuppressRule off = {.people_min = PEOPLE_MIN, .without_nested = true};

    cr_expect_leq(count_shown_pairs(&rule, ranges), 1);
    cr_expect_eq(count_shown_pairs(&off, ranges), 4);
}

/* Red when tells_no_more says false: what a pair leaves of all is no second pair, nor are equal sets. */
Test(suppress, different_differences_are_all_shown)
{
    static const Range ranges[PARTS_MAX] = {{1, 10}, {1, 20}, {1, 20}, {1, 31},
                                            {1, 43}, {1, 56}, {1, 70}, {1, 85}};

    cr_expect_eq(count_shown_pairs(&rule, ranges), 4);
}
