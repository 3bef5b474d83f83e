/* Constants, days and the pieces that other themes are made of. */
#include "query/bind_parts.h"

PlanId bind_with(Binder *binder, PlanKind kind, QueryType type, PlanId operand)
{
    return plan_add(binder->plan, (PlanNode){.kind = kind, .type = type}, &operand, 1);
}

PlanId bind_with_two(Binder *binder, PlanKind kind, QueryType type, PlanId first, PlanId second)
{
    const PlanId operands[] = {first, second};

    return plan_add(binder->plan, (PlanNode){.kind = kind, .type = type}, operands, 2);
}

PlanId bind_let(Binder *binder, const Node *node)
{
    return bind_node(binder, node->let->value);
}

PlanId bind_integer(Binder *binder, const Node *node)
{
    return plan_constant(binder->plan, TYPE_NUMBER, node->integer);
}

/* A word that no cell holds is none of them, and known. */
PlanId bind_text(Binder *binder, const Node *node)
{
    return plan_constant(binder->plan, TYPE_TEXT, dataset_word(binder->plan->dataset, node->text));
}

/* ---- days ---- */

PlanId bind_day(Binder *binder, const Node *node)
{
    return plan_constant(binder->plan, TYPE_DATE, node->kind == NODE_AS_AT ? binder->as_at : node->date);
}

PlanId bind_shifted(Binder *binder, PlanId day, int64_t months)
{
    const PlanNode *from = &binder->plan->nodes[day];

    if (from->kind == PLAN_NUMBER) {
        Date shifted = date_shift_months((Date)from->integer, months);
        return plan_constant(binder->plan, TYPE_DATE, shifted == DATE_NONE ? NUMBER_UNKNOWN : shifted);
    }
    return bind_with_two(binder, PLAN_SHIFT_MONTHS, TYPE_DATE, day,
                         plan_constant(binder->plan, TYPE_NUMBER, months));
}

PlanId bind_covers(Binder *binder, PlanId from, PlanId to, PlanId day)
{
    PlanId since = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, from, day);
    PlanId until = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, to, day);
    const PlanId both[] = {bind_with_two(binder, PLAN_AT_MOST, TYPE_BOOL, since, day),
                           bind_with_two(binder, PLAN_AT_LEAST, TYPE_BOOL, until, day)};

    return bind_all(binder, both, 2);
}
