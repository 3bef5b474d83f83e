#pragma once
/* Private to query: numbers of people from outside that rates are per. Nobody's data: tables that others
 * publish, registered with their day and origin. */
#include "query/published.h"
#include "query/tree.h"

/* What a rate is per on a day. */
typedef struct PopulationUse {
    Text name;
    Date day;
    const Published *population;
} PopulationUse;

/*
 * Of each rate of the tree its population's newest version up to the query's day, or of a series up to each
 * period's end. ERROR_INPUT where there is none, or a table is by what it is not by.
 */
Result population_read(Db *reader, const Tree *tree, Date as_at, Arena *arena, const PopulationUse **uses,
                       size_t *count, Error *error) CHECKED;
/* NULL: not read */
const Published *population_find(const PopulationUse *uses, size_t count, Text name, Date day);
/* The day that a table's rates of a period are of. */
Date population_day(const TableNode *table, Date as_at, size_t period);
size_t population_dimension(const Published *population, Text name); /* dimension_count: it has none */
