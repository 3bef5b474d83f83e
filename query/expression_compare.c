/* Comparisons: what follows a value and makes a condition of it. */
#include <assert.h>
#include <string.h>

#include "query/expression.h"
#include "query/print.h"

static Result finish_comparison(Parser *parser, Taken left, Comparison comparison, const Node **node,
                                Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_COMPARE, .type = TYPE_BOOL, .comparison = comparison, .operand_count = 2};
    const Node *right;

    assert(left.node != NULL);
    if (token_is(&parser->token, "=") || token_is(&parser->token, ">"))
        return parser_fail(parser, error, "numbers and dates are compared by =, !=, <, <=, > or >=");
    TRY(expression_value(parser, &right, error));
    if (left.node->type == TYPE_BOOL)
        return expression_fail(parser, left.place, error,
                               "a condition is not compared; use it alone, or with not");
    TRY(expression_want(parser, right, left.node->type, place, error));
    if (left.node->type == TYPE_TEXT && comparison != IS_EQUAL && comparison != IS_NOT_EQUAL)
        return expression_fail(parser, place, error, "text has no order; use =, != or in");
    draft.operands = expression_operands(parser, (const Node *[]){left.node, right}, 2);
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_range(Parser *parser, Taken left, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_RANGE, .type = TYPE_BOOL, .operand_count = 3};
    const Node *from, *to;

    if (left.node->type != TYPE_NUMBER && left.node->type != TYPE_DATE)
        return expression_fail(parser, left.place, error, "a range is of numbers or dates");
    TRY(expression_value(parser, &from, error));
    TRY(expression_want(parser, from, left.node->type, place, error));
    TRY(parser_expect(parser, "to", error));
    place = parser->token.place;
    TRY(expression_value(parser, &to, error));
    TRY(expression_want(parser, to, left.node->type, place, error));
    draft.operands = expression_operands(parser, (const Node *[]){left.node, from, to}, 3);
    return expression_finish(parser, &draft, place, node, error);
}

static const char *const before_or_after[] = {"before", "after", NULL};

static Result take_on_or(Parser *parser, Taken left, const Node **node, Error *error)
{
    size_t is_after;

    TRY(expression_want(parser, left.node, TYPE_DATE, left.place, error));
    TRY(parser_expect(parser, "or", error));
    TRY(parser_expect_one(parser, before_or_after, &is_after, error));
    return finish_comparison(parser, left, is_after ? IS_AT_LEAST : IS_AT_MOST, node, error);
}

static Result take_within(Parser *parser, Taken left, const Node **node, Error *error)
{
    Place place;
    Node draft = {.kind = NODE_WITHIN, .type = TYPE_BOOL, .operand_count = 2};
    const Node *day;
    size_t is_after;

    TRY(expression_want(parser, left.node, TYPE_DATE, left.place, error));
    TRY(expression_span(parser, "within", &draft.integer, &draft.unit, error));
    TRY(parser_expect_one(parser, before_or_after, &is_after, error));
    draft.is_after = is_after == 1;
    place = parser->token.place;
    TRY(expression_value(parser, &day, error));
    TRY(expression_want(parser, day, TYPE_DATE, place, error));
    draft.operands = expression_operands(parser, (const Node *[]){left.node, day}, 2);
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_earlier(Parser *parser, Taken left, const Node **node, Error *error)
{
    TRY(expression_want(parser, left.node, TYPE_DATE, left.place, error));
    return finish_comparison(parser, left, IS_LESS, node, error);
}

static Result take_later(Parser *parser, Taken left, const Node **node, Error *error)
{
    TRY(expression_want(parser, left.node, TYPE_DATE, left.place, error));
    return finish_comparison(parser, left, IS_MORE, node, error);
}

/* ---- who delivered ---- */

/* A month that somebody sent is one of the calendar's, not of each person's own. */
static bool is_of_calendar(const Node *day)
{
    const Node *root = expression_shifted_from(day);

    return expression_is_common_day(day) || root->kind == NODE_PERIOD_START || root->kind == NODE_PERIOD_END;
}

static Result take_common_day(Parser *parser, const Node **day, Error *error)
{
    Place place = parser->token.place;

    TRY(expression_value(parser, day, error));
    TRY(expression_want(parser, *day, TYPE_DATE, place, error));
    if (!is_of_calendar(*day))
        return expression_fail(parser, place, error,
                               "'sent' is of days alike for everybody, this is another");
    return RESULT_OK;
}

/* `practice sent SOURCE from D to D` */
static Result take_sent(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_SENT, .type = TYPE_BOOL, .operand_count = 3};
    const Node *from, *to;

    if (left.node->kind != NODE_ATTRIBUTE || strcmp(left.node->attribute->name, "practice") != 0)
        return expression_fail(parser, left.place, error,
                               "'sent' is asked of practice alone, this is another");
    TRY(expression_source(parser, &draft.source, error));
    TRY(parser_expect(parser, "from", error));
    TRY(take_common_day(parser, &from, error));
    TRY(parser_expect(parser, "to", error));
    TRY(take_common_day(parser, &to, error));
    draft.operands = expression_operands(parser, (const Node *[]){left.node, from, to}, 3);
    draft.text =
        text_format(parser->arena, "sent %.*s from %.*s to %.*s", TEXT_ARG(draft.source->name),
                    TEXT_ARG(print_text(parser->arena, from)), TEXT_ARG(print_text(parser->arena, to)));
    return expression_finish(parser, &draft, left.place, node, error);
}

