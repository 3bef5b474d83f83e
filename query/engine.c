#include <assert.h>
#include <stdlib.h>

#include "query/engine_parts.h"

enum { CHUNK_BYTES_MAX = 1 << 30, OPERANDS_MAX = PLAN_OPERANDS_MAX };

static const Vector *work(Engine *engine, PlanId id);

/* What reads nothing of anybody is everybody's. */
static bool *find_constants(const Plan *plan)
{
    bool *is_constant = memory_alloc((plan->count + 1) * sizeof *is_constant);

    for (size_t id = 0; id < plan->count; id++) {
        const PlanNode *node = &plan->nodes[id];
        is_constant[id] = node->kind == PLAN_NUMBER || node->kind == PLAN_DECIMAL || node->operand_count > 0;
        is_constant[id] &=
            !plan_is_rows(node->kind) && !plan_gathers(node->kind) && !plan_is_of_homes(node->kind);
        for (size_t i = 0; i < node->operand_count; i++)
            is_constant[id] &= is_constant[node->operands[i]];
    }
    return is_constant;
}

Engine *engine_create(const Plan *plan)
{
    return engine_create_as(plan, ENGINE_CHOOSES);
}

Engine *engine_create_as(const Plan *plan, EngineWay way)
{
    Engine *engine = memory_alloc(sizeof *engine);

    engine->plan = plan;
    engine->slots = memory_alloc((plan->count + 1) * sizeof *engine->slots);
    engine->arena = arena_create(CHUNK_BYTES_MAX);
    engine->is_constant = find_constants(plan);
    engine->homes = homes_create(plan);
    if (way != ENGINE_SCANS) {
        engine->postings = posting_reader_create(plan, way == ENGINE_SHORTENS);
        engine->lookups = lookups_create(plan, way == ENGINE_SHORTENS);
        engine->choices = arena_create(CHUNK_BYTES_MAX);
        engine->chosen = memory_alloc((plan->count + 1) * sizeof *engine->chosen);
    }
    return engine;
}

void engine_close(Engine **engine)
{
    if (*engine == NULL)
        return;
    homes_close(&(*engine)->homes);
    posting_reader_close(&(*engine)->postings);
    lookups_close(&(*engine)->lookups);
    arena_close(&(*engine)->choices);
    memory_free((*engine)->chosen);
    arena_close(&(*engine)->arena);
    memory_free((*engine)->is_constant);
    memory_free((*engine)->slots);
    memory_free(*engine);
    *engine = NULL;
}

void engine_chunk(Engine *engine, uint32_t first, uint32_t people)
{
    assert(first <= engine->plan->dataset->people && people <= engine->plan->dataset->people - first);
    arena_reset(engine->arena);
    for (size_t i = 0; i < engine->plan->count; i++)
        engine->slots[i] = (Slot){0};
    for (size_t i = 0; engine->chosen != NULL && i < engine->plan->count; i++)
        engine->chosen[i].first = engine->chosen[i].last = NULL;
    engine->first = first;
    engine->people = people;
}

/* ---- levels ---- */

const DataSource *engine_source(const Engine *engine, uint16_t level)
{
    return &engine->plan->dataset->sources[level == PLAN_PEOPLE ? 0 : level];
}

size_t engine_first_row(const Engine *engine, uint16_t level)
{
    return level == PLAN_PEOPLE ? engine->first : engine_source(engine, level)->begin[engine->first];
}

static size_t places(const Engine *engine, uint16_t level)
{
    if (level == PLAN_PEOPLE)
        return engine->people;
    const uint32_t *begin = &engine_source(engine, level)->begin[engine->first];
    return begin[engine->people] - begin[0];
}

