/* Expressions of the canonical text: in parentheses where the parser needs them, and nowhere else. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "query/print_parts.h"

/* Of what is no chain. */
static Tightness tightness_of(const Node *node)
{
    if ((node_is_of_records(node) && node_where(node) != NULL) ||
        (node->kind == NODE_HOUSEHOLD && node->operand_count > 1))
        return ENDS_IN_WHERE;
    switch (node->kind) {
    case NODE_NOT:
        return NEGATION;
    case NODE_COMPARE:
    case NODE_RANGE:
    case NODE_WITHIN:
    case NODE_SENT:
    case NODE_IN_CODES:
    case NODE_IN_LIST:
    case NODE_IN_NUMBERS:
    case NODE_IN_PERIOD:
    case NODE_IN_VALUES:
    case NODE_CONTAINS_CODES:
    case NODE_CONTAINS_LIST:
    case NODE_IS_KNOWN:
        return COMPARED;
    case NODE_OTHERWISE:
        return OTHERWISE;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_SHIFT:
        return SUM;
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
        return PRODUCT;
    default:
        return OPERAND;
    }
}

Text print_text(Arena *arena, const Node *node)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    print_expression(&out, arena, node);
    return text_copy(arena, text_built(&out));
}

/* ---- parts ---- */

typedef struct Printed {
    Text text;
    Tightness tightness;
} Printed;

static Printed chain_of(Arena *arena, const Node *node);

static bool is_chain(const Node *node)
{
    return node->kind == NODE_AND || node->kind == NODE_OR;
}

static Printed part_of(Arena *arena, const Node *node)
{
    return is_chain(node) ? chain_of(arena, node) : (Printed){print_text(arena, node), tightness_of(node)};
}

static void add_part(TextBuilder *out, Printed part, Tightness tightness)
{
    bool is_wrapped = part.tightness < tightness;

    text_add_string(out, is_wrapped ? "(" : "");
    text_add(out, part.text);
    text_add_string(out, is_wrapped ? ")" : "");
}

void print_part(TextBuilder *out, Arena *arena, const Node *node, Tightness tightness)
{
    add_part(out, part_of(arena, node), tightness);
}

/* ---- chains ---- */

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

static Text wrapped(Arena *arena, Printed part)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    add_part(&out, part, NEGATION);
    return text_copy(arena, text_built(&out));
}

/* The order of operands and their repetition mean nothing, so they leave no trace: where all are alike one
 * stands for the chain, as tight as it is. */
static Printed chain_of(Arena *arena, const Node *node)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);
    const char *word = node->kind == NODE_AND ? " and " : " or ";
    Text *texts = arena_alloc(arena, node->operand_count * sizeof *texts);
    Printed part = {0};
    size_t kept = 0;

    for (size_t i = 0; i < node->operand_count; i++) {
        part = part_of(arena, node->operands[i]);
        texts[i] = wrapped(arena, part);
    }
    qsort(texts, node->operand_count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < node->operand_count; i++) {
        if (i > 0 && text_equal(texts[i], texts[i - 1]))
            continue;
        text_add_string(&out, kept++ > 0 ? word : "");
        text_add(&out, texts[i]);
    }
    return kept == 1 ? part : (Printed){text_copy(arena, text_built(&out)), CHAIN};
}

static void print_chain(TextBuilder *out, Arena *arena, const Node *node)
{
    text_add(out, chain_of(arena, node).text);
}

static void print_otherwise(TextBuilder *out, Arena *arena, const Node *node)
{
    for (size_t i = 0; i < node->operand_count; i++) {
        text_add_string(out, i > 0 ? " otherwise " : "");
        print_part(out, arena, node->operands[i], SUM);
    }
}

/* ---- conditions ---- */

