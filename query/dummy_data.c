/* People and records that can be changed, and a dataset of them in the order that the engine wants. */
#include <stdlib.h>
#include <string.h>

#include "query/dummy.h"
#include "query/shape.h"

/* Half of what the round's arena may hold: columns are rounded up. */
enum { ROUND_BYTES_MAX = 512 << 20, RECORD_BYTES_MAX = 128 << 20 };

size_t dummy_bytes_max = RECORD_BYTES_MAX;

uint64_t dummy_chance(Dummy *dummy, uint64_t limit)
{
    uint64_t x = dummy->chance_state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (x ^ (x >> 31)) % limit;
}

Result dummy_fail_full(Error *error)
{
    return fail(error, ERROR_LIMIT,
                "query: it asks for more records of each person than can be made up; take fewer --people");
}

/* ---- tables ---- */

static const DummySource *described(const DummySource *sources, size_t index)
{
    return index < DUMMY_MADE ? NULL : &sources[index - DUMMY_MADE];
}

static void type_columns(DummyTable *table, const DataSource *shape)
{
    memcpy(table->columns, shape->columns, shape->column_count * sizeof *table->columns);
    for (size_t i = 0; table->of != NULL && i < table->of->column_count; i++) {
        int column = dummy_column(table, table->of->columns[i].name);
        if (column >= 0 && text_equal(table->of->columns[i].type, TEXT("decimal")))
            table->columns[column].type = TYPE_DECIMAL;
    }
}

void dummy_create(Dummy *dummy, const DummySource *sources)
{
    Arena *arena = dummy->arena;

    dummy->dataset = *shape_of_catalogue(&dummy->query->catalogue, dummy->query->tree, arena);
    size_t count = dummy->dataset.source_count;
    dummy->sources = arena_alloc(arena, count * sizeof *dummy->sources);
    memcpy(dummy->sources, dummy->dataset.sources, count * sizeof *dummy->sources);
    dummy->tables = arena_alloc(arena, count * sizeof *dummy->tables);
    for (size_t t = 0; t < count; t++) {
        DummyTable *table = &dummy->tables[t];
        table->of = described(sources, t);
        table->is_by_home = table->of != NULL && table->of->is_household;
        table->column_count = dummy->sources[t].column_count;
        table->columns = arena_alloc(arena, (table->column_count + 1) * sizeof *table->columns);
        table->rows = arena_alloc(arena, (dummy->people + dummy->homes) * sizeof(DummyRow *));
        type_columns(table, &dummy->sources[t]);
        dummy->sources[t].columns = table->columns;
    }
    dummy->dataset.sources = dummy->sources;
    dummy->dataset.people = dummy->people;
    dummy_make_words(dummy, sources);
}

int dummy_column(const DummyTable *table, Text name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (text_equal(table->columns[i].name, name))
            return (int)i;
    return -1;
}

DummyTable *dummy_table(Dummy *dummy, Text source)
{
    int index = dataset_source(&dummy->dataset, source);

    return index < 0 ? NULL : &dummy->tables[index];
}

uint32_t dummy_home(Dummy *dummy, uint32_t person)
{
    const DummyRow *row = dummy->tables[DUMMY_HOUSEHOLD].rows[person];

    return row == NULL || isnan(row->cells[0]) ? 0 : (uint32_t)row->cells[0];
}

uint32_t dummy_owner(Dummy *dummy, const DummyTable *table, uint32_t person)
{
    return table->is_by_home ? dummy_home(dummy, person) : person;
}

bool dummy_is_full(const Dummy *dummy)
{
    return arena_bytes_used(dummy->arena) > dummy_bytes_max;
}

DummyRow *dummy_add(Dummy *dummy, DummyTable *table, uint32_t owner)
{
    DummyRow *row = arena_alloc(dummy->arena, sizeof *row);

    row->cells = arena_alloc(dummy->arena, (table->column_count + 1) * sizeof *row->cells);
    for (size_t c = 0; c < table->column_count; c++)
        row->cells[c] = NAN;
    row->next = table->rows[owner];
    table->rows[owner] = row;
    return row;
}

void dummy_remove(DummyTable *table, uint32_t owner, DummyRow *row)
{
    DummyRow **at = &table->rows[owner];

    while (*at != NULL && *at != row)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = row->next;
    row->is_removed = true;
}

/* ---- the dataset ---- */

typedef struct Placed {
    uint32_t person;
    double from, to; /* of a home's rows: while the person lives there */
    DummyRow *row;
    size_t columns; /* that count in the order */
} Placed;

static int compare_cells(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}

/* By person, then in the order of the columns, unknown first. */
static int compare_placed(const void *a, const void *b)
{
    const Placed *x = a, *y = b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    for (size_t c = 0; c < x->columns; c++) {
        int order = compare_cells(x->row->cells[c], y->row->cells[c]);
        if (order != 0)
            return order;
    }
    return 0;
}

