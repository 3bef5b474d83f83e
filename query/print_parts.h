#pragma once
/* Private to print_expression.c and print_records.c. */
#include "query/print.h"

/* From loosest to tightest. What ends in `where` would swallow what stands behind it. */
typedef enum Tightness {
    ENDS_IN_WHERE,
    CHAIN,
    NEGATION,
    COMPARED,
    OTHERWISE,
    SUM,
    PRODUCT,
    OPERAND
} Tightness;

/* In parentheses where it is looser than it has to be. */
void print_part(TextBuilder *out, Arena *arena, const Node *node, Tightness tightness);
void print_prices(TextBuilder *out, const Prices *prices);
/* What node_is_of_records. */
void print_records(TextBuilder *out, Arena *arena, const Node *node);
void print_household(TextBuilder *out, Arena *arena, const Node *node);
