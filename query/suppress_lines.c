/* Lines: a margin that some table shows, and the published cells that add up to it. */
#include "query/suppress_parts.h"

_Static_assert(COUNT_MARGINS_MAX <= 64, "a bit for each line of a margin");

typedef struct Line {
    size_t hidden_count;
    int64_t hidden_people;
    size_t smallest; /* shown, with people; cell_count: none */
} Line;

/* ---- the cells of a line ---- */

/* How far one place of each dimension is from the next. */
static void find_steps(const CountTable *table, size_t *steps)
{
    size_t step = 1;

    for (size_t d = table->dimension_count; d-- > 0;) {
        steps[d] = step;
        step *= table->dimensions[d].value_count + 1;
    }
}

/* Where a line stands: its free dimensions, the first of them goes round first. */
typedef struct Walk {
    size_t cell, count;
    size_t steps[QUERY_DIMENSIONS_MAX], values[QUERY_DIMENSIONS_MAX], at[QUERY_DIMENSIONS_MAX];
} Walk;

/* Of a margin over the dimensions in set: 1 bit each. False where one of them has no values. */
static bool walk_begin(const CountTable *table, size_t margin, size_t set, Walk *walk)
{
    size_t steps[QUERY_DIMENSIONS_MAX];

    find_steps(table, steps);
    walk->cell = margin;
    walk->count = 0;
    for (size_t d = 0; d < table->dimension_count; d++) {
        size_t values = table->dimensions[d].value_count;
        if ((set >> d & 1) == 0)
            continue;
        if (values == 0)
            return false;
        walk->steps[walk->count] = steps[d];
        walk->values[walk->count] = values;
        walk->at[walk->count++] = 0;
        walk->cell -= values * steps[d];
    }
    return true;
}

static bool walk_on(Walk *walk)
{
    for (size_t d = 0; d < walk->count; d++) {
        walk->cell += walk->steps[d];
        if (++walk->at[d] < walk->values[d])
            return true;
        walk->cell -= walk->values[d] * walk->steps[d];
        walk->at[d] = 0;
    }
    return false;
}

/* The cells that add up to parent over the dimensions in set. False when they are not all published. */
static bool read_line(const Suppression *s, size_t t, size_t parent, size_t set, Line *line)
{
    const CountTable *table = &s->tables[t];
    const CellState *states = s->states[t];
    Walk walk;

    *line = (Line){.smallest = table->cell_count};
    if (!walk_begin(table, parent, set, &walk))
        return false;
    do {
        int64_t people = table->cells[walk.cell].people;
        if (states[walk.cell] == CELL_NOT_ASKED)
            return false;
        if (cell_is_hidden(states[walk.cell])) {
            if (s->hidden != NULL)
                s->hidden[line->hidden_count] = walk.cell;
            line->hidden_count++;
            line->hidden_people += people;
        } else if (people > 0 &&
                   (line->smallest == table->cell_count || people < table->cells[line->smallest].people)) {
            line->smallest = walk.cell;
        }
    } while (walk_on(&walk));
    return true;
}

static size_t margin_set(const CountTable *table, size_t cell)
{
    size_t place[QUERY_DIMENSIONS_MAX], set = 0;

    count_coordinates(table, cell, place);
    for (size_t d = 0; d < table->dimension_count; d++)
        if (place[d] == table->dimensions[d].value_count)
            set |= (size_t)1 << d;
    return set;
}

/* ---- who says a margin ---- */

/* The cell of another table that counts the same people; false when it lacks a dimension of this one. */
static bool find_same(const CountTable *table, size_t cell, const CountTable *other, size_t *same)
{
    size_t place[QUERY_DIMENSIONS_MAX], other_place[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, cell, place);
    for (size_t d = 0; d < other->dimension_count; d++)
        other_place[d] = other->dimensions[d].value_count;
    for (size_t d = 0; d < table->dimension_count; d++) {
        size_t mine = count_dimension(other, table->dimensions[d].name);
        if (place[d] == table->dimensions[d].value_count)
            continue;
        if (mine == other->dimension_count)
            return false;
        other_place[mine] = place[d];
    }
    *same = count_cell(other, other_place);
    return true;
}