static void print_compare(TextBuilder *out, Arena *arena, const Node *node)
{
    static const char *const symbols[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
    static const char *const words[] = {" = ",     " != ",         " before ", " on or before ",
                                        " after ", " on or after "};
    bool is_date = node->operands[0]->type == TYPE_DATE;

    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_string(out, (is_date ? words : symbols)[node->comparison]);
    print_part(out, arena, node->operands[1], OTHERWISE);
}

static void print_range(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_string(out, " from ");
    print_part(out, arena, node->operands[1], OTHERWISE);
    text_add_string(out, " to ");
    print_part(out, arena, node->operands[2], OTHERWISE);
}

static void print_sent(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_format(out, " sent %.*s from ", TEXT_ARG(node->source->name));
    print_part(out, arena, node->operands[1], OTHERWISE);
    text_add_string(out, " to ");
    print_part(out, arena, node->operands[2], OTHERWISE);
}

static void print_span(TextBuilder *out, int64_t amount, Unit unit)
{
    text_add_format(out, "%lld %s", (long long)amount, unit == UNIT_DAYS ? "days" : "months");
}

static void print_window(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_string(out, " within ");
    print_span(out, node->integer, node->unit);
    text_add_string(out, node->is_after ? " after " : " before ");
    print_part(out, arena, node->operands[1], OTHERWISE);
}

static void print_items(TextBuilder *out, const Node *node)
{
    for (size_t i = 0; i < node->item_count; i++) {
        text_add_string(out, i > 0 ? ", " : "(");
        if (node->kind == NODE_IN_NUMBERS)
            text_add_format(out, "%lld", (long long)node->numbers[i]);
        else
            print_string(out, node->items[i]);
    }
    text_add_char(out, ')');
}

static void print_in_period(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_format(out, " in %s", period_name(node->period));
}

static void print_in(TextBuilder *out, Arena *arena, const Node *node)
{
    bool is_contained = node->kind == NODE_CONTAINS_CODES || node->kind == NODE_CONTAINS_LIST;

    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_string(out, is_contained ? " contains " : " in ");
    if (node->kind != NODE_IN_CODES && node->kind != NODE_CONTAINS_CODES) {
        print_items(out, node);
        return;
    }
    text_add(out, node->codes->name);
    if (node->category.length == 0)
        return;
    text_add_string(out, " category ");
    print_string(out, node->category);
}

/* ---- values ---- */

static void print_at(TextBuilder *out, Arena *arena, const Node *node)
{
    const char *word = node->kind == NODE_AGE          ? "age"
                       : node->kind == NODE_REGISTERED ? "registered"
                                                       : node->attribute->name;

    text_add_string(out, word);
    if (node->operand_count == 0)
        return;
    text_add_string(out, " at ");
    print_part(out, arena, node->operands[0], OPERAND);
}

static void print_calculation(TextBuilder *out, Arena *arena, const Node *node)
{
    static const char *const symbols[] = {" + ", " - ", " * ", " / "};
    Tightness tightness = tightness_of(node);

    assert(node->kind >= NODE_ADD && node->kind <= NODE_DIVIDE);
    print_part(out, arena, node->operands[0], tightness);
    text_add_string(out, symbols[node->kind - NODE_ADD]);
    print_part(out, arena, node->operands[1], (Tightness)(tightness + 1));
}

static void print_shift(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], SUM);
    text_add_string(out, node->integer < 0 ? " - " : " + ");
    print_span(out, llabs(node->integer), node->unit);
}

static void print_between(TextBuilder *out, Arena *arena, const Node *node)
{
    static const char *const units[] = {"days", "months", "years"};

    bool is_registered = node->kind == NODE_TIME_REGISTERED;

    text_add_format(out, "%s %s ", units[node->unit], is_registered ? "registered from" : "between");
    print_part(out, arena, node->operands[0], OPERAND);
    text_add_string(out, is_registered ? " to " : " and ");
    print_part(out, arena, node->operands[1], OPERAND);
}

static void print_case(TextBuilder *out, Arena *arena, const Node *node)
{
    text_add_string(out, "case");
    for (size_t i = 0; i < node->operand_count; i++) {
        bool is_last = i + 1 == node->operand_count;
        text_add_string(out, i % 2 == 1 ? " then " : is_last ? " else " : " when ");
        print_expression(out, arena, node->operands[i]);
    }
    text_add_string(out, " end");
}

