/* What is added up over people: one number that each has, not one that was worked out until a rule about few
 * people does not see them. */
#include "query/plan_check_parts.h"

static const double DAYS_OF_A_YEAR = 365.25;

static const PlanNode *operand_of(const Plan *plan, const PlanNode *node, size_t operand)
{
    return &plan->nodes[node->operands[operand]];
}

static bool is_number(const PlanNode *node, int64_t number)
{
    return (node->kind == PLAN_NUMBER && node->integer == number) ||
           (node->kind == PLAN_DECIMAL && node->decimal == (double)number);
}

static bool is_of(const PlanNode *node, PlanKind kind, uint32_t operand_count)
{
    return node->kind == kind && node->operand_count == operand_count;
}

/* What rows come to: how many they are, or one column of theirs. */
static bool is_of_records(const Plan *plan, const PlanNode *node)
{
    if (!plan_gathers(node->kind) || node->kind == PLAN_EXISTS || node->kind == PLAN_IN_ROWS)
        return false;
    return node->operand_count == 1 || operand_of(plan, node, 1)->kind == PLAN_COLUMN;
}

static bool is_plain_day(const Plan *plan, const PlanNode *node)
{
    return node->type == TYPE_DATE && (node->kind == PLAN_NUMBER || is_of_records(plan, node));
}

static bool is_between(const Plan *plan, const PlanNode *node)
{
    if (node->kind != PLAN_DAYS_BETWEEN && node->kind != PLAN_MONTHS_BETWEEN &&
        node->kind != PLAN_YEARS_BETWEEN)
        return false;
    const PlanNode *from = operand_of(plan, node, 0);
    return (is_plain_day(plan, from) || plan_check_is_birth(plan, from)) &&
           is_plain_day(plan, operand_of(plan, node, 1));
}

/* ---- the time registered ---- */

/* Of a registration, from the later beginning to the first end. */
static bool is_within(const Plan *plan, const PlanNode *days)
{
    const PlanNode *first = operand_of(plan, days, 0), *last = operand_of(plan, days, 1);

    return is_of(first, PLAN_GREATEST, 2) && operand_of(plan, first, 0)->kind == PLAN_COLUMN &&
           is_plain_day(plan, operand_of(plan, first, 1)) && is_of(last, PLAN_LEAST, 3) &&
           operand_of(plan, last, 0)->kind == PLAN_COLUMN && is_plain_day(plan, operand_of(plan, last, 1)) &&
           operand_of(plan, last, 2)->kind == PLAN_COLUMN;
}

/* One more than the days between, and at least 0. */
static bool is_days_of_row(const Plan *plan, const PlanNode *node)
{
    if (!is_of(node, PLAN_GREATEST, 2) || !is_number(operand_of(plan, node, 1), 0))
        return false;
    const PlanNode *sum = operand_of(plan, node, 0);
    if (!is_of(sum, PLAN_ADD, 2) || !is_number(operand_of(plan, sum, 1), 1))
        return false;
    const PlanNode *days = operand_of(plan, sum, 0);
    return is_of(days, PLAN_DAYS_BETWEEN, 2) && is_within(plan, days);
}

static bool are_known_days(const Plan *plan, const PlanNode *node)
{
    if (!is_of(node, PLAN_AND, 2))
        return false;
    for (size_t i = 0; i < 2; i++) {
        const PlanNode *known = operand_of(plan, node, i);
        if (known->kind != PLAN_IS_KNOWN || !is_plain_day(plan, operand_of(plan, known, 0)))
            return false;
    }
    return true;
}

static bool is_time_registered(const Plan *plan, const PlanNode *node)
{
    if (is_of(node, PLAN_DIVIDE, 2) && operand_of(plan, node, 1)->kind == PLAN_DECIMAL &&
        operand_of(plan, node, 1)->decimal == DAYS_OF_A_YEAR) {
        node = operand_of(plan, node, 0);
        node = node->kind == PLAN_TO_DECIMAL ? operand_of(plan, node, 0) : node;
    }
    if (!is_of(node, PLAN_CASE, 2) || !are_known_days(plan, operand_of(plan, node, 0)))
        return false;
    const PlanNode *days = operand_of(plan, node, 1);
    if (!is_of(days, PLAN_COALESCE, 2) || !is_number(operand_of(plan, days, 1), 0))
        return false;
    const PlanNode *sum = operand_of(plan, days, 0);
    return is_of(sum, PLAN_SUM, 2) && operand_of(plan, sum, 0)->kind == PLAN_ROWS &&
           is_days_of_row(plan, operand_of(plan, sum, 1));
}

