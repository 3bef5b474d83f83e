#include "query/plan_use.h"

static bool reads(const PlanUse *use, uint16_t column)
{
    bool any = false;

    for (uint16_t c = 0; c < use->column_count; c++)
        any |= use->columns[c] == column;
    return any;
}

static void add_column(PlanUse *use, uint16_t level, uint16_t column)
{
    uint16_t at = use->column_count;

    use->is_more |= at > 0 && use->level != level;
    use->level = level;
    if (use->is_more || reads(use, column))
        return;
    use->is_more = at == PLAN_COLUMNS_FEW;
    if (use->is_more)
        return;
    for (; at > 0 && use->columns[at - 1] > column; at--)
        use->columns[at] = use->columns[at - 1];
    use->columns[at] = column;
    use->column_count++;
}

static void add_use(PlanUse *use, const PlanUse *other)
{
    uint32_t left = UINT32_MAX / 2 - use->nodes;

    use->nodes += other->nodes < left ? other->nodes : left;
    use->is_more |= other->is_more;
    for (uint16_t c = 0; c < other->column_count; c++)
        add_column(use, other->level, other->columns[c]);
}

static PlanUse use_of(const PlanNode *node, const PlanUse *uses)
{
    PlanUse use = {.nodes = 1};

    if (node->kind == PLAN_COLUMN)
        add_column(&use, node->level, node->column);
    for (size_t i = 0; i < node->operand_count; i++)
        add_use(&use, &uses[node->operands[i]]);
    use.is_more |= plan_is_rows(node->kind); /* and so what gathers them */
    use.is_more |= plan_is_of_homes(node->kind);
    return use;
}

const PlanUse *plan_uses(const Plan *plan, Arena *arena)
{
    PlanUse *uses = arena_alloc(arena, (plan->count + 1) * sizeof *uses);

    for (size_t id = 0; id < plan->count; id++)
        uses[id] = use_of(&plan->nodes[id], uses);
    return uses;
}
