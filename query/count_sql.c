#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "query/count_sql.h"

enum { CATEGORY_SQL_BYTES = 160, UNKNOWN = -1 };

/* ---- what the statement gives ---- */

typedef struct Atom {
    int32_t values[COMPILED_DIMENSIONS_MAX]; /* index of the value, or the band's first year; UNKNOWN */
    const uint32_t *numbers;
    size_t count;
} Atom;

typedef struct Domain {
    Text *values; /* of the release */
    size_t count;
    int32_t band_min, band_max; /* seen; band_min > band_max: none */
    bool has_unknown;
} Domain;

typedef struct Counting {
    const Compiled *compiled;
    Arena *arena;
    Domain domains[COMPILED_DIMENSIONS_MAX];
    Atom *atoms;
    size_t atom_count, atom_max;
} Counting;

static int compare_values(const void *a, const void *b)
{
    const Text *x = a, *y = b;
    int64_t i, j;

    if (text_to_int64(*x, &i) && text_to_int64(*y, &j))
        return (i > j) - (i < j);
    return text_compare(*x, *y);
}

static int32_t value_index(Counting *counting, size_t dimension, const Value *value)
{
    Domain *domain = &counting->domains[dimension];
    int64_t band;

    if (!value->is_null && counting->compiled->dimensions[dimension].band_years != 0 &&
        text_to_int64(value->text, &band)) {
        domain->band_min = (int32_t)band < domain->band_min ? (int32_t)band : domain->band_min;
        domain->band_max = (int32_t)band > domain->band_max ? (int32_t)band : domain->band_max;
        return (int32_t)band;
    }
    if (!value->is_null && counting->compiled->dimensions[dimension].band_years == 0) {
        const Text *found =
            bsearch(&value->text, domain->values, domain->count, sizeof *domain->values, compare_values);
        if (found != NULL)
            return (int32_t)(found - domain->values);
    }
    domain->has_unknown = true;
    return UNKNOWN;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static Result take_atom(void *context, const Value *row, Error *error)
{
    Counting *counting = context;
    size_t dimension_count = counting->compiled->dimension_count;
    const Value *people = &row[dimension_count];
    Atom atom = {.count = people->array.count};
    uint32_t *numbers = arena_alloc(counting->arena, atom.count * sizeof *numbers);

    (void)error;
    for (size_t i = 0; i < atom.count; i++)
        numbers[i] = (uint32_t)((const int64_t *)people->array.items)[i];
    atom.numbers = numbers;
    for (size_t d = 0; d < dimension_count; d++)
        atom.values[d] = value_index(counting, d, &row[d]);
    if (counting->atom_count == counting->atom_max) {
        counting->atom_max = counting->atom_max == 0 ? 1024 : 2 * counting->atom_max;
        counting->atoms = memory_resize(counting->atoms, counting->atom_max * sizeof *counting->atoms);
    }
    counting->atoms[counting->atom_count++] = atom;
    return RESULT_OK;
}

static Result read_atoms(Db *reader, Counting *counting, Error *error)
{
    const Compiled *compiled = counting->compiled;
    DbStatement statement = {
        .name = "cohort", .sql = compiled->sql.data, .parameters = {VALUE_TEXT_ARRAY, VALUE_INT8_ARRAY}};
    const Value parameters[] = {
        {.type = VALUE_TEXT_ARRAY, .array = {.items = compiled->texts, .count = compiled->text_count}},
        {.type = VALUE_INT8_ARRAY, .array = {.items = compiled->numbers, .count = compiled->number_count}},
    };

    for (size_t d = 0; d < compiled->dimension_count; d++)
        statement.columns[d] = VALUE_TEXT;
    statement.columns[compiled->dimension_count] = VALUE_INT8_ARRAY;
    return db_each(reader, &statement, parameters, take_atom, counting, error);
}

/* ---- values of the dimensions ---- */

static void take_categories(Counting *counting, const DbRows *rows, size_t dimension)
{
    Domain *domain = &counting->domains[dimension];
    Text name = text_from(counting->compiled->dimensions[dimension].attribute->name);

    domain->band_min = INT32_MAX;
    domain->band_max = INT32_MIN;
    domain->values = arena_alloc(counting->arena, (db_row_count(rows) + 1) * sizeof *domain->values);
    for (size_t row = 0; row < db_row_count(rows); row++)
        if (text_equal(name, db_text(rows, row, 0)))
            domain->values[domain->count++] = text_copy(counting->arena, db_text(rows, row, 1));
    qsort(domain->values, domain->count, sizeof *domain->values, compare_values);
}

static Result read_categories(Db *reader, int64_t release_id, Counting *counting, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text sql =
        text_format(counting->arena, "SELECT dimension, value FROM release_%" PRId64 ".category", release_id);
    DbStatement statement = {
        .name = "release categories", .sql = sql.data, .columns = {VALUE_TEXT, VALUE_TEXT}};

    TRY(db_run(reader, &statement, NULL, &rows, error));
    for (size_t d = 0; d < counting->compiled->dimension_count; d++)
        take_categories(counting, rows, d);
    return RESULT_OK;
}

/* ---- tables ---- */

static Text band_label(Arena *arena, int64_t from, int64_t years)
{
    if (from >= band_top(years))
        return text_format(arena, "%" PRId64 "+", from);
    return text_format(arena, "%" PRId64 "-%" PRId64, from, from + years - 1);
}

static void set_values(const Counting *counting, size_t index, CountDimension *dimension)
{
    const Domain *domain = &counting->domains[index];
    int64_t years = counting->compiled->dimensions[index].band_years;
    size_t count = domain->count;

    if (years != 0)
        count = domain->band_min > domain->band_max
                    ? 0
                    : (size_t)((domain->band_max - domain->band_min) / years) + 1;
    dimension->values = arena_alloc(counting->arena, (count + 1) * sizeof *dimension->values);
    for (size_t i = 0; i < count; i++)
        dimension->values[i] =
            years == 0 ? domain->values[i]
                       : band_label(counting->arena, domain->band_min + (int64_t)i * years, years);
    if (domain->has_unknown)
        dimension->values[count++] = TEXT("not known");
    dimension->value_count = count;
}

static size_t value_place(const Counting *counting, size_t index, int32_t value,
                          const CountDimension *dimension)
{
    int64_t years = counting->compiled->dimensions[index].band_years;

    if (value == UNKNOWN)
        return dimension->value_count - 1;
    return years == 0 ? (size_t)value : (size_t)((value - counting->domains[index].band_min) / years);
}

static size_t atom_cell(const Counting *counting, const Atom *atom, const CountTable *table,
                        const size_t *indexes)
{
    size_t coordinates[QUERY_DIMENSIONS_MAX];

    for (size_t d = 0; d < table->dimension_count; d++)
        coordinates[d] = value_place(counting, indexes[d], atom->values[indexes[d]], &table->dimensions[d]);
    return count_cell(table, coordinates);
}

/* The people of a cell are those of its atoms: other tables may have split them. */
static void gather_people(const Counting *counting, CountTable *table, const size_t *indexes)
{
    uint32_t **numbers = arena_alloc(counting->arena, (table->cell_count + 1) * sizeof *numbers);

    for (size_t i = 0; i < counting->atom_count; i++)
        table->cells[atom_cell(counting, &counting->atoms[i], table, indexes)].people +=
            (int64_t)counting->atoms[i].count;
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        numbers[cell] = arena_alloc(counting->arena, (size_t)table->cells[cell].people * sizeof **numbers);
        table->cells[cell].numbers = numbers[cell];
    }
    for (size_t i = 0; i < counting->atom_count; i++) {
        const Atom *atom = &counting->atoms[i];
        size_t cell = atom_cell(counting, atom, table, indexes);
        memcpy(numbers[cell], atom->numbers, atom->count * sizeof *atom->numbers);
        numbers[cell] += atom->count;
    }
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        size_t people = (size_t)table->cells[cell].people;
        qsort(numbers[cell] - people, people, sizeof **numbers, compare_numbers);
        table->cells[cell].set = count_hash(table->cells[cell].numbers, people);
    }
}

