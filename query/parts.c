/* What is counted of each table: people by its dimensions, once for each condition of its measures. */
#include <assert.h>

#include "query/tree.h"

Mention tree_mention(const Tree *tree, Place place)
{
    return (Mention){.text = tree->project_at.text, .place = place};
}

static Result add_part(Tree *tree, size_t t, size_t period, size_t measure, Error *error)
{
    const TableNode *table = &tree->tables[t];
    Part *part = &tree->parts[tree->part_count];

    Mention at = tree_mention(tree, table->place);

    if (tree->part_count == QUERY_PARTS_MAX)
        return source_text_fail_at(&at, ERROR_LIMIT, error,
                                   "the tables have more than %d measures together, each once a period",
                                   QUERY_PARTS_MAX);
    *part =
        (Part){.table = t, .period = period, .measure = measure, .dimension_count = table->dimension_count};
    for (size_t d = 0; d < table->dimension_count; d++)
        part->dimensions[d] = &table->dimensions[d];
    if (measure < QUERY_MEASURES_MAX) {
        assert(part->dimension_count < QUERY_DIMENSIONS_MAX);
        part->dimensions[part->dimension_count++] = &table->measures[measure].dimension;
    }
    tree->part_count++;
    return RESULT_OK;
}

static Result add_table(Tree *tree, size_t t, Error *error)
{
    const TableNode *table = &tree->tables[t];
    size_t before = tree->part_count, periods = table->series.count > 0 ? table->series.count : 1;

    for (size_t period = 0; period < periods; period++)
        for (size_t m = 0; m < table->measure_count; m++)
            if (table->measures[m].dimension.condition != NULL)
                TRY(add_part(tree, t, period, m, error));
    return tree->part_count > before ? RESULT_OK : add_part(tree, t, 0, QUERY_MEASURES_MAX, error);
}

static bool is_of_amount(const Part *part)
{
    return part->measure < QUERY_MEASURES_MAX && part->dimensions[part->dimension_count - 1]->amount != NULL;
}

size_t tree_amount_count(const Tree *tree)
{
    size_t amounts = 0;

    for (size_t p = 0; p < tree->part_count; p++)
        amounts += is_of_amount(&tree->parts[p]);
    return amounts;
}

static Mention measure_at(const Tree *tree, const Part *part)
{
    return tree_mention(tree, tree->tables[part->table].measures[part->measure].place);
}

static Result check_amounts(const Tree *tree, Error *error)
{
    size_t amounts = 0;

    for (size_t p = 0; p < tree->part_count; p++) {
        amounts += is_of_amount(&tree->parts[p]);
        if (amounts <= QUERY_AMOUNTS_MAX)
            continue;
        Mention at = measure_at(tree, &tree->parts[p]);
        return source_text_fail_at(&at, ERROR_LIMIT, error,
                                   "more than %d amounts up to here, each counted once a period",
                                   QUERY_AMOUNTS_MAX);
    }
    return RESULT_OK;
}

/* Each condition is bound once a period: that bounds the plan. */
static Result check_size(const Tree *tree, Error *error)
{
    size_t size = tree->cohort->size;

    for (size_t p = 0; p < tree->part_count; p++) {
        const Part *part = &tree->parts[p];
        if (part->measure == QUERY_MEASURES_MAX)
            continue;
        size += part->dimensions[part->dimension_count - 1]->condition->size;
        if (size <= QUERY_ALL_NODES_MAX)
            continue;
        Mention at = measure_at(tree, part);
        return source_text_fail_at(&at, ERROR_LIMIT, error,
                                   "the conditions up to here have more than %d parts together, each counted "
                                   "once a period; ask fewer periods or measures",
                                   QUERY_ALL_NODES_MAX);
    }
    return RESULT_OK;
}

Result tree_make_parts(Tree *tree, Arena *arena, Error *error)
{
    tree->parts = arena_alloc(arena, QUERY_PARTS_MAX * sizeof *tree->parts);
    for (size_t t = 0; t < tree->table_count; t++)
        TRY(add_table(tree, t, error));
    TRY(check_amounts(tree, error));
    return check_size(tree, error);
}