static void print_extreme(TextBuilder *out, Arena *arena, const Node *node)
{
    static const char *const words[2][2] = {{"least of (", "earliest of ("},
                                            {"greatest of (", "latest of ("}};

    text_add_string(out, words[node->kind == NODE_GREATEST][node->type == TYPE_DATE]);
    for (size_t i = 0; i < node->operand_count; i++) {
        text_add_string(out, i > 0 ? ", " : "");
        print_expression(out, arena, node->operands[i]);
    }
    text_add_char(out, ')');
}

/* What has no operands. */
static void print_leaf(TextBuilder *out, const Node *node)
{
    switch (node->kind) {
    case NODE_INTEGER:
        text_add_format(out, "%lld", (long long)node->integer);
        break;
    case NODE_DECIMAL:
        text_add(out, node->text);
        break;
    case NODE_DATE:
        print_date(out, node->date);
        break;
    case NODE_STRING:
        print_string(out, node->text);
        break;
    case NODE_COLUMN:
        text_add(out, node->column->name);
        if (node->prices != NULL)
            print_prices(out, node->prices);
        break;
    case NODE_LET:
        text_add(out, node->let->name);
        break;
    case NODE_PERIOD_START:
    case NODE_PERIOD_END:
        text_add_format(out, "%s of %s", node->kind == NODE_PERIOD_START ? "start" : "end",
                        period_name(node->period));
        break;
    case NODE_PARAMETER:
        text_add(out, node->parameter->name);
        break;
    default:
        text_add_string(out, "as_at");
    }
}

static void print_not(TextBuilder *out, Arena *arena, const Node *node)
{
    text_add_string(out, "not ");
    print_part(out, arena, node->operands[0], OTHERWISE);
}

static void print_is_known(TextBuilder *out, Arena *arena, const Node *node)
{
    print_part(out, arena, node->operands[0], OTHERWISE);
    text_add_string(out, " is known");
}

typedef void Printer(TextBuilder *out, Arena *arena, const Node *node);

/* Of what has operands and is not of records. */
static Printer *const printers[] = {
    [NODE_ATTRIBUTE] = print_at,
    [NODE_AGE] = print_at,
    [NODE_REGISTERED] = print_at,
    [NODE_TIME_REGISTERED] = print_between,
    [NODE_HOUSEHOLD] = print_household,
    [NODE_COMPARE] = print_compare,
    [NODE_RANGE] = print_range,
    [NODE_WITHIN] = print_window,
    [NODE_SENT] = print_sent,
    [NODE_IN_CODES] = print_in,
    [NODE_IN_LIST] = print_in,
    [NODE_IN_NUMBERS] = print_in,
    [NODE_IN_PERIOD] = print_in_period,
    [NODE_CONTAINS_CODES] = print_in,
    [NODE_CONTAINS_LIST] = print_in,
    [NODE_IS_KNOWN] = print_is_known,
    [NODE_NOT] = print_not,
    [NODE_AND] = print_chain,
    [NODE_OR] = print_chain,
    [NODE_ADD] = print_calculation,
    [NODE_SUBTRACT] = print_calculation,
    [NODE_MULTIPLY] = print_calculation,
    [NODE_DIVIDE] = print_calculation,
    [NODE_SHIFT] = print_shift,
    [NODE_BETWEEN] = print_between,
    [NODE_CASE] = print_case,
    [NODE_OTHERWISE] = print_otherwise,
    [NODE_LEAST] = print_extreme,
    [NODE_GREATEST] = print_extreme,
};

void print_expression(TextBuilder *out, Arena *arena, const Node *node)
{
    Printer *printer = (size_t)node->kind < sizeof printers / sizeof *printers ? printers[node->kind] : NULL;

    if (node_is_of_records(node))
        print_records(out, arena, node);
    else if (printer != NULL)
        printer(out, arena, node);
    else
        print_leaf(out, node);
}
