/*
 * The canonical text: printed from the tree, so that layout and comments are gone and only meaning is left.
 * It parses to the same tree, and prints to itself.
 */
#include <stdlib.h>
#include <string.h>

#include "query/tree.h"

enum { LINE_CODES = 8 };

static void print_node(TextBuilder *out, Arena *arena, const Node *node);

static void print_string(TextBuilder *out, Text text)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            text_add_char(out, '"');
        text_add_char(out, text.data[i]);
    }
    text_add_char(out, '"');
}

static void print_strings(TextBuilder *out, const Text *texts, size_t count, const char *separator)
{
    text_add_char(out, '(');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_string(out, i % LINE_CODES == 0 ? separator : ", ");
        print_string(out, texts[i]);
    }
    text_add_char(out, ')');
}

static Text node_text(Arena *arena, const Node *node)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    print_node(&out, arena, node);
    return text_copy(arena, text_built(&out));
}

/* What would swallow, or be swallowed by, what stands beside it. */
static bool needs_parentheses(const Node *node)
{
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
    case NODE_COMPARE:
    case NODE_RANGE:
    case NODE_WITHIN:
    case NODE_IN_CODES:
    case NODE_IN_LIST:
        return true;
    case NODE_EXISTS:
    case NODE_COUNT:
        return node->operand_count > 0;
    default:
        return false;
    }
}

static void print_operand(TextBuilder *out, Arena *arena, const Node *node)
{
    bool wrapped = needs_parentheses(node);

    if (wrapped)
        text_add_char(out, '(');
    print_node(out, arena, node);
    if (wrapped)
        text_add_char(out, ')');
}

