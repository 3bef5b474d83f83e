/* What every expression is made by: nodes within the limits, of the type that is wanted. */
#include <assert.h>
#include <string.h>

#include "query/expression.h"

Result expression_fail(const Parser *parser, Place place, Error *error, const char *rule)
{
    return source_text_fail(&parser->input->source, place, error, "%s", rule);
}

static void measure(Node *node)
{
    node->size = 1;
    node->depth = 1;
    if (node->kind == NODE_LET) {
        node->size += node->let->value->size;
        node->depth += node->let->value->depth;
    }
    for (size_t i = 0; i < node->operand_count; i++) {
        node->size += node->operands[i]->size;
        if (node->operands[i]->depth >= node->depth)
            node->depth = node->operands[i]->depth + 1;
    }
}

Result expression_finish(Parser *parser, const Node *draft, Place place, const Node **node, Error *error)
{
    Node *made = arena_alloc(parser->arena, sizeof *made);

    *made = *draft;
    made->at = parser_mention_at(parser, place);
    measure(made);
    if (made->size > QUERY_NODES_MAX)
        return expression_fail(parser, place, error,
                               "expression is too large, with each use of a let counted in full");
    if (made->depth > QUERY_DEPTH_MAX)
        return expression_fail(parser, place, error, "expression is nested too deeply");
    *node = made;
    return RESULT_OK;
}

const Node **expression_operands(Parser *parser, const Node *const *operands, size_t count)
{
    const Node **copy = arena_alloc(parser->arena, (count + 1) * sizeof(const Node *));

    memcpy(copy, operands, count * sizeof(const Node *));
    return copy;
}

static const char *const words_behind[] = {"and",   "or",        "where",  "from",     "to",      "before",
                                           "after", "on",        "within", "contains", "in",      "is",
                                           "sent",  "otherwise", "then",   "else",     "category"};
enum { WORDS_BEHIND = sizeof words_behind / sizeof *words_behind };

size_t expression_words_behind(Text *words)
{
    for (size_t i = 0; i < WORDS_BEHIND; i++)
        words[i] = text_from(words_behind[i]);
    return WORDS_BEHIND;
}

Result expression_check_misspelt(const Parser *parser, Error *error)
{
    Text words[WORDS_BEHIND], word = parser->token.text;
    size_t count = expression_words_behind(words);

    if (parser->token.kind != TOKEN_WORD || parser_is_reserved(word) ||
        text_nearest(word, words, count).length == 0)
        return RESULT_OK;
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "word", word, words, count,
                                    error);
}

Result expression_want(const Parser *parser, const Node *node, QueryType type, Place place, Error *error)
{
    assert(node != NULL);
    if (node->type == type)
        return RESULT_OK;
    if (type == TYPE_BOOL)
        TRY(expression_check_misspelt(parser, error));
    return source_text_fail(&parser->input->source, place, error, "expected %s, this is %s",
                            QUERY_TYPE_NAMES[type], QUERY_TYPE_NAMES[node->type]);
}

const Node *expression_shifted_from(const Node *day)
{
    while (day->kind == NODE_LET || day->kind == NODE_SHIFT)
        day = day->kind == NODE_LET ? day->let->value : day->operands[0];
    return day;
}

bool expression_is_common_day(const Node *day)
{
    const Node *root = expression_shifted_from(day);

    return root->kind == NODE_DATE || root->kind == NODE_AS_AT || root->kind == NODE_PARAMETER;
}

/* An operand in parentheses is an expression in an operand: two a level. */
Result expression_enter(Parser *parser, Error *error)
{
    if (parser->depth == 2 * QUERY_DEPTH_MAX)
        return parser_fail(parser, error, "expression is nested too deeply");
    parser->depth++;
    return RESULT_OK;
}

void expression_leave(Parser *parser)
{
    assert(parser->depth > 0);
    parser->depth--;
}

/* ---- spans of time ---- */

static const struct {
    const char *one, *many;
    Unit unit;
    int64_t times;
} units[] = {
    {"day", "days", UNIT_DAYS, 1},
    {"week", "weeks", UNIT_DAYS, 7},
    {"month", "months", UNIT_MONTHS, 1},
    {"year", "years", UNIT_MONTHS, 12},
};

bool expression_unit(Text word, Unit *unit, int64_t *times)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!text_equal(word, text_from(units[i].one)) && !text_equal(word, text_from(units[i].many)))
            continue;
        *unit = units[i].unit;
        *times = units[i].times;
        return true;
    }
    return false;
}

static Result fail_unit(const Parser *parser, Error *error)
{
    Text candidates[sizeof units / sizeof *units];

    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected days, weeks, months or years");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        candidates[i] = text_from(units[i].many);
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "unit", parser->token.text,
                                    candidates, sizeof units / sizeof *units, error);
}

Result expression_span(Parser *parser, const char *what, int64_t *amount, Unit *unit, Error *error)
{
    Place place = parser->token.place;
    int64_t times;

    TRY(parser_integer(parser, what, 1, QUERY_DAYS_MAX, amount, error));
    if (parser->token.kind != TOKEN_WORD || !expression_unit(parser->token.text, unit, &times))
        return fail_unit(parser, error);
    *amount *= times;
    if (*amount > (*unit == UNIT_DAYS ? QUERY_DAYS_MAX : QUERY_MONTHS_MAX))
        return expression_fail(parser, place, error, "a span of time is at most 100 years");
    return parser_advance(parser, error);
}
