#pragma once
/* Which inner cells a margin is the sum of. */
#include "query/count.h"

static inline bool is_summed_in(const CountTable *table, size_t margin, size_t inner)
{
    size_t m[QUERY_DIMENSIONS_MAX], i[QUERY_DIMENSIONS_MAX];

    count_coordinates(table, margin, m);
    count_coordinates(table, inner, i);
    for (size_t d = 0; d < table->dimension_count; d++)
        if (m[d] != table->dimensions[d].value_count && m[d] != i[d])
            return false;
    return true;
}
