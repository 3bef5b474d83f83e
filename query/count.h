#pragma once
/*
 * Private to query: raw counts with the person set of each cell. Nothing here prints; the only way out is
 * suppress.h, which makes ReleasedTables.
 */
#include "query/bind.h"
#include "query/dataset_open.h"

typedef struct CountDimension {
    Text name;
    Text *values; /* in the order of the lines; the margin follows as one more */
    size_t value_count;
    bool may_total;
    bool is_condition; /* yes, no and perhaps not known: what is asked of people, not where they belong */
} CountDimension;

/* Of random person numbers: equal for equal sets, and of a union of disjoint sets the sum. */
typedef struct SetHash {
    uint64_t high, low;
} SetHash;

typedef struct CountCell {
    int64_t people;
    SetHash set;
    const uint32_t *numbers; /* inner cells: their people's numbers, ascending; margins: NULL */
} CountCell;

/* Cells in row-major order over value_count + 1 places a dimension, the last of which is the margin. */
typedef struct CountTable {
    Text title;
    CountDimension dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
    bool has_totals;
    CountCell *cells;
    size_t cell_count;
} CountTable;

enum { COUNT_CELLS_MAX = 20000 }; /* of one table, margins included */

/* Fills coordinates[dimension_count]; equal to value_count where the cell is a margin. */
void count_coordinates(const CountTable *table, size_t cell, size_t *coordinates);
size_t count_cell(const CountTable *table, const size_t *coordinates);
bool count_is_inner(const CountTable *table, size_t cell);
/* Is this cell part of the table as asked for: an inner cell, a margin over `totals`, or the grand total? */
bool count_is_asked(const CountTable *table, size_t cell);
/* Sums margins' people and sets from the inner cells. */
void count_margins(CountTable *table);

SetHash count_hash(const uint32_t *numbers, size_t count);

/*
 * Fetches what a bound query reads, and runs it over its dataset, people in chunks;
 * tables[0..tree->table_count-1] live in arena. What comes out is the same however large the chunks are.
 * ERROR_LIMIT where it would take more memory than a query may.
 */
Result count_run(Db *reader, DatasetHold *hold, const Tree *tree, const Bound *bound, int64_t release_id,
                 Arena *arena, CountTable *tables, Error *error) CHECKED;
