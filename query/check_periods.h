#pragma once
/* Private to query: series that begin before what is held. */
#include "base/db.h"
#include "query/tree.h"

/* Warns of a table whose first period begins before the first delivery of a source that the query reads: what
 * it counts there may be 0 because nobody sent it. as_at: the query's day. reader: role cinque_query. */
Result check_periods(Db *reader, int64_t release_id, const Tree *tree, Date as_at, Arena *arena,
                     TextBuilder *out, Error *error) CHECKED;
