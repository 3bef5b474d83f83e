/*
 * Has the dataset what the tree names? A release can be older than a source or a column. Names are of the
 * catalogue, not of the data.
 */
#include <assert.h>
#include <string.h>

#include "query/bind_parts.h"

typedef struct Shape {
    const Dataset *dataset;
    const CatalogueSource *where; /* whose rows are spoken of */
    Mention at;                   /* of what is being looked at */
} Shape;

static Result check_node(Shape *shape, const Node *node, Error *error);

/* Numbers may be held as decimals. */
static bool is_held_as(QueryType type, QueryType held)
{
    return type == held || (type == TYPE_NUMBER && held == TYPE_DECIMAL);
}

static Result check_column(const Shape *shape, int source, Text name, QueryType type, Error *error)
{
    const DataSource *held = &shape->dataset->sources[source];
    int column = dataset_column(held, name);

    if (column < 0)
        return source_text_fail_at(&shape->at, ERROR_REFUSED, error,
                                   "source %.*s of the release has no column %.*s; build a new one",
                                   TEXT_ARG(held->name), TEXT_ARG(name));
    if (!is_held_as(type, held->columns[column].type))
        return source_text_fail_at(&shape->at, ERROR_REFUSED, error,
                                   "source %.*s of the release holds column %.*s as another type; build a "
                                   "new one",
                                   TEXT_ARG(held->name), TEXT_ARG(name));
    return RESULT_OK;
}

static Result find_source(const Shape *shape, Text name, int *source, Error *error)
{
    *source = dataset_source(shape->dataset, name);
    if (*source >= 0)
        return RESULT_OK;
    return source_text_fail_at(&shape->at, ERROR_REFUSED, error,
                               "the release has no source %.*s; build a new one", TEXT_ARG(name));
}

/* ---- people and registrations ---- */

typedef struct Needed {
    const char *source, *column;
    QueryType type;
} Needed;

static Result check_needed(const Shape *shape, const Needed *needed, size_t count, Error *error)
{
    for (size_t i = 0; i < count; i++) {
        int source = BIND_PEOPLE_SOURCE;
        if (needed[i].source != NULL)
            TRY(find_source(shape, text_from(needed[i].source), &source, error));
        TRY(check_column(shape, source, text_from(needed[i].column), needed[i].type, error));
    }
    return RESULT_OK;
}

static Result check_attribute(const Shape *shape, const Attribute *attribute, Error *error)
{
    static const Needed birth[] = {{NULL, "birth_year", TYPE_NUMBER}, {NULL, "birth_month", TYPE_NUMBER}};
    bool is_of_person = strcmp(attribute->table, "p") == 0;
    const Needed needed[] = {
        {is_of_person ? NULL : "registration", attribute->column, attribute->type},
        {"registration", "valid_from", TYPE_DATE},
        {"registration", "valid_to", TYPE_DATE},
    };

    if (attribute->column == NULL)
        return check_needed(shape, birth, 2, error);
    return check_needed(shape, needed, is_of_person ? 1 : 3, error);
}

static Result check_registered(const Shape *shape, Error *error)
{
    static const Needed needed[] = {
        {NULL, "death_date", TYPE_DATE},
        {"registration", "valid_from", TYPE_DATE},
        {"registration", "valid_to", TYPE_DATE},
    };

    return check_needed(shape, needed, 3, error);
}

static Result check_household(const Shape *shape, Error *error)
{
    static const Needed needed[] = {
        {"household", "household_number", TYPE_NUMBER},
        {"household", "valid_from", TYPE_DATE},
        {"household", "valid_to", TYPE_DATE},
    };

    TRY(check_registered(shape, error));
    TRY(check_attribute(shape, attribute_find(TEXT("care_home")), error));
    return check_needed(shape, needed, 3, error);
}

/* ---- sources ---- */

static Result check_rows(Shape *shape, const Node *node, Error *error)
{
    static const char *const residence[] = {"household_from", "household_to"};
    const CatalogueSource *outer = shape->where;
    int source;

    TRY(find_source(shape, node->source->name, &source, error));
    for (size_t i = 0; node->source->is_household && i < 2; i++)
        TRY(check_column(shape, source, text_from(residence[i]), TYPE_DATE, error));
    if (node->source->is_household)
        TRY(check_household(shape, error));
    if (node->column != NULL)
        TRY(check_column(shape, source, node->column->stored, node->column->type, error));
    if (node->by != NULL)
        TRY(check_column(shape, source, node->by->stored, node->by->type, error));
    if (node->kind == NODE_IN_VALUES)
        TRY(check_node(shape, node->operands[0], error));
    if (node_where(node) == NULL)
        return RESULT_OK;
    shape->where = node->source;
    TRY(check_node(shape, node_where(node), error));
    shape->where = outer;
    return RESULT_OK;
}

static Result check_column_node(const Shape *shape, const Node *node, Error *error)
{
    int source;

    assert(shape->where != NULL);
    TRY(find_source(shape, shape->where->name, &source, error));
    return check_column(shape, source, node->column->stored, node->column->type, error);
}

static Result check_node(Shape *shape, const Node *node, Error *error)
{
    shape->at = node->at;
    if (node_is_of_records(node))
        return check_rows(shape, node, error);
    if (node->column != NULL)
        return check_column_node(shape, node, error);
    if (node->let != NULL)
        return check_node(shape, node->let->value, error);
    if (node->attribute != NULL)
        TRY(check_attribute(shape, node->attribute, error));
    if (node->kind == NODE_AGE)
        TRY(check_attribute(shape, attribute_find(TEXT("age")), error));
    if (node->kind == NODE_REGISTERED || node->kind == NODE_TIME_REGISTERED)
        TRY(check_registered(shape, error));
    if (node->kind == NODE_HOUSEHOLD)
        TRY(check_household(shape, error));
    for (size_t i = 0; i < node->operand_count; i++)
        TRY(check_node(shape, node->operands[i], error));
    return RESULT_OK;
}

static Result check_dimension(Shape *shape, const Dimension *dimension, Error *error)
{
    if (dimension->condition != NULL)
        return check_node(shape, dimension->condition, error);
    return check_attribute(shape, dimension->attribute, error);
}

Result bind_shape_check(const Tree *tree, const Dataset *dataset, Error *error)
{
    Shape shape = {.dataset = dataset};

    TRY(check_node(&shape, tree->cohort, error));
    for (size_t p = 0; p < tree->part_count; p++)
        for (size_t i = 0; i < tree->parts[p].dimension_count; i++) {
            shape.at = tree_mention(tree, tree->parts[p].dimensions[i]->place);
            TRY(check_dimension(&shape, tree->parts[p].dimensions[i], error));
        }
    return RESULT_OK;
}
