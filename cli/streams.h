#pragma once
/*
 * Private to cli: deliveries loaded side by side, each stream a process of its own with connections and keys
 * of its own. Those of one source and sender keep their order.
 */
#include "cli/delivery.h"

enum { STREAMS_MAX = 8 };

typedef struct StreamWork {
    /* Both run in the stream's process. begin comes before the first load. */
    Result (*begin)(void *context, Error *error);
    Result (*load)(void *context, const Delivery *delivery, IngestReport *report, Error *error);
    void (*end)(void *context);
    /* What came of a delivery, in the caller's process; failure NULL: it has a report. A failed Result stops:
     * what is under way ends, nothing more is begun. */
    Result (*done)(void *context, const Delivery *delivery, const IngestReport *report, const Error *failure,
                   Error *error);
    void *context;
} StreamWork;

/* Errors  those of done; ERROR_SYSTEM: a process could not be started, or ended unasked */
Result streams_run(const StreamWork *work, size_t stream_count, const Delivery *deliveries, size_t count,
                   Error *error) CHECKED;
