/* What is known of people: their own columns, and those of the registration that covers a day. */
#include <string.h>

#include "query/bind_parts.h"

static const double DAYS_OF_A_YEAR = 365.25; /* of person-years */

static PlanId of_person(Binder *binder, const char *column)
{
    return bind_column_of(binder, PLAN_PEOPLE, text_from(column));
}

/* Rows of a made source that cover the day. */
static PlanId rows_on(Binder *binder, Text name, PlanId day)
{
    uint16_t source = bind_source(binder, name);
    PlanId rows = plan_add(binder->plan, (PlanNode){.kind = PLAN_ROWS, .level = source}, NULL, 0);
    PlanId covers = bind_covers(binder, bind_column_of(binder, source, TEXT("valid_from")),
                                bind_column_of(binder, source, TEXT("valid_to")), day);

    return bind_with_two(binder, PLAN_KEEP, TYPE_BOOL, rows, covers);
}

/* A release has at most one registration a day, and so one home (release.registrations_collect). */
static PlanId value_on(Binder *binder, Text source, Text column, PlanId day)
{
    PlanId kept = rows_on(binder, source, day);
    PlanId last = plan_add(binder->plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &kept, 1);
    PlanId value = bind_column_of(binder, bind_source(binder, source), column);

    return bind_with_two(binder, PLAN_VALUE, binder->plan->nodes[value].type, last, value);
}

PlanId bind_attribute_on(Binder *binder, const Attribute *attribute, PlanId day)
{
    if (strcmp(attribute->table, "p") == 0)
        return of_person(binder, attribute->column);
    return value_on(binder, TEXT("registration"), text_from(attribute->column), day);
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

static PlanId is_alive_on(Binder *binder, PlanId day)
{
    PlanId death = bind_with_two(binder, PLAN_COALESCE, TYPE_DATE, of_person(binder, "death_date"), day);

    return bind_with_two(binder, PLAN_AT_LEAST, TYPE_BOOL, death, day);
}

PlanId bind_registered(Binder *binder, const Node *node)
{
    PlanId day = bind_node(binder, node->operands[0]);
    const PlanId both[] = {is_alive_on(binder, day), bind_with(binder, PLAN_EXISTS, TYPE_BOOL,
                                                               rows_on(binder, TEXT("registration"), day))};

    return bind_all(binder, both, 2);
}

/* Days of a registration within the window, its ends and the day of death among them. */
static PlanId days_within(Binder *binder, uint16_t registration, PlanId from, PlanId to)
{
    Plan *plan = binder->plan;
    const PlanId ends[] = {bind_column_of(binder, registration, TEXT("valid_to")), to,
                           of_person(binder, "death_date")};
    PlanId first = bind_with_two(binder, PLAN_GREATEST, TYPE_DATE,
                                 bind_column_of(binder, registration, TEXT("valid_from")), from);
    PlanId last = plan_add(plan, (PlanNode){.kind = PLAN_LEAST, .type = TYPE_DATE}, ends, 3);
    PlanId days = bind_with_two(binder, PLAN_ADD, TYPE_NUMBER,
                                bind_with_two(binder, PLAN_DAYS_BETWEEN, TYPE_NUMBER, first, last),
                                plan_constant(plan, TYPE_NUMBER, 1));

    return bind_with_two(binder, PLAN_GREATEST, TYPE_NUMBER, days, plan_constant(plan, TYPE_NUMBER, 0));
}

/* No day is of two registrations, so those of all add up. */
PlanId bind_time_registered(Binder *binder, const Node *node)
{
    Plan *plan = binder->plan;
    uint16_t registration = bind_source(binder, TEXT("registration"));
    PlanId from = bind_node(binder, node->operands[0]), to = bind_node(binder, node->operands[1]);
    PlanId rows = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = registration}, NULL, 0);
    PlanId days =
        bind_with_two(binder, PLAN_SUM, TYPE_NUMBER, rows, days_within(binder, registration, from, to));
    const PlanId known[] = {bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, from),
                            bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, to)};

    days = bind_with_two(binder, PLAN_COALESCE, TYPE_NUMBER, days, plan_constant(plan, TYPE_NUMBER, 0));
    days = bind_with_two(binder, PLAN_CASE, TYPE_NUMBER, bind_all(binder, known, 2), days);
    if (node->unit == UNIT_DAYS)
        return days;
    return bind_with_two(binder, PLAN_DIVIDE, TYPE_NUMBER, days, plan_decimal(plan, DAYS_OF_A_YEAR));
}

/* ---- households ---- */

/* Of who lives in a care home none: those who do are no household. */
static PlanId home_on(Binder *binder, PlanId day)
{
    PlanId care_home = value_on(binder, TEXT("registration"), TEXT("care_home"), day);
    PlanId in_one = bind_with_two(binder, PLAN_COALESCE, TYPE_BOOL, care_home,
                                  plan_constant(binder->plan, TYPE_BOOL, false));
    const PlanId both[] = {is_alive_on(binder, day), bind_with(binder, PLAN_NOT, TYPE_BOOL, in_one)};

    return bind_with_two(binder, PLAN_CASE, TYPE_NUMBER, bind_all(binder, both, 2),
                         value_on(binder, TEXT("household"), TEXT("household_number"), day));
}

PlanId bind_household(Binder *binder, const Node *node)
{
    PlanId home = home_on(binder, bind_node(binder, node->operands[0]));
    PlanId condition = node->operand_count > 1 ? bind_node(binder, node->operands[1])
                                               : plan_constant(binder->plan, TYPE_BOOL, true);

    return bind_with_two(binder, node->is_of_others ? PLAN_OTHERS_AT_HOME : PLAN_PEOPLE_AT_HOME, TYPE_NUMBER,
                         home, condition);
}

static bool is_asked_before(const Plan *plan, PlanId count)
{
    for (PlanId i = 0; i < count; i++)
        if (plan_is_of_homes(plan->nodes[i].kind) &&
            plan->nodes[i].operands[0] == plan->nodes[count].operands[0])
            return true;
    return false;
}

/* Whoever lives in a hostel or a care home would stand under `not known`, and have its records: then a cell
 * or a sum of however many people could be one home's. */
PlanId bind_of_households(Binder *binder, PlanId cohort)
{
    Plan *plan = binder->plan;
    PlanId all[PLAN_OPERANDS_MAX] = {cohort};
    size_t count = 1;

    if (binder->reads_homes)
        (void)bind_with_two(binder, PLAN_PEOPLE_AT_HOME, TYPE_NUMBER,
                            home_on(binder, plan_constant(plan, TYPE_DATE, binder->as_at)),
                            plan_constant(plan, TYPE_BOOL, true));
    for (PlanId i = 0, held = (PlanId)plan->count; i < held; i++) {
        if (!plan_is_of_homes(plan->nodes[i].kind) || is_asked_before(plan, i))
            continue;
        if (count == PLAN_OPERANDS_MAX) {
            all[0] = bind_all(binder, all, count);
            count = 1;
        }
        all[count++] = bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, i);
    }
    return count == 1 ? all[0] : bind_all(binder, all, count);
}
