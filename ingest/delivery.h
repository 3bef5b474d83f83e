#pragma once
/* Private to ingest: the ledger of deliveries, schema/035_delivery.sql. */
#include "ingest/archive.h"
#include "ingest/fetch.h"

/* SHA-256 of transport, id, size, times, inode and version: how an item is known again. */
Hash delivery_item(const Feed *feed, const FetchItem *item);
typedef struct DeliveryKnown {
    int64_t delivery_id; /* 0: not known, or seen and not archived */
    bool has_archive;    /* the ledger says that there is one */
} DeliveryKnown;

Result delivery_known(Db *loader, const Feed *feed, const Hash *item, DeliveryKnown *known, Error *error)
    CHECKED;

typedef struct DeliverySeen {
    const Feed *feed;
    Month period;
    Hash item;
    bool is_signed;
} DeliverySeen;
Result delivery_see(Db *loader, const GovernancePermit *permit, const DeliverySeen *seen,
                    int64_t *delivery_id, Error *error) CHECKED;
Result delivery_archive(Db *loader, const GovernancePermit *permit, int64_t delivery_id,
                        const ArchiveSum *sum, bool *is_duplicate, int64_t *duplicate_of, Error *error)
    CHECKED;
