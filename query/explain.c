/* What a query would do, in words: the plan over the shape of the catalogue, without anything of people. */
#include <inttypes.h>

#include "query/bind.h"
#include "query/check_codes.h"
#include "query/explain.h"
#include "query/prices.h"
#include "query/print.h"
#include "query/query_private.h"
#include "query/shape.h"

enum {
    EXPLAIN_BYTES_MAX = 16 << 20,
    EXPLAIN_ARENA_BYTES_MAX = 64 << 20, /* half of it for sets: BOUND_SETS_BYTES_MAX */
    EXPLAIN_NODES_MAX = 10000,
};

/* Operands stand before what uses them; what only a part that fell away used counts for nothing. */
static void count_uses(const Explainer *explainer, const Bound *bound)
{
    const Plan *plan = explainer->plan;

    explainer->uses[bound->cohort]++;
    for (size_t i = 0; i < bound->dimension_count; i++)
        explainer->uses[bound->values[i]]++;
    for (size_t i = plan->count; i-- > 0;)
        for (size_t o = 0; explainer->uses[i] > 0 && o < plan->nodes[i].operand_count; o++)
            explainer->uses[plan->nodes[i].operands[o]]++;
}

/* What is used more than once is said once, before: a `let` can be used a thousand times. */
static void say_steps(const Explainer *explainer)
{
    uint32_t step = 0;

    for (size_t i = 0; i < explainer->plan->count; i++) {
        if (explainer->uses[i] < 2 || explainer->plan->nodes[i].operand_count == 0)
            continue;
        text_add_format(explainer->text, "[%" PRIu32 "] ", step + 1);
        explain_in_full(explainer, (PlanId)i);
        text_add_char(explainer->text, '\n');
        explainer->steps[i] = ++step;
    }
}

static void say_period(const Explainer *explainer, const Period *period)
{
    char day[DATE_TEXT_BYTES];

    if (period->first == period->last)
        return; /* none: a period has more days than one */
    text_add_format(explainer->text, " from %s", date_format(period->first, day));
    text_add_format(explainer->text, " to %s", date_format(period->last, day));
}

/* The plan has one value of each. */
static void say_parameters(const Explainer *explainer, const Tree *tree)
{
    for (size_t i = 0; i < tree->parameter_count; i++) {
        const Parameter *parameter = &tree->parameters[i];
        if (parameter->is_used)
            text_add_format(explainer->text, "parameter %.*s, one of %zu: here %.*s\n",
                            TEXT_ARG(parameter->name), parameter->count,
                            TEXT_ARG(parameter->values[parameter->chosen].said));
    }
}

static Text counted_name(const TableNode *table, size_t measure)
{
    return measure == MEASURE_OF_ALL ? TEXT("people") : table->measures[measure].name;
}

/* What is not counted, but worked out of what is published. */
static void say_rates(const Explainer *explainer, const TableNode *table)
{
    for (size_t i = 0; i < table->measure_count; i++) {
        const Measure *rate = &table->measures[i];
        if (rate->kind != MEASURE_RATE)
            continue;
        if (rate->population.length > 0)
            text_add_format(explainer->text,
                            "\n%.*s: the published %.*s for every %" PRId64
                            " people of the population \"%.*s\", a table from outside",
                            TEXT_ARG(rate->name), TEXT_ARG(counted_name(table, rate->numerator)), rate->per,
                            TEXT_ARG(rate->population));
        else
            text_add_format(explainer->text,
                            "\n%.*s: the published %.*s for every %" PRId64 " of the published %.*s",
                            TEXT_ARG(rate->name), TEXT_ARG(counted_name(table, rate->numerator)), rate->per,
                            TEXT_ARG(counted_name(table, rate->denominator)));
    }
}

