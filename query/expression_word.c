/* Literals, names, and what is known of a person at a day. */
#include <string.h>

#include "query/expression.h"

/* ---- literals ---- */

static Result take_decimal(const Parser *parser, bool is_negative, Node *draft, Error *error)
{
    Text text = parser->token.text;

    while (text.data[text.length - 1] == '0' && text.data[text.length - 2] != '.')
        text.length--;
    draft->kind = NODE_DECIMAL;
    draft->text = text_format(parser->arena, "%s%.*s", is_negative ? "-" : "", TEXT_ARG(text));
    if (!text_to_double(draft->text, &draft->decimal))
        return parser_fail(parser, error, "not a number");
    return RESULT_OK;
}

static Result take_number(Parser *parser, bool is_negative, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_INTEGER, .type = TYPE_NUMBER};

    if (parser->token.kind == TOKEN_DECIMAL)
        TRY(take_decimal(parser, is_negative, &draft, error));
    else
        draft.integer = is_negative ? -parser->token.integer : parser->token.integer;
    TRY(parser_advance(parser, error));
    return expression_finish(parser, &draft, place, node, error);
}

static bool at_number(const Parser *parser)
{
    return parser->token.kind == TOKEN_INTEGER || parser->token.kind == TOKEN_DECIMAL;
}

static Result take_negative(Parser *parser, const Node **node, Error *error)
{
    TRY(parser_advance(parser, error));
    if (!at_number(parser))
        return parser_fail(parser, error, "expected a number behind the minus");
    return take_number(parser, true, node, error);
}

/* Compared as it stands, it would silently be nobody's. */
static Result check_no_prefix(const Parser *parser, Error *error)
{
    Text text = parser->token.text;

    if (text.length == 0 || text.data[text.length - 1] != '*')
        return RESULT_OK;
    return parser_fail(parser, error, "a text that ends in * is a prefix and stands in a list: in (\"%.*s\")",
                       TEXT_ARG(text));
}

Result expression_literal(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_STRING, .type = TYPE_TEXT, .text = parser->token.text};

    if (token_is(&parser->token, "-"))
        return take_negative(parser, node, error);
    if (at_number(parser))
        return take_number(parser, false, node, error);
    if (parser->token.kind == TOKEN_DATE) {
        draft = (Node){.kind = NODE_DATE, .type = TYPE_DATE, .date = parser->token.date};
    } else if (parser->token.kind != TOKEN_STRING) {
        return parser_fail(parser, error, "expected a value or a condition");
    } else {
        TRY(check_no_prefix(parser, error));
    }
    TRY(parser_advance(parser, error));
    return expression_finish(parser, &draft, place, node, error);
}

/* ---- at a day ---- */

static Result take_as_at(Parser *parser, const Node **node, Error *error)
{
    const Node draft = {.kind = NODE_AS_AT, .type = TYPE_DATE};
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    return expression_finish(parser, &draft, place, node, error);
}

/* `age` alone is `age at as_at`. */
static Result take_age(Parser *parser, const Node **node, Error *error)
{
    const Node as_at = {.kind = NODE_AS_AT, .type = TYPE_DATE};
    Node draft = {.kind = NODE_AGE, .type = TYPE_NUMBER, .operand_count = 1};
    Place place = parser->token.place;
    const Node *at;
    bool has_day;

    TRY(parser_advance(parser, error));
    TRY(parser_accept(parser, "at", &has_day, error));
    if (has_day)
        TRY(expression_day(parser, &at, error));
    else
        TRY(expression_finish(parser, &as_at, place, &at, error));
    draft.operands = expression_operands(parser, &at, 1);
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_registered(Parser *parser, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_REGISTERED, .type = TYPE_BOOL, .operand_count = 1};
    Place place = parser->token.place;
    const Node *at;

    TRY(parser_advance(parser, error));
    parser_mention_deaths(parser, place);
    TRY(parser_expect(parser, "at", error));
    TRY(expression_day(parser, &at, error));
    draft.operands = expression_operands(parser, &at, 1);
    return expression_finish(parser, &draft, place, node, error);
}

/* Of a registration alone: what else is known of a person has no history. */
static Result take_attribute(Parser *parser, const Attribute *attribute, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_ATTRIBUTE, .type = attribute->type, .attribute = attribute};
    Place place = parser->token.place;
    const Node *at = NULL;
    bool has_day;

    parser_mention_attribute(parser, attribute, place);
    TRY(parser_advance(parser, error));
    Place day_place = parser->token.place;
    TRY(parser_accept(parser, "at", &has_day, error));
    if (has_day && strcmp(attribute->table, "r") != 0)
        return source_text_fail(&parser->input->source, day_place, error, "'%s' is known without a day",
                                attribute->name);
    if (has_day)
        TRY(expression_day(parser, &at, error));
    if (has_day && at->kind != NODE_AS_AT) {
        draft.operands = expression_operands(parser, &at, 1);
        draft.operand_count = 1;
    }
    return expression_finish(parser, &draft, place, node, error);
}

/* ---- names ---- */

typedef struct Form {
    const char *word;
    ExpressionTake take;
} Form;

/* What stands anywhere, and what is of people alone. */
static const Form forms[] = {
    {"start", expression_period_day},  {"end", expression_period_day}, {"as_at", take_as_at},
    {"case", expression_case},         {"least", expression_least},    {"earliest", expression_least},
    {"greatest", expression_greatest}, {"latest", expression_greatest}};
static const Form person_forms[] = {{"age", take_age}, {"registered", take_registered}};

static ExpressionTake form_of(const Token *token, const Form *of, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is(token, of[i].word))
            return of[i].take;
    return NULL;
}

