#pragma once
/*
 * What psql needs for the rows that a load stored, records and subjects, tokenised already: what a load is
 * measured by. As text into empty tables alike, which have their keys; binary into bare ones, and then their
 * keys, since built behind the rows they cost least.
 */
#include "base/cluster.h"
#include "base/db.h"

typedef struct PsqlCopy {
    const Cluster *cluster;
    Db *superuser;
    const char *folder; /* of the cluster, and for the rows */
} PsqlCopy;

/* keys_s: of the bare tables' keys, indexes and checks. binary_server_s: processor time. */
typedef struct PsqlCopyTimes {
    double text_s, binary_s, keys_s, binary_server_s;
} PsqlCopyTimes;

/* Writes the rows that are stored now to files. Once. */
Result psql_copy_prepare(const PsqlCopy *copy, Error *error) CHECKED;
Result psql_copy(const PsqlCopy *copy, PsqlCopyTimes *times, Error *error) CHECKED;
