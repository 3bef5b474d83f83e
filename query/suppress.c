#include <stdlib.h>
#include <string.h>

#include "query/audit.h"
#include "query/suppress_parts.h"

enum { BUCKET_BITS_MAX = 20, STEPS_OF_A_CELL = 1 << 14 /* about, where it is hidden */ };

bool cell_is_hidden(CellState state)
{
    return state == CELL_PRIMARY || state == CELL_COMPLEMENTARY;
}

int64_t round_people(int64_t people, int64_t round_to)
{
    return (2 * people + round_to) / (2 * round_to) * round_to;
}

/* ---- the same people, the same decision ---- */

static int compare_sets(const void *a, const void *b)
{
    const CellName *x = a, *y = b;

    if (x->set.high != y->set.high)
        return x->set.high < y->set.high ? -1 : 1;
    return (x->set.low > y->set.low) - (x->set.low < y->set.low);
}

/* Hashes are spread evenly, so that each bucket of their upper bits holds few, which are then put in order.
 */
static void sort_names(CellName *names, size_t count, Arena *arena)
{
    unsigned bits = 1;

    while (bits < BUCKET_BITS_MAX && (size_t)1 << bits < count)
        bits++;
    size_t *begin = arena_alloc(arena, (((size_t)1 << bits) + 1) * sizeof *begin);
    CellName *from = arena_alloc(arena, (count + 1) * sizeof *from);
    memcpy(from, names, count * sizeof *from);
    for (size_t i = 0; i < count; i++)
        begin[(from[i].set.high >> (64 - bits)) + 1]++;
    for (size_t b = 0; b < (size_t)1 << bits; b++)
        begin[b + 1] += begin[b];
    for (size_t i = 0; i < count; i++)
        names[begin[from[i].set.high >> (64 - bits)]++] = from[i];
    for (size_t i = 1; i < count; i++) {
        CellName name = names[i];
        size_t at = i;
        for (; at > 0 && compare_sets(&names[at - 1], &name) > 0; at--)
            names[at] = names[at - 1];
        names[at] = name;
    }
}

static void name_cells(Suppression *s, Arena *arena)
{
    size_t count = 0;

    for (size_t t = 0; t < s->table_count; t++)
        count += s->tables[t].cell_count;
    s->names = arena_alloc(arena, (count + 1) * sizeof *s->names);
    s->zeros = arena_alloc(arena, (count + 1) * sizeof *s->zeros);
    for (size_t t = 0; t < s->table_count; t++)
        for (size_t cell = 0; cell < s->tables[t].cell_count; cell++)
            if (s->states[t][cell] != CELL_NOT_ASKED && s->tables[t].cells[cell].people > 0)
                s->names[s->name_count++] = (CellName){t, cell, s->tables[t].cells[cell].set};
            else if (cell_is_hidden(s->states[t][cell]))
                s->zeros[s->zero_count++] = (CellName){t, cell, s->tables[t].cells[cell].set};
    sort_names(s->names, s->name_count, arena);
}

/* Who has an answer, or all of a place? */
static bool is_answer(const CountTable *table, size_t cell)
{
    size_t answers = count_answers(table);

    return answers > 0 && cell % (answers + 1) < answers;
}

static void hide(Suppression *s, size_t table, size_t cell)
{
    s->states[table][cell] = CELL_COMPLEMENTARY;
    suppress_lines_look(s, table, cell);
}

/* An answer that all of a place have does not take the place's total with it, which would tell of hidden
 * zeros beside it; where those are shown the lines do. */
void suppress_hide(Suppression *s, size_t table, size_t cell)
{
    CellName key = {table, cell, s->tables[table].cells[cell].set};
    const CellName *found = bsearch(&key, s->names, s->name_count, sizeof *s->names, compare_sets);
    bool of_answer = is_answer(&s->tables[table], cell);

    hide(s, table, cell);
    if (found == NULL)
        return;
    while (found > s->names && compare_sets(found - 1, &key) == 0)
        found--;
    for (; found < s->names + s->name_count && compare_sets(found, &key) == 0; found++)
        if (s->states[found->table][found->cell] == CELL_SHOWN &&
            (!of_answer || is_answer(&s->tables[found->table], found->cell)))
            hide(s, found->table, found->cell);
}

/* ---- primary ---- */

bool suppress_is_few(const Suppression *s, int64_t people)
{
    return people > 0 && people < s->rule->people_min;
}

/* Beside a hidden count a zero would say what all of those few have or have not: of a cohort of few nothing
 * is shown, of a condition asked of few no line, and where some measure of a place has few no zero. */
