/*
 * Expressions of a query: parsed, resolved and typed in one pass, so that an error knows its place. From
 * loosest to tightest: or, and, not, comparison, operand. `where` reaches as far as it can; parentheses end
 * it.
 */
#include <assert.h>
#include <string.h>

#include "query/parser.h"

enum { CANDIDATES_MAX = 512 };

static Result fail_at(const Parser *parser, Place place, Error *error, const char *rule)
{
    return source_text_fail(&parser->input->source, place, error, "%s", rule);
}

static Result finish(Parser *parser, const Node *draft, Place place, const Node **node, Error *error)
{
    Node *made = arena_alloc(parser->arena, sizeof *made);

    *made = *draft;
    made->size = 1;
    made->depth = 1;
    if (made->kind == NODE_LET) {
        made->size += made->let->value->size;
        made->depth += made->let->value->depth;
    }
    for (size_t i = 0; i < made->operand_count; i++) {
        made->size += made->operands[i]->size;
        if (made->operands[i]->depth >= made->depth)
            made->depth = made->operands[i]->depth + 1;
    }
    if (made->size > QUERY_NODES_MAX)
        return fail_at(parser, place, error,
                       "expression is too large, with each use of a let counted in full");
    if (made->depth > QUERY_DEPTH_MAX)
        return fail_at(parser, place, error, "expression is nested too deeply");
    *node = made;
    return RESULT_OK;
}

static const Node **operands_of(Parser *parser, const Node *first, const Node *second, const Node *third)
{
    const Node **operands = arena_alloc(parser->arena, 3 * sizeof(const Node *));

    operands[0] = first;
    operands[1] = second;
    operands[2] = third;
    return operands;
}

static Result want_type(const Parser *parser, const Node *node, QueryType type, Place place, Error *error)
{
    assert(node != NULL);
    if (node->type == type)
        return RESULT_OK;
    return source_text_fail(&parser->input->source, place, error, "expected %s, this is %s",
                            QUERY_TYPE_NAMES[type], QUERY_TYPE_NAMES[node->type]);
}

/* ---- names ---- */

static size_t person_words(const Parser *parser, Text candidates[CANDIDATES_MAX])
{
    static const char *const words[] = {"as_at", "registered", "exists", "count", "not"};
    size_t count = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        candidates[count++] = text_from(words[i]);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        candidates[count++] = text_from(ATTRIBUTES[i].name);
    for (size_t i = 0; i < parser->tree->let_count; i++)
        candidates[count++] = parser->tree->lets[i].name;
    return count;
}

static Result fail_word(const Parser *parser, Error *error)
{
    Text candidates[CANDIDATES_MAX];
    size_t count = 0;

    if (parser->where == NULL) {
        count = person_words(parser, candidates);
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "word",
                                        parser->token.text, candidates, count, error);
    }
    candidates[count++] = TEXT("as_at");
    for (size_t i = 0; i < parser->where->column_count && count < CANDIDATES_MAX; i++)
        candidates[count++] = parser->where->columns[i].name;
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "column", parser->token.text,
                                    candidates, count, error);
}

static Result take_column(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_COLUMN, .column = catalogue_column(parser->where, parser->token.text)};

    if (draft.column == NULL)
        return fail_word(parser, error);
    draft.type = draft.column->type;
    TRY(parser_advance(parser, error));
    return finish(parser, &draft, place, node, error);
}

static const Let *find_let(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->let_count; i++)
        if (text_equal(name, parser->tree->lets[i].name))
            return &parser->tree->lets[i];
    return NULL;
}

static Result take_name(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_LET, .let = find_let(parser, parser->token.text)};

    if (draft.let != NULL) {
        draft.type = draft.let->value->type;
    } else {
        draft.kind = NODE_ATTRIBUTE;
        draft.attribute = attribute_find(parser->token.text);
        if (draft.attribute == NULL)
            return fail_word(parser, error);
        draft.type = draft.attribute->type;
    }
    TRY(parser_advance(parser, error));
    return finish(parser, &draft, place, node, error);
}

/* ---- dates about a person ---- */

