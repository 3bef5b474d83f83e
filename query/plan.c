#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/plan.h"

static const uint32_t NONE = UINT32_MAX;

/* In every build, unlike assert. */
static void must(bool holds, const char *rule)
{
    if (holds)
        return;
    (void)fprintf(stderr, "cinque: plan: %s\n", rule);
    abort();
}

Plan *plan_create(const Dataset *dataset, size_t nodes_max, Arena *arena)
{
    Plan *plan = arena_alloc(arena, sizeof *plan);

    *plan = (Plan){.dataset = dataset, .arena = arena, .nodes_max = nodes_max};
    plan->nodes = arena_alloc(arena, nodes_max * sizeof *plan->nodes);
    plan->index = arena_alloc(arena, 2 * nodes_max * sizeof *plan->index);
    memset(plan->index, 0xFF, 2 * nodes_max * sizeof *plan->index);
    return plan;
}

/* ---- equal nodes once ---- */

static uint64_t mix(uint64_t hash, uint64_t part)
{
    hash = (hash ^ part) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t bits_of(double decimal)
{
    uint64_t bits;

    memcpy(&bits, &decimal, sizeof bits);
    return bits;
}

static uint64_t hash_node(const PlanNode *node)
{
    uint64_t hash = mix(mix((uint64_t)node->kind << 8 | node->type, node->level), node->column);

    hash = mix(mix(mix(hash, (uint64_t)node->integer), bits_of(node->decimal)), node->set_count);
    for (size_t i = 0; i < node->operand_count; i++)
        hash = mix(hash, node->operands[i]);
    for (size_t i = 0; i < node->set_count; i++)
        hash = mix(hash, (uint64_t)node->set[i]);
    return hash;
}

static bool same_items(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || (a != NULL) + (b != NULL) == 0 ||
           (a != NULL && b != NULL && memcmp(a, b, bytes) == 0);
}

static bool same_node(const PlanNode *a, const PlanNode *b)
{
    return a->kind == b->kind && a->type == b->type && a->level == b->level && a->column == b->column &&
           a->integer == b->integer && bits_of(a->decimal) == bits_of(b->decimal) &&
           a->operand_count == b->operand_count && a->set_count == b->set_count &&
           same_items(a->operands, b->operands, a->operand_count * sizeof *a->operands) &&
           same_items(a->set, b->set, a->set_count * sizeof *a->set) &&
           same_items(a->mapped, b->mapped, a->set_count * sizeof *a->mapped);
}

static PlanId keep(Plan *plan, const PlanNode *node)
{
    size_t size = 2 * plan->nodes_max, place = hash_node(node) % size;

    for (; plan->index[place] != NONE; place = (place + 1) % size)
        if (same_node(&plan->nodes[plan->index[place]], node))
            return plan->index[place];
    must(plan->count < plan->nodes_max, "more nodes than were bounded");
    plan->nodes[plan->count] = *node;
    plan->index[place] = (uint32_t)plan->count;
    return (PlanId)plan->count++;
}

/* ---- levels ---- */

bool plan_is_rows(PlanKind kind)
{
    return kind >= PLAN_ROWS && kind <= PLAN_PICK;
}

bool plan_gathers(PlanKind kind)
{
    return kind >= PLAN_EXISTS && kind <= PLAN_EPISODES;
}

bool plan_is_of_homes(PlanKind kind)
{
    return kind == PLAN_PEOPLE_AT_HOME || kind == PLAN_OTHERS_AT_HOME;
}

static uint16_t level_of(const Plan *plan, const PlanNode *node)
{
    uint16_t level = PLAN_PEOPLE;

    if (node->kind == PLAN_COLUMN || node->kind == PLAN_ROWS)
        return node->level;
    if (plan_gathers(node->kind)) {
        bool has_value_first = node->kind == PLAN_IN_ROWS;
        uint16_t rows = plan->nodes[node->operands[has_value_first]].level;
        uint16_t of = plan->nodes[node->operands[node->operand_count - 1]].level;
        must(of == PLAN_PEOPLE || of == rows, "a value of other rows");
        return has_value_first ? plan->nodes[node->operands[0]].level : PLAN_PEOPLE;
    }
    for (size_t i = 0; i < node->operand_count; i++) {
        uint16_t of = plan->nodes[node->operands[i]].level;
        must(of == PLAN_PEOPLE || level == PLAN_PEOPLE || of == level, "operands of two sources");
        level = of == PLAN_PEOPLE ? level : of;
    }
    return level;
}

/* ---- types ---- */

static bool compares(PlanKind kind)
{
    return kind >= PLAN_EQUAL && kind <= PLAN_AT_LEAST;
}

/* What comes out is of the type of what goes in. */
static bool keeps_type(PlanKind kind)
{
    return (kind >= PLAN_ADD && kind <= PLAN_POWER) || kind == PLAN_LEAST || kind == PLAN_GREATEST ||
           kind == PLAN_COALESCE || kind == PLAN_CASE;
}

/* Of a case, every other operand is a condition, but for the last of an odd number. */
static bool is_case_value(size_t operand, size_t count)
{
    return operand % 2 == 1 || operand + 1 == count;
}

/* Of one type with its like: a whole number among decimals becomes one. */
static bool is_alike(const PlanNode *node, size_t operand)
{
    if (node->kind == PLAN_CASE)
        return is_case_value(operand, node->operand_count);
    if (node->kind == PLAN_IN_ROWS)
        return operand != 1;
    return compares(node->kind) || keeps_type(node->kind);
}

static PlanId to_decimal(Plan *plan, PlanId operand)
{
    const PlanNode *node = &plan->nodes[operand];

    if (node->type == TYPE_DECIMAL)
        return operand;
    must(node->type == TYPE_NUMBER, "no number among decimals");
    if (node->kind == PLAN_NUMBER && node->integer != NUMBER_UNKNOWN)
        return plan_decimal(plan, (double)node->integer);
    return plan_add(plan, (PlanNode){.kind = PLAN_TO_DECIMAL, .type = TYPE_DECIMAL}, &operand, 1);
}

static bool wants_decimals(const Plan *plan, const PlanNode *node, const PlanId *operands)
{
    bool any = node->kind == PLAN_DIVIDE || node->kind == PLAN_POWER;

    for (size_t i = 0; i < node->operand_count; i++)
        any |= is_alike(node, i) && plan->nodes[operands[i]].type == TYPE_DECIMAL;
    return any;
}

PlanId plan_add(Plan *plan, PlanNode draft, const PlanId *operands, size_t operand_count)
{
    PlanId *own = arena_alloc(plan->arena, (operand_count + 1) * sizeof *own);

    must(operand_count <= PLAN_OPERANDS_MAX, "too many operands");
    draft.operand_count = (uint32_t)operand_count;
    draft.operands = own;
    bool decimals = wants_decimals(plan, &draft, operands);
    for (size_t i = 0; i < operand_count; i++) {
        must(operands[i] < plan->count, "an operand that is not there yet");
        own[i] = decimals && is_alike(&draft, i) ? to_decimal(plan, operands[i]) : operands[i];
    }
    if (decimals && keeps_type(draft.kind))
        draft.type = TYPE_DECIMAL;
    draft.level = level_of(plan, &draft);
    return keep(plan, &draft);
}

PlanId plan_constant(Plan *plan, QueryType type, int64_t integer)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_NUMBER, .type = type, .integer = integer}, NULL, 0);
}

