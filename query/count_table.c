/* The lines of tables, and the people of their cells. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "query/count_parts.h"

enum { CODES_MAX = 1 << 26 };

static int compare_values(const void *a, const void *b)
{
    const Text *x = a, *y = b;
    int64_t i, j;

    if (text_to_int64(*x, &i) && text_to_int64(*y, &j))
        return (i > j) - (i < j);
    return text_compare(*x, *y);
}

/* ---- values of the dimensions ---- */

/* The value as the engine has it; -1 of a word that no cell holds. */
static int64_t code_of(const Counting *counting, size_t dimension, Text value)
{
    const Plan *plan = counting->bound->plan;
    int64_t number = -1;

    switch (plan->nodes[counting->bound->values[dimension]].type) {
    case TYPE_TEXT:
        return dataset_word(plan->dataset, value);
    case TYPE_BOOL:
        return text_equal(value, TEXT("true"));
    default:
        return text_to_int64(value, &number) ? number : -1;
    }
}

/* code -> line, as an array over the codes between the least and the greatest. */
static Result map_codes(Counting *counting, size_t dimension, Error *error)
{
    Domain *domain = &counting->domains[dimension];
    int64_t *codes = arena_alloc(counting->arena, (domain->value_count + 1) * sizeof *codes);
    int64_t last = INT64_MIN;

    domain->first_code = INT64_MAX;
    for (size_t i = 0; i < domain->value_count; i++) {
        codes[i] = code_of(counting, dimension, domain->values[i]);
        domain->first_code = codes[i] < domain->first_code ? codes[i] : domain->first_code;
        last = codes[i] > last ? codes[i] : last;
    }
    if (domain->value_count == 0)
        return RESULT_OK;
    if (domain->first_code < -1 || last - domain->first_code >= CODES_MAX)
        return fail(error, ERROR_LIMIT, "table: the values of a dimension are too far from each other");
    domain->code_count = (size_t)(last - domain->first_code) + 1;
    domain->lines = arena_alloc(counting->arena, domain->code_count * sizeof *domain->lines);
    for (size_t i = 0; i < domain->code_count; i++)
        domain->lines[i] = LINE_UNKNOWN;
    for (size_t i = 0; i < domain->value_count; i++)
        domain->lines[codes[i] - domain->first_code] = (int16_t)i;
    return RESULT_OK;
}

/* Who has it, who has not. */
static void take_condition(Counting *counting, Domain *domain)
{
    static const Text values[] = {TEXT("yes"), TEXT("no")};

    *domain = (Domain){.value_count = 2, .code_count = 2};
    domain->values = arena_alloc(counting->arena, sizeof values);
    memcpy(domain->values, values, sizeof values);
    domain->lines = arena_alloc(counting->arena, 2 * sizeof *domain->lines);
    domain->lines[false] = 1;
    domain->lines[true] = 0;
}

static Result take_categories(Counting *counting, const DbRows *rows, size_t dimension, Error *error)
{
    const Dimension *of = &counting->bound->dimensions[dimension];
    Domain *domain = &counting->domains[dimension];
    Text name = text_from(of->attribute->name);

    *domain = (Domain){.band_years = of->band_years, .band_min = INT16_MAX, .band_max = INT16_MIN};
    domain->values = arena_alloc(counting->arena, (db_row_count(rows) + 1) * sizeof *domain->values);
    for (size_t row = 0; row < db_row_count(rows); row++)
        if (text_equal(name, db_text(rows, row, 0)))
            domain->values[domain->value_count++] = text_copy(counting->arena, db_text(rows, row, 1));
    if (domain->value_count > LINES_MAX)
        return fail(error, ERROR_LIMIT, "table: %s has more than %d values", of->attribute->name, LINES_MAX);
    qsort(domain->values, domain->value_count, sizeof *domain->values, compare_values);
    return map_codes(counting, dimension, error);
}

Result count_domains(Db *reader, int64_t release_id, Counting *counting, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text sql =
        text_format(counting->arena, "SELECT dimension, value FROM release_%" PRId64 ".category", release_id);
    DbStatement statement = {
        .name = "release categories", .sql = sql.data, .columns = {VALUE_TEXT, VALUE_TEXT}};

    TRY(db_run(reader, &statement, NULL, &rows, error));
    for (size_t d = 0; d < counting->bound->dimension_count; d++)
        if (counting->bound->dimensions[d].condition != NULL)
            take_condition(counting, &counting->domains[d]);
        else
            TRY(take_categories(counting, rows, d, error));
    return RESULT_OK;
}

/* ---- lines ---- */

