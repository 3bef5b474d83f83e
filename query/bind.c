/* A tree becomes a plan: node by node by the table below, then the dimensions of its tables. */
#include <assert.h>

#include "query/bind_parts.h"

enum { NODES_OF_A_DIMENSION = 64, NODES_ALWAYS = 128, MEBIBYTE = 1 << 20 };

static BindNode *const binders[] = {
    [NODE_INTEGER] = bind_integer,
    [NODE_DECIMAL] = bind_decimal,
    [NODE_DATE] = bind_day,
    [NODE_STRING] = bind_text,
    [NODE_AS_AT] = bind_day,
    [NODE_ATTRIBUTE] = bind_attribute,
    [NODE_AGE] = bind_age,
    [NODE_COLUMN] = bind_column,
    [NODE_LET] = bind_let,
    [NODE_PARAMETER] = bind_parameter,
    [NODE_PERIOD_START] = bind_period_day,
    [NODE_PERIOD_END] = bind_period_day,
    [NODE_REGISTERED] = bind_registered,
    [NODE_TIME_REGISTERED] = bind_time_registered,
    [NODE_HOUSEHOLD] = bind_household,
    [NODE_EXISTS] = bind_exists,
    [NODE_COUNT] = bind_count,
    [NODE_DISTINCT] = bind_gathered,
    [NODE_SUM] = bind_gathered,
    [NODE_MEAN] = bind_gathered,
    [NODE_SMALLEST] = bind_gathered,
    [NODE_LARGEST] = bind_gathered,
    [NODE_VALUE] = bind_picked,
    [NODE_EPISODES] = bind_days_of,
    [NODE_MOST] = bind_days_of,
    [NODE_IN_VALUES] = bind_in_values,
    [NODE_COMPARE] = bind_compare,
    [NODE_RANGE] = bind_range,
    [NODE_WITHIN] = bind_within,
    [NODE_SENT] = bind_sent,
    [NODE_IN_CODES] = bind_in,
    [NODE_IN_LIST] = bind_in,
    [NODE_CONTAINS_CODES] = bind_in,
    [NODE_CONTAINS_LIST] = bind_in,
    [NODE_IN_NUMBERS] = bind_in_numbers,
    [NODE_IN_PERIOD] = bind_in_period,
    [NODE_IS_KNOWN] = bind_is_known,
    [NODE_NOT] = bind_not,
    [NODE_AND] = bind_and,
    [NODE_OR] = bind_or,
    [NODE_ADD] = bind_calculation,
    [NODE_SUBTRACT] = bind_calculation,
    [NODE_MULTIPLY] = bind_calculation,
    [NODE_DIVIDE] = bind_calculation,
    [NODE_SHIFT] = bind_shift,
    [NODE_BETWEEN] = bind_between,
    [NODE_CASE] = bind_choice,
    [NODE_OTHERWISE] = bind_choice,
    [NODE_LEAST] = bind_choice,
    [NODE_GREATEST] = bind_choice,
};

PlanId bind_node(Binder *binder, const Node *node)
{
    assert((size_t)node->kind < sizeof binders / sizeof *binders && binders[node->kind] != NULL);
    return binders[node->kind](binder, node);
}

/* ---- dimensions ---- */

/* Who has no known birth, or none before the day, is in no band. */
static PlanId bind_band(Binder *binder, const Bands *bands)
{
    Plan *plan = binder->plan;
    PlanId age = bind_age_on(binder, plan_constant(plan, TYPE_DATE, binder->as_at));
    PlanId operands[2 * BANDS_MAX];
    size_t count = 0;

    for (size_t i = bands->count; i-- > 0;) {
        PlanId start = plan_constant(plan, TYPE_NUMBER, bands->starts[i]);
        operands[count++] = bind_with_two(binder, PLAN_AT_LEAST, TYPE_BOOL, age, start);
        operands[count++] = start;
    }
    return plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, count);
}

static PlanId bind_dimension(Binder *binder, const Dimension *dimension)
{
    if (dimension->condition != NULL)
        return bind_node(binder, dimension->condition);
    if (dimension->bands.count > 0)
        return bind_band(binder, &dimension->bands);
    return bind_attribute_on(binder, dimension->attribute,
                             plan_constant(binder->plan, TYPE_DATE, binder->as_at));
}

size_t bound_dimension(const Bound *bound, const Dimension *dimension)
{
    size_t i = 0;

    while (i < bound->dimension_count && !dimension_equal(&bound->dimensions[i], dimension))
        i++;
    return i;
}

