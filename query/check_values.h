#pragma once
/* Private to query: texts that a query compares with, and that nothing it reads can hold. */
#include "base/db.h"
#include "query/tree.h"

/* Warnings of texts that are not of their column's code list, or no value that the release (0: none) has of
 * an attribute: such a condition is true of nobody, and nothing else would say so. Of a condition a word is
 * said once. reader: role cinque_query, which reads code lists and categories and nothing of anybody. */
Result check_values(Db *reader, int64_t release_id, const Tree *tree, Arena *arena, TextBuilder *out,
                    Error *error) CHECKED;
