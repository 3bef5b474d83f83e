#pragma once
/* Private to query: the code lists behind a released table, as their own files describe them. */
#include <jansson.h>
#include <stdio.h>

#include "query/tree.h"

typedef struct ReleasedCodes {
    Text name, terminology, release; /* empty: not said */
    size_t codes, inactive;
} ReleasedCodes;

/* Of the lists that a query uses. */
const ReleasedCodes *released_codes_of(const Tree *tree, Arena *arena, size_t *count);
const ReleasedCodes *released_codes_copy(const ReleasedCodes *from, size_t count, Arena *arena);
json_t *released_codes_json(const ReleasedCodes *codes, size_t count);
/* One line for all, begun with before; none without lists. */
void released_codes_print(const ReleasedCodes *codes, size_t count, const char *before, FILE *out);
