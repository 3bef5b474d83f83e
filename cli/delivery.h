#pragma once
/* Private to cli: a list of deliveries, as deliveries.csv holds it. */
#include "cli/cli.h"
#include "ingest/ingest.h"

enum { DELIVERIES_MAX = 5000 };

typedef struct Delivery {
    const char *source; /* a shipped source's name or a spec's path */
    IngestDelivery delivery;
    int64_t order;
    const IngestHeld *held; /* read from the archive; NULL: from delivery.path */
    const char *signer;     /* of a held one: whose signature its feed demands; NULL: nobody's */
} Delivery;

Result delivery_status(Text name, IngestStatus *status, Error *error) CHECKED;
/* 64 hexadecimal digits, large or small: some tools write large ones. *announced lives in the arena.
 * ERROR_USAGE */
Result delivery_announced(Text text, Arena *arena, const Hash **announced, Error *error) CHECKED;
/*
 * Columns in any order: source, sender, period, path (relative to the list; empty: a nil return), and if they
 * are there status (default final), replace (yes or no), sha256 (as announced; empty: it was not), order.
 * Sorted by order; everything lives in the arena.
 */
Result delivery_list_read(const char *path, Arena *arena, Delivery **deliveries, size_t *count, Error *error)
    CHECKED;
