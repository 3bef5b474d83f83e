#pragma once
/*
 * The attacker that docs/decisions/disclosure.md speaks of, by brute force and over all tables of a query at
 * once: tries every set of whole numbers for the hidden inner cells that agrees with what is published, and
 * notes which hidden cells come out with two values. Knows nothing of query/audit.c.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "query/suppress.h"
#include "tests/query/sums.h"

enum { UNKNOWNS_MAX = 14, EQUATIONS_MAX = 600, WANTED_MAX = 600, GUESSES_MAX = 300000, GUESS_FAR = 40 };

/* Coefficients of the unknowns, and what they add up to. */
typedef struct Sum {
    signed char of[UNKNOWNS_MAX];
    int64_t total;
} Sum;

typedef struct Attacker {
    const CountTable *tables;
    CellState *const *states;
    size_t table_count;
    struct {
        size_t table, cell;
        int64_t people, least, most;
    } unknowns[UNKNOWNS_MAX];
    size_t unknown_count;
    Sum equations[EQUATIONS_MAX], wanted[WANTED_MAX]; /* wanted: the hidden cells, margins too */
    size_t equation_count, wanted_count, doubted_count;
    bool is_doubted[WANTED_MAX];
    int64_t guess[UNKNOWNS_MAX];
    long guesses;
} Attacker;

/* Adds sign times the unknowns below a cell of a table. */
static void add_below(const Attacker *attacker, size_t table, size_t cell, int sign, Sum *sum)
{
    for (size_t u = 0; u < attacker->unknown_count; u++)
        if (attacker->unknowns[u].table == table &&
            is_summed_in(&attacker->tables[table], cell, attacker->unknowns[u].cell)) {
            sum->of[u] = (signed char)(sum->of[u] + sign);
            sum->total += sign * attacker->unknowns[u].people;
        }
}

static void add_equation(Attacker *attacker, const Sum *sum)
{
    static const Sum empty;

    if (memcmp(sum->of, empty.of, sizeof empty.of) == 0)
        return;
    cr_assert_lt(attacker->equation_count, EQUATIONS_MAX);
    attacker->equations[attacker->equation_count++] = *sum;
}

/* The cell of another table with the same values of the dimensions that both have, and no other. */
static bool find_common(const CountTable *from, size_t cell, const CountTable *to, size_t *common)
{
    size_t place[QUERY_DIMENSIONS_MAX], there[QUERY_DIMENSIONS_MAX];

    count_coordinates(from, cell, place);
    for (size_t d = 0; d < to->dimension_count; d++)
        there[d] = to->dimensions[d].value_count;
    for (size_t d = 0; d < from->dimension_count; d++) {
        size_t same = 0;
        while (same < to->dimension_count && !text_equal(to->dimensions[same].name, from->dimensions[d].name))
            same++;
        if (same < to->dimension_count)
            there[same] = place[d];
        else if (place[d] != from->dimensions[d].value_count)
            return false;
    }
    *common = count_cell(to, there);
    return true;
}

static void learn(Attacker *attacker)
{
    for (size_t t = 0; t < attacker->table_count; t++)
        for (size_t cell = 0; cell < attacker->tables[t].cell_count; cell++) {
            Sum below = {0};
            add_below(attacker, t, cell, 1, &below);
            if (cell_is_hidden(attacker->states[t][cell])) {
                cr_assert_lt(attacker->wanted_count, WANTED_MAX);
                attacker->wanted[attacker->wanted_count++] = below;
            } else if (attacker->states[t][cell] == CELL_SHOWN) {
                add_equation(attacker, &below);
            }
            for (size_t other = 0; other < t; other++) {
                size_t common;
                Sum same = below;
                if (!find_common(&attacker->tables[t], cell, &attacker->tables[other], &common))
                    continue;
                add_below(attacker, other, common, -1, &same);
                add_equation(attacker, &same);
            }
        }
}