static size_t place_person(Dummy *dummy, const DummyTable *table, uint32_t person, Placed *placed)
{
    size_t count = 0, own = table->column_count - (table->is_by_home ? 2 : 0);

    if (!table->is_by_home) {
        for (DummyRow *row = table->rows[person]; row != NULL; row = row->next, count++)
            if (placed != NULL)
                placed[count] = (Placed){.person = person, .row = row, .columns = own};
        return count;
    }
    for (DummyRow *stay = dummy->tables[DUMMY_HOUSEHOLD].rows[person]; stay != NULL; stay = stay->next)
        for (DummyRow *row = table->rows[(size_t)stay->cells[0]]; row != NULL; row = row->next, count++)
            if (placed != NULL)
                placed[count] = (Placed){person, stay->cells[1], stay->cells[2], row, own};
    return count;
}

static double cell_of(const DummyTable *table, const Placed *placed, size_t column)
{
    if (table->is_by_home && column + 2 >= table->column_count)
        return column + 1 == table->column_count ? placed->to : placed->from;
    return placed->row->cells[column];
}

static void fill_column(Dummy *dummy, DummyTable *table, const Placed *placed, size_t column)
{
    DataColumn *to = &table->columns[column];
    int32_t *narrow = arena_alloc(dummy->round_arena, (table->row_count + 1) * sizeof *narrow);
    double *decimals = arena_alloc(dummy->round_arena, (table->row_count + 1) * sizeof *decimals);

    for (size_t i = 0; i < table->row_count; i++) {
        double cell = cell_of(table, &placed[i], column);
        bool fits = cell > INT32_MIN && cell <= INT32_MAX;
        decimals[i] = cell;
        narrow[i] = fits ? (int32_t)cell : SMALL_UNKNOWN;
    }
    to->narrow = to->type == TYPE_DECIMAL ? NULL : narrow;
    to->decimals = to->type == TYPE_DECIMAL ? decimals : NULL;
}

/* A home's rows are there once for each who lives there: only now it is known how many they are. */
static Result check_room(const Dummy *dummy, const DummyTable *table, Error *error)
{
    size_t column = sizeof(int32_t) + sizeof(double);
    size_t row = sizeof(Placed) + sizeof(DummyRow *) + column * table->column_count;

    if (arena_bytes_used(dummy->round_arena) + row * table->row_count > ROUND_BYTES_MAX)
        return dummy_fail_full(error);
    return RESULT_OK;
}

static Result build_table(Dummy *dummy, size_t index, Error *error)
{
    DummyTable *table = &dummy->tables[index];
    uint32_t *begin = arena_alloc(dummy->round_arena, (dummy->people + 1) * sizeof *begin);

    for (uint32_t p = 0; p < dummy->people; p++)
        begin[p + 1] = begin[p] + (uint32_t)place_person(dummy, table, p, NULL);
    table->row_count = begin[dummy->people];
    TRY(check_room(dummy, table, error));
    Placed *placed = arena_alloc(dummy->round_arena, (table->row_count + 1) * sizeof *placed);
    table->origins = arena_alloc(dummy->round_arena, (table->row_count + 1) * sizeof(DummyRow *));
    for (uint32_t p = 0; p < dummy->people; p++)
        (void)place_person(dummy, table, p, placed + begin[p]);
    qsort(placed, table->row_count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < table->row_count; i++)
        table->origins[i] = placed[i].row;
    for (size_t c = 0; c < table->column_count; c++)
        fill_column(dummy, table, placed, c);
    dummy->sources[index].begin = begin;
    return RESULT_OK;
}

/* Who has died says the source of deaths, here as in a release. */
static void set_deaths(Dummy *dummy, const DummyTable *deaths)
{
    const DummyTable *people = &dummy->tables[DUMMY_PERSON];
    int to = dummy_column(people, TEXT("death_date")), from = dummy_column(deaths, deaths->of->event_date);

    for (uint32_t p = 0; from >= 0 && p < dummy->people; p++) {
        double *death = &people->rows[p]->cells[to];
        *death = NAN;
        for (const DummyRow *row = deaths->rows[p]; row != NULL; row = row->next)
            if (!(*death <= row->cells[from]))
                *death = row->cells[from];
    }
}

Result dummy_build(Dummy *dummy, Error *error)
{
    if (dummy_is_full(dummy))
        return dummy_fail_full(error);
    arena_reset(dummy->round_arena);
    dummy_date_from_birth(dummy);
    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
        if (dummy->tables[t].of->is_death)
            set_deaths(dummy, &dummy->tables[t]);
    for (size_t t = 0; t < dummy->dataset.source_count; t++)
        TRY(build_table(dummy, t, error));
    return RESULT_OK;
}