static Text band_label(Arena *arena, int64_t from, int64_t years)
{
    if (from >= band_top(years))
        return text_format(arena, "%" PRId64 "+", from);
    return text_format(arena, "%" PRId64 "-%" PRId64, from, from + years - 1);
}

static Text label(const Counting *counting, const Domain *domain, size_t line)
{
    if (domain->band_years == 0)
        return domain->values[line];
    return band_label(counting->arena, (domain->band_min + (int64_t)line) * domain->band_years,
                      domain->band_years);
}

/* Which lines there are follows from who is counted; where those are few, there are all that can be. */
static void widen(const Counting *counting, Domain *domain)
{
    if (counting->people == 0 || counting->people >= COUNT_LINES_PEOPLE_MIN)
        return;
    domain->has_unknown = true;
    if (domain->band_years == 0)
        return;
    domain->band_min = 0;
    domain->band_max = (int16_t)(band_top(domain->band_years) / domain->band_years);
}

static void set_values(const Counting *counting, size_t index, CountDimension *dimension)
{
    const Domain *domain = &counting->domains[index];
    bool is_banded = domain->band_years != 0 && domain->band_min <= domain->band_max;
    size_t count = is_banded ? (size_t)(domain->band_max - domain->band_min) + 1 : domain->value_count;

    dimension->values = arena_alloc(counting->arena, (count + 1) * sizeof *dimension->values);
    for (size_t i = 0; i < count; i++)
        dimension->values[i] = label(counting, domain, i);
    if (domain->has_unknown)
        dimension->values[count++] = TEXT("not known");
    dimension->value_count = count;
}

static size_t place_of(const Domain *domain, const CountDimension *dimension, int16_t line)
{
    if (line == LINE_UNKNOWN)
        return dimension->value_count - 1;
    return domain->band_years == 0 ? (size_t)line : (size_t)(line - domain->band_min);
}

/* ---- cells ---- */

static size_t cell_of(const Counting *counting, const CountTable *table, const size_t *indexes, size_t person)
{
    size_t cell = 0;

    for (size_t d = 0; d < table->dimension_count; d++) {
        const CountDimension *dimension = &table->dimensions[d];
        size_t index = indexes[d];
        cell = cell * (dimension->value_count + 1) +
               place_of(&counting->domains[index], dimension, counting->lines[index][person]);
    }
    return cell;
}

/* Numbers come ascending, and so each cell's are. */
static void gather_people(const Counting *counting, CountTable *table, const size_t *indexes)
{
    uint32_t **next = arena_alloc(counting->arena, (table->cell_count + 1) * sizeof *next);

    for (size_t i = 0; i < counting->people; i++)
        table->cells[cell_of(counting, table, indexes, i)].people++;
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        next[cell] = arena_alloc(counting->arena, (size_t)table->cells[cell].people * sizeof **next);
        table->cells[cell].numbers = next[cell];
    }
    for (size_t i = 0; i < counting->people; i++)
        *next[cell_of(counting, table, indexes, i)]++ = counting->numbers[i];
    for (size_t cell = 0; cell < table->cell_count; cell++)
        table->cells[cell].set = count_hash(table->cells[cell].numbers, (size_t)table->cells[cell].people);
}

void count_widen(Counting *counting)
{
    for (size_t d = 0; d < counting->bound->dimension_count; d++)
        widen(counting, &counting->domains[d]);
}

Result count_table(const Counting *counting, const TableNode *node, CountTable *table, Error *error)
{
    size_t indexes[QUERY_DIMENSIONS_MAX] = {0}, cells = 1;

    *table = (CountTable){
        .title = node->title, .dimension_count = node->dimension_count, .has_totals = node->has_totals};
    for (size_t d = 0; d < node->dimension_count; d++) {
        CountDimension *dimension = &table->dimensions[d];
        indexes[d] = bound_dimension(counting->bound, &node->dimensions[d]);
        dimension->name = text_from(node->dimensions[d].attribute->name);
        dimension->may_total = node->totals[d];
        dimension->is_condition = node->dimensions[d].condition != NULL;
        set_values(counting, indexes[d], dimension);
        cells *= dimension->value_count + 1;
        if (cells > COUNT_CELLS_MAX)
            return fail(error, ERROR_LIMIT, "table %.*s: more than %d cells; use fewer or coarser dimensions",
                        TEXT_ARG(node->title), COUNT_CELLS_MAX);
    }
    table->cell_count = cells;
    table->cells = arena_alloc(counting->arena, cells * sizeof *table->cells);
    gather_people(counting, table, indexes);
    count_margins(table);
    return RESULT_OK;
}
