#include "query/budget.h"

enum {
    NODE_BYTES = 256, /* what is held beside values, and their rounding */
    HELD_BYTES = 8,   /* a value of a person or row */
    PLACE_BYTES = 4,  /* a row that is kept, and where a person's begin */
    SET_BYTES = 16,   /* a SetHash */
    AMOUNT_BYTES = 8, /* of a person */
    SKETCH_BYTES = 8, /* of an answer at a place */
    SPARE_PLACES = 3, /* to sort rows, and to gather them */
};

static bool is_constant(const PlanNode *node)
{
    return node->kind == PLAN_NUMBER || node->kind == PLAN_DECIMAL;
}

static bool gathers(const PlanNode *node)
{
    return plan_gathers(node->kind);
}

static void add_value(Budget *budget, uint16_t level)
{
    if (level == PLAN_PEOPLE)
        budget->person += HELD_BYTES;
    else
        budget->rows[level] += HELD_BYTES;
}

/* What holds of a person is written beside each of their rows, for each node that asks. */
static void add_spread(Budget *budget, const PlanNode *node, const PlanNode *operand, uint16_t rows)
{
    if (operand->level != PLAN_PEOPLE || is_constant(operand))
        return;
    if (rows != PLAN_PEOPLE)
        budget->rows[rows] += HELD_BYTES;
    if (node->level != PLAN_PEOPLE && node->level != rows)
        budget->rows[node->level] += HELD_BYTES;
}

static void add_node(Budget *budget, const Plan *plan, const PlanNode *node)
{
    uint16_t rows = node->level; /* those it speaks of */

    budget->always += NODE_BYTES;
    if (gathers(node)) {
        rows = plan->nodes[node->operands[node->kind == PLAN_IN_ROWS]].level;
        budget->rows[rows] += SPARE_PLACES * PLACE_BYTES;
    }
    if (plan_is_rows(node->kind)) {
        budget->person += PLACE_BYTES;
        budget->rows[rows] += SPARE_PLACES * PLACE_BYTES;
    } else {
        add_value(budget, node->level);
    }
    for (size_t i = 0; i < node->operand_count; i++)
        add_spread(budget, node, &plan->nodes[node->operands[i]], rows);
}

static void add_answer(Budget *budget, const PlanNode *node)
{
    budget->always += NODE_BYTES;
    add_value(budget, node->level);
}

/* Operands come before what reads them. Counts over homes are added up whoever asks. */
const BudgetNeed *budget_needs(const Plan *plan, PostingReader *postings, const PlanId *asked,
                               size_t asked_count, Arena *arena)
{
    BudgetNeed *needs = arena_alloc(arena, (plan->count + 1) * sizeof *needs);

    for (size_t i = 0; i < asked_count; i++)
        needs[asked[i]] = BUDGET_WORKED;
    for (size_t id = plan->count; id-- > 0;) {
        const PlanNode *node = &plan->nodes[id];
        PostingWant want;
        if (needs[id] == BUDGET_NOTHING && !plan_is_of_homes(node->kind))
            continue;
        bool is_answered = postings != NULL && posting_wants(postings, (PlanId)id, &want);
        needs[id] = is_answered ? BUDGET_ANSWERED : BUDGET_WORKED;
        for (size_t i = 0; i < node->operand_count && !is_answered; i++)
            needs[node->operands[i]] = BUDGET_WORKED;
    }
    return needs;
}

/* Sets of all places and answers; and where parts can be compared with each other, who stands where. */
uint64_t budget_counting_bytes(uint64_t people, size_t tables, size_t parts, size_t amounts)
{
    uint64_t bits = people / 8 + 1, sets = (uint64_t)BUDGET_PLACES_MAX * (tables + 2 * parts) * SET_BYTES;

    sets += (amounts + (amounts > 0)) * people * AMOUNT_BYTES; /* once more those of a place */
    if (parts < 2 && amounts == 0)
        return sets;
    /* of each person a place, once more in order, and a bit for the cohort, for each answer and of an amount
     * for whether it is 0 */
    sets += (uint64_t)BUDGET_PLACES_MAX * 2 * parts * SKETCH_BYTES;
    return sets + tables * (people * (sizeof(uint16_t) + sizeof(uint32_t)) + bits) +
           (2 * parts + amounts) * bits;
}

void budget_of(const Plan *plan, const BudgetNeed *needs, Arena *arena, Budget *budget)
{
    *budget = (Budget){.dataset = plan->dataset};
    budget->rows = arena_alloc(arena, (plan->dataset->source_count + 1) * sizeof *budget->rows);
    for (size_t i = 0; i < plan->count; i++)
        if (needs[i] == BUDGET_WORKED)
            add_node(budget, plan, &plan->nodes[i]);
        else if (needs[i] == BUDGET_ANSWERED)
            add_answer(budget, &plan->nodes[i]);
}

size_t budget_bytes(const Budget *budget, uint32_t first, uint32_t people)
{
    size_t bytes = budget->always + budget->person * people;

    for (size_t s = 0; s < budget->dataset->source_count; s++) {
        const uint32_t *begin = budget->dataset->sources[s].begin;
        if (budget->rows[s] > 0 && begin != NULL) /* NULL: all that is asked of it comes from lists */
            bytes += budget->rows[s] * (begin[first + people] - begin[first]);
    }
    return bytes;
}

uint32_t budget_chunk(const Budget *budget, uint32_t first, size_t bytes)
{
    uint32_t fits = 1, above = budget->dataset->people - first + 1;

    while (above - fits > 1) {
        uint32_t middle = fits + (above - fits) / 2;
        if (budget_bytes(budget, first, middle) <= bytes)
            fits = middle;
        else
            above = middle;
    }
    return fits;
}
