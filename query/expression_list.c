/* `in (VALUE, ...)` and `contains (TEXT, ...)`: lists that stand in the query itself. */
#include <assert.h>
#include <stdlib.h>

#include "query/expression.h"

static Result check_item_count(const Parser *parser, size_t count, Error *error)
{
    if (count < QUERY_OPERANDS_MAX)
        return RESULT_OK;
    return parser_fail(parser, error, "more than %d items; use codes", QUERY_OPERANDS_MAX);
}

/* Parameters that stand among the items: each is a comparison of its own. */
typedef struct Chosen {
    QueryType type;
    bool are_allowed;
    const Node *nodes[QUERY_PARAMETERS_MAX];
    size_t count;
} Chosen;

static Result take_parameter(Parser *parser, Chosen *chosen, bool *taken, Error *error)
{
    const Parameter *parameter = parser_parameter(parser, parser->token.text);
    Place place = parser->token.place;
    const Node *node;

    *taken = chosen->are_allowed && parser->token.kind == TOKEN_WORD;
    if (!*taken)
        return RESULT_OK;
    if (parameter == NULL)
        return parser_fail_parameter(parser, &parser->token, error);
    TRY(expression_word(parser, &node, error));
    TRY(expression_want(parser, node, chosen->type, place, error));
    for (size_t i = 0; i < chosen->count; i++)
        if (chosen->nodes[i]->parameter == node->parameter)
            return RESULT_OK;
    chosen->nodes[chosen->count++] = node;
    return RESULT_OK;
}

static Result take_text(Parser *parser, CodeList *items, Error *error)
{
    if (parser->token.kind != TOKEN_STRING)
        return parser_fail(parser, error, "expected a text in double quotes");
    TRY(check_item_count(parser, items->count, error));
    TRY(parser_check_prefix(parser, error));
    items->codes[items->count++] = parser->token.text;
    return parser_advance(parser, error);
}

static Result take_texts(Parser *parser, Node *draft, Chosen *chosen, Error *error)
{
    CodeList items = {.codes = arena_alloc(parser->arena, QUERY_OPERANDS_MAX * sizeof *items.codes)};
    bool more = true, taken;

    while (more) {
        TRY(take_parameter(parser, chosen, &taken, error));
        if (!taken)
            TRY(take_text(parser, &items, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    codes_sort(&items);
    draft->items = items.codes;
    draft->item_count = items.count;
    return RESULT_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void sort_numbers(Node *draft)
{
    size_t kept = 0;

    qsort(draft->numbers, draft->item_count, sizeof *draft->numbers, compare_numbers);
    for (size_t i = 0; i < draft->item_count; i++)
        if (i == 0 || draft->numbers[i] != draft->numbers[i - 1])
            draft->numbers[kept++] = draft->numbers[i];
    draft->item_count = kept;
}

static Result take_number(Parser *parser, Node *draft, Error *error)
{
    const Node *item;
    Place place = parser->token.place;

    TRY(check_item_count(parser, draft->item_count, error));
    TRY(expression_literal(parser, &item, error));
    if (item->kind != NODE_INTEGER)
        return expression_fail(parser, place, error, "expected a whole number");
    draft->numbers[draft->item_count++] = item->integer;
    return RESULT_OK;
}

static Result take_numbers(Parser *parser, Node *draft, Chosen *chosen, Error *error)
{
    bool more = true, taken;

    draft->numbers = arena_alloc(parser->arena, QUERY_OPERANDS_MAX * sizeof *draft->numbers);
    while (more) {
        TRY(take_parameter(parser, chosen, &taken, error));
        if (!taken)
            TRY(take_number(parser, draft, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    sort_numbers(draft);
    return RESULT_OK;
}

/* X in (p, "a") is X = p or X in ("a"): so it is printed, and means the same of an unknown X. */
static Result finish_list(Parser *parser, Taken left, const Node *draft, const Chosen *chosen,
                          const Node **node, Error *error)
{
    const Node *operands[QUERY_PARAMETERS_MAX + 1] = {NULL};
    size_t count = 0;

    if (draft->item_count > 0)
        TRY(expression_finish(parser, draft, left.place, &operands[count++], error));
    for (size_t i = 0; i < chosen->count; i++) {
        const Node *const both[] = {left.node, chosen->nodes[i]};
        const Node equal = {.kind = NODE_COMPARE,
                            .type = TYPE_BOOL,
                            .comparison = IS_EQUAL,
                            .operands = expression_operands(parser, both, 2),
                            .operand_count = 2};
        TRY(expression_finish(parser, &equal, left.place, &operands[count++], error));
    }
    assert(count > 0);
    *node = operands[0];
    if (count == 1)
        return RESULT_OK;
    const Node any = {.kind = NODE_OR,
                      .type = TYPE_BOOL,
                      .operands = expression_operands(parser, operands, count),
                      .operand_count = count};
    return expression_finish(parser, &any, left.place, node, error);
}

Result expression_list(Parser *parser, Taken left, Node draft, const Node **node, Error *error)
{
    Chosen chosen = {.type = left.node->type, .are_allowed = draft.kind != NODE_CONTAINS_LIST};

    TRY(parser_expect(parser, "(", error));
    if (draft.kind == NODE_IN_NUMBERS)
        TRY(take_numbers(parser, &draft, &chosen, error));
    else
        TRY(take_texts(parser, &draft, &chosen, error));
    TRY(parser_expect(parser, ")", error));
    draft.operands = expression_operands(parser, &left.node, 1);
    return finish_list(parser, left, &draft, &chosen, node, error);
}
