#pragma once
/* Writes a load: what comes of its rows, and how it ends. Private to ingest. */
#include "ingest/rule.h"

typedef struct Store Store;

/* What a load's row in ingest.load counts; the order is that of ingest.counts_set. */
typedef struct StoreCounts {
    int64_t read, loaded, quarantined, excluded, withheld, nhs_valid, nhs_invalid, nhs_absent, damaged;
    const RuleCounts *columns; /* of the spec */
} StoreCounts;

extern const char *const STORE_STATUS_NAMES[]; /* of IngestStatus, as ingest.load has them */

typedef struct StoreLoad {
    Db *merger; /* a second connection, by which subjects are merged while rows come; NULL: when they have */
    Db *writer; /* a third one, by which every other stretch of rows may be written; NULL: the first writes
                   all */
    const GovernancePermit *permit;
    const IngestSpec *spec;
    const IngestDelivery *delivery;
    const Hash *content;           /* NULL: a nil return */
    const char *directory_edition; /* NULL: none */
    int key_version;               /* of the hub key that the tokens are made under */
} StoreLoad;

/* *load_id is the load opened, with *outcome INGEST_LOADED, or the one that has the same delivery already
 * (INGEST_DUPLICATE, INGEST_HELD); then *store stays NULL. What load points at must outlive the store. */
Result store_open(Db *loader, const StoreLoad *load, Store **store, int64_t *load_id, IngestOutcome *outcome,
                  Error *error) CHECKED;
Result store_row(Store *store, const TokenisedRow *row, Error *error) CHECKED;
Result store_quarantine(Store *store, const ReaderRecord *record, const RuleRow *row, Error *error) CHECKED;
/* Whether encodings are made of this load's rows: then they are sealed to the keyring's key. Before the first
 * row.
 */
Result store_encodes(Store *store, const Keyring *keyring, bool *wanted, Error *error) CHECKED;
/* A pseudonymiser's, between rows: which goes into the load but with nobody. */
Result store_reference(Store *store, Text encoding, Error *error) CHECKED;
/* Sends all that waits; then the loader's connection is free for a statement of the same transaction. */
Result store_flush(Store *store, Error *error) CHECKED;
/* What a bulk replacement's row replaces, whether it is stored or not; of other modes nothing. Errors:
 * windows_add */
Result store_replaces(Store *store, const RuleRow *row, Error *error) CHECKED;
/* Both end the load, and close the store when they succeed. The limits of its spec may hold or reject what is
 * to be published. */
Result store_publish(Store **store, const StoreCounts *counts, IngestOutcome *outcome, int64_t *subjects_new,
                     Error *error) CHECKED;
Result store_reject(Store **store, const StoreCounts *counts, Error *error) CHECKED;
/* Nothing stays of a load that was not ended. true: it is abandoned; false: there was none, or its end is not
 * known, as when a connection was lost while it was published. */
bool store_abandoned(Store **store);
/* The same; for SCOPED. */
void store_abandon(Store **store);
