#pragma once
/* Private to cli: deliveries that were pulled, and the feeds they are of. */
#include "cli/delivery.h"

enum { FEEDS_MAX = 500 };

/* A feed by its name, in feeds/ of the data folder, or by its path (with "/" or ending in .yaml). */
Result feed_find(const Cli *cli, const char *name, IngestFeed **feed, Error *error) CHECKED;
/* Names of all feeds there, sorted, in the arena. */
Result feed_list(const Cli *cli, const char *names[FEEDS_MAX], size_t *count, Error *error) CHECKED;

/* What to load of a delivery's number, as its feed says. ERROR_CONFIG when it is not to be loaded (again). */
Result held_delivery(const Cli *cli, int64_t delivery_id, Delivery *delivery, Error *error) CHECKED;
/* The same of one that is listed already; held outlives delivery. */
Result held_wanted(const Cli *cli, const IngestHeld *held, Delivery *delivery, Error *error) CHECKED;
bool held_is_loadable(const IngestHeld *held);

/* Is there room to load it? Of the private database alone; ERROR_LIMIT says how much is needed. While it is
 * served: what is packed is unpacked once to be counted. */
Result space_check(const Cli *cli, const IngestHeld *held, const char *path, Error *error) CHECKED;

/* cmd_load.c: each under a permit of its own, and a report of all. */
Result load_deliveries(const Cli *cli, int64_t streams, Delivery *deliveries, size_t count, Error *error)
    CHECKED;
