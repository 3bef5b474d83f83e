#pragma once
/* Private to query: what a release would look like that has all of the catalogue; without people. */
#include "query/dataset.h"
#include "query/tree.h"

/* Its words are those of the query, so that a plan over it tells which word it means. */
const Dataset *shape_of_catalogue(const Catalogue *catalogue, const Tree *tree, Arena *arena);