static Result make_table(const Counting *counting, const TableNode *node, CountTable *table, Error *error)
{
    size_t indexes[QUERY_DIMENSIONS_MAX] = {0}, cells = 1;

    *table = (CountTable){
        .title = node->title, .dimension_count = node->dimension_count, .has_totals = node->has_totals};
    for (size_t d = 0; d < node->dimension_count; d++) {
        CountDimension *dimension = &table->dimensions[d];
        indexes[d] = compiled_dimension(counting->compiled, &node->dimensions[d]);
        dimension->name = text_from(node->dimensions[d].attribute->name);
        dimension->may_total = node->totals[d];
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

static Result count_tables(Db *reader, const Tree *tree, int64_t release_id, Counting *counting,
                           CountTable *tables, Error *error)
{
    TRY(read_categories(reader, release_id, counting, error));
    TRY(read_atoms(reader, counting, error));
    for (size_t t = 0; t < tree->table_count; t++)
        TRY(make_table(counting, &tree->tables[t], &tables[t], error));
    return RESULT_OK;
}

Result count_by_sql(Db *reader, const Tree *tree, const Compiled *compiled, int64_t release_id, Arena *arena,
                    CountTable *tables, Error *error)
{
    Counting counting = {.compiled = compiled, .arena = arena};

    Result done = count_tables(reader, tree, release_id, &counting, tables, error);
    memory_free(counting.atoms);
    return done;
}
