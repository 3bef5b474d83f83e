#pragma once
/* Private to released*.c: what published counts are divided by that is from outside. */
#include <jansson.h>
#include <stdio.h>

#include "query/released_parts.h"

/* Of each line the people of its population, -1 where the population does not say. Notes which versions the
 * table stands on. */
int64_t *released_population_people(ReleasedTable *table, const TableNode *node, const Measure *rate);
json_t *released_population_json(const ReleasedTable *table);
/* A line each, begun with before. */
void released_population_print(const ReleasedTable *table, const char *before, FILE *out);
