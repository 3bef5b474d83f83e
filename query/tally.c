#include "query/tally.h"

#include <assert.h>
#include <string.h>

#include "query/engine_parts.h"
#include "query/tally_parts.h"

enum { TALLY_BYTES_MAX = 64 << 20 };

/* Of a dimension: what each of its values adds to a cell's number. */
typedef struct Side {
    PlanId value;
    bool is_looked_up;
    TallyLookup lookup;
    const uint32_t *adds; /* not looked up: of the value lowest and up; NULL: values are searched */
    int64_t lowest;
    uint64_t add_count;
    uint32_t none; /* what another value adds */
    TallyDimension dimension;
    uint32_t step; /* from place to place */
} Side;

struct Tally {
    Engine *engine;
    Arena *arena;
    Side sides[TALLY_DIMENSIONS_MAX];
    size_t side_count;
    uint32_t cell_count;
    TallyAdd *add;
    uint32_t *cells; /* of cells_max people */
    uint32_t cells_max;
};

/* ---- dimensions ---- */

static uint32_t place_of(const TallyDimension *dimension, int64_t value)
{
    uint32_t from = 0, to = dimension->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (dimension->values[middle] < value)
            from = middle + 1;
        else
            to = middle;
    }
    return from < dimension->count && dimension->values[from] == value ? from : dimension->count;
}

/* As the lookup has its values, but what is not known comes last, so that one comparison finds it. */
static void add_by_lookup(Tally *tally, const Lookup *lookup, const TallyDimension *dimension, Side *side)
{
    uint32_t *adds = arena_alloc(tally->arena, lookup->count * sizeof *adds);

    side->lookup = (TallyLookup){.column_count = lookup->column_count, .adds = adds};
    for (size_t c = 0; c < lookup->column_count; c++)
        side->lookup.columns[c] = (TallyColumn){lookup->columns[c].column, lookup->columns[c].lowest,
                                                lookup->columns[c].count - 1, lookup->columns[c].step};
    for (uint32_t i = 0; i < lookup->count; i++) {
        uint32_t at = 0;
        for (size_t c = 0; c < lookup->column_count; c++) {
            const LookupColumn *column = &lookup->columns[c];
            at += (i / column->step + column->count - 1) % column->count * column->step;
        }
        adds[at] = tally->cell_count * place_of(dimension, vector_number(lookup->worth, i));
    }
    tally_find_slope(&side->lookup, lookup->count);
    side->is_looked_up = true;
}

static void add_by_value(Tally *tally, const TallyDimension *dimension, Side *side)
{
    if (dimension->count == 0)
        return;
    side->lowest = dimension->values[0];
    uint64_t above = (uint64_t)dimension->values[dimension->count - 1] - (uint64_t)side->lowest;
    if (above >= TALLY_RANGE_MAX)
        return;
    side->add_count = above + 1;
    uint32_t *adds = arena_alloc(tally->arena, side->add_count * sizeof *adds);
    for (uint64_t i = 0; i < side->add_count; i++)
        adds[i] = tally->cell_count * place_of(dimension, side->lowest + (int64_t)i);
    side->adds = adds;
}

Tally *cell_tally_create(Engine *engine, const TallyDimension *dimensions, size_t dimension_count)
{
    Tally *tally = memory_alloc(sizeof *tally);

    assert(dimension_count <= TALLY_DIMENSIONS_MAX);
    tally->engine = engine;
    tally->arena = arena_create(TALLY_BYTES_MAX);
    tally->side_count = dimension_count;
    tally->cell_count = 1;
    tally->add = tally_best_add();
    for (size_t d = dimension_count; d-- > 0;) {
        Side *side = &tally->sides[d];
        side->value = dimensions[d].value;
        side->dimension = dimensions[d];
        side->step = tally->cell_count;
        side->none = tally->cell_count * dimensions[d].count;
        const Lookup *lookup = engine->lookups == NULL ? NULL : lookup_of(engine->lookups, side->value);
        if (lookup != NULL)
            add_by_lookup(tally, lookup, &dimensions[d], side);
        else
            add_by_value(tally, &dimensions[d], side);
        tally->cell_count *= dimensions[d].count + 1;
    }
    return tally;
}

void cell_tally_close(Tally **tally)
{
    if (*tally == NULL)
        return;
    arena_close(&(*tally)->arena);
    memory_free((*tally)->cells);
    memory_free(*tally);
    *tally = NULL;
}

uint32_t cell_tally_cell_count(const Tally *tally)
{
    return tally->cell_count;
}

/* ---- people ---- */

static void add_valued(Engine *engine, const Side *side, uint32_t *cells)
{
    const Vector *value = engine_value(engine, side->value);

    for (uint32_t i = 0; side->adds == NULL && i < engine->people; i++)
        cells[i] += side->step * place_of(&side->dimension, vector_number(value, i));
    for (uint32_t i = 0; side->adds != NULL && i < engine->people; i++) {
        uint64_t at = (uint64_t)vector_number(value, i) - (uint64_t)side->lowest;
        cells[i] += at < side->add_count ? side->adds[at] : side->none;
    }
}

static void make_room(Tally *tally, uint32_t people)
{
    if (people <= tally->cells_max)
        return;
    tally->cells = memory_resize(tally->cells, people * sizeof *tally->cells);
    tally->cells_max = people;
}

TallyCells cell_tally_cells(Tally *tally)
{
    Engine *engine = tally->engine;

    make_room(tally, engine->people);
    memset(tally->cells, 0, engine->people * sizeof *tally->cells);
    for (size_t d = 0; d < tally->side_count; d++)
        if (tally->sides[d].is_looked_up)
            tally->add(&tally->sides[d].lookup, engine->first, engine->people, tally->cells);
        else
            add_valued(engine, &tally->sides[d], tally->cells);
    return (TallyCells){tally->cells, engine->first, engine->people};
}

static inline void add_person(const TallyCells *cells, uint32_t person, SetHash *sets)
{
    set_hash_add(&sets[cells->cells[person]], set_hash_of(cells->first + person + 1));
}

static void add_word(const TallyCells *cells, uint32_t from, uint64_t bits, SetHash *sets)
{
    if (bits == ~UINT64_C(0))
        for (uint32_t i = 0; i < 64; i++)
            add_person(cells, from + i, sets);
    else
        for (; bits != 0; bits &= bits - 1)
            add_person(cells, from + (uint32_t)__builtin_ctzll(bits), sets);
}

void cell_tally_add(const TallyCells *cells, const uint64_t *bits, const uint64_t *also, SetHash *sets)
{
    for (uint32_t from = 0; from < cells->people; from += 64)
        add_word(cells, from, bits[from / 64] & also[from / 64], sets);
}

void cell_tally_sketch(const TallyCells *cells, const uint64_t *bits, const uint64_t *also,
                       uint64_t *sketches)
{
    for (uint32_t from = 0; from < cells->people; from += 64)
        for (uint64_t both = bits[from / 64] & also[from / 64]; both != 0; both &= both - 1)
            sketches[cells->cells[from + (uint32_t)__builtin_ctzll(both)]] |= both & -both;
}