static Result take_constant_date(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_DATE, .type = TYPE_DATE, .date = parser->token.date};

    if (token_is(&parser->token, "as_at"))
        draft.kind = NODE_AS_AT;
    else if (parser->token.kind != TOKEN_DATE)
        return parser_fail(parser, error, "expected as_at or a date (CCYY-MM-DD)");
    TRY(parser_advance(parser, error));
    return finish(parser, &draft, place, node, error);
}

/* `age` alone is `age at as_at`. */
static Result take_age(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_AGE, .type = TYPE_NUMBER, .operand_count = 1};
    Node as_at = {.kind = NODE_AS_AT, .type = TYPE_DATE};
    const Node *at;
    bool has_date;

    TRY(parser_advance(parser, error));
    TRY(parser_accept(parser, "at", &has_date, error));
    if (has_date)
        TRY(take_constant_date(parser, &at, error));
    else
        TRY(finish(parser, &as_at, place, &at, error));
    draft.operands = operands_of(parser, at, NULL, NULL);
    return finish(parser, &draft, place, node, error);
}

static Result take_registered(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_REGISTERED, .type = TYPE_BOOL, .operand_count = 1};
    const Node *at;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "at", error));
    TRY(take_constant_date(parser, &at, error));
    draft.operands = operands_of(parser, at, NULL, NULL);
    return finish(parser, &draft, place, node, error);
}

/* ---- sources ---- */

static Result take_source(Parser *parser, const CatalogueSource **source, Error *error)
{
    const Catalogue *catalogue = parser->input->catalogue;
    Text candidates[CANDIDATES_MAX];
    size_t count = 0;

    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a source");
    *source = catalogue_source(catalogue, parser->token.text);
    for (; count < catalogue->source_count && count < CANDIDATES_MAX; count++)
        candidates[count] = catalogue->sources[count].name;
    if (*source == NULL)
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "source",
                                        parser->token.text, candidates, count, error);
    return parser_advance(parser, error);
}

static Result take_where(Parser *parser, Node *draft, Error *error)
{
    const Node *condition = NULL;
    bool has_condition;

    TRY(parser_accept(parser, "where", &has_condition, error));
    if (!has_condition)
        return RESULT_OK;
    Place place = parser->token.place;
    parser->where = draft->source;
    TRY(parser_expression(parser, &condition, error));
    parser->where = NULL;
    TRY(want_type(parser, condition, TYPE_BOOL, place, error));
    draft->operands = operands_of(parser, condition, NULL, NULL);
    draft->operand_count = 1;
    return RESULT_OK;
}

static Result take_exists(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_EXISTS, .type = TYPE_BOOL};

    TRY(parser_advance(parser, error));
    TRY(take_source(parser, &draft.source, error));
    TRY(take_where(parser, &draft, error));
    return finish(parser, &draft, place, node, error);
}

static Result take_count(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_COUNT, .type = TYPE_NUMBER};

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_source(parser, &draft.source, error));
    TRY(take_where(parser, &draft, error));
    return finish(parser, &draft, place, node, error);
}

/* ---- operands ---- */

static Result take_literal(Parser *parser, const Node **node, Error *error)
{
    const Token *token = &parser->token;
    Place place = token->place;
    Node draft = {.integer = token->integer, .date = token->date, .text = token->text};

    switch (token->kind) {
    case TOKEN_INTEGER:
        draft.kind = NODE_INTEGER;
        draft.type = TYPE_NUMBER;
        break;
    case TOKEN_DATE:
        draft.kind = NODE_DATE;
        draft.type = TYPE_DATE;
        break;
    case TOKEN_STRING:
        draft.kind = NODE_STRING;
        draft.type = TYPE_TEXT;
        break;
    default:
        return parser_fail(parser, error, "expected a value or a condition");
    }
    TRY(parser_advance(parser, error));
    return finish(parser, &draft, place, node, error);
}

static Result take_parenthesised(Parser *parser, const Node **node, Error *error)
{
    TRY(parser_advance(parser, error));
    TRY(parser_expression(parser, node, error));
    return parser_expect(parser, ")", error);
}

