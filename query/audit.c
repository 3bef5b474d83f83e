#include <stdlib.h>
#include <string.h>

#include "query/audit.h"

enum { ELIMINATION_MAX = 1200, SEARCH_STEPS = 4000, SEARCH_DEPTH = 40, SEARCH_WIDTH = 6 };
static const uint64_t PRIME = 2147483647; /* 2^31 - 1 */

/* One unknown in one equation. */
typedef struct Term {
    uint64_t equation; /* first a name, then an index */
    uint32_t unknown;
    int sign;
} Term;

struct Audit {
    const CountTable *tables;
    size_t table_count;
    CellState *const *states;
    int32_t *unknowns[QUERY_PARTS_MAX]; /* of each cell: its unknown, or -1 */
    int64_t *people;                    /* of each unknown */
    size_t unknown_count;
    int64_t people_max; /* of an unknown, as far as an attacker knows */
    Term *terms;        /* sorted by equation */
    size_t term_count, term_max;
    Term *by_unknown;                       /* the same, sorted by unknown */
    size_t *equation_start, *unknown_start; /* one more than there are */
    size_t equation_count;
    /* the search for another solution */
    int *change;     /* of each unknown */
    int64_t *excess; /* of each equation */
    size_t *touched; /* equations, in the order in which they were */
    size_t touched_count, steps_left;
    bool *is_wanted;  /* unknowns of the hidden margin in question */
    uint32_t *wanted; /* the same, listed from the lowest */
    size_t wanted_count;
    int64_t wanted_change;
    /* reduced row echelon form of the equations */
    bool is_eliminated;
    uint32_t *rows;
    int32_t *pivot_row; /* of each unknown, or -1 */
    size_t row_count;
};

/* ---- unknowns and equations ---- */

static void add_term(Audit *audit, uint64_t equation, int32_t unknown, int sign)
{
    if (audit->term_count == audit->term_max) {
        audit->term_max = audit->term_max == 0 ? 256 : 2 * audit->term_max;
        audit->terms = memory_resize(audit->terms, audit->term_max * sizeof *audit->terms);
    }
    audit->terms[audit->term_count++] = (Term){equation, (uint32_t)unknown, sign};
}

static void name_unknowns(Audit *audit)
{
    size_t cells = 0;

    for (size_t t = 0; t < audit->table_count; t++)
        cells += audit->tables[t].cell_count;
    audit->people = memory_alloc((cells + 1) * sizeof *audit->people);
    for (size_t t = 0; t < audit->table_count; t++) {
        const CountTable *table = &audit->tables[t];
        audit->unknowns[t] = memory_alloc((table->cell_count + 1) * sizeof **audit->unknowns);
        for (size_t cell = 0; cell < table->cell_count; cell++) {
            audit->unknowns[t][cell] = -1;
            if (!cell_is_hidden(audit->states[t][cell]) || !count_is_inner(table, cell))
                continue;
            audit->people[audit->unknown_count] = table->cells[cell].people;
            audit->unknowns[t][cell] = (int32_t)audit->unknown_count++;
        }
    }
}

/* Each shown margin above a hidden inner cell: known. */
static void add_margins(Audit *audit, size_t t)
{
    const CountTable *table = &audit->tables[t];
    size_t place[QUERY_DIMENSIONS_MAX], parent[QUERY_DIMENSIONS_MAX];

    for (size_t cell = 0; cell < table->cell_count; cell++) {
        if (audit->unknowns[t][cell] < 0)
            continue;
        count_coordinates(table, cell, place);
        for (size_t set = 1; set < (size_t)1 << table->dimension_count; set++) {
            for (size_t d = 0; d < table->dimension_count; d++)
                parent[d] = (set >> d & 1) != 0 ? table->dimensions[d].value_count : place[d];
            size_t margin = count_cell(table, parent);
            if (audit->states[t][margin] == CELL_SHOWN)
                add_term(audit, (uint64_t)t << 32 | margin, audit->unknowns[t][cell], 1);
        }
    }
}

/* The hidden cells of one side of a link, by the values of the common dimensions. */
static void add_link_side(Audit *audit, size_t t, const CountTable *other, uint64_t name, bool is_first,
                          int sign)
{
    const CountTable *table = &audit->tables[t];
    const CountTable *order = is_first ? table : other;
    size_t place[QUERY_DIMENSIONS_MAX];

    for (size_t cell = 0; cell < table->cell_count; cell++) {
        uint64_t key = 0;
        if (audit->unknowns[t][cell] < 0)
            continue;
        count_coordinates(table, cell, place);
        for (size_t d = 0; d < order->dimension_count; d++) {
            size_t mine = count_dimension(table, order->dimensions[d].name);
            if (mine == table->dimension_count ||
                count_dimension(other, order->dimensions[d].name) == other->dimension_count)
                continue;
            key = key * (table->dimensions[mine].value_count + 1) + place[mine];
        }
        add_term(audit, name | key, audit->unknowns[t][cell], sign);
    }
}

