/* Loads that come while a linkage goes on: it must not see half of one, nor miss one that says it was there.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sys/wait.h>

#include "tests/ingest/under_way.h"
#include "tests/ingest/visits.h"

#define ANN "v1,9990000018,1980-01-02,CT1 1AA,2026-07-01,,,,,,,\n"
#define BOB "v2,9990000026,1981-01-02,CT1 1AA,2026-07-02,,,,,,,\n"

TestSuite(linking, .init = set_up, .fini = tear_down);

/* In a transaction, which db_close ends. */
static Db *run_under_way(void)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    static const DbStatement begin = {.name = "begin",
                                      .sql = "SELECT linkage.run_begin($1, 1::int2)::int8",
                                      .parameters = {VALUE_BYTES},
                                      .columns = {VALUE_INT8}};
    const GovernanceRequest request = {.action = GOVERNANCE_LINK, .person_id = "eng", .object = TEXT("link")};
    Db *linker = support_connect("cinque_linker");
    int64_t run;
    Error error = {0};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    cr_assert(db_begin(linker, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(linker, &begin, values, &run, NULL, &error).ok, "%s", error.message);
    return linker;
}

typedef struct Publishing {
    Store *store;
    Result published;
    Error error;
} Publishing;

static void *publish(void *context)
{
    Publishing *publishing = context;
    int64_t subjects_new;

    publishing->published = under_way_publish(&publishing->store, &subjects_new, &publishing->error);
    return NULL;
}

/* Switch: the lock of ingest.load in linkage.run_begin. The moment from which a load is held lies behind the
 * run, so that a release knows which was first. */
Test(linking, a_load_under_way_and_one_that_begins_wait_for_the_run)
{
    IngestDelivery ann = world_delivery(WORLD_HEADER ANN);
    const IngestDelivery bob = {.path = support_file("of_hosp_b.csv", WORLD_HEADER BOB),
                                .sender = "hosp_b",
                                .period = month_from(2026, 7),
                                .status = INGEST_FINAL};
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(&world, spec, &ann);
    Publishing publishing = {0};
    pthread_t thread;
    char sql[160];
    int64_t load_id;
    int status;
    publishing.store = under_way_open(&world, spec, permit, &ann, true, &load_id);
    Db *run = run_under_way();

    pid_t child = under_way_elsewhere(&world, spec, &bob);
    pthread_create(&thread, NULL, publish, &publishing);
    under_way_await("SELECT (count(*) = 2)::int4::int8 FROM pg_locks WHERE NOT granted"
                    " AND relation = 'ingest.load'::regclass");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'published'"), 0);
    int64_t before_us = world_count("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8");
    db_close(&run);
    pthread_join(thread, NULL);
    waitpid(child, &status, 0);

    cr_expect(publishing.published.ok, "%s", publishing.error.message);
    cr_expect_eq(status, 0);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM ingest.load WHERE state = 'published' AND"
             " extract(epoch FROM held_from) * 1000000 > %" PRId64,
             before_us);
    cr_expect_eq(world_count(sql), 2);
    store_abandon(&publishing.store);
}
