/* What codes cost. Prices are whole pence until they are added up, so that a sum is the same in any order. */
#include "query/bind_parts.h"
#include "query/published.h"

enum { PENCE = 100 };

/* A code that no record has is no word, and none without a price becomes anything known. */
static PlanId pence_of(Binder *binder, const Prices *prices, PlanId code)
{
    const Published *published = prices->published;
    size_t count = published == NULL ? 0 : published->line_count, kept = 0;
    int64_t *words = arena_alloc(binder->plan->arena, (count + 1) * sizeof *words);
    int64_t *pence = arena_alloc(binder->plan->arena, (count + 1) * sizeof *pence);

    for (size_t i = 0; i < count; i++) {
        words[kept] = dataset_word(binder->plan->dataset, published->values[i]);
        pence[kept] = published->numbers[i];
        kept += words[kept] >= 0;
    }
    return plan_set(binder->plan, (PlanNode){.kind = PLAN_MAP, .type = TYPE_NUMBER}, code, words, pence,
                    kept);
}

static PlanId in_pounds(Binder *binder, PlanId pence)
{
    return bind_with_two(binder, PLAN_DIVIDE, TYPE_DECIMAL, pence,
                         plan_constant(binder->plan, TYPE_NUMBER, PENCE));
}

PlanId bind_price(Binder *binder, const Node *node)
{
    return in_pounds(
        binder, pence_of(binder, node->prices, bind_column_of(binder, binder->level, node->column->stored)));
}

/* Of no record 0, and of one without a price unknown. */
PlanId bind_cost(Binder *binder, const Node *node)
{
    PlanId rows = bind_rows(binder, node);
    PlanId code = bind_column_of(binder, bind_source(binder, node->source->name), node->column->stored);
    PlanId price = pence_of(binder, node->prices, code);
    PlanId has_price = bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, price);
    PlanId without = bind_with_two(binder, PLAN_DROP, TYPE_BOOL, rows, has_price);
    PlanId all_have =
        bind_with(binder, PLAN_NOT, TYPE_BOOL, bind_with(binder, PLAN_EXISTS, TYPE_BOOL, without));
    PlanId sum = bind_with_two(binder, PLAN_SUM, TYPE_NUMBER, rows, price);
    PlanId total =
        bind_with_two(binder, PLAN_COALESCE, TYPE_NUMBER, sum, plan_constant(binder->plan, TYPE_NUMBER, 0));

    return in_pounds(binder, bind_with_two(binder, PLAN_CASE, TYPE_NUMBER, all_have, total));
}