/* All that a and b share is also in a table between them: then they agree because both agree with that. */
static bool is_implied(const Audit *audit, size_t a, size_t b)
{
    for (size_t between = a + 1; between < b; between++) {
        bool has_all = true;
        for (size_t d = 0; d < audit->tables[a].dimension_count; d++) {
            Text name = audit->tables[a].dimensions[d].name;
            has_all &= !count_has_dimension(&audit->tables[b], name) ||
                       count_has_dimension(&audit->tables[between], name);
        }
        if (has_all)
            return true;
    }
    return false;
}

/* Two tables of one cohort have the same counts over the dimensions they share, published or not. */
static void add_links(Audit *audit)
{
    uint64_t pair = QUERY_PARTS_MAX;

    for (size_t a = 0; a < audit->table_count; a++)
        for (size_t b = a + 1; b < audit->table_count; b++) {
            if (is_implied(audit, a, b))
                continue;
            add_link_side(audit, a, &audit->tables[b], pair << 32, true, 1);
            add_link_side(audit, b, &audit->tables[a], pair << 32, false, -1);
            pair++;
        }
}

static int by_equation(const void *a, const void *b)
{
    const Term *x = a, *y = b;

    if (x->equation != y->equation)
        return x->equation < y->equation ? -1 : 1;
    return (x->unknown > y->unknown) - (x->unknown < y->unknown);
}

static void index_terms(Audit *audit)
{
    uint64_t name = 0;

    qsort(audit->terms, audit->term_count, sizeof *audit->terms, by_equation);
    audit->equation_start = memory_alloc((audit->term_count + 2) * sizeof *audit->equation_start);
    for (size_t i = 0; i < audit->term_count; i++) {
        if (i == 0 || audit->terms[i].equation != name) {
            name = audit->terms[i].equation;
            audit->equation_start[audit->equation_count++] = i;
        }
        audit->terms[i].equation = audit->equation_count - 1;
    }
    audit->equation_start[audit->equation_count] = audit->term_count;

    /* In the order of equations, which stays so within each unknown. */
    audit->by_unknown = memory_alloc((audit->term_count + 1) * sizeof *audit->by_unknown);
    audit->unknown_start = memory_alloc((audit->unknown_count + 3) * sizeof *audit->unknown_start);
    for (size_t i = 0; i < audit->term_count; i++)
        audit->unknown_start[audit->terms[i].unknown + 2]++;
    for (size_t i = 0; i < audit->unknown_count; i++)
        audit->unknown_start[i + 2] += audit->unknown_start[i + 1];
    for (size_t i = 0; i < audit->term_count; i++)
        audit->by_unknown[audit->unknown_start[audit->terms[i].unknown + 1]++] = audit->terms[i];
}

/* Where the second rule hid nothing, the first hid all, and who knows the rules knows that. */
static int64_t largest_possible(const Audit *audit, int64_t people_min)
{
    for (size_t t = 0; t < audit->table_count; t++)
        for (size_t cell = 0; cell < audit->tables[t].cell_count; cell++)
            if (audit->states[t][cell] == CELL_COMPLEMENTARY)
                return INT64_MAX;
    return people_min - 1;
}

Audit *audit_open(const CountTable *tables, size_t table_count, CellState *const *states, int64_t people_min)
{
    Audit *audit = memory_alloc(sizeof *audit);

    audit->tables = tables;
    audit->table_count = table_count;
    audit->states = states;
    audit->people_max = largest_possible(audit, people_min);
    name_unknowns(audit);
    for (size_t t = 0; t < table_count; t++)
        add_margins(audit, t);
    add_links(audit);
    if (audit->terms == NULL)
        audit->terms = memory_alloc(sizeof *audit->terms);
    index_terms(audit);
    audit->change = memory_alloc((audit->unknown_count + 1) * sizeof *audit->change);
    audit->is_wanted = memory_alloc((audit->unknown_count + 1) * sizeof *audit->is_wanted);
    audit->wanted = memory_alloc((audit->unknown_count + 1) * sizeof *audit->wanted);
    audit->excess = memory_alloc((audit->equation_count + 1) * sizeof *audit->excess);
    audit->touched = memory_alloc((audit->term_count + 1) * sizeof *audit->touched);
    return audit;
}

void audit_close(Audit **audit)
{
    Audit *a = *audit;

    if (a == NULL)
        return;
    for (size_t t = 0; t < a->table_count; t++)
        memory_free(a->unknowns[t]);
    void *parts[] = {a->people,        a->terms,   a->by_unknown, a->equation_start,
                     a->unknown_start, a->change,  a->excess,     a->is_wanted,
                     a->wanted,        a->touched, a->rows,       a->pivot_row};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        memory_free(parts[i]);
    memory_free(a);
    *audit = NULL;
}

