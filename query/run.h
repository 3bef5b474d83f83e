#pragma once
/* Private to query: what query_run does, by the permit's number. */
#include "query/count.h"
#include "query/query_private.h"
#include "query/released.h"

/* counts: of the tree's parts. ERROR_LIMIT at the table with which they have more than QUERY_CELLS_MAX cells
 * together, with their rates. */
Result run_check_cells(const Tree *tree, const CountTable *counts, Error *error) CHECKED;
/* A second look at what was bound, before it runs: granted is what the query says that it reads. */
Result run_check_plan(const Query *query, const Bound *bound, Error *error) CHECKED;
/*
 * Disclosure control, and only then tables: tables[0..*table_count-1] are the caller's. ERROR_LIMIT, and no
 * table, once provenance's deadline is over: then audit and amounts were not worked out to the end.
 */
Result run_release(const Tree *tree, const CountTable *counts, const Provenance *provenance, Arena *arena,
                   ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error) CHECKED;
/* The number of the approved query whose wording this is and whose running the permit allows. */
Result run_query_number(Db *reader, const uint8_t *permit_id, const Query *query, Arena *arena, Text *number,
                        Error *error) CHECKED;
Result run_query(Db *reader, const uint8_t *permit_id, Text number, const Query *query, const QueryRun *run,
                 ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error) CHECKED;
/* The least people of a cell that is shown. */
int64_t run_people_min(const Query *query, const GovernancePolicy *policy);
/* Whose query it is and what of: all of the provenance that the query itself says. */
void run_describe(const Query *query, Arena *arena, Provenance *provenance);
/* What run_query does once a dataset is there and bound, without a database: for dummy data. */
Result run_dataset(const Query *query, const Bound *bound, const CountCategory *categories, size_t count,
                   const Provenance *provenance, Arena *arena, ReleasedTable *tables[QUERY_TABLES_MAX],
                   size_t *table_count, Error *error) CHECKED;
