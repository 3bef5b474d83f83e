/* People of the home: how many they are, or how many of them something is true of. */
#include "query/expression.h"

bool expression_at_people(const Parser *parser)
{
    static const char *const words[] = {"people", "person", "other"};
    bool any = false;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        any |= token_is(&parser->token, words[i]);
    return any && catalogue_source(parser->input->catalogue, parser->token.text) == NULL;
}

/* [at DAY], as_at when it is left out; who lives together is asked of one day for everybody. */
static Result take_day(Parser *parser, const Node **day, Error *error)
{
    const Node as_at = {.kind = NODE_AS_AT, .type = TYPE_DATE};
    Place place = parser->token.place;
    bool has_day;

    TRY(parser_accept(parser, "at", &has_day, error));
    if (!has_day)
        return expression_finish(parser, &as_at, place, day, error);
    place = parser->token.place;
    TRY(expression_day(parser, day, error));
    if (expression_is_common_day(*day))
        return RESULT_OK;
    return expression_fail(
        parser, place, error,
        "the day of a household is the same for everybody: as_at, a date, or one so far from it");
}

/* [where CONDITION of each of them] */
static Result take_condition(Parser *parser, const Node **condition, bool *has_condition, Error *error)
{
    TRY(parser_accept(parser, "where", has_condition, error));
    if (!*has_condition)
        return RESULT_OK;
    Place place = parser->token.place;
    TRY(parser_expression(parser, condition, error));
    return expression_want(parser, *condition, TYPE_BOOL, place, error);
}

Result expression_household(Parser *parser, const char *noun, Place place, const Node **node, Error *error)
{
    const char *const words[] = {noun, "in", "the", "household"};
    Node draft = {.kind = NODE_HOUSEHOLD, .type = TYPE_NUMBER, .operand_count = 1};
    const Node *operands[2];
    bool has_condition;

    parser_mention_deaths(parser, place);
    TRY(parser_accept(parser, "other", &draft.is_of_others, error));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        TRY(parser_expect(parser, words[i], error));
    TRY(take_day(parser, &operands[0], error));
    TRY(take_condition(parser, &operands[1], &has_condition, error));
    draft.operand_count += has_condition;
    draft.operands = expression_operands(parser, operands, draft.operand_count);
    return expression_finish(parser, &draft, place, node, error);
}

Result expression_household_exists(Parser *parser, Place place, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_COMPARE, .type = TYPE_BOOL, .comparison = IS_AT_LEAST, .operand_count = 2};
    const Node one = {.kind = NODE_INTEGER, .type = TYPE_NUMBER, .integer = 1};
    const Node *operands[2];

    TRY(expression_household(parser, "person", place, &operands[0], error));
    TRY(expression_finish(parser, &one, place, &operands[1], error));
    draft.operands = expression_operands(parser, operands, 2);
    return expression_finish(parser, &draft, place, node, error);
}