static Result take_operand(Parser *parser, const Node **node, Error *error)
{
    static const struct {
        const char *word;
        Result (*take)(Parser *parser, const Node **node, Error *error);
    } person_forms[] = {
        {"age", take_age}, {"registered", take_registered}, {"exists", take_exists}, {"count", take_count}};

    if (token_is(&parser->token, "("))
        return take_parenthesised(parser, node, error);
    if (token_is(&parser->token, "as_at"))
        return take_constant_date(parser, node, error);
    if (parser->token.kind != TOKEN_WORD)
        return take_literal(parser, node, error);
    if (parser->where != NULL)
        return take_column(parser, node, error);
    for (size_t i = 0; i < sizeof person_forms / sizeof *person_forms; i++)
        if (token_is(&parser->token, person_forms[i].word))
            return person_forms[i].take(parser, node, error);
    return take_name(parser, node, error);
}

/* ---- comparisons ---- */

typedef struct Left {
    const Node *node;
    Place place;
} Left;

static Result finish_comparison(Parser *parser, Left left, Comparison comparison, const Node **node,
                                Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_COMPARE, .type = TYPE_BOOL, .comparison = comparison, .operand_count = 2};
    const Node *right;

    assert(left.node != NULL);
    TRY(take_operand(parser, &right, error));
    if (left.node->type == TYPE_BOOL)
        return fail_at(parser, left.place, error, "a condition is not compared; use it alone, or with not");
    TRY(want_type(parser, right, left.node->type, place, error));
    if (left.node->type == TYPE_TEXT && comparison != IS_EQUAL && comparison != IS_NOT_EQUAL)
        return fail_at(parser, place, error, "text has no order; use =, != or in");
    draft.operands = operands_of(parser, left.node, right, NULL);
    return finish(parser, &draft, place, node, error);
}

static Result take_range(Parser *parser, Left left, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_RANGE, .type = TYPE_BOOL, .operand_count = 3};
    const Node *from, *to;

    if (left.node->type != TYPE_NUMBER && left.node->type != TYPE_DATE)
        return fail_at(parser, left.place, error, "a range is of numbers or dates");
    TRY(take_operand(parser, &from, error));
    TRY(want_type(parser, from, left.node->type, place, error));
    TRY(parser_expect(parser, "to", error));
    place = parser->token.place;
    TRY(take_operand(parser, &to, error));
    TRY(want_type(parser, to, left.node->type, place, error));
    draft.operands = operands_of(parser, left.node, from, to);
    return finish(parser, &draft, place, node, error);
}

static Result take_on_or(Parser *parser, Left left, const Node **node, Error *error)
{
    bool is_before;

    TRY(want_type(parser, left.node, TYPE_DATE, left.place, error));
    TRY(parser_expect(parser, "or", error));
    TRY(parser_accept(parser, "before", &is_before, error));
    if (!is_before)
        TRY(parser_expect(parser, "after", error));
    return finish_comparison(parser, left, is_before ? IS_AT_MOST : IS_AT_LEAST, node, error);
}

static Result take_within(Parser *parser, Left left, const Node **node, Error *error)
{
    Place place;
    Node draft = {.kind = NODE_WITHIN, .type = TYPE_BOOL, .operand_count = 2};
    const Node *day;
    bool is_before;

    TRY(want_type(parser, left.node, TYPE_DATE, left.place, error));
    TRY(parser_integer(parser, "within", 1, QUERY_MONTHS_MAX, &draft.integer, error));
    TRY(parser_expect(parser, "months", error));
    TRY(parser_accept(parser, "before", &is_before, error));
    if (!is_before)
        TRY(parser_expect(parser, "after", error));
    draft.is_after = !is_before;
    place = parser->token.place;
    TRY(take_operand(parser, &day, error));
    TRY(want_type(parser, day, TYPE_DATE, place, error));
    draft.operands = operands_of(parser, left.node, day, NULL);
    return finish(parser, &draft, place, node, error);
}

