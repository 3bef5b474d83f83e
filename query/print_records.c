/* What is asked of the records of a source, or of the people of a home, in the canonical text. */
#include <stdlib.h>

#include "query/print_parts.h"

static void print_where(TextBuilder *out, Arena *arena, const Node *condition)
{
    text_add_string(out, " where ");
    print_expression(out, arena, condition);
}

static void print_place(TextBuilder *out, int64_t place)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    int64_t number = llabs(place);
    bool is_plain = number % 10 > 3 || (number % 100 > 10 && number % 100 < 14);

    if (place == 1)
        text_add_string(out, "first ");
    else if (number > 1)
        text_add_format(out, "%lld%s ", (long long)number, endings[is_plain ? 0 : number % 10]);
    text_add_string(out, place < 0 ? "last " : "");
}

/* WORDS COLUMN in [PLACE] SOURCE [by COLUMN] */
static void print_gathered(TextBuilder *out, const Node *node)
{
    static const struct {
        NodeKind kind;
        const char *words;
    } forms[] = {{NODE_DISTINCT, "count of distinct "},
                 {NODE_SUM, "sum of "},
                 {NODE_MEAN, "mean of "},
                 {NODE_SMALLEST, "min of "},
                 {NODE_LARGEST, "max of "},
                 {NODE_VALUE, "value of "}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].kind == node->kind)
            text_add_string(out, forms[i].words);
    text_add(out, node->column->name);
    if (node->prices != NULL)
        print_prices(out, node->prices);
    text_add_string(out, " in ");
    if (node->kind == NODE_VALUE)
        print_place(out, node->integer);
    text_add(out, node->source->name);
    if (node->by != NULL)
        text_add_format(out, " by %.*s", TEXT_ARG(node->by->name));
}

void print_records(TextBuilder *out, Arena *arena, const Node *node)
{
    int days = (int)node->integer;

    switch (node->kind) {
    case NODE_EXISTS:
        text_add_format(out, "exists %.*s", TEXT_ARG(node->source->name));
        break;
    case NODE_COUNT:
        text_add_format(out, "count of %.*s", TEXT_ARG(node->source->name));
        break;
    case NODE_EPISODES:
        text_add_format(out, "episodes of %.*s by %.*s with gaps up to %d days", TEXT_ARG(node->source->name),
                        TEXT_ARG(node->by->name), days);
        break;
    case NODE_MOST:
        text_add_format(out, "most of %.*s by %.*s within %d days", TEXT_ARG(node->source->name),
                        TEXT_ARG(node->by->name), days);
        break;
    case NODE_IN_VALUES:
        print_part(out, arena, node->operands[0], OTHERWISE);
        text_add_format(out, " in values of %.*s in %.*s", TEXT_ARG(node->column->name),
                        TEXT_ARG(node->source->name));
        break;
    default:
        print_gathered(out, node);
    }
    if (node_where(node) != NULL)
        print_where(out, arena, node_where(node));
}

void print_household(TextBuilder *out, Arena *arena, const Node *node)
{
    text_add_format(out, "count of %speople in the household", node->is_of_others ? "other " : "");
    if (node->operands[0]->kind != NODE_AS_AT) {
        text_add_string(out, " at ");
        print_part(out, arena, node->operands[0], OPERAND);
    }
    if (node->operand_count > 1)
        print_where(out, arena, node->operands[1]);
}
