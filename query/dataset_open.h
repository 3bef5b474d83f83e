#pragma once
/*
 * Private to query: the dataset of a release, out of the blocks that were written when it was built. Shape
 * and words are there when it is open; a source's `begin` and a column's values are NULL until they are
 * fetched.
 *
 * Sources: `person` first, of one row a person; then `registration`, `household` and the catalogue's sources
 * by name, each with its columns by stored name in the order of the catalogue (of `registration` and
 * `household`: of the release's tables, without person_number). A household source has the rows of a home for
 * each person who lived there, with two more columns behind the others: household_from and household_to, the
 * days that person lived there. A column of the catalogue's type decimal is TYPE_DECIMAL, one of type integer
 * TYPE_NUMBER.
 *
 * What has been fetched stays for later queries of the process: in memory that nobody can write to any more,
 * DATASET_BYTES_MAX of it at most, those longest not used going first. Each block is checked against the
 * manifest, and that against the hash that the release keeps of it, before anything in it is looked at.
 */
#include "base/db.h"
#include "query/manifest.h"
#include "query/posting_answer.h"

#define DATASET_BYTES_MAX ((uint64_t)6 << 30)

/* One query's hold on a dataset; what it has fetched stays where it is until it closes. */
typedef struct DatasetHold DatasetHold;

/* A place in Dataset.sources, and in its columns. */
typedef struct DatasetColumn {
    uint16_t source, column;
} DatasetColumn;

/*
 * manifest: its hash, as release.open gives it. Drops what the process still keeps of releases that are no
 * longer live. Errors  ERROR_DATABASE when a block is not what was published
 */
Result dataset_open(Db *reader, int64_t release_id, const Hash *manifest, DatasetHold **hold, Error *error)
    CHECKED;
/* The same of all that are no longer live, without opening one. */
Result dataset_drop_retired(Db *reader, Error *error) CHECKED;
/* What the blocks are, checked against its hash, without any of them. */
Result dataset_read_manifest(Db *reader, int64_t release_id, const Hash *hash, Arena *arena,
                             Manifest *manifest, Error *error) CHECKED;
const Dataset *dataset_of(const DatasetHold *hold);
/* `begin` of the columns' sources is fetched with them. ERROR_LIMIT: more than the process may keep. */
Result dataset_fetch(DatasetHold *hold, Db *reader, const DatasetColumn *columns, size_t count, Error *error)
    CHECKED;
/*
 * All that the nodes of a plan over this dataset read. postings: of the engine that will run it, so that of
 * what lists answer the lists are fetched, and not the columns; NULL: everything is scanned.
 */
Result dataset_fetch_plan(DatasetHold *hold, Db *reader, const Plan *plan, PostingReader *postings,
                          Error *error) CHECKED;
void dataset_close(DatasetHold **hold);
