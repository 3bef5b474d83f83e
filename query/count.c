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
    size_t coordinates[QUERY_DIMENSIONS_MAX], margins = 0, allowed = 0;

    count_coordinates(table, cell, coordinates);
    for (size_t d = 0; d < table->dimension_count; d++) {
        bool is_margin = coordinates[d] == table->dimensions[d].value_count;
        margins += is_margin;
        allowed += is_margin && table->dimensions[d].may_total;
    }
    return margins == allowed || (margins == table->dimension_count && table->has_totals);
}

/* ---- sums ---- */

static void add_to_margins(CountTable *table, size_t inner)
{
    const CountCell *from = &table->cells[inner];
    size_t coordinates[QUERY_DIMENSIONS_MAX], place[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, inner, coordinates);
    for (size_t margins = 1; margins < (size_t)1 << table->dimension_count; margins++) {
        for (size_t d = 0; d < table->dimension_count; d++)
            place[d] = (margins >> d & 1) != 0 ? table->dimensions[d].value_count : coordinates[d];
        CountCell *to = &table->cells[count_cell(table, place)];
        to->people += from->people;
        to->set.high += from->set.high;
        to->set.low += from->set.low;
    }
}

void count_margins(CountTable *table)
{
    for (size_t cell = 0; cell < table->cell_count; cell++)
        if (table->cells[cell].people > 0 && count_is_inner(table, cell))
            add_to_margins(table, cell);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

SetHash count_hash(const uint32_t *numbers, size_t count)
{
    SetHash hash = {0};

    for (size_t i = 0; i < count; i++) {
        hash.high += mix(numbers[i] + UINT64_C(0x9E3779B97F4A7C15));
        hash.low += mix(numbers[i] ^ UINT64_C(0xD1B54A32D192ED03));
    }
    return hash;
}

/* ---- the run ---- */

static Result count_tables(Db *reader, int64_t release_id, Counting *counting, CountTable *tables,
                           Error *error)
{
    TRY(count_domains(reader, release_id, counting, error));
    TRY(count_people(reader, counting, error));
    count_widen(counting);
    for (size_t t = 0; t < counting->tree->table_count; t++)
        TRY(count_table(counting, &counting->tree->tables[t], &tables[t], error));
    return RESULT_OK;
}

Result count_run(Db *reader, DatasetHold *hold, const Tree *tree, const Bound *bound, int64_t release_id,
                 Arena *arena, CountTable *tables, Error *error)
{
    Counting counting = {
        .hold = hold, .tree = tree, .bound = bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};

    Result done = count_tables(reader, release_id, &counting, tables, error);
    count_forget(&counting);
    return done;
}
