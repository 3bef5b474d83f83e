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

/* Parses with a catalogue that is there already; what query_open does behind its door. bytes_max: of text. */
Result query_parse(const Catalogue *catalogue, const char *file_name, Text text, size_t bytes_max,
                   const QueryFiles *files, Query **query, Error *error) CHECKED;
