/* The unknowns of an audit and what is known of them. */
#include <stdlib.h>
#include <string.h>

#include "query/audit_parts.h"

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
    audit->unknowns = memory_alloc((cells + 1) * sizeof *audit->unknowns);
    for (size_t t = 0; t < audit->table_count; t++) {
        const CountTable *table = &audit->tables[t];
        audit->unknown_of[t] = memory_alloc((table->cell_count + 1) * sizeof **audit->unknown_of);
        for (size_t cell = 0; cell < table->cell_count; cell++) {
            audit->unknown_of[t][cell] = -1;
            if (!cell_is_hidden(audit->states[t][cell]) || !count_is_inner(table, cell))
                continue;
            audit->unknowns[audit->unknown_count] =
                (Unknown){(uint32_t)t, (uint32_t)cell, table->cells[cell].people};
            audit->unknown_of[t][cell] = (int32_t)audit->unknown_count++;
        }
    }
}

/* ---- equations ---- */

/* Each shown margin above a hidden inner cell: known. */
static void add_margins(Audit *audit)
{
    size_t margins[COUNT_MARGINS_MAX];

    for (size_t u = 0; u < audit->unknown_count; u++) {
        const Unknown *unknown = &audit->unknowns[u];
        size_t count = count_margins_above(&audit->tables[unknown->table], unknown->cell, margins);
        for (size_t i = 1; i < count; i++)
            if (audit->states[unknown->table][margins[i]] == CELL_SHOWN)
                add_term(audit, (uint64_t)unknown->table << 32 | margins[i], (int32_t)u, 1);
    }
}

/* The hidden cells of one side of a link, by the values of the common dimensions in the order of the first.
 */
static void add_link_side(Audit *audit, size_t t, const CountTable *other, const CountTable *order,
                          uint64_t name, int sign)
{
    const CountTable *table = &audit->tables[t];
    size_t place[QUERY_DIMENSIONS_MAX], common[QUERY_DIMENSIONS_MAX], count = 0;

    for (size_t d = 0; d < order->dimension_count; d++) {
        size_t mine = count_dimension(table, order->dimensions[d].name);
        if (mine < table->dimension_count && count_has_dimension(other, order->dimensions[d].name))
            common[count++] = mine;
    }
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        uint64_t key = 0;
        if (audit->unknown_of[t][cell] < 0)
            continue;
        count_coordinates(table, cell, place);
        for (size_t i = 0; i < count; i++)
            key = key * (table->dimensions[common[i]].value_count + 1) + place[common[i]];
        add_term(audit, name | key, audit->unknown_of[t][cell], sign);
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
            add_link_side(audit, a, &audit->tables[b], &audit->tables[a], pair << 32, 1);
            add_link_side(audit, b, &audit->tables[a], &audit->tables[a], pair << 32, -1);
            pair++;
        }
}

/* ---- in both orders ---- */

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
static int64_t largest_possible(const Audit *audit)
{
    for (size_t t = 0; t < audit->table_count; t++)
        for (size_t cell = 0; cell < audit->tables[t].cell_count; cell++)
            if (audit->states[t][cell] == CELL_COMPLEMENTARY)
                return INT64_MAX;
    return audit->people_min - 1;
}

void audit_equations_make(Audit *audit)
{
    audit->people_max = largest_possible(audit);
    name_unknowns(audit);
    add_margins(audit);
    add_links(audit);
    if (audit->terms == NULL)
        audit->terms = memory_alloc(sizeof *audit->terms);
    index_terms(audit);
}
