#pragma once
/*
 * A load's rows on their way into its staged table: the only user of COPY into it, and it takes nothing but
 * rows that pseudonymise has made. Private to ingest.
 *
 * One backend takes fewer rows a second than two cores read, check and pseudonymise beside it. So a second
 * connection may write the other half: every other stretch of RECORDS_STRETCH lines, whenever they come. Each
 * writes in a transaction of its own a table that this has emptied. Where as many loads are under way as have
 * two processors each, another's second writer would only take turns with theirs: it has one.
 */
#include "ingest/store.h"

typedef struct Records Records;

enum { RECORDS_STRETCH = 1 << 8 }; /* lines; the schema's halves are made by the same number */

/* A load is written by two only where fewer others are under way. 1 or more. */
int records_halved_max(void);
/* Begins the transactions. What load points at must outlive the records.
 * Errors  of the database */
Result records_open(Db *loader, const StoreLoad *load, int64_t load_id, Records **records, Error *error)
    CHECKED;
/* subject: NULL: nobody's. The row's line is one that a line number holds: store.c sees to it. */
Result records_row(Records *records, const TokenisedRow *row, const Subject *subject, Error *error) CHECKED;
/* Sends all that waits; then the loader's connection is free for a statement of the same transaction. */
Result records_flush(Records *records, Error *error) CHECKED;
/* After a flush. Only when all is well are all rows kept, and may the load be published. */
Result records_commit(Records *records, Error *error) CHECKED;
/* Rolls back what was not committed. Accepts a pointer to NULL. */
void records_close(Records **records);
