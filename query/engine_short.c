/* Shorter ways than row by row: posting lists, tables of values, and rows chosen by tables of values. */
#include "query/engine_parts.h"

/* ---- posting lists ---- */

static void copy_answer(const Engine *engine, const PostingAnswer *answer, Vector *out)
{
    for (uint32_t i = 0; i < engine->people; i++) {
        uint32_t person = engine->first + i;
        if (answer->bits != NULL)
            out->numbers[i] = answer->bits[person / 64] >> person % 64 & 1;
        else if (answer->counts != NULL)
            out->numbers[i] = answer->counts[person];
        else
            out->numbers[i] = answer->days[person] == SMALL_UNKNOWN ? NUMBER_UNKNOWN : answer->days[person];
    }
}

PostingReader *engine_postings(Engine *engine)
{
    return engine->postings;
}

/* ---- chosen rows ---- */

static Chosen *chosen_of(Engine *engine, PlanId rows)
{
    Chosen *chosen = &engine->chosen[rows];
    Choice choice;

    if (!chosen->was_asked && choice_make(engine->plan, engine->lookups, rows, engine->choices, &choice)) {
        Choice *kept = arena_alloc(engine->choices, sizeof *kept);
        *kept = choice;
        chosen->choice = kept;
    }
    chosen->was_asked = true;
    return chosen;
}

static const uint32_t *chosen_rows(Engine *engine, PlanId rows, bool last)
{
    Chosen *chosen = chosen_of(engine, rows);
    const uint32_t **known = last ? &chosen->last : &chosen->first;

    if (chosen->choice == NULL || *known != NULL)
        return *known;
    uint32_t *made = arena_alloc(engine->arena, ((size_t)engine->people + 1) * sizeof *made);
    choice_rows(chosen->choice, engine->first, engine->people, last, engine->arena, made);
    return *known = made;
}

static bool exists_by_choice(Engine *engine, const PlanNode *node, Vector *out)
{
    const uint32_t *rows = chosen_rows(engine, node->operands[0], true);

    for (uint32_t i = 0; rows != NULL && i < engine->people; i++)
        out->numbers[i] = rows[i] != CHOICE_NONE;
    return rows != NULL;
}

static void put_narrow(const Engine *engine, const int32_t *narrow, const uint32_t *rows, Vector *out)
{
    for (uint32_t i = 0; i < engine->people; i++) {
        int32_t value = rows[i] == CHOICE_NONE ? SMALL_UNKNOWN : narrow[rows[i]];
        out->numbers[i] = value == SMALL_UNKNOWN ? NUMBER_UNKNOWN : value;
    }
}

/* The value of the first or last row is that of a column, of rows that tests choose. */
static const PlanNode *chosen_column(Engine *engine, PlanId id)
{
    const PlanNode *node = &engine->plan->nodes[id];

    if (node->kind != PLAN_VALUE || engine->lookups == NULL)
        return NULL;
    const PlanNode *pick = &engine->plan->nodes[node->operands[0]];
    const PlanNode *value = &engine->plan->nodes[node->operands[1]];
    if (pick->kind != PLAN_PICK || (pick->integer != 1 && pick->integer != -1) ||
        value->kind != PLAN_COLUMN || value->level != pick->level ||
        chosen_of(engine, pick->operands[0])->choice == NULL)
        return NULL;
    return value;
}

static const uint32_t *rows_of_value(Engine *engine, PlanId id)
{
    const PlanNode *pick = &engine->plan->nodes[engine->plan->nodes[id].operands[0]];

    return chosen_rows(engine, pick->operands[0], pick->integer == -1);
}

static bool value_by_choice(Engine *engine, PlanId id, Vector *out)
{
    const PlanNode *value = chosen_column(engine, id);

    if (value == NULL || engine_source(engine, value->level)->columns[value->column].narrow == NULL)
        return false;
    put_narrow(engine, engine_source(engine, value->level)->columns[value->column].narrow,
               rows_of_value(engine, id), out);
    return true;
}

const DataCodes *engine_coded(Engine *engine, PlanId id)
{
    const PlanNode *value = chosen_column(engine, id);
    const DataCodes *codes = value == NULL ? NULL : engine_source(engine, value->level)->codes;

    return codes != NULL && codes[value->column].cells != NULL ? &codes[value->column] : NULL;
}

const uint8_t *engine_codes(Engine *engine, PlanId id)
{
    const DataCodes *codes = engine_coded(engine, id);

    if (codes == NULL)
        return NULL;
    const uint32_t *rows = rows_of_value(engine, id);
    uint8_t *made = arena_alloc(engine->arena, (size_t)engine->people + 1);
    for (uint32_t i = 0; i < engine->people; i++)
        made[i] = rows[i] == CHOICE_NONE ? 0 : codes->cells[rows[i]];
    return made;
}

bool engine_gather_short(Engine *engine, PlanId id, Vector *out)
{
    const PlanNode *node = &engine->plan->nodes[id];
    const PostingAnswer *answer = engine->postings == NULL ? NULL : posting_answer(engine->postings, id);

    if (answer != NULL)
        copy_answer(engine, answer, out);
    if (answer != NULL || engine->lookups == NULL)
        return answer != NULL;
    if (node->kind == PLAN_EXISTS)
        return exists_by_choice(engine, node, out);
    return value_by_choice(engine, id, out);
}

/* ---- tables of values ---- */

bool engine_look_up(Engine *engine, PlanId id, size_t count, Vector *out)
{
    const Lookup *lookup = engine->lookups == NULL ? NULL : lookup_of(engine->lookups, id);

    if (lookup == NULL)
        return false;
    uint32_t *places = arena_alloc(engine->arena, count * sizeof *places);
    lookup_places(lookup, engine_first_row(engine, engine->plan->nodes[id].level), count, places);
    for (size_t i = 0; i < count; i++)
        if (out->decimals != NULL)
            out->decimals[i] = vector_decimal(lookup->worth, places[i]);
        else
            out->numbers[i] = vector_number(lookup->worth, places[i]);
    return true;
}

/* ---- bits ---- */

static bool bits_by_choice(Engine *engine, const PlanNode *node, bool wanted, uint64_t *bits)
{
    const uint32_t *rows = chosen_rows(engine, node->operands[0], true);

    if (rows != NULL)
        choice_bits(rows, engine->people, wanted, bits);
    return rows != NULL;
}

bool engine_bits_short(Engine *engine, PlanId id, bool wanted, uint64_t *bits)
{
    const PlanNode *node = &engine->plan->nodes[id];

    if (engine->lookups == NULL || node->level != PLAN_PEOPLE)
        return false;
    if (node->kind == PLAN_EXISTS)
        return bits_by_choice(engine, node, wanted, bits);
    const Lookup *lookup = lookup_of(engine->lookups, id);
    if (lookup == NULL || lookup->truths == NULL)
        return false;
    lookup_bits(lookup, engine->first, engine->people, wanted, bits);
    return true;
}
