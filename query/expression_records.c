/* What is made of the records of a source that a person has. */
#include "query/expression.h"

Result expression_source(Parser *parser, const CatalogueSource **source, Error *error)
{
    const Catalogue *catalogue = parser->input->catalogue;
    Text candidates[EXPRESSION_CANDIDATES_MAX];
    size_t count = 0;

    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a source");
    *source = catalogue_source(catalogue, parser->token.text);
    for (; count < catalogue->source_count && count < EXPRESSION_CANDIDATES_MAX; count++)
        candidates[count] = catalogue->sources[count].name;
    if (*source == NULL)
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "source",
                                        parser->token.text, candidates, count, error);
    parser_mention(parser, *source, parser->token.place);
    if ((*source)->is_household) /* the dead are of no household */
        parser_mention_deaths(parser, parser->token.place);
    return parser_advance(parser, error);
}

Result expression_where(Parser *parser, Node *draft, Error *error)
{
    const CatalogueSource *outer = parser->where;
    const Node *operands[2] = {draft->operand_count > 0 ? draft->operands[0] : NULL};
    bool has_condition;

    TRY(parser_accept(parser, "where", &has_condition, error));
    if (!has_condition)
        return RESULT_OK;
    Place place = parser->token.place;
    parser->where = draft->source;
    TRY(parser_expression(parser, &operands[draft->operand_count], error));
    parser->where = outer;
    TRY(expression_want(parser, operands[draft->operand_count], TYPE_BOOL, place, error));
    draft->operand_count++;
    draft->operands = expression_operands(parser, operands, draft->operand_count);
    return RESULT_OK;
}

/* SOURCE [where ...], the end of every form */
static Result finish_records(Parser *parser, Node *draft, Place place, const Node **node, Error *error)
{
    TRY(expression_where(parser, draft, error));
    return expression_finish(parser, draft, place, node, error);
}

/* ---- columns, which are named before their source or behind it ---- */

static Result take_name(Parser *parser, Token *name, Error *error)
{
    *name = parser->token;
    return parser_advance(parser, error);
}

/* `by COLUMN`, a date or a number: what records stand in the order of. */
static Result take_by(Parser *parser, Node *draft, bool is_of_dates, Error *error)
{
    Token name;

    TRY(parser_expect(parser, "by", error));
    TRY(take_name(parser, &name, error));
    TRY(expression_column(parser, draft->source, name, &draft->by, error));
    if (is_of_dates && draft->by->type != TYPE_DATE)
        return expression_fail(parser, name.place, error, "expected a column of dates");
    if (draft->by->type != TYPE_DATE && draft->by->type != TYPE_NUMBER)
        return expression_fail(parser, name.place, error, "only numbers and dates have an order");
    return RESULT_OK;
}

/* ---- forms ---- */

static Result take_exists(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_EXISTS, .type = TYPE_BOOL};

    TRY(parser_advance(parser, error));
    if (expression_at_people(parser))
        return expression_household_exists(parser, place, node, error);
    TRY(expression_source(parser, &draft.source, error));
    return finish_records(parser, &draft, place, node, error);
}

/* `count of SOURCE`, `count of distinct COLUMN in SOURCE` */
static Result take_count(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_COUNT, .type = TYPE_NUMBER};
    bool is_distinct;
    Token name;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    if (expression_at_people(parser))
        return expression_household(parser, "people", place, node, error);
    TRY(parser_accept(parser, "distinct", &is_distinct, error));
    if (is_distinct) {
        draft.kind = NODE_DISTINCT;
        TRY(take_name(parser, &name, error));
        TRY(parser_expect(parser, "in", error));
    }
    TRY(expression_source(parser, &draft.source, error));
    if (is_distinct)
        TRY(expression_column(parser, draft.source, name, &draft.column, error));
    return finish_records(parser, &draft, place, node, error);
}

static Result check_column(const Parser *parser, Node *draft, Place place, Error *error)
{
    QueryType type = draft->column->type;
    bool is_extreme = draft->kind == NODE_SMALLEST || draft->kind == NODE_LARGEST;

    draft->type = TYPE_NUMBER;
    if (draft->prices != NULL)
        return expression_check_priced(parser, type, place, error);
    if (is_extreme && type != TYPE_NUMBER && type != TYPE_DATE)
        return expression_fail(parser, place, error, "only numbers and dates have an order");
    if (!is_extreme && type != TYPE_NUMBER)
        return expression_fail(parser, place, error, "expected a column of numbers");
    draft->type = type;
    return RESULT_OK;
}

/* `sum of COLUMN [at prices ...] in SOURCE` and its like */
static Result take_gathered(Parser *parser, NodeKind kind, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = kind};
    Token name;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_name(parser, &name, error));
    if (kind == NODE_SUM)
        TRY(expression_prices(parser, &draft.prices, error));
    TRY(parser_expect(parser, "in", error));
    TRY(expression_source(parser, &draft.source, error));
    TRY(expression_column(parser, draft.source, name, &draft.column, error));
    TRY(check_column(parser, &draft, name.place, error));
    return finish_records(parser, &draft, place, node, error);
}

static Result take_total(Parser *parser, const Node **node, Error *error)
{
    return take_gathered(parser, NODE_SUM, node, error);
}

static Result take_mean(Parser *parser, const Node **node, Error *error)
{
    return take_gathered(parser, NODE_MEAN, node, error);
}

static Result take_min(Parser *parser, const Node **node, Error *error)
{
    return take_gathered(parser, NODE_SMALLEST, node, error);
}