/* What holds of a person holds of each of their rows. */
static const Vector *spread(Engine *engine, const Vector *value, uint16_t level)
{
    const uint32_t *begin = &engine_source(engine, level)->begin[engine->first];
    QueryType type = value->decimals != NULL ? TYPE_DECIMAL : TYPE_NUMBER;
    Vector *out = vector_create(engine->arena, type, places(engine, level));

    for (uint32_t p = 0; p < engine->people; p++)
        for (uint32_t row = begin[p] - begin[0]; row < begin[p + 1] - begin[0]; row++)
            if (value->decimals != NULL)
                out->decimals[row] = vector_decimal(value, p);
            else
                out->numbers[row] = vector_number(value, p);
    return out;
}

static const Vector *value_at(Engine *engine, PlanId id, uint16_t level)
{
    const Vector *value = work(engine, id);
    bool is_spread = engine->plan->nodes[id].level == level || value->mask == 0;

    return is_spread ? value : spread(engine, value, level);
}

/* ---- nodes ---- */

static void read_column(const Engine *engine, const PlanNode *node, size_t count, Vector *out)
{
    const DataColumn *column = &engine_source(engine, node->level)->columns[node->column];
    size_t first = engine_first_row(engine, node->level);

    for (size_t i = 0; i < count; i++)
        if (column->decimals != NULL)
            out->decimals[i] = column->decimals[first + i];
        else if (column->wide != NULL)
            out->numbers[i] = column->wide[first + i];
        else
            out->numbers[i] =
                column->narrow[first + i] == SMALL_UNKNOWN ? NUMBER_UNKNOWN : column->narrow[first + i];
}

