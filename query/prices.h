#pragma once
/* Private to query: the prices that a query's costs are at. */
#include "query/published.h"
#include "query/tree.h"

/*
 * Sets tree->prices[].published of those used, which live in arena: of each name and year what was added
 * last. ERROR_INPUT where there are none.
 */
Result prices_read(Db *reader, Tree *tree, Arena *arena, Error *error) CHECKED;
/* NULL: there are none; without lines. */
Result prices_find(Db *reader, const Prices *prices, Arena *arena, Published **found, Error *error) CHECKED;
/* "NAME" of 2024/25 */
Text prices_said(const Prices *prices, Arena *arena);
