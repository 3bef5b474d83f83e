#pragma once
/*
 * Private to query: a tree as one SQL statement. Values travel as two array parameters, identifiers come from
 * the catalogue alone. A row is a combination of the dimensions' values with the numbers of its people.
 */
#include "query/bind.h"

enum { COMPILED_DIMENSIONS_MAX = 16 };

typedef struct Compiled {
    Text sql; /* $1 text[], $2 int8[]  ->  a text for each dimension, people int8[] */
    const Text *texts;
    size_t text_count;
    const int64_t *numbers;
    size_t number_count;
    Dimension dimensions[COMPILED_DIMENSIONS_MAX]; /* of all tables, each once */
    size_t dimension_count;
} Compiled;

void compile(const Tree *tree, int64_t release_id, Date as_at, Arena *arena, Compiled *compiled);
size_t compiled_dimension(const Compiled *compiled, const Dimension *dimension); /* its index */
