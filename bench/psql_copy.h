#pragma once
/*
 * What psql \copy needs for the rows that one load stored, records and new subjects, tokenised already and in
 * the order in which the load sent them: what a load is measured by. Into empty tables alike, by one
 * connection after another.
 */
#include "base/cluster.h"
#include "base/db.h"

typedef struct PsqlCopy {
    const Cluster *cluster;
    Db *superuser;
    const char *folder; /* of the cluster, and for the rows */
    const char *source;
    int load_id;
} PsqlCopy;

typedef enum PsqlFormat { PSQL_TEXT, PSQL_BINARY, PSQL_FORMAT_COUNT } PsqlFormat;

/*
 * PSQL_AS_LOADED  what the load itself copies into has: records the checks of a partition being staged,
 *                 subjects all keys, indexes and checks
 * PSQL_EMPTIED    the same, and records come in the transaction that empties their table, as the load's do,
 * so that the server need not log them PSQL_BARE       no key, index or check
 */
typedef enum PsqlTables { PSQL_AS_LOADED, PSQL_EMPTIED, PSQL_BARE } PsqlTables;

/* server_s: processor time. */
typedef struct PsqlCopyTime {
    double seconds, server_s;
} PsqlCopyTime;

/* Writes the rows that the load stored to files. Once a load, before they are gone. */
Result psql_copy_prepare(const PsqlCopy *copy, Error *error) CHECKED;
Result psql_copy(const PsqlCopy *copy, PsqlFormat format, PsqlTables tables, PsqlCopyTime *time, Error *error)
    CHECKED;
/* Builds keys, indexes and checks of the tables that were copied into last, which were bare. */
Result psql_copy_keys(const PsqlCopy *copy, double *seconds, Error *error) CHECKED;