/* In a chain, conditions that end by themselves need no parentheses. */
static bool ends_by_itself(const Node *node)
{
    return node->kind == NODE_COMPARE || node->kind == NODE_RANGE || node->kind == NODE_WITHIN ||
           node->kind == NODE_IN_CODES || node->kind == NODE_IN_LIST || node->kind == NODE_NOT;
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

static Text chain_operand(Arena *arena, const Node *node)
{
    Text text = node_text(arena, node);

    if (!needs_parentheses(node) || ends_by_itself(node))
        return text;
    return text_format(arena, "(%.*s)", TEXT_ARG(text));
}

/* The order of operands and their repetition mean nothing, so they leave no trace. */
static void print_chain(TextBuilder *out, Arena *arena, const Node *node, const char *word)
{
    Text *texts = arena_alloc(arena, node->operand_count * sizeof *texts);

    for (size_t i = 0; i < node->operand_count; i++)
        texts[i] = chain_operand(arena, node->operands[i]);
    qsort(texts, node->operand_count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < node->operand_count; i++) {
        if (i > 0 && text_equal(texts[i], texts[i - 1]))
            continue;
        text_add_string(out, i > 0 ? word : "");
        text_add(out, texts[i]);
    }
}

static void print_date(TextBuilder *out, Date date)
{
    char text[DATE_TEXT_BYTES];

    text_add_string(out, date_format(date, text));
}

static void print_compare(TextBuilder *out, Arena *arena, const Node *node)
{
    static const char *const symbols[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
    static const char *const words[] = {" = ",     " != ",         " before ", " on or before ",
                                        " after ", " on or after "};
    bool is_date = node->operands[0]->type == TYPE_DATE;

    print_operand(out, arena, node->operands[0]);
    text_add_string(out, (is_date ? words : symbols)[node->comparison]);
    print_operand(out, arena, node->operands[1]);
}

static void print_about(TextBuilder *out, Arena *arena, const Node *node)
{
    text_add_string(out, node->kind == NODE_EXISTS ? "exists " : "count of ");
    text_add(out, node->source->name);
    if (node->operand_count == 0)
        return;
    text_add_string(out, " where ");
    print_node(out, arena, node->operands[0]);
}

static void print_at(TextBuilder *out, Arena *arena, const Node *node, const char *word)
{
    text_add_string(out, word);
    print_node(out, arena, node->operands[0]);
}

static void print_within(TextBuilder *out, Arena *arena, const Node *node)
{
    print_operand(out, arena, node->operands[0]);
    text_add_format(out, " within %d months %s ", (int)node->integer, node->is_after ? "after" : "before");
    print_operand(out, arena, node->operands[1]);
}

static void print_range(TextBuilder *out, Arena *arena, const Node *node)
{
    print_operand(out, arena, node->operands[0]);
    text_add_string(out, " from ");
    print_operand(out, arena, node->operands[1]);
    text_add_string(out, " to ");
    print_operand(out, arena, node->operands[2]);
}

static void print_in(TextBuilder *out, Arena *arena, const Node *node)
{
    print_operand(out, arena, node->operands[0]);
    text_add_string(out, " in ");
    if (node->kind == NODE_IN_CODES)
        text_add(out, node->codes->name);
    else
        print_strings(out, node->items, node->item_count, ", ");
}

static void print_node(TextBuilder *out, Arena *arena, const Node *node)
{
    switch (node->kind) {
    case NODE_INTEGER:
        text_add_format(out, "%lld", (long long)node->integer);
        return;
    case NODE_DATE:
        print_date(out, node->date);
        return;
    case NODE_STRING:
        print_string(out, node->text);
        return;
    case NODE_AS_AT:
        text_add_string(out, "as_at");
        return;
    case NODE_ATTRIBUTE:
        text_add_string(out, node->attribute->name);
        return;
    case NODE_AGE:
        print_at(out, arena, node, "age at ");
        return;
    case NODE_COLUMN:
        text_add(out, node->column->name);
        return;
    case NODE_LET:
        text_add(out, node->let->name);
        return;
    case NODE_REGISTERED:
        print_at(out, arena, node, "registered at ");
        return;
    case NODE_EXISTS:
    case NODE_COUNT:
        print_about(out, arena, node);
        return;
    case NODE_COMPARE:
        print_compare(out, arena, node);
        return;
    case NODE_RANGE:
        print_range(out, arena, node);
        return;
    case NODE_WITHIN:
        print_within(out, arena, node);
        return;
    case NODE_IN_CODES:
    case NODE_IN_LIST:
        print_in(out, arena, node);
        return;
    case NODE_NOT:
        text_add_string(out, "not ");
        print_operand(out, arena, node->operands[0]);
        return;
    case NODE_AND:
        print_chain(out, arena, node, " and ");
        return;
    case NODE_OR:
        print_chain(out, arena, node, " or ");
        return;
    }
}

static void print_dimension(TextBuilder *out, const Dimension *dimension)
{
    if (dimension->band_years == 0)
        text_add_string(out, dimension->attribute->name);
    else
        text_add_format(out, "band(%s, %d)", dimension->attribute->name, (int)dimension->band_years);
}

static void print_table(TextBuilder *out, const TableNode *table)
{
    const char *before = "  totals ";

    text_add_string(out, "\ntable ");
    print_string(out, table->title);
    text_add_string(out, "\n  by ");
    for (size_t i = 0; i < table->dimension_count; i++) {
        text_add_string(out, i > 0 ? ", " : "");
        print_dimension(out, &table->dimensions[i]);
    }
    text_add_char(out, '\n');
    for (size_t i = 0; i < table->dimension_count; i++) {
        if (!table->totals[i])
            continue;
        text_add_string(out, before);
        print_dimension(out, &table->dimensions[i]);
        before = ", ";
    }
    if (table->has_totals)
        text_add_char(out, '\n');
    text_add_string(out, "  measure people\n");
}

static void print_heading(TextBuilder *out, const Tree *tree)
{
    text_add_string(out, "query ");
    print_string(out, tree->title);
    text_add_string(out, "\nproject ");
    text_add(out, tree->project);
    text_add_char(out, '\n');
    if (tree->as_at == DATE_NONE)
        return;
    text_add_string(out, "as at ");
    print_date(out, tree->as_at);
    text_add_char(out, '\n');
}

static void print_definitions(TextBuilder *out, Arena *arena, const Tree *tree)
{
    for (size_t i = 0; i < tree->code_list_count; i++) {
        const CodeList *list = &tree->code_lists[i];
        if (!tree->code_lists[i].is_used)
            continue;
        text_add_format(out, "codes %.*s = ", TEXT_ARG(list->name));
        print_strings(out, list->codes, list->count, ",\n  ");
        text_add_char(out, '\n');
    }
    for (size_t i = 0; i < tree->let_count; i++) {
        if (!tree->lets[i].is_used)
            continue;
        text_add_format(out, "let %.*s = ", TEXT_ARG(tree->lets[i].name));
        print_node(out, arena, tree->lets[i].value);
        text_add_char(out, '\n');
    }
}

Text tree_print(const Tree *tree, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    print_heading(&out, tree);
    print_definitions(&out, arena, tree);
    text_add_string(&out, "cohort ");
    print_node(&out, arena, tree->cohort);
    text_add_char(&out, '\n');
    for (size_t i = 0; i < tree->table_count; i++)
        print_table(&out, &tree->tables[i]);
    return text_copy(arena, text_built(&out));
}