static bool is_of_few(const Suppression *s, const CountTable *table, size_t cell)
{
    size_t place[QUERY_DIMENSIONS_MAX];

    if (suppress_is_few(s, table->cells[table->cell_count - 1].people))
        return true;
    for (size_t d = 0; d < table->dimension_count; d++) {
        if (!table->dimensions[d].is_condition)
            continue;
        count_coordinates(table, cell, place);
        place[d] = table->dimensions[d].value_count;
        if (suppress_is_few(s, table->cells[count_cell(table, place)].people))
            return true;
    }
    return table->cells[cell].people == 0 && suppress_is_beside_few(s, table, cell);
}

static void mark_asked(Suppression *s, Arena *arena)
{
    for (size_t t = 0; t < s->table_count; t++) {
        const CountTable *table = &s->tables[t];
        s->states[t] = arena_alloc(arena, (table->cell_count + 1) * sizeof **s->states);
        for (size_t cell = 0; cell < table->cell_count; cell++) {
            bool is_primary = suppress_is_few(s, table->cells[cell].people) || is_of_few(s, table, cell);
            if (!count_is_asked(table, cell))
                s->states[t][cell] = CELL_NOT_ASKED;
            else
                s->states[t][cell] = is_primary ? CELL_PRIMARY : CELL_SHOWN;
        }
    }
}

/* ---- what lines do not see: the audit, and one more cell until it passes ---- */

static void keep_smallest(const Suppression *s, size_t t, size_t cell, CellName *best)
{
    int64_t people = s->tables[t].cells[cell].people;

    if (s->states[t][cell] != CELL_SHOWN || people == 0)
        return;
    if (best->table == s->table_count || people < s->tables[best->table].cells[best->cell].people)
        *best = (CellName){.table = t, .cell = cell};
}

/* The smallest shown cell in a line through this one; without any, the smallest of all. */
static CellName complement_of(const Suppression *s, size_t t, size_t cell)
{
    const CountTable *table = &s->tables[t];
    CellName best = {.table = s->table_count};
    size_t place[QUERY_DIMENSIONS_MAX];

    for (size_t d = 0; d < table->dimension_count; d++) {
        count_coordinates(table, cell, place);
        for (place[d] = 0; place[d] <= table->dimensions[d].value_count; place[d]++)
            keep_smallest(s, t, count_cell(table, place), &best);
    }
    if (best.table < s->table_count)
        return best;
    for (size_t i = 0; i < s->name_count; i++)
        keep_smallest(s, s->names[i].table, s->names[i].cell, &best);
    return best;
}

/* Hides one more cell for a hidden one that the others would tell; false where they do not, or none is left.
 */
static bool mend_cell(Suppression *s, Audit *audit, const CellName *name)
{
    if (!cell_is_hidden(s->states[name->table][name->cell]) || audit_is_safe(audit, name->table, name->cell))
        return false;
    CellName more = complement_of(s, name->table, name->cell);
    if (more.table == s->table_count)
        return false; /* nothing but zeros is shown any more */
    suppress_hide(s, more.table, more.cell);
    return true;
}

static bool is_late(const Suppression *s)
{
    return deadline_is_over_after(s->rule->deadline, STEPS_OF_A_CELL);
}

/* True when nothing had to be hidden. */
static bool audit_once(Suppression *s, Audit *audit)
{
    /* Large tables take several cells a round, small ones the fewest. */
    size_t hide_max = 1 + audit_unknown_count(audit) / 50, hidden = 0;

    for (size_t i = 0; i < s->name_count && hidden < hide_max && !is_late(s); i++)
        hidden += mend_cell(s, audit, &s->names[i]);
    for (size_t i = 0; i < s->zero_count && hidden < hide_max && !is_late(s); i++)
        hidden += mend_cell(s, audit, &s->zeros[i]);
    return hidden == 0;
}

static void audit_all(Suppression *s)
{
    /* large amounts are hidden by the first rule as well as small ones */
    int64_t people_min = s->totals == NULL ? s->rule->people_min : INT64_MAX;
    SCOPED(audit_close) Audit *audit = audit_open(s->tables, s->table_count, s->states, people_min);

    while (!audit_once(s, audit) && !deadline_is_over(s->rule->deadline)) {
        suppress_lines(s);
        audit_renew(audit);
    }
}

void suppress_rest(Suppression *s)
{
    name_cells(s, s->arena);
    suppress_lines_open(s);
    suppress_lines(s);
    if (s->totals == NULL) {
        suppress_repeated(s);
        suppress_lines(s);
        suppress_nested(s);
    }
    suppress_lines(s);
    audit_all(s);
}

void suppress(const CountTable *tables, size_t table_count, const SuppressRule *rule, Arena *arena,
              CellState **states)
{
    Suppression s = {
        .tables = tables, .table_count = table_count, .rule = rule, .states = states, .arena = arena};

    mark_asked(&s, arena);
    if (!rule->without_complementary)
        suppress_rest(&s);
    suppress_amounts(tables, table_count, rule, arena, states);
}