/* `is known`, `is not known` */
static Result take_is(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_IS_KNOWN, .type = TYPE_BOOL, .operand_count = 1};
    bool is_not;

    TRY(parser_accept(parser, "not", &is_not, error));
    TRY(parser_expect(parser, "known", error));
    draft.operands = expression_operands(parser, &left.node, 1);
    TRY(expression_finish(parser, &draft, left.place, node, error));
    if (!is_not)
        return RESULT_OK;
    draft.kind = NODE_NOT;
    draft.operands = expression_operands(parser, node, 1);
    return expression_finish(parser, &draft, left.place, node, error);
}

/* ---- in a code list, or one category of it ---- */

static Result fail_codes(const Parser *parser, Error *error)
{
    Text candidates[QUERY_NAMES_MAX];
    size_t count = 0;

    for (; count < parser->tree->code_list_count; count++)
        candidates[count] = parser->tree->code_lists[count].name;
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "code list",
                                    parser->token.text, candidates, count, error);
}

static bool has_category(const CodeList *list, Text category)
{
    for (size_t i = 0; list->categories != NULL && i < list->count; i++)
        if (text_equal(list->categories[i], category))
            return true;
    return false;
}

static Result fail_category(const Parser *parser, const CodeList *list, Place place, Text word, Error *error)
{
    Text candidates[EXPRESSION_CANDIDATES_MAX];
    size_t count = 0;

    for (size_t i = 0; list->categories != NULL && i < list->count && count < EXPRESSION_CANDIDATES_MAX; i++)
        candidates[count++] = list->categories[i];
    return source_text_fail_unknown(&parser->input->source, place, "category", word, candidates, count,
                                    error);
}

static Result take_category(Parser *parser, Node *draft, Error *error)
{
    bool has_one;

    TRY(parser_accept(parser, "category", &has_one, error));
    if (!has_one)
        return RESULT_OK;
    Place place = parser->token.place;
    TRY(parser_string(parser, "category", &draft->category, error));
    if (!has_category(draft->codes, draft->category))
        return fail_category(parser, draft->codes, place, draft->category, error);
    return RESULT_OK;
}

static Result take_codes(Parser *parser, Taken left, Node draft, const Node **node, Error *error)
{
    draft.codes = parser_code_list(parser, parser->token.text);
    if (draft.codes == NULL)
        return fail_codes(parser, error);
    TRY(parser_advance(parser, error));
    TRY(take_category(parser, &draft, error));
    draft.operands = expression_operands(parser, &left.node, 1);
    return expression_finish(parser, &draft, left.place, node, error);
}

/* ---- among the values of other records ---- */

