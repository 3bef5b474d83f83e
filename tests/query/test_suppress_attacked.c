/* What is left of random tables is given to an attacker who tries every table of whole numbers that has the
 * published cells. */
#include <criterion/criterion.h>

#include "tests/query/counted.h"
#include "tests/query/sums.h"

static const SuppressRule switched_off = {.people_min = PEOPLE_MIN, .without_complementary = true};

/* ---- the attacker ---- */

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

Test(suppress_attacked, no_hidden_cell_of_two_dimensions_can_be_worked_out, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&rule, 2, 400, &tried);

    cr_expect_eq(broken, 0);
    cr_expect_gt(tried, 150);
}

Test(suppress_attacked, no_hidden_cell_of_three_dimensions_can_be_worked_out, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&rule, 3, 400, &tried);

    cr_expect_eq(broken, 0);
    cr_expect_gt(tried, 50);
}

/* The same attacker, with complementary suppression switched off: shows that the two tests above can turn
 * red. */
Test(suppress_attacked, without_complementary_suppression_the_attacker_wins, .timeout = 300)
{
    int tried;

    int broken = attack_random_tables(&switched_off, 2, 200, &tried);

    cr_expect_gt(broken, 50);
}

/* A group left over by subtraction is a count as well: 1 to 7 people must not be left. */
Test(suppress_attacked, no_line_leaves_fewer_people_than_the_minimum)
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
