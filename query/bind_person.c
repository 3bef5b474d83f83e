/* What is known of people: their own columns, and those of the registration that covers a day. */
#include <string.h>

#include "query/bind_parts.h"

static PlanId of_person(Binder *binder, const char *column)
{
    return bind_column_of(binder, PLAN_PEOPLE, text_from(column));
}

static PlanId registrations_on(Binder *binder, PlanId day)
{
    uint16_t source = bind_source(binder, TEXT("registration"));
    PlanId rows = plan_add(binder->plan, (PlanNode){.kind = PLAN_ROWS, .level = source}, NULL, 0);
    PlanId covers = bind_covers(binder, bind_column_of(binder, source, TEXT("valid_from")),
                                bind_column_of(binder, source, TEXT("valid_to")), day);

    return bind_with_two(binder, PLAN_KEEP, TYPE_BOOL, rows, covers);
}

/* A release has at most one registration a day (release.registrations_collect). */
PlanId bind_attribute_on(Binder *binder, const Attribute *attribute, PlanId day)
{
    if (strcmp(attribute->table, "p") == 0)
        return of_person(binder, attribute->column);
    PlanId kept = registrations_on(binder, day);
    PlanId last = plan_add(binder->plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &kept, 1);
    PlanId value =
        bind_column_of(binder, bind_source(binder, TEXT("registration")), text_from(attribute->column));
    return bind_with_two(binder, PLAN_VALUE, binder->plan->nodes[value].type, last, value);
}

PlanId bind_attribute(Binder *binder, const Node *node)
{
    PlanId as_at = plan_constant(binder->plan, TYPE_DATE, binder->as_at);

    return bind_attribute_on(binder, node->attribute,
                             node->operand_count > 0 ? bind_node(binder, node->operands[0]) : as_at);
}

/* Only year and month of birth are held: the birthday is taken to be the first of the month. */
PlanId bind_age_on(Binder *binder, PlanId day)
{
    Plan *plan = binder->plan;
    PlanId months = bind_with_two(binder, PLAN_MULTIPLY, TYPE_NUMBER, of_person(binder, "birth_year"),
                                  plan_constant(plan, TYPE_NUMBER, 12));
    months = bind_with_two(binder, PLAN_ADD, TYPE_NUMBER, months, of_person(binder, "birth_month"));
    months = bind_with_two(binder, PLAN_SUBTRACT, TYPE_NUMBER, months,
                           plan_constant(plan, TYPE_NUMBER, 2000 * 12 + 1));
    PlanId birth = bind_with_two(binder, PLAN_SHIFT_MONTHS, TYPE_DATE,
                                 plan_constant(plan, TYPE_DATE, date_from_civil(2000, 1, 1)), months);
    return bind_with_two(binder, PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth, day);
}

PlanId bind_age(Binder *binder, const Node *node)
{
    return bind_age_on(binder, bind_node(binder, node->operands[0]));
}

PlanId bind_registered(Binder *binder, const Node *node)
{
    PlanId day = bind_node(binder, node->operands[0]);
    PlanId death = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, of_person(binder, "death_date"), day);
    const PlanId both[] = {bind_with_two(binder, PLAN_AT_LEAST, TYPE_BOOL, death, day),
                           bind_with(binder, PLAN_EXISTS, TYPE_BOOL, registrations_on(binder, day))};

    return bind_all(binder, both, 2);
}