static Result take_list(Parser *parser, Left left, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_IN_LIST, .type = TYPE_BOOL, .operand_count = 1};
    Text texts[QUERY_OPERANDS_MAX];
    CodeList items = {.codes = texts};
    bool more = true;

    TRY(parser_expect(parser, "(", error));
    while (more) {
        if (parser->token.kind != TOKEN_STRING)
            return parser_fail(parser, error, "expected a text in double quotes");
        if (items.count == QUERY_OPERANDS_MAX)
            return parser_fail(parser, error, "more than %d texts; use codes", QUERY_OPERANDS_MAX);
        items.codes[items.count++] = parser->token.text;
        TRY(parser_advance(parser, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    TRY(parser_expect(parser, ")", error));
    codes_sort(&items);
    draft.items = arena_alloc(parser->arena, items.count * sizeof *draft.items);
    memcpy(draft.items, texts, items.count * sizeof *texts);
    draft.item_count = items.count;
    draft.operands = operands_of(parser, left.node, NULL, NULL);
    return finish(parser, &draft, place, node, error);
}

static Result fail_codes(const Parser *parser, Error *error)
{
    Text candidates[QUERY_NAMES_MAX];
    size_t count = 0;

    for (; count < parser->tree->code_list_count; count++)
        candidates[count] = parser->tree->code_lists[count].name;
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "code list",
                                    parser->token.text, candidates, count, error);
}

static Result take_in(Parser *parser, Left left, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_IN_CODES, .type = TYPE_BOOL, .operand_count = 1};

    TRY(want_type(parser, left.node, TYPE_TEXT, left.place, error));
    if (token_is(&parser->token, "("))
        return take_list(parser, left, node, error);
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a code list or texts in parentheses");
    draft.codes = parser_code_list(parser, parser->token.text);
    if (draft.codes == NULL)
        return fail_codes(parser, error);
    draft.operands = operands_of(parser, left.node, NULL, NULL);
    TRY(parser_advance(parser, error));
    return finish(parser, &draft, left.place, node, error);
}

static Result take_earlier(Parser *parser, Left left, const Node **node, Error *error)
{
    TRY(want_type(parser, left.node, TYPE_DATE, left.place, error));
    return finish_comparison(parser, left, IS_LESS, node, error);
}

static Result take_later(Parser *parser, Left left, const Node **node, Error *error)
{
    TRY(want_type(parser, left.node, TYPE_DATE, left.place, error));
    return finish_comparison(parser, left, IS_MORE, node, error);
}

static Result take_comparison(Parser *parser, const Node **node, Error *error)
{
    static const struct {
        const char *word;
        Comparison comparison;
        Result (*take)(Parser *parser, Left left, const Node **node, Error *error);
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
        {"in", IS_EQUAL, take_in},
    };
    Left left = {.place = parser->token.place};

    TRY(take_operand(parser, &left.node, error));
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

/* ---- not, and, or ---- */

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
        TRY(want_type(parser, *node, TYPE_BOOL, place, error));
    for (unsigned i = 1; i < times; i++) {
        draft.operands = operands_of(parser, *node, NULL, NULL);
        TRY(finish(parser, &draft, place, node, error));
    }
    return RESULT_OK;
}

typedef Result (*TakeOperand)(Parser *parser, const Node **node, Error *error);

/* a WORD b WORD c: one node with all operands, so that long chains are not deep. */
static Result take_chain(Parser *parser, const char *word, NodeKind kind, TakeOperand take, const Node **node,
                         Error *error)
{
    const Node *operands[QUERY_OPERANDS_MAX];
    Node draft = {.kind = kind, .type = TYPE_BOOL};
    Place place = parser->token.place;
    bool more = true;

    while (more) {
        Place operand_place = parser->token.place;
        if (draft.operand_count == QUERY_OPERANDS_MAX)
            return parser_fail(parser, error, "more than %d conditions in one chain", QUERY_OPERANDS_MAX);
        TRY(take(parser, node, error));
        more = token_is(&parser->token, word);
        if (more || draft.operand_count > 0)
            TRY(want_type(parser, *node, TYPE_BOOL, operand_place, error));
        operands[draft.operand_count++] = *node;
        if (more)
            TRY(parser_advance(parser, error));
    }
    if (draft.operand_count == 1)
        return RESULT_OK;
    draft.operands = arena_alloc(parser->arena, draft.operand_count * sizeof(const Node *));
    memcpy(draft.operands, operands, draft.operand_count * sizeof(const Node *));
    return finish(parser, &draft, place, node, error);
}

static Result take_and(Parser *parser, const Node **node, Error *error)
{
    return take_chain(parser, "and", NODE_AND, take_not, node, error);
}

Result parser_expression(Parser *parser, const Node **node, Error *error)
{
    if (parser->depth == QUERY_DEPTH_MAX)
        return parser_fail(parser, error, "expression is nested too deeply");
    parser->depth++;
    Result done = take_chain(parser, "or", NODE_OR, take_and, node, error);
    parser->depth--;
    return done;
}