/* ---- at prices ---- */

enum { PENCE = 100 };

/* Of a code of each row, and none below 0. */
static bool is_price(const Plan *plan, const PlanNode *node)
{
    if (!is_of(node, PLAN_MAP, 1) || node->type != TYPE_NUMBER ||
        operand_of(plan, node, 0)->kind != PLAN_COLUMN || operand_of(plan, node, 0)->type != TYPE_TEXT)
        return false;
    for (size_t i = 0; i < node->set_count; i++)
        if (node->mapped == NULL || node->mapped[i] < 0)
            return false;
    return true;
}

/* Unknown where one of the same rows has no such price. */
static bool all_have_price(const Plan *plan, const PlanNode *node, PlanId rows, PlanId price)
{
    if (node->kind != PLAN_NOT || operand_of(plan, node, 0)->kind != PLAN_EXISTS)
        return false;
    const PlanNode *without = operand_of(plan, operand_of(plan, node, 0), 0);
    return without->kind == PLAN_DROP && without->operands[0] == rows &&
           operand_of(plan, without, 1)->kind == PLAN_IS_KNOWN &&
           operand_of(plan, without, 1)->operands[0] == price;
}

static bool is_cost(const Plan *plan, const PlanNode *node)
{
    if (!is_of(node, PLAN_DIVIDE, 2) || !is_number(operand_of(plan, node, 1), PENCE))
        return false;
    const PlanNode *pence = operand_of(plan, node, 0);
    pence = pence->kind == PLAN_TO_DECIMAL ? operand_of(plan, pence, 0) : pence;
    if (!is_of(pence, PLAN_CASE, 2) || !is_of(operand_of(plan, pence, 1), PLAN_COALESCE, 2))
        return false;
    const PlanNode *total = operand_of(plan, pence, 1), *sum = operand_of(plan, total, 0);
    return is_number(operand_of(plan, total, 1), 0) && is_of(sum, PLAN_SUM, 2) &&
           is_price(plan, operand_of(plan, sum, 1)) &&
           all_have_price(plan, operand_of(plan, pence, 0), sum->operands[0], sum->operands[1]);
}

/* ---- the whole ---- */

static bool is_one_number(const Plan *plan, const PlanNode *node)
{
    if (is_of(node, PLAN_COALESCE, 2) && is_number(operand_of(plan, node, 1), 0)) {
        node = operand_of(plan, node, 0);
        node = node->kind == PLAN_TO_DECIMAL ? operand_of(plan, node, 0) : node;
    }
    return is_of_records(plan, node) || is_between(plan, node) || is_time_registered(plan, node) ||
           is_cost(plan, node);
}

/* Unknown where it is too large, so that nothing need be refused for what one person has. */
static bool is_amount(const Plan *plan, const PlanNode *node)
{
    if (!is_of(node, PLAN_CASE, 2))
        return false;
    const PlanNode *fits = operand_of(plan, node, 0);
    return fits->kind == PLAN_AT_MOST && is_number(operand_of(plan, fits, 1), PLAN_AMOUNT_MAX) &&
           operand_of(plan, fits, 0)->kind == PLAN_ABSOLUTE &&
           operand_of(plan, fits, 0)->operands[0] == node->operands[1] &&
           is_one_number(plan, operand_of(plan, node, 1));
}

static bool is_counted_by(const Plan *plan, const ReleasedValue *released)
{
    const PlanNode *condition = &plan->nodes[released->value];

    if (!released->is_condition || released->amount >= plan->count)
        return false;
    const PlanNode *amount = &plan->nodes[released->amount];
    return amount->level == PLAN_PEOPLE && !plan_is_rows(amount->kind) &&
           (amount->type == TYPE_NUMBER || amount->type == TYPE_DECIMAL) &&
           condition->kind == PLAN_IS_KNOWN && condition->operands[0] == released->amount;
}

Result plan_check_amount(const Plan *plan, const ReleasedValue *released, Error *error)
{
    if (!is_counted_by(plan, released))
        return fail(error, ERROR_REFUSED, "plan: an amount is no number of people of whom it is known");
    if (!is_amount(plan, &plan->nodes[released->amount]))
        return fail(error, ERROR_REFUSED,
                    "plan: an amount is not one number of people, up to %d, but calculated", PLAN_AMOUNT_MAX);
    return RESULT_OK;
}
