#pragma once
/* Private to query: parts of the canonical text. */
#include "query/tree.h"

void print_string(TextBuilder *out, Text text);
void print_date(TextBuilder *out, Date date);
void print_expression(TextBuilder *out, Arena *arena, const Node *node);
/* "percentile 90" */
void print_statistic(TextBuilder *out, const Measure *measure);
Text print_text(Arena *arena, const Node *node);
