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
    if (last)
        choice_last(chosen->choice, engine->first, engine->people, made);
    else
        choice_first(chosen->choice, engine->first, engine->people, made);
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

/* The value of the first or last row, of a narrow column. */
static bool value_by_choice(Engine *engine, const PlanNode *node, Vector *out)
{
    const PlanNode *pick = &engine->plan->nodes[node->operands[0]];
    const PlanNode *value = &engine->plan->nodes[node->operands[1]];

    if (pick->kind != PLAN_PICK || (pick->integer != 1 && pick->integer != -1) ||
        value->kind != PLAN_COLUMN || value->level != pick->level)
        return false;
    const int32_t *narrow = engine_source(engine, value->level)->columns[value->column].narrow;
    if (narrow == NULL)
        return false;
    const uint32_t *rows = chosen_rows(engine, pick->operands[0], pick->integer == -1);
    if (rows != NULL)
        put_narrow(engine, narrow, rows, out);
    return rows != NULL;
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
    return node->kind == PLAN_VALUE && value_by_choice(engine, node, out);
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
