#pragma once
/* A block of a load's subjects, copied into a table. Private to ingest/subjects.c. */
#include "ingest/subjects.h"

/* As they are, into a staging table. */
Result subjects_copy(const SubjectsPlace *place, Db *db, const char *table, const Subject *block,
                     size_t count, Error *error) CHECKED;
/*
 * Straight into subjects.subject by the second connection, in whose transaction the load was made ready.
 * *are_new becomes false, and none of them is there, where that failed: one of them is held already, or comes
 * twice.
 *
 * Errors  of the database, when what failed cannot be taken back
 */
Result subjects_copy_new(const SubjectsPlace *place, const Subject *block, size_t count, bool *are_new,
                         Error *error) CHECKED;
