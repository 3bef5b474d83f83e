#include <string.h>

#include "query/audit_parts.h"

enum { STEPS_SHORT = 200, STEPS_MAX = 4000 };

/* ---- one audit after another ---- */

static void make_room(Audit *audit)
{
    size_t unknowns = audit->unknown_count + 1;

    audit->is_wanted = memory_alloc(unknowns * sizeof *audit->is_wanted);
    audit->wanted = memory_alloc(unknowns * sizeof *audit->wanted);
    audit->change = memory_alloc(unknowns * sizeof *audit->change);
    audit->excess = memory_alloc((audit->equation_count + 1) * sizeof *audit->excess);
    audit->touched = memory_alloc((audit->term_count + 1) * sizeof *audit->touched);
}

static void drop_equations(Audit *audit)
{
    for (size_t t = 0; t < audit->table_count; t++)
        memory_free(audit->unknown_of[t]);
    void *parts[] = {audit->unknowns,      audit->terms,  audit->by_unknown, audit->equation_start,
                     audit->unknown_start, audit->change, audit->excess,     audit->is_wanted,
                     audit->wanted,        audit->rows,   audit->touched,    audit->pivot_row};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        memory_free(parts[i]);
}

Audit *audit_open(const CountTable *tables, size_t table_count, CellState *const *states, int64_t people_min)
{
    Audit *audit = memory_alloc(sizeof *audit);

    *audit =
        (Audit){.tables = tables, .table_count = table_count, .states = states, .people_min = people_min};
    for (size_t t = 0; t < table_count; t++) {
        audit->is_doubted[t] = memory_alloc((tables[t].cell_count + 1) * sizeof **audit->is_doubted);
        audit->shift[t] = memory_alloc((tables[t].cell_count + 1) * sizeof **audit->shift);
    }
    audit_equations_make(audit);
    make_room(audit);
    return audit;
}

void audit_renew(Audit *audit)
{
    Audit next = {.tables = audit->tables,
                  .table_count = audit->table_count,
                  .states = audit->states,
                  .people_min = audit->people_min};

    memcpy(next.is_doubted, audit->is_doubted, sizeof next.is_doubted);
    memcpy(next.shift, audit->shift, sizeof next.shift);
    drop_equations(audit);
    *audit = next;
    audit_equations_make(audit);
    make_room(audit);
}

void audit_close(Audit **audit)
{
    if (*audit == NULL)
        return;
    for (size_t t = 0; t < (*audit)->table_count; t++) {
        memory_free((*audit)->is_doubted[t]);
        memory_free((*audit)->shift[t]);
    }
    drop_equations(*audit);
    memory_free(*audit);
    *audit = NULL;
}

size_t audit_unknown_count(const Audit *audit)
{
    return audit->unknown_count;
}

/* ---- what is in question ---- */

/* `place` is the margin's. */
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

void audit_want(Audit *audit, size_t t, size_t cell)
{
    const CountTable *table = &audit->tables[t];
    size_t place[QUERY_DIMENSIONS_MAX];

    for (size_t i = 0; i < audit->wanted_count; i++)
        audit->is_wanted[audit->wanted[i]] = false;
    audit->wanted_count = 0;
    if (count_is_inner(table, cell)) {
        want_one(audit, audit->unknown_of[t][cell]);
        return;
    }
    count_coordinates(table, cell, place);
    for (size_t part = first_part(table, place); part < cell; part++)
        if (audit->unknown_of[t][part] >= 0 && is_part(table, place, part))
            want_one(audit, audit->unknown_of[t][part]);
}

/*
 * A solution that another cell's search found does as well. What is determined has none, so that elimination
 * decides nothing: it spares a long search in vain, and a short one that it is worked out at all.
 */
bool audit_is_safe(Audit *audit, size_t table, size_t cell)
{
    bool is_all;

    if (audit->is_doubted[table][cell])
        return true;
    audit_want(audit, table, cell);
    if (audit_search(audit, STEPS_SHORT, &is_all))
        return true;
    return !is_all && !audit_is_determined(audit) && audit_search(audit, STEPS_MAX, &is_all);
}