Dimension bound_of_part(const Tree *tree, const Part *part, size_t dimension, Date as_at)
{
    const Series *series = &tree->tables[part->table].series;
    Dimension of = *part->dimensions[dimension];

    if (of.condition != NULL && series->count > 0)
        of.period = series_period(series, as_at, part->period);
    return of;
}

/* What is too large for anybody is not known: were it refused, the refusal would tell of one person. */
static PlanId bind_amount(Binder *binder, const Node *node)
{
    PlanId amount = bind_node(binder, node);
    PlanId size = bind_with(binder, PLAN_ABSOLUTE, binder->plan->nodes[amount].type, amount);
    PlanId fits = bind_with_two(binder, PLAN_AT_MOST, TYPE_BOOL, size,
                                plan_constant(binder->plan, TYPE_NUMBER, PLAN_AMOUNT_MAX));

    return bind_with_two(binder, PLAN_CASE, binder->plan->nodes[amount].type, fits, amount);
}

static void bind_value(Binder *binder, const Dimension *dimension, PlanId *value, PlanId *amount)
{
    *amount = BOUND_NO_AMOUNT;
    if (dimension->amount == NULL) {
        *value = bind_dimension(binder, dimension);
        return;
    }
    *amount = bind_amount(binder, dimension->amount);
    *value = bind_with(binder, PLAN_IS_KNOWN, TYPE_BOOL, *amount);
}

static void bind_part(Binder *binder, const Part *part, Bound *bound)
{
    for (size_t i = 0; i < part->dimension_count; i++) {
        Dimension dimension = bound_of_part(binder->tree, part, i, binder->as_at);
        if (bound_dimension(bound, &dimension) < bound->dimension_count)
            continue;
        assert(bound->dimension_count < BOUND_DIMENSIONS_MAX);
        binder->period = dimension.period;
        bind_value(binder, &dimension, &bound->values[bound->dimension_count],
                   &bound->amounts[bound->dimension_count]);
        bound->dimensions[bound->dimension_count++] = dimension;
    }
}

/* A period that has not ended on the query's day would be read as a fall. */
static Result check_series(const Tree *tree, Date as_at, Error *error)
{
    for (size_t t = 0; t < tree->table_count; t++) {
        Mention at = tree_mention(tree, tree->tables[t].place);
        if (tree->tables[t].series.count > 0 && tree->tables[t].series.to > as_at)
            return source_text_fail_at(&at, ERROR_INPUT, error,
                                       "the series of this table ends after the query's day");
    }
    return RESULT_OK;
}

/* Of the cohort, and of the measures' conditions. */
static size_t conditions_size(const Tree *tree)
{
    size_t size = tree->cohort->size;

    for (size_t p = 0; p < tree->part_count; p++) {
        const Part *part = &tree->parts[p];
        const Node *condition = part->dimensions[part->dimension_count - 1]->condition;
        size += condition == NULL ? 0 : condition->size;
    }
    return size;
}

static Result check_bound(const Binder *binder, Error *error)
{
    if (binder->asks_beyond != NULL)
        return source_text_fail_at(&binder->asks_beyond->at, ERROR_INPUT, error,
                                   "'sent' asks of a month after the release's");
    if (binder->beyond_sets != NULL)
        return source_text_fail_at(&binder->beyond_sets->at, ERROR_LIMIT, error,
                                   "the codes up to here stand for more words than fit in %d MiB of memory; "
                                   "use fewer lists, categories or prefixes",
                                   BOUND_SETS_BYTES_MAX / MEBIBYTE);
    return RESULT_OK;
}

Result bind_tree(const Tree *tree, const Dataset *dataset, Date as_at, Arena *arena, Bound *bound,
                 Error *error)
{
    size_t nodes_max = NODES_ALWAYS + BIND_NODES_EACH * conditions_size(tree) +
                       NODES_OF_A_DIMENSION * (size_t)BOUND_DIMENSIONS_MAX;
    Binder binder = {.tree = tree, .as_at = as_at, .level = PLAN_PEOPLE};

    TRY(check_series(tree, as_at, error));
    TRY(bind_shape_check(tree, dataset, error));
    binder.plan = plan_create(dataset, nodes_max, arena);
    *bound = (Bound){.plan = binder.plan, .as_at = as_at, .cohort = bind_node(&binder, tree->cohort)};
    for (size_t p = 0; p < tree->part_count; p++)
        bind_part(&binder, &tree->parts[p], bound);
    bound->cohort = bind_of_households(&binder, bound->cohort);
    memory_free(binder.sets);
    return check_bound(&binder, error);
}