PlanId plan_decimal(Plan *plan, double decimal)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_DECIMAL, .type = TYPE_DECIMAL, .decimal = decimal}, NULL,
                    0);
}

/* ---- sets ---- */

typedef struct Pair {
    int64_t item, becomes;
} Pair;

static int compare_pairs(const void *a, const void *b)
{
    const Pair *x = a, *y = b;

    return (x->item > y->item) - (x->item < y->item);
}

PlanId plan_set(Plan *plan, PlanNode draft, PlanId value, const int64_t *items, const int64_t *mapped,
                size_t count)
{
    Pair *pairs = arena_alloc(plan->arena, (count + 1) * sizeof *pairs);
    int64_t *set = arena_alloc(plan->arena, (count + 1) * sizeof *set);
    int64_t *becomes = arena_alloc(plan->arena, (count + 1) * sizeof *becomes);

    for (size_t i = 0; i < count; i++)
        pairs[i] = (Pair){items[i], mapped == NULL ? 0 : mapped[i]};
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (draft.set_count > 0 && set[draft.set_count - 1] == pairs[i].item)
            continue;
        set[draft.set_count] = pairs[i].item;
        becomes[draft.set_count++] = pairs[i].becomes;
    }
    draft.set = set;
    draft.mapped = mapped == NULL ? NULL : becomes;
    return plan_add(plan, draft, &value, 1);
}
