#pragma once
/* Tables of counts made up, whose cells each have people of their own. */
#include "query/audit_parts.h"
#include "query/suppress.h"

enum { PEOPLE_MIN = 8, ARENA_BYTES = 1 << 24 };

static const SuppressRule rule = {.people_min = PEOPLE_MIN};

/* A table with totals over all dimensions; counts of inner cells in row-major order. Each cell has people of
 * its own. */
static inline CountTable make_table(Arena *arena, const size_t *sizes, size_t dimension_count,
                                    const int64_t *counts)
{
    static const char *const names[] = {"a", "b", "c"};
    CountTable table = {
        .title = TEXT("t"), .dimension_count = dimension_count, .has_totals = true, .cell_count = 1};
    size_t next = 0;

    for (size_t d = 0; d < dimension_count; d++) {
        table.dimensions[d] =
            (CountDimension){.name = text_from(names[d]), .value_count = sizes[d], .may_total = true};
        table.dimensions[d].values = arena_alloc(arena, sizes[d] * sizeof(Text));
        table.cell_count *= sizes[d] + 1;
    }
    table.cells = arena_alloc(arena, table.cell_count * sizeof *table.cells);
    for (size_t cell = 0; cell < table.cell_count; cell++) {
        if (!count_is_inner(&table, cell))
            continue;
        table.cells[cell].people = counts[next++];
        if (table.cells[cell].people > 0)
            table.cells[cell].set = (SetHash){.high = (uint64_t)1 << next, .low = next};
    }
    count_margins(&table);
    return table;
}

static inline bool is_determined(Audit *audit, size_t cell)
{
    audit_want(audit, 0, cell);
    return audit_is_determined(audit);
}
