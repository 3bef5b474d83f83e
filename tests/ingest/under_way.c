#include "tests/ingest/under_way.h"

#include <unistd.h>

enum { TRIES = 1000, TRY_US = 10000 };

const char UNDER_WAY_AWAITS_TURN[] =
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND classid = 1667852914";
const char UNDER_WAY_AWAITS_LOAD[] =
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE NOT granted AND locktype = 'transactionid' AND query LIKE '%load_publish%'";

void under_way_await(const char *sql)
{
    for (int tries = 0; world_count(sql) == 0; tries++) {
        cr_assert_lt(tries, TRIES, "nobody came: %s", sql);
        usleep(TRY_US);
    }
}

Db *under_way_session(const char *sql)
{
    Db *db = support_connect(NULL);
    Error error = {0};

    cr_assert(db_begin(db, &error).ok && db_script(db, "hold", sql, &error).ok, "%s", error.message);
    return db;
}

/* With connections and keys of its own: a fork does not get ours. */
pid_t under_way_elsewhere(const World *world, const IngestSpec *spec, const IngestDelivery *delivery)
{
    pid_t child = fork();

    if (child == 0) {
        World own = *world;
        IngestReport report;
        Error error = {0};
        own.loader = support_connect("cinque_loader");
        own.merger = support_connect("cinque_loader");
        bool is_ready = governance_open(support_conninfo("cinque_governor"), &own.governance, &error).ok &&
                        keyring_open(world->keyring_folder, &own.keyring, &error).ok;
        _exit(is_ready && world_load(&own, spec, delivery, &report, &error).ok ? 0 : 1);
    }
    return child;
}

Store *under_way_open(const World *world, const IngestSpec *spec, const GovernancePermit *permit,
                      const IngestDelivery *delivery, bool with_merger, int64_t *load_id)
{
    static Hash content;
    IngestOutcome outcome;
    Store *store = NULL;
    Error error = {0};
    const StoreLoad load = {.merger = with_merger ? world->merger : NULL,
                            .writer = world->writer,
                            .permit = permit,
                            .spec = spec,
                            .delivery = delivery,
                            .content = &content,
                            .key_version = 1};

    cr_assert(hash_parse(governance_permit_object(permit), &content));
    cr_assert(store_open(world->loader, &load, &store, load_id, &outcome, &error).ok, "%s", error.message);
    return store;
}

int64_t under_way_merge(const World *world, const GovernancePermit *permit, int64_t load_id)
{
    static const DbStatement statement = {.name = "test merge",
                                          .sql = "SELECT ingest.subjects_merge($1, $2)",
                                          .parameters = {VALUE_BYTES, VALUE_INT4},
                                          .columns = {VALUE_INT8}};
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};
    int64_t merged;
    Error error = {0};

    cr_assert(db_run_int8(world->merger, &statement, values, &merged, NULL, &error).ok, "%s", error.message);
    return merged;
}

Result under_way_publish(Store **store, int64_t *subjects_new, Error *error)
{
    static const RuleCounts columns[SPEC_COLUMNS_MAX];
    const StoreCounts counts = {.columns = columns};
    IngestOutcome outcome;

    return store_publish(store, &counts, &outcome, subjects_new, error);
}

void under_way_script(const World *world, const char *sql)
{
    Error error = {0};

    cr_assert(db_script(world->merger, "by hand", sql, &error).ok, "%s", error.message);
}
