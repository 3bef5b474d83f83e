#pragma once
/* Private to query: counts by a statement over the tables of a release. */
#include "query/compile.h"
#include "query/count.h"

/* Runs the compiled query; tables[0..tree->table_count-1] live in arena. */
Result count_by_sql(Db *reader, const Tree *tree, const Compiled *compiled, int64_t release_id, Arena *arena,
                    CountTable *tables, Error *error) CHECKED;
