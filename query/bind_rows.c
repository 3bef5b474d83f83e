/* The rows of a source, and what is asked of them. */
#include <assert.h>

#include "query/bind_parts.h"

uint16_t bind_source(const Binder *binder, Text name)
{
    int source = dataset_source(binder->plan->dataset, name);

    assert(source >= 0);
    return (uint16_t)source;
}

PlanId bind_column_of(Binder *binder, uint16_t source, Text name)
{
    const Dataset *dataset = binder->plan->dataset;
    const DataSource *of = &dataset->sources[source == PLAN_PEOPLE ? BIND_PEOPLE_SOURCE : source];
    int column = dataset_column(of, name);

    assert(column >= 0);
    PlanNode draft = {
        .kind = PLAN_COLUMN, .type = of->columns[column].type, .level = source, .column = (uint16_t)column};
    return plan_add(binder->plan, draft, NULL, 0);
}

PlanId bind_column(Binder *binder, const Node *node)
{
    return bind_column_of(binder, binder->level, node->column->stored);
}

/* Of a household source those of the home on the query's day. */
static PlanId rows_of(Binder *binder, const CatalogueSource *source, uint16_t level)
{
    PlanId rows = plan_add(binder->plan, (PlanNode){.kind = PLAN_ROWS, .level = level}, NULL, 0);

    if (!source->is_household)
        return rows;
    PlanId lives_there = bind_covers(binder, bind_column_of(binder, level, TEXT("household_from")),
                                     bind_column_of(binder, level, TEXT("household_to")),
                                     plan_constant(binder->plan, TYPE_DATE, binder->as_at));
    return bind_with_two(binder, PLAN_KEEP, TYPE_BOOL, rows, lives_there);
}

PlanId bind_rows(Binder *binder, const Node *node)
{
    uint16_t outer = binder->level, level = bind_source(binder, node->source->name);
    PlanId rows = rows_of(binder, node->source, level);

    if (node->operand_count == 0)
        return rows;
    binder->level = level;
    PlanId condition = bind_node(binder, node->operands[0]);
    binder->level = outer;
    return bind_with_two(binder, PLAN_KEEP, TYPE_BOOL, rows, condition);
}

PlanId bind_exists(Binder *binder, const Node *node)
{
    return bind_with(binder, PLAN_EXISTS, TYPE_BOOL, bind_rows(binder, node));
}

PlanId bind_count(Binder *binder, const Node *node)
{
    return bind_with(binder, PLAN_COUNT, TYPE_NUMBER, bind_rows(binder, node));
}