/* The plan says of whom they are known. */
static void say_amounts(const Explainer *explainer, const TableNode *table)
{
    for (size_t i = 0; i < table->measure_count; i++) {
        const Measure *measure = &table->measures[i];
        if (!measure_is_of_amount(measure))
            continue;
        text_add_format(explainer->text, "\n%.*s: the ", TEXT_ARG(measure->name));
        print_statistic(explainer->text, measure);
        text_add_format(explainer->text, " of %.*s, over the people of whom it is known",
                        TEXT_ARG(measure->dimension.said));
    }
}

/* Pinned: what the text of each list says of it. */
static void say_codes(const Explainer *explainer, const Tree *tree)
{
    for (size_t i = 0; i < tree->code_list_count; i++) {
        const CodeList *list = &tree->code_lists[i];
        if (!list->is_used || list->terminology.length == 0)
            continue;
        text_add_string(explainer->text, "codes ");
        code_list_say(list->name, code_list_codes(list), list->terminology, list->release,
                      code_list_inactive(list), explainer->text);
        text_add_char(explainer->text, '\n');
    }
}

/* From outside: which version, the run finds. */
static void say_prices(const Explainer *explainer, const Tree *tree, Arena *arena)
{
    for (size_t i = 0; i < tree->price_count; i++)
        if (tree->prices[i].is_used)
            text_add_format(explainer->text,
                            "prices %.*s, a table from outside; what has none is not known\n",
                            TEXT_ARG(prices_said(&tree->prices[i], arena)));
}

static void say_query(const Explainer *explainer, const Tree *tree, Date as_at, const Bound *bound)
{
    TextBuilder *text = explainer->text;
    char day[DATE_TEXT_BYTES];

    text_add_format(text, "as at %s%s", date_format(as_at, day),
                    tree->as_at == DATE_NONE ? ", were that the release's last day" : "");
    if (tree->as_at_of != NULL)
        text_add_format(text, ", were that chosen of %.*s", TEXT_ARG(tree->as_at_of->name));
    text_add_char(text, '\n');
    if (tree->known_at != DATE_NONE)
        text_add_format(text, "as known at %s\n", date_format(tree->known_at, day));
    say_parameters(explainer, tree);
    count_uses(explainer, bound);
    say_steps(explainer);
    text_add_string(text, "counts people for whom ");
    explain_node(explainer, bound->cohort);
    for (size_t i = 0; i < bound->dimension_count; i++) {
        text_add_format(text, "\nby %s", bound->dimensions[i].attribute->name);
        say_period(explainer, &bound->dimensions[i].period);
        text_add_string(text, ": ");
        explain_node(explainer, bound->values[i]);
    }
    for (size_t t = 0; t < tree->table_count; t++) {
        say_amounts(explainer, &tree->tables[t]);
        say_rates(explainer, &tree->tables[t]);
    }
    text_add_char(text, '\n');
    say_codes(explainer, tree);
    say_prices(explainer, tree, explainer->plan->arena);
}

Result query_explain(const Query *query, Text *explained, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(EXPLAIN_BYTES_MAX);
    SCOPED(arena_close) Arena *arena = arena_create(EXPLAIN_ARENA_BYTES_MAX);
    const Dataset *shape = shape_of_catalogue(&query->catalogue, query->tree, arena);
    Date as_at =
        query->tree->as_at != DATE_NONE ? query->tree->as_at : month_last_day(month_of_date(date_today()));
    Bound bound;

    TRY(bind_tree(query->tree, shape, as_at, arena, &bound, error));
    if (bound.plan->count > EXPLAIN_NODES_MAX)
        return source_text_fail_at(&query->tree->cohort->at, ERROR_LIMIT, error,
                                   "the plan has more than %d parts, too many to read", EXPLAIN_NODES_MAX);
    Explainer explainer = {.plan = bound.plan, .text = &text};
    explainer.uses = arena_alloc(arena, bound.plan->count * sizeof *explainer.uses);
    explainer.steps = arena_alloc(arena, bound.plan->count * sizeof *explainer.steps);
    say_query(&explainer, query->tree, as_at, &bound);
    *explained = text_copy(query->arena, text_built(&text));
    return RESULT_OK;
}
