/* What is to have people on both sides, and what each part of it is in the plan. */
#include <stdlib.h>

#include "query/bind_parts.h"
#include "query/dummy.h"

typedef struct Finding {
    Dummy *dummy;
    Binder binder;
} Finding;

static void note(Finding *finding, const Node *node)
{
    Dummy *dummy = finding->dummy;

    dummy->values = memory_room(dummy->values, dummy->value_count, &dummy->values_max, sizeof *dummy->values);
    dummy->values[dummy->value_count++] =
        (DummyValue){node, finding->binder.period.first, bind_node(&finding->binder, node)};
}

/* Each part at its level: behind `where` that of the source's rows. */
static void find_values(Finding *finding, const Node *node)
{
    uint16_t outer = finding->binder.level;
    bool is_of_records = node_is_of_records(node);

    note(finding, node);
    if (node->kind == NODE_LET)
        find_values(finding, node->let->value);
    for (size_t i = 0; i < node->operand_count; i++) {
        if (is_of_records && node->operands[i] == node_where(node))
            finding->binder.level = bind_source(&finding->binder, node->source->name);
        find_values(finding, node->operands[i]);
        finding->binder.level = outer;
    }
}

static void add_goal(Finding *finding, DummyGoal goal)
{
    finding->binder.period = goal.period;
    goal.id = bind_node(&finding->binder, goal.node);
    find_values(finding, goal.node);
    finding->dummy->goals[finding->dummy->goal_count++] = goal;
}

static Text label_of(Dummy *dummy, const Part *part)
{
    const Series *series = &dummy->query->tree->tables[part->table].series;

    return series->count == 0 ? TEXT("") : series_label(series, dummy->as_at, part->period, dummy->arena);
}

/* Each bound condition once, as the parts have them. */
static void add_measures(Finding *finding, const Bound *bound)
{
    const Tree *tree = finding->dummy->query->tree;
    bool is_there[BOUND_DIMENSIONS_MAX] = {false};

    for (size_t p = 0; p < tree->part_count; p++) {
        const Part *part = &tree->parts[p];
        Dimension last = bound_of_part(tree, part, part->dimension_count - 1, finding->dummy->as_at);
        size_t index = bound_dimension(bound, &last);
        if (last.condition == NULL || is_there[index])
            continue;
        is_there[index] = true;
        add_goal(finding, (DummyGoal){.kind = "measure",
                                      .name = text_from(last.attribute->name),
                                      .period_label = label_of(finding->dummy, part),
                                      .node = last.condition,
                                      .says_known = last.amount != NULL,
                                      .period = last.period});
    }
}

static int compare_values(const void *a, const void *b)
{
    const DummyValue *x = a, *y = b;

    if (x->node != y->node)
        return (uintptr_t)x->node < (uintptr_t)y->node ? -1 : 1;
    return (x->period > y->period) - (x->period < y->period);
}

bool dummy_value_id(const Dummy *dummy, const Node *node, Date period, PlanId *id)
{
    const DummyValue wanted = {.node = node, .period = period};
    const DummyValue *found =
        bsearch(&wanted, dummy->values, dummy->value_count, sizeof wanted, compare_values);

    if (found != NULL)
        *id = found->id;
    return found != NULL;
}

void dummy_find_goals(Dummy *dummy, const Bound *bound)
{
    const Tree *tree = dummy->query->tree;
    Finding finding = {dummy,
                       {.tree = tree, .plan = bound->plan, .as_at = dummy->as_at, .level = PLAN_PEOPLE}};

    dummy->plan = bound->plan;
    dummy->goals =
        arena_alloc(dummy->arena, (1 + QUERY_NAMES_MAX + BOUND_DIMENSIONS_MAX) * sizeof *dummy->goals);
    add_goal(&finding, (DummyGoal){.kind = "cohort", .node = tree->cohort});
    for (size_t i = 0; i < tree->let_count; i++)
        if (tree->lets[i].is_used)
            add_goal(&finding, (DummyGoal){.kind = "let",
                                           .name = tree->lets[i].name,
                                           .node = tree->lets[i].value,
                                           .says_known = tree->lets[i].value->type != TYPE_BOOL});
    add_measures(&finding, bound);
    memory_free(finding.binder.sets);
    qsort(dummy->values, dummy->value_count, sizeof *dummy->values, compare_values);
}
