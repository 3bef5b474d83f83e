/* `parameter NAME in (VALUE, ...)`: what is chosen at a run, out of a list that is approved with the query.
 */
#include <stdlib.h>

#include "query/expression.h"

enum { SAID_BYTES = 24 };

const Parameter *parser_parameter(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->parameter_count; i++)
        if (text_equal(name, parser->tree->parameters[i].name))
            return &parser->tree->parameters[i];
    return NULL;
}

Result parser_fail_parameter(const Parser *parser, const Token *token, Error *error)
{
    Text names[QUERY_PARAMETERS_MAX];

    for (size_t i = 0; i < parser->tree->parameter_count; i++)
        names[i] = parser->tree->parameters[i].name;
    return source_text_fail_unknown(&parser->input->source, token->place, "parameter", token->text, names,
                                    parser->tree->parameter_count, error);
}

/* ---- the list ---- */

/* As it is given at a run: without quotes. */
static Text said_of(const Parser *parser, const Node *value)
{
    char day[DATE_TEXT_BYTES];

    if (value->kind == NODE_INTEGER)
        return text_format(parser->arena, "%lld", (long long)value->integer);
    if (value->kind == NODE_DATE)
        return text_copy(parser->arena, text_from(date_format(value->date, day)));
    return value->text;
}

static Result take_value(Parser *parser, Parameter *parameter, ParameterValue *value, Error *error)
{
    Place place = parser->token.place;

    if (parameter->count == QUERY_PARAMETER_VALUES_MAX)
        return parser_fail(parser, error, "more than %d values", QUERY_PARAMETER_VALUES_MAX);
    TRY(expression_literal(parser, &value->node, error));
    if (parameter->count == 0)
        parameter->type = value->node->type;
    value->said = said_of(parser, value->node);
    parameter->count++;
    return expression_want(parser, value->node, parameter->type, place, error);
}

static double number_of(const Node *node)
{
    return node->kind == NODE_DECIMAL ? node->decimal : (double)node->integer;
}

static int compare_values(const void *a, const void *b)
{
    const ParameterValue *x = a, *y = b;

    if (x->node->type == TYPE_NUMBER && number_of(x->node) != number_of(y->node))
        return number_of(x->node) < number_of(y->node) ? -1 : 1;
    return text_compare(x->said, y->said);
}

/* Their order means nothing, so it leaves no trace. */
static void sort_values(Parameter *parameter, ParameterValue *values)
{
    size_t kept = 0;

    qsort(values, parameter->count, sizeof *values, compare_values);
    for (size_t i = 0; i < parameter->count; i++)
        if (i == 0 || compare_values(&values[kept - 1], &values[i]) != 0)
            values[kept++] = values[i];
    parameter->count = kept;
    parameter->values = values;
}

Result parser_take_parameter(Parser *parser, Error *error)
{
    Tree *tree = parser->tree;
    Parameter parameter = {.at = parser_mention_at(parser, parser->token.place)};
    ParameterValue *values = arena_alloc(parser->arena, QUERY_PARAMETER_VALUES_MAX * sizeof *values);
    bool more = true;

    TRY(parser_new_value_name(parser, &parameter.name, error));
    if (tree->parameter_count == QUERY_PARAMETERS_MAX)
        return parser_fail(parser, error, "more than %d parameters", QUERY_PARAMETERS_MAX);
    TRY(parser_expect(parser, "in", error));
    TRY(parser_expect(parser, "(", error));
    while (more) {
        TRY(take_value(parser, &parameter, &values[parameter.count], error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    TRY(parser_expect(parser, ")", error));
    sort_values(&parameter, values);
    parameter.is_set = parameter.count == 1;
    tree->parameters[tree->parameter_count++] = parameter;
    return RESULT_OK;
}

/* ---- the whole ---- */

/* Each choice is a query of its own, and answers of several can be subtracted: who approves one sees all. */
Result parser_check_parameters(const Tree *tree, Error *error)
{
    size_t wordings = 1;

    for (size_t i = 0; i < tree->parameter_count; i++) {
        const Parameter *parameter = &tree->parameters[i];
        wordings *= parameter->is_used ? parameter->count : 1;
        if (wordings > QUERY_WORDINGS_MAX)
            return source_text_fail_at(&parameter->at, ERROR_INPUT, error,
                                       "the parameters' values make more than %d different queries",
                                       QUERY_WORDINGS_MAX);
    }
    return RESULT_OK;
}
