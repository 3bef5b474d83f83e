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

PlanId bind_parameter(Binder *binder, const Node *node)
{
    return bind_node(binder, node->parameter->values[node->parameter->chosen].node);
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

PlanId bind_decimal(Binder *binder, const Node *node)
{
    return plan_decimal(binder->plan, node->decimal);
}

/* ---- made of other values ---- */

PlanId bind_calculation(Binder *binder, const Node *node)
{
    static const PlanKind kinds[] = {[NODE_ADD] = PLAN_ADD,
                                     [NODE_SUBTRACT] = PLAN_SUBTRACT,
                                     [NODE_MULTIPLY] = PLAN_MULTIPLY,
                                     [NODE_DIVIDE] = PLAN_DIVIDE};
    PlanId left = bind_node(binder, node->operands[0]);

    return bind_with_two(binder, kinds[node->kind], TYPE_NUMBER, left, bind_node(binder, node->operands[1]));
}

PlanId bind_choice(Binder *binder, const Node *node)
{
    static const PlanKind kinds[] = {[NODE_CASE] = PLAN_CASE,
                                     [NODE_OTHERWISE] = PLAN_COALESCE,
                                     [NODE_LEAST] = PLAN_LEAST,
                                     [NODE_GREATEST] = PLAN_GREATEST};
    PlanId operands[QUERY_OPERANDS_MAX];

    for (size_t i = 0; i < node->operand_count; i++)
        operands[i] = bind_node(binder, node->operands[i]);
    return plan_add(binder->plan, (PlanNode){.kind = kinds[node->kind], .type = node->type}, operands,
                    node->operand_count);
}

/* ---- days ---- */

PlanId bind_day(Binder *binder, const Node *node)
{
    return plan_constant(binder->plan, TYPE_DATE, node->kind == NODE_AS_AT ? binder->as_at : node->date);
}

static int64_t shifted_day(int64_t day, Unit unit, int64_t amount)
{
    Date shifted;

    if (unit == UNIT_DAYS)
        return day + amount;
    shifted = date_shift_months((Date)day, amount);
    return shifted == DATE_NONE ? NUMBER_UNKNOWN : shifted;
}

PlanId bind_shifted(Binder *binder, PlanId day, Unit unit, int64_t amount)
{
    const PlanNode *from = &binder->plan->nodes[day];

    if (from->kind == PLAN_NUMBER && from->integer != NUMBER_UNKNOWN)
        return plan_constant(binder->plan, TYPE_DATE, shifted_day(from->integer, unit, amount));
    return bind_with_two(binder, unit == UNIT_DAYS ? PLAN_SHIFT_DAYS : PLAN_SHIFT_MONTHS, TYPE_DATE, day,
                         plan_constant(binder->plan, TYPE_NUMBER, amount));
}

PlanId bind_shift(Binder *binder, const Node *node)
{
    return bind_shifted(binder, bind_node(binder, node->operands[0]), node->unit, node->integer);
}

PlanId bind_between(Binder *binder, const Node *node)
{
    static const PlanKind kinds[] = {[UNIT_DAYS] = PLAN_DAYS_BETWEEN,
                                     [UNIT_MONTHS] = PLAN_MONTHS_BETWEEN,
                                     [UNIT_YEARS] = PLAN_YEARS_BETWEEN};
    PlanId from = bind_node(binder, node->operands[0]);

    return bind_with_two(binder, kinds[node->unit], TYPE_NUMBER, from, bind_node(binder, node->operands[1]));
}

PlanId bind_covers(Binder *binder, PlanId from, PlanId to, PlanId day)
{
    PlanId since = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, from, day);
    PlanId until = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, to, day);
    const PlanId both[] = {bind_with_two(binder, PLAN_AT_MOST, TYPE_BOOL, since, day),
                           bind_with_two(binder, PLAN_AT_LEAST, TYPE_BOOL, until, day)};

    return bind_all(binder, both, 2);
}
