/* Expressions from the loosest part to the tightest: and, or, not; otherwise, sums, products; operands. */
#include <string.h>

#include "query/expression.h"

/* ---- operands ---- */

static Result take_parenthesised(Parser *parser, const Node **node, Error *error)
{
    TRY(parser_advance(parser, error));
    TRY(parser_expression(parser, node, error));
    return parser_expect(parser, ")", error);
}

static Result take_operand_within(Parser *parser, const Node **node, Error *error)
{
    if (token_is(&parser->token, "("))
        return take_parenthesised(parser, node, error);
    if (parser->token.kind == TOKEN_WORD)
        return expression_word(parser, node, error);
    return expression_literal(parser, node, error);
}

static Result take_operand(Parser *parser, const Node **node, Error *error)
{
    TRY(expression_enter(parser, error));
    Result done = take_operand_within(parser, node, error);
    expression_leave(parser);
    return done;
}

Result expression_day(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;

    TRY(take_operand(parser, node, error));
    return expression_want(parser, *node, TYPE_DATE, place, error);
}

/* ---- products and sums ---- */

typedef struct Operator {
    const char *symbol;
    NodeKind kind;
} Operator;

static Result take_operator(Parser *parser, const Operator operators[2], const Operator **found, Error *error)
{
    *found = NULL;
    for (int i = 0; i < 2; i++) {
        if (!token_is(&parser->token, operators[i].symbol))
            continue;
        *found = &operators[i];
        return parser_advance(parser, error);
    }
    return RESULT_OK;
}

/* `age + 3 years`: the 3 was taken for a number already. */
static Result check_no_span(const Parser *parser, Error *error)
{
    Unit unit;
    int64_t times;

    if (parser->token.kind == TOKEN_WORD && expression_unit(parser->token.text, &unit, &times))
        return parser_fail(parser, error, "a span of time is added to a date, this is a number");
    return RESULT_OK;
}

/* left SYMBOL right, of numbers. */
static Result take_calculation(Parser *parser, NodeKind kind, Taken *left, ExpressionTake take, Error *error)
{
    Node draft = {.kind = kind, .type = TYPE_NUMBER, .operand_count = 2};
    Taken right = {.place = parser->token.place};

    TRY(take(parser, &right.node, error));
    TRY(check_no_span(parser, error));
    TRY(expression_want(parser, left->node, TYPE_NUMBER, left->place, error));
    TRY(expression_want(parser, right.node, TYPE_NUMBER, right.place, error));
    draft.operands = expression_operands(parser, (const Node *[]){left->node, right.node}, 2);
    return expression_finish(parser, &draft, left->place, &left->node, error);
}

static Result take_product(Parser *parser, const Node **node, Error *error)
{
    static const Operator operators[2] = {{"*", NODE_MULTIPLY}, {"/", NODE_DIVIDE}};
    Taken left = {.place = parser->token.place};
    const Operator *found;

    TRY(take_operand(parser, &left.node, error));
    TRY(take_operator(parser, operators, &found, error));
    while (found != NULL) {
        TRY(take_calculation(parser, found->kind, &left, take_operand, error));
        TRY(take_operator(parser, operators, &found, error));
    }
    *node = left.node;
    return RESULT_OK;
}

/* N and a word behind it that could be meant for a unit; what is no unit is refused later, by name. */
static Result at_span(const Parser *parser, bool *is_span, Error *error)
{
    Lexer ahead = parser->lexer;
    Token next = {0};
    Unit unit;
    int64_t times;

    if (parser->token.kind == TOKEN_INTEGER)
        TRY(lexer_next(&ahead, &next, error));
    *is_span = next.kind == TOKEN_WORD &&
               (expression_unit(next.text, &unit, &times) || !parser_is_reserved(next.text));
    return RESULT_OK;
}

/* A date + N days. */
static Result take_shift(Parser *parser, bool is_back, Taken *left, Error *error)
{
    Node draft = {.kind = NODE_SHIFT, .type = TYPE_DATE, .operand_count = 1};
    bool is_span = false;

    TRY(at_span(parser, &is_span, error));
    if (!is_span)
        return parser_fail(parser, error,
                           "to a date belongs a number of days, weeks, months or years; between two "
                           "dates say days between A and B");
    TRY(expression_span(parser, "span", &draft.integer, &draft.unit, error));
    draft.integer = is_back ? -draft.integer : draft.integer;
    draft.operands = expression_operands(parser, &left->node, 1);
    return expression_finish(parser, &draft, left->place, &left->node, error);
}