static Result take_max(Parser *parser, const Node **node, Error *error)
{
    return take_gathered(parser, NODE_LARGEST, node, error);
}

static Result fail_place(const Parser *parser, Error *error)
{
    static const Text words[] = {TEXT("first"), TEXT("last")};

    if (parser->token.kind == TOKEN_WORD && text_nearest(parser->token.text, words, 2).length > 0)
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "place",
                                        parser->token.text, words, 2, error);
    return parser_fail(parser, error, "expected first, last or a place such as 2nd");
}

/* first, last, 2nd, 2nd last */
static Result take_place(Parser *parser, int64_t *at, Error *error)
{
    bool is_first, is_last;

    TRY(parser_accept(parser, "first", &is_first, error));
    *at = 1;
    if (is_first)
        return RESULT_OK;
    if (parser->token.kind == TOKEN_ORDINAL) {
        *at = parser->token.integer;
        if (*at < 1 || *at > QUERY_PLACE_MAX)
            return parser_fail(parser, error, "expected 1st to %dth", QUERY_PLACE_MAX);
        TRY(parser_advance(parser, error));
        TRY(parser_accept(parser, "last", &is_last, error));
    } else {
        TRY(parser_accept(parser, "last", &is_last, error));
        if (!is_last)
            return fail_place(parser, error);
    }
    *at = is_last ? -*at : *at;
    return RESULT_OK;
}

/* `value of COLUMN in last SOURCE by COLUMN` */
static Result take_value(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;
    Node draft = {.kind = NODE_VALUE};
    Token name;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_name(parser, &name, error));
    TRY(parser_expect(parser, "in", error));
    TRY(take_place(parser, &draft.integer, error));
    TRY(expression_source(parser, &draft.source, error));
    TRY(expression_column(parser, draft.source, name, &draft.column, error));
    draft.type = draft.column->type;
    TRY(take_by(parser, &draft, false, error));
    return finish_records(parser, &draft, place, node, error);
}

static Result take_days(Parser *parser, const char *what, int64_t min, int64_t *days, Error *error)
{
    bool is_one;

    TRY(parser_integer(parser, what, min, QUERY_DAYS_MAX, days, error));
    TRY(parser_accept(parser, "day", &is_one, error));
    return is_one ? RESULT_OK : parser_expect(parser, "days", error);
}

/* `episodes of SOURCE by COLUMN with gaps up to N days` */
static Result take_episodes(Parser *parser, const Node **node, Error *error)
{
    static const char *const words[] = {"with", "gaps", "up", "to"};
    Place place = parser->token.place;
    Node draft = {.kind = NODE_EPISODES, .type = TYPE_NUMBER};

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(expression_source(parser, &draft.source, error));
    TRY(take_by(parser, &draft, true, error));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        TRY(parser_expect(parser, words[i], error));
    TRY(take_days(parser, "gaps", 0, &draft.integer, error));
    return finish_records(parser, &draft, place, node, error);
}

/* SOURCE [by COLUMN within N days]: how many, in all or of what so many days hold at most. */
static Result take_number_of(Parser *parser, Place place, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_COUNT, .type = TYPE_NUMBER};

    if (expression_at_people(parser))
        return expression_household(parser, "people", place, node, error);
    TRY(expression_source(parser, &draft.source, error));
    if (token_is(&parser->token, "by")) {
        draft.kind = NODE_MOST;
        TRY(take_by(parser, &draft, true, error));
        TRY(parser_expect(parser, "within", error));
        TRY(take_days(parser, "within", 1, &draft.integer, error));
    }
    return finish_records(parser, &draft, place, node, error);
}

/* `most of SOURCE by COLUMN within N days` */
static Result take_most(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_number_of(parser, place, node, error));
    if ((*node)->kind != NODE_MOST)
        return expression_fail(parser, place, error,
                               "most of a source is by a date, within a number of days");
    return RESULT_OK;
}

/* ---- at least, at most, exactly N SOURCE: a comparison said another way ---- */

static Result take_times(Parser *parser, Comparison comparison, Place place, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_COMPARE, .type = TYPE_BOOL, .comparison = comparison, .operand_count = 2};
    Node number = {.kind = NODE_INTEGER, .type = TYPE_NUMBER};
    const Node *operands[2];

    TRY(parser_integer(parser, "times", 0, QUERY_NODES_MAX, &number.integer, error));
    TRY(take_number_of(parser, place, &operands[0], error));
    TRY(expression_finish(parser, &number, place, &operands[1], error));
    draft.operands = expression_operands(parser, operands, 2);
    return expression_finish(parser, &draft, place, node, error);
}

static Result take_at(Parser *parser, const Node **node, Error *error)
{
    static const char *const words[] = {"least", "most", NULL};
    Place place = parser->token.place;
    size_t is_most;

    TRY(parser_advance(parser, error));
    TRY(parser_expect_one(parser, words, &is_most, error));
    return take_times(parser, is_most ? IS_AT_MOST : IS_AT_LEAST, place, node, error);
}

static Result take_exactly(Parser *parser, const Node **node, Error *error)
{
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    return take_times(parser, IS_EQUAL, place, node, error);
}

ExpressionTake expression_records(const Token *token)
{
    static const struct {
        const char *word;
        ExpressionTake take;
    } forms[] = {
        {"exists", take_exists}, {"count", take_count},       {"sum", take_total},
        {"mean", take_mean},     {"min", take_min},           {"max", take_max},
        {"value", take_value},   {"episodes", take_episodes}, {"most", take_most},
        {"at", take_at},         {"exactly", take_exactly},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (token_is(token, forms[i].word))
            return forms[i].take;
    return NULL;
}
