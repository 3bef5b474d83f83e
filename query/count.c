#include "query/budget.h"
#include "query/count_parts.h"

/* ---- places of cells ---- */

void count_coordinates(const CountTable *table, size_t cell, size_t *coordinates)
{
    for (size_t d = table->dimension_count; d-- > 0;) {
        size_t places = table->dimensions[d].value_count + 1;
        coordinates[d] = cell % places;
        cell /= places;
    }
}

size_t count_cell(const CountTable *table, const size_t *coordinates)
{
    size_t cell = 0;

    for (size_t d = 0; d < table->dimension_count; d++)
        cell = cell * (table->dimensions[d].value_count + 1) + coordinates[d];
    return cell;
}

size_t count_margins_above(const CountTable *table, size_t cell, size_t margins[COUNT_MARGINS_MAX])
{
    size_t left = cell, step = 1, count = 1;

    margins[0] = cell;
    for (size_t d = table->dimension_count; d-- > 0;) {
        size_t values = table->dimensions[d].value_count, place = left % (values + 1);
        for (size_t i = 0; place < values && i < count; i++)
            margins[count + i] = margins[i] + (values - place) * step;
        count += place < values ? count : 0;
        left /= values + 1;
        step *= values + 1;
    }
    return count;
}

bool count_is_inner(const CountTable *table, size_t cell)
{
    size_t coordinates[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, cell, coordinates);
    for (size_t d = 0; d < table->dimension_count; d++)
        if (coordinates[d] == table->dimensions[d].value_count)
            return false;
    return true;
}

bool count_is_asked(const CountTable *table, size_t cell)
{
    size_t coordinates[QUERY_DIMENSIONS_MAX];
    bool is_allowed = true, is_of_all = true;

    count_coordinates(table, cell, coordinates);
    for (size_t d = 0; d < table->dimension_count; d++) {
        bool is_margin = coordinates[d] == table->dimensions[d].value_count;
        is_allowed &= !is_margin || table->dimensions[d].may_total;
        is_of_all &= is_margin || table->dimensions[d].is_condition;
    }
    return is_allowed || (is_of_all && table->has_totals);
}

size_t count_dimension(const CountTable *table, Text name)
{
    size_t d = 0;

    while (d < table->dimension_count && !text_equal(table->dimensions[d].name, name))
        d++;
    return d;
}

size_t count_answers(const CountTable *table)
{
    const CountDimension *last =
        table->dimension_count == 0 ? NULL : &table->dimensions[table->dimension_count - 1];

    return last != NULL && last->is_condition ? last->value_count : 0;
}

size_t count_places(const CountTable *table)
{
    return table->cell_count / (count_answers(table) + 1);
}

bool count_has_dimension(const CountTable *table, Text name)
{
    return count_dimension(table, name) < table->dimension_count;
}

/* The last dimension that is free first. */
bool count_next_below(const CountTable *table, const size_t *margin, size_t *place)
{
    for (size_t d = table->dimension_count - 1; d-- > 0;) {
        if (margin[d] != table->dimensions[d].value_count)
            continue;
        if (++place[d] < table->dimensions[d].value_count)
            return true;
        place[d] = 0;
    }
    return false;
}

bool count_first_below(const CountTable *table, const size_t *margin, size_t *place)
{
    for (size_t d = 0; d + 1 < table->dimension_count; d++) {
        bool is_free = margin[d] == table->dimensions[d].value_count;
        place[d] = is_free ? 0 : margin[d];
        if (is_free && table->dimensions[d].value_count == 0)
            return false;
    }
    place[table->dimension_count - 1] = 0;
    return true;
}

/* ---- sums ---- */

/* Dimension by dimension: those before have their margins then, which are added up like all places. Places of
 * one value of a dimension stand `step` beside each other; the margin's come last. */
void count_add_up(const CountTable *table, size_t dimension_count, CountAddUp *add, void *places)
{
    size_t place_count = 1, step = 1;

    for (size_t d = 0; d < dimension_count; d++)
        place_count *= table->dimensions[d].value_count + 1;
    for (size_t d = dimension_count; d-- > 0;) {
        size_t below = table->dimensions[d].value_count * step;
        for (size_t first = 0; first < place_count; first += below + step)
            for (size_t place = first; place < first + below; place += step)
                add(places, (CountSum){.margin = first + below, .place = place, .count = step});
        step += below;
    }
}

static void add_cells(void *cells, CountSum sum)
{
    CountCell *margin = (CountCell *)cells + sum.margin, *more = (CountCell *)cells + sum.place;

    for (size_t i = 0; i < sum.count; i++) {
        margin[i].people += more[i].people;
        set_hash_add(&margin[i].set, more[i].set);
    }
}

void count_margins(CountTable *table)
{
    count_add_up(table, table->dimension_count, add_cells, table->cells);
}

/* ---- the run ---- */

static Result count_tables(Db *reader, Counting *counting, CountTable *tables, Error *error)
{
    TRY(count_people(reader, counting, error));
    count_lines(counting);
    for (size_t p = 0; p < counting->tree->part_count; p++) {
        TRY(count_part(counting, p, &tables[p], error));
        count_amounts(counting, p, tables);
    }
    return RESULT_OK;
}

Result count_run(Db *reader, DatasetHold *hold, const Tree *tree, const Bound *bound, int64_t release_id,
                 Arena *arena, CountTable *tables, Error *error)
{
    Counting counting = {
        .hold = hold, .tree = tree, .bound = bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};

    TRY(count_domains(reader, release_id, &counting, error));
    return count_tables(reader, &counting, tables, error);
}

Result count_dataset(const Tree *tree, const Bound *bound, const CountCategory *categories, size_t count,
                     Arena *arena, CountTable *tables, Error *error)
{
    Counting counting = {.tree = tree, .bound = bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};

    TRY(count_domains_of(&counting, categories, count, error));
    return count_tables(NULL, &counting, tables, error);
}