/* Does a table say a margin's count, in a cell or by a line of cells that are all shown? Then one of them. */
static bool find_teller(const Suppression *s, size_t t, size_t margin, size_t *teller)
{
    size_t margins = margin_set(&s->tables[t], margin);
    Line line;

    *teller = margin;
    if (s->states[t][margin] == CELL_SHOWN)
        return true;
    for (size_t set = margins; set != 0; set = (set - 1) & margins)
        if (read_line(s, t, margin, set, &line) && line.hidden_count == 0 &&
            line.smallest < s->tables[t].cell_count) {
            *teller = line.smallest;
            return true;
        }
    return false;
}

/* A margin is as good as shown in its own table when any table of the query says it. */
static bool find_telling_cell(const Suppression *s, size_t t, size_t margin, CellName *cell)
{
    *cell = (CellName){.table = t, .cell = margin};
    if (s->states[t][margin] == CELL_SHOWN)
        return true;
    for (size_t other = 0; other < s->table_count; other++) {
        size_t same;
        cell->table = other;
        if (other != t && find_same(&s->tables[t], margin, &s->tables[other], &same) &&
            find_teller(s, other, same, &cell->cell))
            return true;
    }
    return false;
}

/* ---- all lines ---- */

static bool is_enough(const Suppression *s, const Line *line)
{
    return line->hidden_count > 1 && (s->totals == NULL ? line->hidden_people >= s->rule->people_min
                                                        : suppress_is_total_safe(s, line->hidden_count));
}

/*
 * Nothing that is hidden later makes this line tell more: it then hides more cells and more people, and its
 * margin is less known. Amounts that it hides may come to differ for few from others, though.
 */
static void settle(Suppression *s, size_t t, size_t parent, size_t set)
{
    if (s->totals == NULL)
        s->settled[t][parent] |= UINT64_C(1) << set;
}

/* What a line hides is a published group as well, by subtraction: it must be several cells and not few
 * people. */
static bool mend_line(Suppression *s, size_t t, size_t parent, size_t set)
{
    CellName telling;
    Line line;

    bool is_published = read_line(s, t, parent, set, &line);
    if (is_published && line.hidden_count == 0)
        return false;
    if (!is_published || is_enough(s, &line) || !find_telling_cell(s, t, parent, &telling)) {
        settle(s, t, parent, set);
        return false;
    }
    if (line.smallest < s->tables[t].cell_count)
        telling = (CellName){.table = t, .cell = line.smallest};
    suppress_hide(s, telling.table, telling.cell);
    return true;
}

static bool mend_lines_of(Suppression *s, size_t t, size_t parent)
{
    size_t margins = margin_set(&s->tables[t], parent);
    bool changed = false;

    for (size_t set = margins; set != 0; set = (set - 1) & margins)
        while ((s->settled[t][parent] >> set & 1) == 0 && mend_line(s, t, parent, set))
            changed = true;
    return changed;
}

/*
 * Only what is hidden changes what a line needs: hiding cells elsewhere makes its margin less known, never
 * more. So a line is looked at again when a cell of it was hidden, and at no other time.
 */
void suppress_lines_look(Suppression *s, size_t t, size_t cell)
{
    size_t margins[COUNT_MARGINS_MAX], count = count_margins_above(&s->tables[t], cell, margins);

    for (size_t i = 1; i < count; i++)
        s->to_mend[t][margins[i]] = true;
}

void suppress_lines_open(Suppression *s)
{
    s->to_mend = arena_alloc(s->arena, (s->table_count + 1) * sizeof *s->to_mend);
    s->settled = arena_alloc(s->arena, (s->table_count + 1) * sizeof *s->settled);
    for (size_t t = 0; t < s->table_count; t++) {
        s->to_mend[t] = arena_alloc(s->arena, (s->tables[t].cell_count + 1) * sizeof **s->to_mend);
        s->settled[t] = arena_alloc(s->arena, (s->tables[t].cell_count + 1) * sizeof **s->settled);
    }
    for (size_t t = 0; t < s->table_count; t++)
        for (size_t cell = 0; cell < s->tables[t].cell_count; cell++)
            if (cell_is_hidden(s->states[t][cell]))
                suppress_lines_look(s, t, cell);
}

/* The grand total first: a margin that has to go takes its line's demand for more hidden cells with it. */
void suppress_lines(Suppression *s)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t t = 0; t < s->table_count; t++)
            for (size_t cell = s->tables[t].cell_count; cell-- > 0;) {
                if (!s->to_mend[t][cell])
                    continue;
                s->to_mend[t][cell] = false;
                changed |= mend_lines_of(s, t, cell);
            }
    }
}
