#pragma once
/* Private to released*.c: the prices that costs are at, and of whom a cost is not known. */
#include <jansson.h>
#include <stdio.h>

#include "query/released_parts.h"

/* Those that the query uses. */
void released_prices_note(ReleasedTable *table, const Tree *tree);
json_t *released_prices_json(const ReleasedTable *table);
/* A line each, and one a measure at prices, begun with before. */
void released_prices_print(const ReleasedTable *table, const char *before, FILE *out);
