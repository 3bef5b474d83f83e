#pragma once
/* Loads under way: in a test's hands, or of another process. */
#include "ingest/store.h"
#include "tests/ingest/world.h"

/* Until sql counts something; ten seconds at most. */
void under_way_await(const char *sql);
/* A superuser's session in a transaction that has run sql; db_close ends it. */
Db *under_way_session(const char *sql);
/* A process that loads and exits with 0 when that went well. */
pid_t under_way_elsewhere(const World *world, const IngestSpec *spec, const IngestDelivery *delivery);

/* A load opened by world->loader, before its first row. with_merger: its subjects by world->merger. permit
 * and delivery outlive it; one at a time has the content. */
Store *under_way_open(const World *world, const IngestSpec *spec, const GovernancePermit *permit,
                      const IngestDelivery *delivery, bool with_merger, int64_t *load_id);
/* What subjects_merge says. */
int64_t under_way_merge(const World *world, const GovernancePermit *permit, int64_t load_id);
/* A load of no rows. */
Result under_way_publish(Store **store, int64_t *subjects_new, Error *error);
/* By world->merger. */
void under_way_script(const World *world, const char *sql);

/* Waits for its turn with subjects; for a load that has put in one of them. */
extern const char UNDER_WAY_AWAITS_TURN[], UNDER_WAY_AWAITS_LOAD[];