static Result take_sum(Parser *parser, const Node **node, Error *error)
{
    static const Operator operators[2] = {{"+", NODE_ADD}, {"-", NODE_SUBTRACT}};
    Taken left = {.place = parser->token.place};
    const Operator *found;

    TRY(take_product(parser, &left.node, error));
    TRY(take_operator(parser, operators, &found, error));
    while (found != NULL) {
        if (left.node->type == TYPE_DATE)
            TRY(take_shift(parser, found->kind == NODE_SUBTRACT, &left, error));
        else
            TRY(take_calculation(parser, found->kind, &left, take_product, error));
        TRY(take_operator(parser, operators, &found, error));
    }
    *node = left.node;
    return RESULT_OK;
}

/* ---- otherwise, and, or: one node with all operands, so that long chains are not deep ---- */

typedef struct Chain {
    const char *word;
    NodeKind kind;
    ExpressionTake take;
} Chain;

/* Of conditions; behind `otherwise` of any other type, the first one's. */
static Result check_link(const Parser *parser, const Chain *chain, const Node *first, const Node *node,
                         Place place, Error *error)
{
    if (chain->kind != NODE_OTHERWISE)
        return expression_want(parser, node, TYPE_BOOL, place, error);
    if (node->type == TYPE_BOOL)
        return expression_fail(parser, place, error, "otherwise is of numbers, dates and texts");
    return expression_want(parser, node, first->type, place, error);
}

static Result take_chain(Parser *parser, const Chain *chain, const Node **node, Error *error)
{
    const Node *operands[QUERY_OPERANDS_MAX];
    Node draft = {.kind = chain->kind, .type = TYPE_BOOL};
    Place place = parser->token.place;
    bool more = true;

    while (more) {
        Place operand_place = parser->token.place;
        if (draft.operand_count == QUERY_OPERANDS_MAX)
            return parser_fail(parser, error, "more than %d %s in one chain", QUERY_OPERANDS_MAX,
                               chain->kind == NODE_OTHERWISE ? "values" : "conditions");
        TRY(chain->take(parser, node, error));
        operands[draft.operand_count++] = *node;
        more = token_is(&parser->token, chain->word);
        if (more || draft.operand_count > 1)
            TRY(check_link(parser, chain, operands[0], *node, operand_place, error));
        if (more)
            TRY(parser_advance(parser, error));
    }
    if (draft.operand_count == 1)
        return RESULT_OK;
    draft.type = operands[0]->type;
    draft.operands = expression_operands(parser, operands, draft.operand_count);
    return expression_finish(parser, &draft, place, node, error);
}

Result expression_value(Parser *parser, const Node **node, Error *error)
{
    static const Chain chain = {"otherwise", NODE_OTHERWISE, take_sum};

    return take_chain(parser, &chain, node, error);
}

static Result take_comparison(Parser *parser, const Node **node, Error *error)
{
    Taken left = {.place = parser->token.place};

    TRY(expression_value(parser, &left.node, error));
    return expression_comparison(parser, left, node, error);
}

static Result take_not(Parser *parser, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_NOT, .type = TYPE_BOOL, .operand_count = 1};
    Place place = parser->token.place;
    unsigned times = 0;
    bool is_not = true;

    for (; is_not; times++) {
        if (times > QUERY_DEPTH_MAX)
            return parser_fail(parser, error, "expression is nested too deeply");
        TRY(parser_accept(parser, "not", &is_not, error));
        place = is_not ? parser->token.place : place;
    }
    TRY(take_comparison(parser, node, error));
    if (times > 1)
        TRY(expression_want(parser, *node, TYPE_BOOL, place, error));
    for (unsigned i = 1; i < times; i++) {
        draft.operands = expression_operands(parser, node, 1);
        TRY(expression_finish(parser, &draft, place, node, error));
    }
    return RESULT_OK;
}

static Result take_and(Parser *parser, const Node **node, Error *error)
{
    static const Chain chain = {"and", NODE_AND, take_not};

    return take_chain(parser, &chain, node, error);
}

Result parser_expression(Parser *parser, const Node **node, Error *error)
{
    static const Chain chain = {"or", NODE_OR, take_and};

    TRY(expression_enter(parser, error));
    Result done = take_chain(parser, &chain, node, error);
    expression_leave(parser);
    return done;
}
