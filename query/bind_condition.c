/* Comparisons, and, or, not. Three-valued, as the kinds of plan.h are. */
#include <string.h>

#include "query/bind_parts.h"

PlanId bind_compare(Binder *binder, const Node *node)
{
    static const PlanKind kinds[] = {
        [IS_EQUAL] = PLAN_EQUAL,     [IS_NOT_EQUAL] = PLAN_NOT_EQUAL, [IS_LESS] = PLAN_LESS,
        [IS_AT_MOST] = PLAN_AT_MOST, [IS_MORE] = PLAN_MORE,           [IS_AT_LEAST] = PLAN_AT_LEAST,
    };
    PlanId left = bind_node(binder, node->operands[0]);

    return bind_with_two(binder, kinds[node->comparison], TYPE_BOOL, left,
                         bind_node(binder, node->operands[1]));
}

static PlanId between(Binder *binder, PlanId value, PlanKind low_kind, PlanId low, PlanKind high_kind,
                      PlanId high)
{
    const PlanId both[] = {bind_with_two(binder, low_kind, TYPE_BOOL, value, low),
                           bind_with_two(binder, high_kind, TYPE_BOOL, value, high)};

    return bind_all(binder, both, 2);
}

PlanId bind_range(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]);
    PlanId low = bind_node(binder, node->operands[1]);

    return between(binder, value, PLAN_AT_LEAST, low, PLAN_AT_MOST, bind_node(binder, node->operands[2]));
}

static PlanId day_of(Binder *binder, Date day)
{
    return plan_constant(binder->plan, TYPE_DATE, day);
}

PlanId bind_in_period(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]);

    return between(binder, value, PLAN_AT_LEAST, day_of(binder, binder->period.first), PLAN_AT_MOST,
                   day_of(binder, binder->period.last));
}

PlanId bind_period_day(Binder *binder, const Node *node)
{
    return day_of(binder, node->kind == NODE_PERIOD_START ? binder->period.first : binder->period.last);
}

/* Before: later than so long before the day, up to the day. After: from the day, up to before so long
 * after it. */
PlanId bind_within(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]);
    PlanId day = bind_node(binder, node->operands[1]);

    if (node->is_after)
        return between(binder, value, PLAN_AT_LEAST, day, PLAN_LESS,
                       bind_shifted(binder, day, node->unit, node->integer));
    return between(binder, value, PLAN_MORE, bind_shifted(binder, day, node->unit, -node->integer),
                   PLAN_AT_MOST, day);
}

PlanId bind_is_known(Binder *binder, const Node *node)
{
    return bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, bind_node(binder, node->operands[0]));
}

/* ---- not, and, or ---- */

PlanId bind_not(Binder *binder, const Node *node)
{
    return bind_with(binder, PLAN_NOT, TYPE_BOOL, bind_node(binder, node->operands[0]));
}

PlanId bind_all(Binder *binder, const PlanId *operands, size_t operand_count)
{
    PlanId flat[PLAN_OPERANDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < operand_count; i++) {
        const PlanNode *node = &binder->plan->nodes[operands[i]];
        bool opens =
            node->kind == PLAN_AND && count + node->operand_count + (operand_count - i) <= PLAN_OPERANDS_MAX;
        const PlanId *from = opens ? node->operands : &operands[i];
        size_t more = opens ? node->operand_count : 1;
        memcpy(&flat[count], from, more * sizeof *flat);
        count += more;
    }
    return plan_add(binder->plan, (PlanNode){.kind = PLAN_AND, .type = TYPE_BOOL}, flat, count);
}

static size_t bind_operands(Binder *binder, const Node *node, PlanId operands[QUERY_OPERANDS_MAX])
{
    for (size_t i = 0; i < node->operand_count; i++)
        operands[i] = bind_node(binder, node->operands[i]);
    return node->operand_count;
}

PlanId bind_and(Binder *binder, const Node *node)
{
    PlanId operands[QUERY_OPERANDS_MAX];

    return bind_all(binder, operands, bind_operands(binder, node, operands));
}

PlanId bind_or(Binder *binder, const Node *node)
{
    PlanId operands[QUERY_OPERANDS_MAX];
    size_t count = bind_operands(binder, node, operands);

    return plan_add(binder->plan, (PlanNode){.kind = PLAN_OR, .type = TYPE_BOOL}, operands, count);
}