static const Rows *select_rows(Engine *engine, PlanId id)
{
    const PlanNode *node = &engine->plan->nodes[id];
    Slot *slot = &engine->slots[id];

    if (slot->rows != NULL)
        return slot->rows;
    if (node->kind == PLAN_ROWS)
        return slot->rows =
                   rows_all(engine->arena, engine_source(engine, node->level), engine->first, engine->people);
    const Rows *rows = select_rows(engine, node->operands[0]);
    if (node->kind == PLAN_PICK)
        return slot->rows = rows_pick(engine->arena, rows, node->integer);
    if (deadline_is_over_after(engine->plan->deadline, places(engine, node->level)))
        return slot->rows = rows;
    const Vector *by = value_at(engine, node->operands[1], node->level);
    if (node->kind == PLAN_SORT)
        return slot->rows = rows_sort(engine->arena, rows, by);
    return slot->rows = rows_filter(engine->arena, rows, by, node->kind == PLAN_KEEP);
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int compare_decimals(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What a person's rows hold, in order: each value is then found in few steps. */
typedef struct Held {
    bool is_decimal;
    int64_t *numbers;
    double *decimals;
    size_t count;
} Held;

static void hold_values(const Rows *rows, size_t person, const Vector *theirs, Held *held)
{
    held->count = 0;
    for (uint32_t r = rows->begin[person]; r < rows->begin[person + 1]; r++) {
        if (!vector_is_known(theirs, rows->rows[r]))
            continue;
        if (held->is_decimal)
            held->decimals[held->count++] = vector_decimal(theirs, rows->rows[r]);
        else
            held->numbers[held->count++] = vector_number(theirs, rows->rows[r]);
    }
    if (held->is_decimal)
        qsort(held->decimals, held->count, sizeof *held->decimals, compare_decimals);
    else
        qsort(held->numbers, held->count, sizeof *held->numbers, compare_numbers);
}

/* False where there are no rows, also of what is unknown; unknown rows are equal to nothing. */
static int64_t is_held(const Vector *value, size_t i, bool has_rows, const Held *held)
{
    if (!has_rows)
        return false;
    if (!vector_is_known(value, i))
        return NUMBER_UNKNOWN;
    if (held->is_decimal) {
        double wanted = vector_decimal(value, i);
        return bsearch(&wanted, held->decimals, held->count, sizeof wanted, compare_decimals) != NULL;
    }
    int64_t wanted = vector_number(value, i);
    return bsearch(&wanted, held->numbers, held->count, sizeof wanted, compare_numbers) != NULL;
}

static Held make_held(Engine *engine, const Rows *rows, const Vector *value, const Vector *theirs)
{
    Held held = {.is_decimal = value->decimals != NULL && theirs->decimals != NULL};
    size_t most = 0;

    for (size_t p = 0; p < rows->people; p++)
        most = rows->begin[p + 1] - rows->begin[p] > most ? rows->begin[p + 1] - rows->begin[p] : most;
    if (held.is_decimal)
        held.decimals = arena_alloc(engine->arena, (most + 1) * sizeof *held.decimals);
    else
        held.numbers = arena_alloc(engine->arena, (most + 1) * sizeof *held.numbers);
    return held;
}

static void search_rows(Engine *engine, const PlanNode *node, Vector *out)
{
    const Vector *value = value_at(engine, node->operands[0], node->level);
    const Rows *rows = select_rows(engine, node->operands[1]);
    const Vector *theirs = value_at(engine, node->operands[2], engine->plan->nodes[node->operands[1]].level);
    const uint32_t *begin =
        node->level == PLAN_PEOPLE ? NULL : &engine_source(engine, node->level)->begin[engine->first];
    Held held = make_held(engine, rows, value, theirs);

    for (uint32_t p = 0; p < engine->people; p++) {
        size_t from = begin == NULL ? p : begin[p] - begin[0];
        size_t to = begin == NULL ? from + 1 : begin[p + 1] - begin[0];
        bool has_rows = rows->begin[p] < rows->begin[p + 1];
        if (from < to)
            hold_values(rows, p, theirs, &held);
        for (size_t i = from; i < to; i++)
            out->numbers[i] = is_held(value, i, has_rows, &held);
    }
}

static void gather(Engine *engine, const PlanNode *node, Vector *out)
{
    const Rows *rows = select_rows(engine, node->operands[0]);
    const Vector *value = NULL;

    if (node->operand_count > 1)
        value = value_at(engine, node->operands[1], engine->plan->nodes[node->operands[0]].level);
    rows_gather(node, rows, value, engine->arena, out);
}

static void work_operands(Engine *engine, const PlanNode *node, size_t count, Vector *out)
{
    const Vector *operands[OPERANDS_MAX];

    for (size_t i = 0; i < node->operand_count; i++)
        operands[i] = value_at(engine, node->operands[i], node->level);
    vector_work(engine->plan, node, operands, count, out);
}

/* ---- every node ---- */

static void work_out(Engine *engine, PlanId id, size_t count, Vector *out)
{
    const PlanNode *node = &engine->plan->nodes[id];

    if (node->kind == PLAN_COLUMN)
        read_column(engine, node, count, out);
    else if (node->kind == PLAN_IN_ROWS)
        search_rows(engine, node, out);
    else if (plan_gathers(node->kind)) {
        if (!engine_gather_short(engine, id, out))
            gather(engine, node, out);
    } else if (plan_is_of_homes(node->kind)) {
        engine_at_home(engine, id, out);
    } else if (!engine_look_up(engine, id, count, out))
        work_operands(engine, node, count, out);
}

static const Vector *work(Engine *engine, PlanId id)
{
    const PlanNode *node = &engine->plan->nodes[id];
    bool is_constant = engine->is_constant[id];
    size_t count = is_constant ? 1 : places(engine, node->level);

    if (engine->slots[id].value != NULL)
        return engine->slots[id].value;
    Vector *out = vector_create(engine->arena, node->type, count);
    if (!deadline_is_over_after(engine->plan->deadline, count))
        work_out(engine, id, count, out);
    out->mask = is_constant ? 0 : SIZE_MAX;
    engine->slots[id].value = out;
    return out;
}

const Vector *engine_value(Engine *engine, PlanId id)
{
    assert(engine->plan->nodes[id].level == PLAN_PEOPLE && !plan_is_rows(engine->plan->nodes[id].kind));
    return work(engine, id);
}

const Vector *engine_value_at(Engine *engine, PlanId id, uint16_t level)
{
    return value_at(engine, id, level);
}
