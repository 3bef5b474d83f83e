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
    if (node->prices != NULL)
        return bind_price(binder, node);
    return bind_column_of(binder, binder->level, node->column->stored);
}

/* Of a household source those of the home on the query's day. */
static PlanId rows_of(Binder *binder, const CatalogueSource *source, uint16_t level)
{
    PlanId rows = plan_add(binder->plan, (PlanNode){.kind = PLAN_ROWS, .level = level}, NULL, 0);

    if (!source->is_household)
        return rows;
    binder->reads_homes = true;
    PlanId lives_there = bind_covers(binder, bind_column_of(binder, level, TEXT("household_from")),
                                     bind_column_of(binder, level, TEXT("household_to")),
                                     plan_constant(binder->plan, TYPE_DATE, binder->as_at));
    return bind_with_two(binder, PLAN_KEEP, TYPE_BOOL, rows, lives_there);
}

PlanId bind_rows(Binder *binder, const Node *node)
{
    uint16_t outer = binder->level, level = bind_source(binder, node->source->name);
    PlanId rows = rows_of(binder, node->source, level);

    if (node_where(node) == NULL)
        return rows;
    binder->level = level;
    PlanId condition = bind_node(binder, node_where(node));
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

/* ---- what the rows add up to ---- */

static PlanId column_of(Binder *binder, const Node *node, const CatalogueColumn *column)
{
    return bind_column_of(binder, bind_source(binder, node->source->name), column->stored);
}

PlanId bind_gathered(Binder *binder, const Node *node)
{
    static const PlanKind kinds[] = {
        [NODE_DISTINCT] = PLAN_COUNT_DISTINCT, [NODE_SUM] = PLAN_SUM,         [NODE_MEAN] = PLAN_MEAN,
        [NODE_SMALLEST] = PLAN_SMALLEST,       [NODE_LARGEST] = PLAN_LARGEST,
    };
    if (node->prices != NULL)
        return bind_cost(binder, node);
    PlanId rows = bind_rows(binder, node), value = column_of(binder, node, node->column);
    QueryType type = binder->plan->nodes[value].type;

    if (node->kind == NODE_DISTINCT)
        type = TYPE_NUMBER;
    return bind_with_two(binder, kinds[node->kind], node->kind == NODE_MEAN ? TYPE_DECIMAL : type, rows,
                         value);
}

PlanId bind_picked(Binder *binder, const Node *node)
{
    PlanId rows = bind_rows(binder, node), value = column_of(binder, node, node->column);
    PlanId sorted = bind_with_two(binder, PLAN_SORT, TYPE_BOOL, rows, column_of(binder, node, node->by));
    PlanId picked =
        plan_add(binder->plan, (PlanNode){.kind = PLAN_PICK, .integer = node->integer}, &sorted, 1);

    return bind_with_two(binder, PLAN_VALUE, binder->plan->nodes[value].type, picked, value);
}

/* Of days: episodes, or the most that so many days hold. */
PlanId bind_days_of(Binder *binder, const Node *node)
{
    const PlanId operands[] = {bind_rows(binder, node), column_of(binder, node, node->by)};
    PlanNode draft = {.kind = node->kind == NODE_MOST ? PLAN_MOST : PLAN_EPISODES,
                      .type = TYPE_NUMBER,
                      .integer = node->integer};

    return plan_add(binder->plan, draft, operands, 2);
}

PlanId bind_in_values(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]);
    const PlanId operands[] = {value, bind_rows(binder, node), column_of(binder, node, node->column)};

    return plan_add(binder->plan, (PlanNode){.kind = PLAN_IN_ROWS, .type = TYPE_BOOL}, operands, 3);
}
