/* The number of a home is a random one, and still tells who lives together: it leads to nothing but a count
 * over the people of a home, and a count over homes is over nothing else. */
#include "query/plan_check_parts.h"

static bool is_number(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_COLUMN && plan_check_is_source(plan, node->level, "household") &&
           text_equal(plan->dataset->sources[node->level].columns[node->column].name,
                      TEXT("household_number"));
}

/* That of the one home on a day. */
static bool is_number_on_a_day(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_VALUE && is_number(plan, &plan->nodes[node->operands[1]]) &&
           plan_check_is_one_on_a_day(plan, &plan->nodes[node->operands[0]]);
}

/* The same, of those for whom something is true. */
static bool is_number_of_some(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_CASE && node->operand_count == 2 &&
           is_number_on_a_day(plan, &plan->nodes[node->operands[1]]);
}

static bool is_any_number(const Plan *plan, const PlanNode *node)
{
    return is_number(plan, node) || is_number_on_a_day(plan, node) || is_number_of_some(plan, node);
}

/* What such a number may be an operand of, and at which place. */
static bool may_use(const Plan *plan, const PlanNode *node, uint32_t place)
{
    const PlanNode *number = &plan->nodes[node->operands[place]];

    if (is_number(plan, number))
        return place == 1 && is_number_on_a_day(plan, node);
    if (is_number_on_a_day(plan, number))
        return place == 1 && is_number_of_some(plan, node);
    return place == 0 && plan_is_of_homes(node->kind);
}

static Result check_node(const Plan *plan, const PlanNode *node, Error *error)
{
    if (plan_is_of_homes(node->kind) && !is_number_of_some(plan, &plan->nodes[node->operands[0]]))
        return fail(error, ERROR_REFUSED, "plan: a count over homes is over another number than theirs");
    for (uint32_t place = 0; place < node->operand_count; place++)
        if (is_any_number(plan, &plan->nodes[node->operands[place]]) && !may_use(plan, node, place))
            return fail(error, ERROR_REFUSED,
                        "plan: the number of a home is used for what is no count over its people");
    return RESULT_OK;
}

static bool is_released(const Plan *plan, PlanId value)
{
    return value < plan->count && is_any_number(plan, &plan->nodes[value]);
}

Result plan_check_homes(const Plan *plan, const PlanReleased *released, Error *error)
{
    for (size_t i = 0; i < plan->count; i++)
        TRY(check_node(plan, &plan->nodes[i], error));
    for (size_t i = 0; i < released->value_count; i++)
        if (is_released(plan, released->values[i].value) ||
            (released->values[i].is_of_amount && is_released(plan, released->values[i].amount)))
            return fail(error, ERROR_REFUSED, "plan: the number of a home is released");
    return RESULT_OK;
}
