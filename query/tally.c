#include "query/tally.h"

#include <assert.h>
#include <string.h>

#include "query/engine_parts.h"
#include "query/tally_parts.h"

enum { TALLY_BYTES_MAX = 64 << 20 };

/* Of a dimension: what each of its values adds to a cell's number. */
typedef struct Side {
    PlanId value;
    TallyLookup lookup;   /* of nothing: not looked up */
    bool is_coded;        /* by codes that the engine has of each chunk */
    const uint16_t *adds; /* not looked up: of the value lowest and up; NULL: values are searched */
    int64_t lowest;
    uint64_t add_count;
    uint16_t none; /* what another value adds */
    TallyDimension dimension;
    uint32_t step; /* from place to place */
} Side;

struct Tally {
    Engine *engine;
    Arena *arena;
    Side sides[TALLY_DIMENSIONS_MAX];
    size_t side_count;
    uint32_t cell_count;
    const TallyMethods *methods;
    uint16_t *cells; /* of cells_max people */
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

static void add_by_lookup(Tally *tally, const Lookup *lookup, const TallyDimension *dimension, Side *side)
{
    uint16_t *adds = arena_alloc(tally->arena, lookup->count * sizeof *adds);
    TallyRows *rows = arena_alloc(tally->arena, sizeof *rows);

    for (uint32_t i = 0; i < lookup->count; i++)
        adds[i] = (uint16_t)(side->step * place_of(dimension, vector_number(lookup->worth, i)));
    tally_find_rows(lookup, adds, rows);
    side->lookup = (TallyLookup){lookup, adds, rows};
}

/* As if the codes were a column of people, which they are from chunk to chunk. */
static void add_by_code(Tally *tally, const DataCodes *codes, const TallyDimension *dimension, Side *side)
{
    Lookup *lookup = arena_alloc(tally->arena, sizeof *lookup);
    uint16_t *adds = arena_alloc(tally->arena, TALLY_CODES * sizeof *adds);
    TallyRows *rows = arena_alloc(tally->arena, sizeof *rows);

    *lookup = (Lookup){.columns = {{.codes = codes->cells, .count = codes->count + 1, .step = 1}},
                       .column_count = 1};
    for (uint32_t i = 0; i <= codes->count; i++)
        adds[i] =
            (uint16_t)(side->step * place_of(dimension, i == 0 ? NUMBER_UNKNOWN : codes->values[i - 1]));
    tally_find_rows(lookup, adds, rows);
    side->lookup = (TallyLookup){lookup, adds, rows};
    side->is_coded = true;
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
    uint16_t *adds = arena_alloc(tally->arena, side->add_count * sizeof *adds);
    for (uint64_t i = 0; i < side->add_count; i++)
        adds[i] = (uint16_t)(side->step * place_of(dimension, side->lowest + (int64_t)i));
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
    tally->methods = tally_best();
    for (size_t d = dimension_count; d-- > 0;) {
        Side *side = &tally->sides[d];
        side->value = dimensions[d].value;
        side->dimension = dimensions[d];
        side->step = tally->cell_count;
        side->none = (uint16_t)(tally->cell_count * dimensions[d].count);
        const Lookup *lookup = engine->lookups == NULL ? NULL : lookup_of(engine->lookups, side->value);
        const DataCodes *codes = lookup != NULL ? NULL : engine_coded(engine, side->value);
        if (lookup != NULL)
            add_by_lookup(tally, lookup, &dimensions[d], side);
        else if (codes != NULL)
            add_by_code(tally, codes, &dimensions[d], side);
        else
            add_by_value(tally, &dimensions[d], side);
        tally->cell_count *= dimensions[d].count + 1;
        assert(tally->cell_count <= TALLY_CELLS_MAX);
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

/* ---- people ---- */

static void add_valued(Engine *engine, const Side *side, uint16_t *cells)
{
    const Vector *value = engine_value(engine, side->value);

    for (uint32_t i = 0; side->adds == NULL && i < engine->people; i++)
        cells[i] = (uint16_t)(cells[i] + side->step * place_of(&side->dimension, vector_number(value, i)));
    for (uint32_t i = 0; side->adds != NULL && i < engine->people; i++) {
        uint64_t at = (uint64_t)vector_number(value, i) - (uint64_t)side->lowest;
        cells[i] = (uint16_t)(cells[i] + (at < side->add_count ? side->adds[at] : side->none));
    }
}

static void take_coded(Tally *tally, const Side *side, bool is_first, uint16_t *cells)
{
    Lookup lookup = *side->lookup.lookup;
    TallyRows rows = *side->lookup.rows;
    const TallyLookup by = {&lookup, side->lookup.adds, &rows};

    lookup.columns[0].codes = rows.codes = engine_codes(tally->engine, side->value);
    (is_first ? tally->methods->put : tally->methods->add)(&by, 0, tally->engine->people, cells);
}

static uint16_t *make_room(Tally *tally, uint32_t people)
{
    if (people > tally->cells_max) {
        tally->cells = memory_resize(tally->cells, people * sizeof *tally->cells);
        tally->cells_max = people;
    }
    return tally->cells;
}

/* is_first: nothing stands in the cells yet. */
static void take_side(Tally *tally, const Side *side, bool is_first, uint16_t *cells)
{
    Engine *engine = tally->engine;

    if (side->is_coded) {
        take_coded(tally, side, is_first, cells);
    } else if (side->lookup.lookup != NULL) {
        (is_first ? tally->methods->put : tally->methods->add)(&side->lookup, engine->first, engine->people,
                                                               cells);
    } else {
        if (is_first)
            memset(cells, 0, engine->people * sizeof *cells);
        add_valued(engine, side, cells);
    }
}

TallyCells cell_tally_cells(Tally *tally, uint16_t *to)
{
    const Engine *engine = tally->engine;
    uint16_t *cells = to != NULL ? to : make_room(tally, engine->people);

    if (tally->side_count == 0)
        memset(cells, 0, engine->people * sizeof *cells);
    for (size_t d = 0; d < tally->side_count; d++)
        take_side(tally, &tally->sides[d], d == 0, cells);
    return (TallyCells){cells, engine->first, engine->people};
}

void cell_tally_add(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                    size_t answer_count)
{
    tally_best()->add_sets(cells, among, answers, answer_count);
}