static const Let *find_let(const Parser *parser, Text name)
{
    for (size_t i = 0; i < parser->tree->let_count; i++)
        if (text_equal(name, parser->tree->lets[i].name))
            return &parser->tree->lets[i];
    return NULL;
}

static size_t add_names(const Parser *parser, Text *candidates, size_t count)
{
    for (size_t i = 0; i < parser->tree->let_count; i++)
        candidates[count++] = parser->tree->lets[i].name;
    for (size_t i = 0; i < parser->tree->parameter_count; i++)
        candidates[count++] = parser->tree->parameters[i].name;
    return count;
}

/* A word of the grammar, which nothing can be called, means that a value is missing before it. */
static Result fail_word(const Parser *parser, const char *kind, const Text *candidates, size_t count,
                        Error *error)
{
    Text word = parser->token.text;

    if (parser_is_reserved(word) && text_nearest(word, candidates, count).length == 0)
        return parser_fail(parser, error, "expected a value before '%.*s'", TEXT_ARG(word));
    return source_text_fail_unknown(&parser->input->source, parser->token.place, kind, word, candidates,
                                    count, error);
}

static Result fail_person_word(const Parser *parser, Error *error)
{
    static const char *const words[] = {"as_at", "registered", "exists",   "count",    "not",    "case",
                                        "value", "sum",        "mean",     "min",      "max",    "least",
                                        "days",  "months",     "earliest", "greatest", "latest", "episodes"};
    Text candidates[EXPRESSION_CANDIDATES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        candidates[count++] = text_from(words[i]);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        candidates[count++] = text_from(ATTRIBUTES[i].name);
    count = add_names(parser, candidates, count);
    return fail_word(parser, "word", candidates, count, error);
}

static Result fail_column(const Parser *parser, const CatalogueSource *source, bool with_lets, Error *error)
{
    Text candidates[EXPRESSION_CANDIDATES_MAX];
    size_t count = 0;

    if (with_lets) {
        candidates[count++] = TEXT("as_at");
        count = add_names(parser, candidates, count);
    }
    for (size_t i = 0; i < source->column_count && count < EXPRESSION_CANDIDATES_MAX; i++)
        candidates[count++] = source->columns[i].name;
    return fail_word(parser, "column", candidates, count, error);
}

Result expression_column(Parser *parser, const CatalogueSource *source, Token name,
                         const CatalogueColumn **column, Error *error)
{
    *column = name.kind == TOKEN_WORD ? catalogue_column(source, name.text) : NULL;
    if (*column != NULL)
        return RESULT_OK;
    parser->token = name; /* the place of the error */
    if (name.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a column");
    return fail_column(parser, source, false, error);
}

static Result take_column(Parser *parser, const CatalogueColumn *column, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_COLUMN, .type = column->type, .column = column};
    Place place = parser->token.place;

    if (find_let(parser, parser->token.text) != NULL)
        return parser_fail(parser, error, "both a column and a let have this name; give the let another");
    if (parser_parameter(parser, parser->token.text) != NULL)
        return parser_fail(parser, error,
                           "both a column and a parameter have this name; give the parameter another");
    TRY(parser_advance(parser, error));
    TRY(expression_prices(parser, &draft.prices, error));
    if (draft.prices != NULL)
        TRY(expression_check_priced(parser, column->type, place, error));
    draft.type = draft.prices != NULL ? TYPE_NUMBER : column->type;
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_let(Parser *parser, const Let *let, const Node **node, Error *error)
{
    const Node draft = {.kind = NODE_LET, .type = let->value->type, .let = let};
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_parameter(Parser *parser, const Parameter *parameter, const Node **node, Error *error)
{
    const Node draft = {.kind = NODE_PARAMETER, .type = parameter->type, .parameter = parameter};
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    return expression_finish(parser, &draft, place, node, error);
}

/* Of a let and an attribute the let: `let age = age at as_at` is allowed. */
static Result take_person_word(Parser *parser, const Node **node, Error *error)
{
    ExpressionTake take = expression_records(&parser->token);
    const Attribute *attribute = attribute_find(parser->token.text);

    if (take == NULL)
        take = form_of(&parser->token, person_forms, sizeof person_forms / sizeof *person_forms);
    if (take != NULL)
        return take(parser, node, error);
    if (attribute == NULL)
        return fail_person_word(parser, error);
    return take_attribute(parser, attribute, node, error);
}

static bool is_person_word(const Parser *parser)
{
    return expression_records(&parser->token) != NULL || attribute_find(parser->token.text) != NULL ||
           form_of(&parser->token, person_forms, sizeof person_forms / sizeof *person_forms) != NULL;
}

Result expression_word(Parser *parser, const Node **node, Error *error)
{
    ExpressionTake take = form_of(&parser->token, forms, sizeof forms / sizeof *forms);
    const CatalogueColumn *column =
        parser->where == NULL ? NULL : catalogue_column(parser->where, parser->token.text);
    const Let *let = find_let(parser, parser->token.text);
    const Parameter *parameter = parser_parameter(parser, parser->token.text);
    Unit unit;
    int64_t times;

    if (column != NULL)
        return take_column(parser, column, node, error);
    if (take != NULL)
        return take(parser, node, error);
    if (expression_unit(parser->token.text, &unit, &times))
        return expression_between(parser, node, error);
    if (let != NULL && !token_is(&parser->token, "age"))
        return take_let(parser, let, node, error);
    if (parameter != NULL)
        return take_parameter(parser, parameter, node, error);
    if (parser->where != NULL && is_person_word(parser))
        return parser_fail(
            parser, error,
            "'%.*s' is of people, and `where` reaches to here: end it by a parenthesis before, "
            "or say this in a let",
            TEXT_ARG(parser->token.text));
    if (parser->where != NULL)
        return fail_column(parser, parser->where, true, error);
    return take_person_word(parser, node, error);
}
