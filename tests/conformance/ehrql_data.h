#pragma once
/* A case's tables as a dataset. Of a column's name the first letter says the type: i, f, b, d, and c, m, s
 * for texts. */
#include <jansson.h>

#include "query/plan.h"

/*
 * Sources are numbered as the tables stand in `tables`, from 1; each has its columns in the order of the
 * case. expression: its texts become words as well, so that they can be compared with those of cells.
 */
const Dataset *ehrql_dataset(const json_t *tables, const json_t *expression, const json_t *population,
                             Arena *arena, int64_t **people);
QueryType ehrql_type(const char *column);
bool ehrql_day(const json_t *value, int64_t *day); /* {"date": ...} or a text that is a date */
