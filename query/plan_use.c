#include "query/plan_use.h"

bool plan_gathers(PlanKind kind)
{
    return kind >= PLAN_EXISTS && kind <= PLAN_EPISODES;
}

static PlanUse joined(PlanUse a, PlanUse b)
{
    bool is_same = a.level == b.level && a.column == b.column;
    uint32_t nodes = b.nodes < UINT32_MAX / 2 - a.nodes ? a.nodes + b.nodes : UINT32_MAX / 2;
    PlanUse made = b.reads == READS_NOTHING ? a : b;

    if (a.reads == READS_MORE || (a.reads == READS_COLUMN && b.reads == READS_COLUMN && !is_same))
        made.reads = READS_MORE;
    made.nodes = nodes;
    return made;
}

static PlanUse use_of(const PlanNode *node, const PlanUse *uses)
{
    PlanUse use = {.nodes = 1};

    if (node->kind == PLAN_COLUMN)
        return (PlanUse){READS_COLUMN, node->level, node->column, 1};
    for (size_t i = 0; i < node->operand_count; i++)
        use = joined(use, uses[node->operands[i]]);
    if (plan_is_rows(node->kind)) /* and so what gathers them */
        use.reads = READS_MORE;
    return use;
}

const PlanUse *plan_uses(const Plan *plan, Arena *arena)
{
    PlanUse *uses = arena_alloc(arena, (plan->count + 1) * sizeof *uses);

    for (size_t id = 0; id < plan->count; id++)
        uses[id] = use_of(&plan->nodes[id], uses);
    return uses;
}
