/* Values chosen among others, and the time between two dates. */
#include "query/expression.h"

/* ---- case ---- */

enum { IS_WHEN, IS_ELSE };
static const char *const behind_value[] = {[IS_WHEN] = "when", [IS_ELSE] = "else", "end", NULL};

typedef struct Case {
    const Node *operands[QUERY_OPERANDS_MAX];
    size_t count;
    QueryType type;
} Case;

static Result take_case_value(Parser *parser, Case *choice, Error *error)
{
    Taken value = {.place = parser->token.place};

    TRY(parser_expression(parser, &value.node, error));
    if (choice->count > 1)
        TRY(expression_want(parser, value.node, choice->type, value.place, error));
    choice->type = value.node->type;
    choice->operands[choice->count++] = value.node;
    return RESULT_OK;
}

static Result take_when(Parser *parser, Case *choice, Error *error)
{
    Taken condition = {.place = parser->token.place};

    if (choice->count + 3 > QUERY_OPERANDS_MAX)
        return parser_fail(parser, error, "more than %d cases", QUERY_OPERANDS_MAX / 2 - 1);
    TRY(parser_expression(parser, &condition.node, error));
    TRY(expression_want(parser, condition.node, TYPE_BOOL, condition.place, error));
    TRY(parser_expect(parser, "then", error));
    choice->operands[choice->count++] = condition.node;
    return take_case_value(parser, choice, error);
}

Result expression_case(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_CASE};
    Case choice = {.count = 0};
    size_t next = IS_WHEN;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "when", error));
    while (next == IS_WHEN) {
        TRY(take_when(parser, &choice, error));
        TRY(parser_expect_one(parser, behind_value, &next, error));
    }
    if (next == IS_ELSE) {
        TRY(take_case_value(parser, &choice, error));
        TRY(parser_expect(parser, "end", error));
    }
    draft.type = choice.type;
    draft.operands = expression_operands(parser, choice.operands, choice.count);
    draft.operand_count = choice.count;
    return expression_finish(parser, &draft, place, node, error);
}

/* ---- least, greatest ---- */

static Result check_order(const Parser *parser, const Node *first, const Node *node, Place place,
                          Error *error)
{
    if (node->type != TYPE_NUMBER && node->type != TYPE_DATE)
        return expression_fail(parser, place, error, "only numbers and dates have an order");
    return expression_want(parser, node, first->type, place, error);
}

static Result take_extreme(Parser *parser, NodeKind kind, const Node **node, Error *error)
{
    const Node *operands[QUERY_OPERANDS_MAX];
    Node draft = {.kind = kind};
    Place place = parser->token.place;
    bool more = true;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(parser_expect(parser, "(", error));
    while (more) {
        Place operand_place = parser->token.place;
        if (draft.operand_count == QUERY_OPERANDS_MAX)
            return parser_fail(parser, error, "more than %d values", QUERY_OPERANDS_MAX);
        TRY(parser_expression(parser, &operands[draft.operand_count++], error));
        TRY(check_order(parser, operands[0], operands[draft.operand_count - 1], operand_place, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    draft.type = operands[0]->type;
    draft.operands = expression_operands(parser, operands, draft.operand_count);
    TRY(expression_finish(parser, &draft, place, node, error));
    return parser_expect(parser, ")", error);
}

Result expression_least(Parser *parser, const Node **node, Error *error)
{
    return take_extreme(parser, NODE_LEAST, node, error);
}

Result expression_greatest(Parser *parser, const Node **node, Error *error)
{
    return take_extreme(parser, NODE_GREATEST, node, error);
}

/* ---- between ---- */

static Result take_between_unit(Parser *parser, Unit *unit, Error *error)
{
    static const struct {
        const char *word;
        Unit unit;
    } whole[] = {{"days", UNIT_DAYS}, {"months", UNIT_MONTHS}, {"years", UNIT_YEARS}};

    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (!token_is(&parser->token, whole[i].word))
            continue;
        *unit = whole[i].unit;
        return parser_advance(parser, error);
    }
    return parser_fail(parser, error, "between two dates are days, months or years");
}

static Result check_registered(const Parser *parser, const Node *draft, Place place, Error *error)
{
    if (parser->where != NULL)
        return expression_fail(parser, place, error,
                               "time registered is of people, not of a record; say it in a let");
    if (draft->unit == UNIT_MONTHS)
        return expression_fail(parser, place, error, "time registered is in days or years");
    return RESULT_OK;
}

/* A day, and the word behind it. */
static Result take_day_and(Parser *parser, const char *word, const Node **day, Error *error)
{
    TRY(expression_day(parser, day, error));
    if (token_is(&parser->token, "+") || token_is(&parser->token, "-"))
        return parser_fail(parser, error, "a day that is calculated stands in parentheses here");
    return parser_expect(parser, word, error);
}

/* UNIT `between` A `and` B, or UNIT `registered from` A `to` B */
Result expression_between(Parser *parser, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_BETWEEN, .type = TYPE_NUMBER, .operand_count = 2};
    Place place = parser->token.place;
    const Node *operands[2];
    bool is_registered;

    TRY(take_between_unit(parser, &draft.unit, error));
    TRY(parser_accept(parser, "registered", &is_registered, error));
    if (is_registered) {
        draft.kind = NODE_TIME_REGISTERED;
        parser_mention_deaths(parser, place);
        TRY(check_registered(parser, &draft, place, error));
    }
    TRY(parser_expect(parser, is_registered ? "from" : "between", error));
    TRY(take_day_and(parser, is_registered ? "to" : "and", &operands[0], error));
    TRY(expression_day(parser, &operands[1], error));
    draft.operands = expression_operands(parser, operands, 2);
    return expression_finish(parser, &draft, place, node, error);
}
