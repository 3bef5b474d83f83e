/* Which tables may stand together in one query: their counts are linked by sums, and the audit has to see all
 * of those. */
#include <assert.h>
#include <string.h>

#include "query/parser.h"

enum { CONDITIONS_LINKED = 2 }; /* more of them make no other rings */

bool dimension_equal(const Dimension *a, const Dimension *b)
{
    if (a->condition != NULL && b->condition != NULL)
        return strcmp(a->attribute->name, b->attribute->name) == 0 && text_equal(a->said, b->said) &&
               a->period.first == b->period.first && a->period.last == b->period.last;
    return a->attribute == b->attribute && bands_equal(&a->bands, &b->bands);
}

/* ---- levels of one dimension ---- */

static bool same_family(const Dimension *a, const Dimension *b)
{
    assert(a->attribute != NULL && b->attribute != NULL);
    return strcmp(a->attribute->family, b->attribute->family) == 0 && !dimension_equal(a, b);
}

/*
 * Wards add up to districts, narrow bands to wide ones: two tables of one query that hold both levels are
 * linked by sums that the suppression of either does not see. They stand in one table or not in one query.
 */
Result parser_check_families(const Parser *parser, const TableNode *added, Error *error)
{
    const Tree *tree = parser->tree;

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            for (size_t j = 0; j < added->dimension_count; j++)
                if (same_family(&tree->tables[t].dimensions[i], &added->dimensions[j]))
                    return source_text_fail(&parser->input->source, added->dimensions[j].place, error,
                                            "an earlier table has another level of this dimension; levels "
                                            "can be subtracted from each other, ask two queries");
    return RESULT_OK;
}

/* ---- conditions ---- */

static size_t condition_count(const TableNode *table)
{
    size_t count = 0;

    for (size_t i = 0; i < table->measure_count; i++)
        count += table->measures[i].dimension.condition != NULL;
    return count;
}

static bool has_condition(const TableNode *table, const Dimension *condition)
{
    for (size_t i = 0; i < table->measure_count; i++)
        if (table->measures[i].dimension.condition != NULL &&
            dimension_equal(&table->measures[i].dimension, condition))
            return true;
    return false;
}

static bool same_series(const Series *a, const Series *b)
{
    return a->count == b->count &&
           (a->count == 0 || (a->unit == b->unit && a->from == b->from && a->to == b->to));
}

/*
 * A condition may be made of another table's dimension (age from 65 on, of bands of age): what that table
 * adds up to is then no margin that the two have in common. With the condition in each table it is.
 */
static Result check_conditions(const Parser *parser, const TableNode *table, Error *error)
{
    const TableNode *first = &parser->tree->tables[0];
    const SourceText *source = &parser->input->source;

    if (!same_series(&first->series, &table->series))
        return source_text_fail(source, table->place, error,
                                "an earlier table is by other periods or none; ask two queries");
    for (size_t i = 0; condition_count(first) > 0 && i < table->measure_count; i++)
        if (table->measures[i].dimension.condition != NULL &&
            !has_condition(first, &table->measures[i].dimension))
            return source_text_fail(source, table->measures[i].place, error,
                                    "an earlier table has a measure of another name or condition; who has "
                                    "one and not the other can be subtracted, ask two queries");
    if (condition_count(table) != condition_count(first))
        return source_text_fail(source, table->place, error,
                                "a measure of people with a condition is in each table of a query or in "
                                "none, since tables with and without it can be subtracted");
    return RESULT_OK;
}

/* ---- rings ---- */

/* A dimension that one part alone has, and a part that lies within another, close no ring. */
static bool drop_ends(uint64_t *sets, size_t count)
{
    bool has_dropped = false;

    for (size_t i = 0; i < count; i++) {
        uint64_t elsewhere = 0, left = sets[i];
        for (size_t j = 0; j < count; j++) {
            elsewhere |= j != i ? sets[j] : 0;
            if (j != i && (sets[i] & ~sets[j]) == 0)
                left = 0;
        }
        left &= elsewhere;
        has_dropped |= left != sets[i];
        sets[i] = left;
    }
    return has_dropped;
}

/* The table that closes one; table_count: none does. */
static size_t find_ring(const Tree *tree, size_t conditions)
{
    uint64_t sets[QUERY_TABLES_MAX * CONDITIONS_LINKED] = {0};
    size_t each = conditions == 0 ? 1 : conditions;

    for (size_t i = 0; i < tree->table_count * each; i++) {
        const TableNode *table = &tree->tables[i / each];
        for (size_t d = 0; d < table->dimension_count; d++)
            sets[i] |= UINT64_C(1) << (table->dimensions[d].attribute - ATTRIBUTES);
        if (conditions > 0)
            sets[i] |= UINT64_C(1) << (ATTRIBUTE_COUNT + i % each);
    }
    while (drop_ends(sets, tree->table_count * each))
        ;
    for (size_t i = tree->table_count * each; i-- > 0;)
        if (sets[i] != 0)
            return i / each;
    return tree->table_count;
}

/*
 * Three tables by a and b, b and c, a and c have counts that agree two by two and yet belong to no one set of
 * people, so the audit's other solution would prove nothing; so have two tables that each have two
 * conditions. Graham's reduction finds such rings; where there are none, tables that agree two by two always
 * have a common one.
 */
static Result check_rings(const Parser *parser, Error *error)
{
    const Tree *tree = parser->tree;
    const SourceText *source = &parser->input->source;
    const Series *series = &tree->tables[0].series;
    size_t conditions = condition_count(&tree->tables[0]) * (series->count > 0 ? series->count : 1);
    size_t ring = find_ring(tree, conditions > 0 ? 1 : 0);

    if (ring < tree->table_count)
        return source_text_fail(source, tree->tables[ring].place, error,
                                "the dimensions of the tables form a ring, from which hidden cells can be "
                                "worked out; ask one table by all of them");
    ring = conditions > 1 ? find_ring(tree, CONDITIONS_LINKED) : tree->table_count;
    if (ring < tree->table_count)
        return source_text_fail(source, tree->tables[ring].place, error,
                                "several measures and the dimensions of several tables form a ring, from "
                                "which hidden cells can be worked out; ask one table");
    return RESULT_OK;
}

/* What several tables say of an amount is not looked at together. */
static Result check_amounts(const Parser *parser, const TableNode *table, Error *error)
{
    for (size_t i = 0; i < table->measure_count; i++)
        if (measure_is_of_amount(&table->measures[i]))
            return source_text_fail(&parser->input->source, table->measures[i].place, error,
                                    "an amount stands in a query of one table, since amounts of several can "
                                    "be subtracted from each other");
    return RESULT_OK;
}

Result parser_check_tables(const Parser *parser, Error *error)
{
    for (size_t t = 0; parser->tree->table_count > 1 && t < parser->tree->table_count; t++)
        TRY(check_amounts(parser, &parser->tree->tables[t], error));
    for (size_t t = 1; t < parser->tree->table_count; t++)
        TRY(check_conditions(parser, &parser->tree->tables[t], error));
    return check_rings(parser, error);
}
