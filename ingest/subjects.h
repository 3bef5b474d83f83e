#pragma once
/*
 * A load's subjects on their way into its staging table. Private to ingest.
 *
 * Without a second connection they wait in memory and go between two copies of records. With one, a thread
 * stages and merges them there while records are still read, in the transaction that then publishes the load:
 * nobody sees them before, and nothing stays of them when that transaction is not committed.
 */
#include "base/db.h"
#include "governance/governance.h"
#include "pseudonymise/pseudonymise.h"

typedef struct Subjects Subjects;

typedef struct SubjectsPlace {
    Db *loader, *merger; /* merger: NULL, or in a transaction from here on that subjects_close gives up */
    const GovernancePermit *permit;
    int64_t load_id, source_id;
} SubjectsPlace;

/* Errors  ERROR_SYSTEM: no thread can be had; of the database */
Result subjects_open(const SubjectsPlace *place, Subjects **subjects, Error *error) CHECKED;
/* No room for another until the loader's connection is free and subjects_flush was called. */
bool subjects_is_full(const Subjects *subjects);
Result subjects_add(Subjects *subjects, const Subject *subject, Error *error) CHECKED;
/* Sends what waits; without a second connection the loader's must be free. */
Result subjects_flush(Subjects *subjects, Error *error) CHECKED;
/* No more come. Without a second connection the loader's must be free; with one, they are still on their way.
 */
Result subjects_finish(Subjects *subjects, Error *error) CHECKED;
/* After subjects_finish: waits until all are staged, and merged where they can be. */
Result subjects_settle(Subjects *subjects, Error *error) CHECKED;
/* Rolls back what was not committed. Accepts a pointer to NULL. */
void subjects_close(Subjects **subjects);