/* Can the unknowns from this one on still make each sum come out? */
static bool is_open(const Attacker *attacker, size_t next)
{
    for (size_t e = 0; e < attacker->equation_count; e++) {
        const Sum *sum = &attacker->equations[e];
        int64_t left = sum->total, least = 0, most = 0;
        for (size_t u = 0; u < attacker->unknown_count; u++) {
            if (u < next)
                left -= sum->of[u] * attacker->guess[u];
            else {
                int64_t low = sum->of[u] * attacker->unknowns[u].least;
                int64_t high = sum->of[u] * attacker->unknowns[u].most;
                least += sum->of[u] > 0 ? low : high;
                most += sum->of[u] > 0 ? high : low;
            }
        }
        if (left < least || left > most)
            return false;
    }
    return true;
}

static void note_guess(Attacker *attacker)
{
    for (size_t w = 0; w < attacker->wanted_count; w++) {
        int64_t total = 0;
        for (size_t u = 0; u < attacker->unknown_count; u++)
            total += attacker->wanted[w].of[u] * attacker->guess[u];
        if (total == attacker->wanted[w].total || attacker->is_doubted[w])
            continue;
        attacker->is_doubted[w] = true;
        attacker->doubted_count++;
    }
}

/* From the true count outwards, which finds another solution soonest when there is one. */
static void guess_from(Attacker *attacker, size_t next)
{
    if (next == attacker->unknown_count) {
        note_guess(attacker);
        return;
    }
    for (int64_t step = 0; step <= 2 * GUESS_FAR; step++) {
        int64_t guess = attacker->unknowns[next].people + (step % 2 == 0 ? step / 2 : -(step + 1) / 2);
        if (attacker->doubted_count == attacker->wanted_count || attacker->guesses > GUESSES_MAX)
            return;
        if (guess < attacker->unknowns[next].least || guess > attacker->unknowns[next].most)
            continue;
        attacker->guesses++;
        attacker->guess[next] = guess;
        if (is_open(attacker, next + 1))
            guess_from(attacker, next + 1);
    }
}

static bool name_unknown_cells(Attacker *attacker, int64_t people_min)
{
    int64_t most = people_min - 1;

    for (size_t t = 0; t < attacker->table_count; t++)
        for (size_t cell = 0; cell < attacker->tables[t].cell_count; cell++) {
            const CellState state = attacker->states[t][cell];
            most = state == CELL_COMPLEMENTARY ? INT32_MAX : most;
            if (!cell_is_hidden(state) || !count_is_inner(&attacker->tables[t], cell))
                continue;
            if (attacker->unknown_count == UNKNOWNS_MAX)
                return false;
            attacker->unknowns[attacker->unknown_count].table = t;
            attacker->unknowns[attacker->unknown_count].cell = cell;
            int64_t people = attacker->tables[t].cells[cell].people;
            attacker->unknowns[attacker->unknown_count].least =
                people > 0; /* which zeros are hidden it knows */
            attacker->unknowns[attacker->unknown_count++].people = people;
        }
    /* who re-runs the rules knows when nothing is hidden but small counts */
    for (size_t u = 0; u < attacker->unknown_count; u++)
        attacker->unknowns[u].most = most;
    return true;
}

/* Which hidden cells have two possible counts, in the order of tables and cells; NULL when there are too many
 * to try. */
static const Attacker *attack(const CountTable *tables, size_t table_count, CellState *const *states,
                              int64_t people_min)
{
    static Attacker attacker;

    attacker = (Attacker){.tables = tables, .table_count = table_count, .states = states};
    if (!name_unknown_cells(&attacker, people_min))
        return NULL;
    learn(&attacker);
    guess_from(&attacker, 0);
    if (attacker.doubted_count < attacker.wanted_count && attacker.guesses > GUESSES_MAX)
        return NULL;
    return &attacker;
}

/* How many hidden cells have one possible count; -1 when there are too many to try. */
__attribute__((unused)) static int known_to_attacker(const CountTable *tables, size_t table_count,
                                                     CellState *const *states, int64_t people_min)
{
    const Attacker *attacker = attack(tables, table_count, states, people_min);

    return attacker == NULL ? -1 : (int)(attacker->wanted_count - attacker->doubted_count);
}
