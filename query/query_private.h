#pragma once
/* Private to query: what a Query is. */
#include "query/tree.h"

struct Query {
    Arena *arena; /* holds all below */
    Catalogue catalogue;
    Tree *tree;
    Text canonical;
    Hash content;
};

/* Parses with a catalogue that is there already; what query_open does behind its door. bytes_max: of text.
 * arena: the query's own from here on, also when it is refused. */
Result query_parse_in(Arena *arena, const Catalogue *catalogue, const char *file_name, Text text,
                      size_t bytes_max, const QueryFiles *files, Query **query, Error *error) CHECKED;
Result query_parse(const Catalogue *catalogue, const char *file_name, Text text, size_t bytes_max,
                   const QueryFiles *files, Query **query, Error *error) CHECKED;