size_t audit_unknown_count(const Audit *audit)
{
    return audit->unknown_count;
}

/* ---- another solution: change one count by one and mend what that breaks, one step at a time ---- */

static void shift(Audit *audit, size_t unknown, int by)
{
    audit->change[unknown] += by;
    if (audit->is_wanted[unknown])
        audit->wanted_change += by;
    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++)
        audit->excess[audit->by_unknown[i].equation] += by * audit->by_unknown[i].sign;
}

static void touch(Audit *audit, size_t unknown)
{
    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++)
        audit->touched[audit->touched_count++] = audit->by_unknown[i].equation;
}

static bool find_broken(const Audit *audit, size_t *equation)
{
    for (size_t i = audit->touched_count; i-- > 0;) {
        *equation = audit->touched[i];
        if (audit->excess[*equation] != 0)
            return true;
    }
    return false;
}

/* How much nearer to whole this change brings all equations; the larger the better. */
static int64_t gain_of(const Audit *audit, size_t unknown, int by)
{
    int64_t gain = 0;

    for (size_t i = audit->unknown_start[unknown]; i < audit->unknown_start[unknown + 1]; i++) {
        int64_t excess = audit->excess[audit->by_unknown[i].equation];
        gain += llabs(excess) - llabs(excess + by * audit->by_unknown[i].sign);
    }
    return gain;
}

static bool is_possible(const Audit *audit, size_t unknown, int by)
{
    int64_t people = audit->people[unknown] + by;
    /* a zero is hidden only where the others know that it may be one; they are taken to know which */
    int64_t least = audit->people[unknown] == 0 ? 0 : 1;

    return people >= least && people <= audit->people_max;
}

typedef struct Move {
    size_t unknown;
    int by;
    int64_t gain;
} Move;

/* The best few changes that mend this equation, best first. */
static size_t moves_for(const Audit *audit, size_t equation, Move moves[SEARCH_WIDTH])
{
    size_t count = 0;

    for (size_t i = audit->equation_start[equation]; i < audit->equation_start[equation + 1]; i++) {
        const Term *term = &audit->terms[i];
        Move move = {.unknown = term->unknown, .by = audit->excess[equation] > 0 ? -term->sign : term->sign};
        if (audit->change[move.unknown] != 0 || !is_possible(audit, move.unknown, move.by))
            continue;
        move.gain = gain_of(audit, move.unknown, move.by);
        size_t at = count < SEARCH_WIDTH ? count : SEARCH_WIDTH;
        for (; at > 0 && moves[at - 1].gain < move.gain; at--)
            if (at < SEARCH_WIDTH)
                moves[at] = moves[at - 1];
        if (at < SEARCH_WIDTH)
            moves[at] = move;
        count += count < SEARCH_WIDTH;
    }
    return count;
}

static bool mend(Audit *audit, size_t depth)
{
    Move moves[SEARCH_WIDTH];
    size_t equation, touched_count = audit->touched_count;

    if (!find_broken(audit, &equation))
        return audit->wanted_change != 0;
    if (depth == SEARCH_DEPTH || audit->steps_left == 0)
        return false;
    audit->steps_left--;
    size_t count = moves_for(audit, equation, moves);
    for (size_t i = 0; i < count; i++) {
        shift(audit, moves[i].unknown, moves[i].by);
        touch(audit, moves[i].unknown);
        bool mended = mend(audit, depth + 1);
        shift(audit, moves[i].unknown, -moves[i].by);
        audit->touched_count = touched_count;
        if (mended)
            return true;
    }
    return false;
}

static bool can_change(Audit *audit, size_t unknown, int by)
{
    if (!is_possible(audit, unknown, by))
        return false;
    audit->steps_left = SEARCH_STEPS;
    audit->touched_count = 0;
    shift(audit, unknown, by);
    touch(audit, unknown);
    bool mended = mend(audit, 0);
    shift(audit, unknown, -by);
    return mended;
}

/* The unknowns that a cell is the sum of: itself, or of a margin those below it. `place` is the margin's. */
static bool is_part(const CountTable *table, const size_t *place, size_t part)
{
    size_t inner[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, part, inner);
    for (size_t d = 0; d < table->dimension_count; d++)
        if (place[d] != table->dimensions[d].value_count && place[d] != inner[d])
            return false;
    return true;
}

/* Cells below a margin stand between its lowest and itself. */
static size_t first_part(const CountTable *table, const size_t *place)
{
    size_t lowest[QUERY_DIMENSIONS_MAX];

    for (size_t d = 0; d < table->dimension_count; d++)
        lowest[d] = place[d] == table->dimensions[d].value_count ? 0 : place[d];
    return count_cell(table, lowest);
}

