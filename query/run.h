#pragma once
/* Private to query: what query_run does, by the permit's number. */
#include "query/query_private.h"

Result run_query(Db *reader, const uint8_t *permit_id, const char *query_id, const Query *query,
                 const QueryRun *run, ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count,
                 Error *error) CHECKED;
