/* The number of a home is a random one, and still tells who lives together: it leads to nothing but a count
 * over the people of a home, and a count over homes is over nothing else. Whoever has no household is counted
 * by no plan that asks of homes. */
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

/* ---- who is counted ---- */

/* Of the number of those for whom something is true. */
static PlanId day_of_number(const Plan *plan, const PlanNode *node)
{
    const PlanNode *value = &plan->nodes[node->operands[1]], *picked = &plan->nodes[value->operands[0]];
    const PlanNode *kept = &plan->nodes[picked->operands[0]], *covers = &plan->nodes[kept->operands[1]];

    return plan->nodes[covers->operands[0]].operands[1];
}

/* A count over a home is known where it is a household. */
static bool is_known_home(const Plan *plan, const PlanNode *node, PlanId day)
{
    if (node->kind != PLAN_IS_KNOWN)
        return false;
    const PlanNode *count = &plan->nodes[node->operands[0]];
    return plan_is_of_homes(count->kind) && day_of_number(plan, &plan->nodes[count->operands[0]]) == day;
}

static bool has_household(const Plan *plan, const PlanNode *condition, PlanId day)
{
    if (condition->kind != PLAN_AND)
        return is_known_home(plan, condition, day);
    for (uint32_t i = 0; i < condition->operand_count; i++)
        if (has_household(plan, &plan->nodes[condition->operands[i]], day))
            return true;
    return false;
}

static bool is_rows_of_homes(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_ROWS &&
           dataset_column(&plan->dataset->sources[node->level], TEXT("household_from")) >= 0;
}

/* Those of the home on a day. */
static bool keeps_those_of_a_day(const Plan *plan, const PlanNode *node, PlanId *day)
{
    if (node->kind != PLAN_KEEP)
        return false;
    const PlanNode *covers = &plan->nodes[node->operands[1]];
    if (!plan_check_covers_a_day(plan, covers, node->level, "household_from", "household_to"))
        return false;
    *day = plan->nodes[covers->operands[0]].operands[1];
    return true;
}

/* Else a cell, a sum or a percentile of however many people could be one hostel's. */
static Result check_counted(const Plan *plan, const PlanNode *cohort, const PlanNode *node, Error *error)
{
    bool asks = plan_is_of_homes(node->kind);
    PlanId day = 0;

    if (asks)
        day = day_of_number(plan, &plan->nodes[node->operands[0]]);
    for (uint32_t place = 0; place < node->operand_count; place++) {
        if (!is_rows_of_homes(plan, &plan->nodes[node->operands[place]]))
            continue;
        if (!keeps_those_of_a_day(plan, node, &day))
            return fail(error, ERROR_REFUSED, "plan: records of homes are read that are of no one day");
        asks = true;
    }
    if (asks && !has_household(plan, cohort, day))
        return fail(error, ERROR_REFUSED,
                    "plan: it asks of homes, and counts people who have no household on that day");
    return RESULT_OK;
}

/* ---- the whole ---- */

Result plan_check_homes(const Plan *plan, const PlanReleased *released, Error *error)
{
    for (size_t i = 0; i < plan->count; i++)
        TRY(check_node(plan, &plan->nodes[i], error));
    for (size_t i = 0; i < plan->count; i++)
        TRY(check_counted(plan, &plan->nodes[released->cohort], &plan->nodes[i], error));
    for (size_t i = 0; i < released->value_count; i++)
        if (is_released(plan, released->values[i].value) ||
            (released->values[i].is_of_amount && is_released(plan, released->values[i].amount)))
            return fail(error, ERROR_REFUSED, "plan: the number of a home is released");
    return RESULT_OK;
}