static void want_one(Audit *audit, int32_t unknown)
{
    if (unknown < 0)
        return;
    audit->is_wanted[unknown] = true;
    audit->wanted[audit->wanted_count++] = (uint32_t)unknown;
}

static void want(Audit *audit, size_t t, size_t cell)
{
    const CountTable *table = &audit->tables[t];
    size_t place[QUERY_DIMENSIONS_MAX];

    for (size_t i = 0; i < audit->wanted_count; i++)
        audit->is_wanted[audit->wanted[i]] = false;
    audit->wanted_count = 0;
    audit->wanted_change = 0;
    if (count_is_inner(table, cell)) {
        want_one(audit, audit->unknowns[t][cell]);
        return;
    }
    count_coordinates(table, cell, place);
    for (size_t part = first_part(table, place); part < cell; part++)
        if (audit->unknowns[t][part] >= 0 && is_part(table, place, part))
            want_one(audit, audit->unknowns[t][part]);
}

bool audit_is_safe(Audit *audit, size_t table, size_t cell)
{
    want(audit, table, cell);
    for (size_t i = 0; i < audit->wanted_count; i++)
        if (can_change(audit, audit->wanted[i], 1) || can_change(audit, audit->wanted[i], -1))
            return true;
    return false;
}

/* ---- elimination ---- */

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;

    for (; exponent > 0; exponent >>= 1, base = base * base % PRIME)
        if ((exponent & 1) != 0)
            result = result * base % PRIME;
    return result;
}

/* row -= factor * pivot, from column on */
static void subtract(uint32_t *row, const uint32_t *pivot, uint64_t factor, size_t from, size_t count)
{
    uint64_t negative = PRIME - factor;

    for (size_t i = from; i < count; i++)
        if (pivot[i] != 0)
            row[i] = (uint32_t)((row[i] + negative * pivot[i]) % PRIME);
}

static bool find_pivot(const uint32_t *row, size_t count, size_t *column)
{
    for (*column = 0; *column < count; ++*column)
        if (row[*column] != 0)
            return true;
    return false;
}

static void reduce(const Audit *audit, uint32_t *row)
{
    for (size_t column = 0; column < audit->unknown_count; column++)
        if (row[column] != 0 && audit->pivot_row[column] >= 0)
            subtract(row, audit->rows + (size_t)audit->pivot_row[column] * audit->unknown_count, row[column],
                     0, audit->unknown_count);
}

static void take_row(Audit *audit, uint32_t *row)
{
    size_t count = audit->unknown_count, column;

    reduce(audit, row);
    if (!find_pivot(row, count, &column))
        return;
    uint64_t inverse = power(row[column], PRIME - 2);
    for (size_t i = column; i < count; i++)
        row[i] = (uint32_t)(row[i] * inverse % PRIME);
    for (size_t r = 0; r < audit->row_count; r++)
        if (audit->rows[r * count + column] != 0)
            subtract(audit->rows + r * count, row, audit->rows[r * count + column], 0, count);
    memcpy(audit->rows + audit->row_count * count, row, count * sizeof *row);
    audit->pivot_row[column] = (int32_t)audit->row_count++;
}

static void eliminate(Audit *audit)
{
    size_t count = audit->unknown_count;
    uint32_t *row = memory_alloc((count + 1) * sizeof *row);

    audit->is_eliminated = true;
    audit->rows = memory_alloc((count * count + 1) * sizeof *audit->rows);
    audit->pivot_row = memory_alloc((count + 1) * sizeof *audit->pivot_row);
    for (size_t i = 0; i < count; i++)
        audit->pivot_row[i] = -1;
    for (size_t equation = 0; equation < audit->equation_count && audit->row_count < count; equation++) {
        memset(row, 0, count * sizeof *row);
        for (size_t i = audit->equation_start[equation]; i < audit->equation_start[equation + 1]; i++)
            row[audit->terms[i].unknown] = audit->terms[i].sign > 0 ? 1 : (uint32_t)(PRIME - 1);
        take_row(audit, row);
    }
    memory_free(row);
}

/* A cell is fixed when it is a combination of the equations. Too large a table is left to audit_is_safe
 * alone. */
bool audit_is_determined(Audit *audit, size_t table, size_t cell)
{
    size_t count = audit->unknown_count, column;

    if (count > ELIMINATION_MAX)
        return false;
    if (!audit->is_eliminated)
        eliminate(audit);
    uint32_t *row = memory_alloc((count + 1) * sizeof *row);
    want(audit, table, cell);
    for (size_t i = 0; i < count; i++)
        row[i] = audit->is_wanted[i];
    reduce(audit, row);
    bool is_determined = !find_pivot(row, count, &column);
    memory_free(row);
    return is_determined;
}