static Result take_values(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_IN_VALUES, .type = TYPE_BOOL, .operand_count = 1};
    Token name;

    TRY(parser_expect(parser, "values", error));
    TRY(parser_expect(parser, "of", error));
    name = parser->token;
    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "in", error));
    TRY(expression_source(parser, &draft.source, error));
    TRY(expression_column(parser, draft.source, name, &draft.column, error));
    if (left.node->type == TYPE_BOOL || draft.column->type != left.node->type)
        return source_text_fail(&parser->input->source, name.place, error, "expected %s, this is %s",
                                QUERY_TYPE_NAMES[left.node->type], QUERY_TYPE_NAMES[draft.column->type]);
    draft.operands = expression_operands(parser, &left.node, 1);
    TRY(expression_where(parser, &draft, error));
    return expression_finish(parser, &draft, left.place, node, error);
}

/* Of a day `in` is followed by a period, or by values of records. */
static Result check_in_of_day(const Parser *parser, Error *error)
{
    static const Text words[] = {TEXT("month"), TEXT("quarter"), TEXT("year"), TEXT("financial"),
                                 TEXT("values")};

    if (parser->token.kind != TOKEN_WORD ||
        text_nearest(parser->token.text, words, sizeof words / sizeof *words).length == 0)
        return RESULT_OK;
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "period", parser->token.text,
                                    words, sizeof words / sizeof *words, error);
}

static Result take_in(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.type = TYPE_BOOL, .operand_count = 1};

    if (token_is(&parser->token, "values"))
        return take_values(parser, left, node, error);
    if (parser_at_period(parser))
        return expression_in_period(parser, left, node, error);
    if (left.node->type == TYPE_DATE)
        TRY(check_in_of_day(parser, error));
    if (left.node->type == TYPE_NUMBER && token_is(&parser->token, "(")) {
        draft.kind = NODE_IN_NUMBERS;
        return expression_list(parser, left, draft, node, error);
    }
    TRY(expression_want(parser, left.node, TYPE_TEXT, left.place, error));
    draft.kind = token_is(&parser->token, "(") ? NODE_IN_LIST : NODE_IN_CODES;
    if (draft.kind == NODE_IN_LIST)
        return expression_list(parser, left, draft, node, error);
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a code list or texts in parentheses");
    return take_codes(parser, left, draft, node, error);
}

static Result take_contains(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.type = TYPE_BOOL, .operand_count = 1};

    TRY(expression_want(parser, left.node, TYPE_TEXT, left.place, error));
    if (parser->tree->contains_count++ == QUERY_CONTAINS_MAX)
        return parser_fail(parser, error, "contains stands more than %d times in the query",
                           QUERY_CONTAINS_MAX);
    draft.kind = token_is(&parser->token, "(") ? NODE_CONTAINS_LIST : NODE_CONTAINS_CODES;
    if (draft.kind == NODE_CONTAINS_LIST)
        return expression_list(parser, left, draft, node, error);
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a code list or texts in parentheses");
    return take_codes(parser, left, draft, node, error);
}

Result expression_comparison(Parser *parser, Taken left, const Node **node, Error *error)
{
    static const struct {
        const char *word;
        Comparison comparison;
        Result (*take)(Parser *parser, Taken left, const Node **node, Error *error);
    } forms[] = {
        {"=", IS_EQUAL, NULL},
        {"!=", IS_NOT_EQUAL, NULL},
        {"<", IS_LESS, NULL},
        {"<=", IS_AT_MOST, NULL},
        {">", IS_MORE, NULL},
        {">=", IS_AT_LEAST, NULL},
        {"from", IS_EQUAL, take_range},
        {"on", IS_EQUAL, take_on_or},
        {"before", IS_LESS, take_earlier},
        {"after", IS_MORE, take_later},
        {"within", IS_EQUAL, take_within},
        {"sent", IS_EQUAL, take_sent},
        {"in", IS_EQUAL, take_in},
        {"contains", IS_EQUAL, take_contains},
        {"is", IS_EQUAL, take_is},
    };

    *node = left.node;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        bool is_this;
        TRY(parser_accept(parser, forms[i].word, &is_this, error));
        if (is_this && forms[i].take != NULL)
            return forms[i].take(parser, left, node, error);
        if (is_this)
            return finish_comparison(parser, left, forms[i].comparison, node, error);
    }
    return RESULT_OK;
}
