/* Loads of one source at once: each puts its new subjects straight in, and some may be the other's too. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/ingest/under_way.h"
#include "tests/ingest/visits.h"

#define ANN "v1,9990000018,1980-01-02,CT1 1AA,2026-07-01,,,,,,,\n"
#define BOB "v2,9990000026,1981-01-02,CT1 1AA,2026-07-02,,,,,,,\n"
/* Publishing waits for it; opening and copying do not. */
#define KEEP_FROM_PUBLISHING "LOCK TABLE records.visit IN SHARE MODE"

static World other; /* with connections of its own */

static void open_all(void)
{
    set_up();
    other = world;
    other.loader = support_connect("cinque_loader");
    other.merger = support_connect("cinque_loader");
}

static void close_all(void)
{
    db_close(&other.loader);
    db_close(&other.merger);
    tear_down();
}

TestSuite(streams, .init = open_all, .fini = close_all);

static IngestDelivery from_hosp_b(const char *content)
{
    return (IngestDelivery){.path = support_file("of_hosp_b.csv", content),
                            .sender = "hosp_b",
                            .period = month_from(2026, 7),
                            .status = INGEST_FINAL};
}

static int64_t subject_count(void)
{
    return world_count("SELECT count(*) FROM subjects.subject");
}

static int end_of(pid_t child)
{
    int status;

    waitpid(child, &status, 0);
    return status;
}

/* ---- whole loads ---- */

typedef struct Pair {
    Db *holder; /* keeps the first from publishing */
    pid_t first, second;
} Pair;

/* The first has put Ann in; the second brings her too, and Bob. */
static Pair start_pair(void)
{
    IngestDelivery ann = world_delivery(WORLD_HEADER ANN), both = from_hosp_b(WORLD_HEADER ANN BOB);
    Pair pair = {.holder = under_way_session(KEEP_FROM_PUBLISHING)};

    pair.first = under_way_elsewhere(&world, spec, &ann);
    under_way_await(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'records.visit'::regclass");
    pair.second = under_way_elsewhere(&world, spec, &both);
    under_way_await(UNDER_WAY_AWAITS_LOAD);
    return pair;
}

/* Switch: the exception in subjects_add. She came to be held while she was waited for. */
Test(streams, a_new_subject_of_two_loads_is_held_once)
{
    Pair pair = start_pair();

    db_close(&pair.holder);

    cr_expect_eq(end_of(pair.first), 0);
    cr_expect_eq(end_of(pair.second), 0);
    cr_expect_eq(subject_count(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE subjects_new = 1"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit JOIN subjects.subject USING "
                             "(subject_id)"),
                 3);
}

/* Switch: subjects_enter before the locks of load_publish. The first would wait for these in turn. */
Test(streams, who_waits_for_another_load_holds_no_lock_that_its_publisher_needs)
{
    Pair pair = start_pair();

    cr_expect_eq(world_count("SELECT count(*) FROM pg_locks AS held JOIN pg_locks AS wanted USING (pid)"
                             " WHERE NOT wanted.granted AND wanted.locktype = 'transactionid'"
                             " AND held.mode NOT IN ('AccessShareLock', 'RowShareLock')"
                             " AND held.relation IN ('ingest.load'::regclass, 'records.visit'::regclass,"
                             " 'subjects.hub_key'::regclass)"),
                 0);

    db_close(&pair.holder);
    cr_expect_eq(end_of(pair.first) + end_of(pair.second), 0);
}

Test(streams, who_waits_for_a_load_that_is_killed_has_its_subjects_to_itself)
{
    Pair pair = start_pair();

    kill(pair.first, SIGKILL);
    end_of(pair.first);
    db_close(&pair.holder);

    cr_expect_eq(end_of(pair.second), 0);
    cr_expect_eq(subject_count(), 2);
    IngestDelivery ann = world_delivery(WORLD_HEADER ANN);
    cr_expect_eq(world_must_load(&world, spec, &ann).subjects_new, 0, "it can be loaded again");
}

Test(streams, who_is_killed_while_it_waits_for_another_load_leaves_nothing)
{
    Pair pair = start_pair();

    kill(pair.second, SIGKILL);
    end_of(pair.second);
    db_close(&pair.holder);

    cr_expect_eq(end_of(pair.first), 0);
    cr_expect_eq(subject_count(), 1);
    IngestDelivery both = from_hosp_b(WORLD_HEADER ANN BOB);
    cr_expect_eq(world_must_load(&world, spec, &both).subjects_new, 1, "it can be loaded again");
}

/* Switch: client_connection_check_interval, base/db.c. The server would not see that nobody is there any
 * more, and what clears up behind killed loads, as each that opens does, would wait for its row in vain. */
Test(streams, who_is_killed_while_it_waits_for_another_load_keeps_nobody_from_opening_one)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery bob = from_hosp_b(WORLD_HEADER BOB);
    int64_t load_id;
    Pair pair = start_pair();
    kill(pair.second, SIGKILL);
    end_of(pair.second);
    bob.period = month_from(2026, 8);
    permit = world_permit(&world, spec, &bob);

    store = under_way_open(&world, spec, permit, &bob, false, &load_id);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 2 AND state = 'abandoned'"),
                 1);
    db_close(&pair.holder);
    cr_expect_eq(end_of(pair.first), 0);
}

/* Its subjects are staged, and that is committed. */
Test(streams, who_is_killed_while_it_waits_for_its_turn_leaves_nothing)
{
    IngestDelivery ann = world_delivery(WORLD_HEADER ANN), both = from_hosp_b(WORLD_HEADER BOB ANN);
    world_must_load(&world, spec, &ann);
    SCOPED(db_close) Db *turn = under_way_session("SELECT ingest.subjects_turn(1::int2)");
    pid_t child = under_way_elsewhere(&world, spec, &both);
    under_way_await(UNDER_WAY_AWAITS_TURN);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.subject_2"), 2);

    kill(child, SIGKILL);
    end_of(child);
    db_close(&turn);

    cr_expect_eq(world_must_load(&world, spec, &both).subjects_new, 1);
    cr_expect_eq(subject_count(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"
                             " AND relname ~ '_2$'"),
                 0);
}

/* ---- loads in our hands, of no rows ---- */

typedef struct Hand {
    World *world;
    IngestDelivery delivery;
    GovernancePermit *permit;
    Store *store;
    int64_t load_id, subjects_new;
    pthread_t thread;
    Result published;
    Error error;
} Hand;

static Hand hand_open(World *of, IngestDelivery delivery)
{
    Hand hand = {.world = of, .delivery = delivery};

    hand.permit = world_permit(of, spec, &delivery);
    return hand;
}

/* What points into the hand stays where it is from here on. */
static void hand_begin(Hand *hand)
{
    hand->store = under_way_open(hand->world, spec, hand->permit, &hand->delivery, true, &hand->load_id);
    cr_assert_eq(under_way_merge(hand->world, hand->permit, hand->load_id), 0);
    under_way_script(hand->world, "SET statement_timeout = '8s'"); /* one that waits for ever fails */
}

#define DIGEST "'\\x00112233445566778899aabbccddeeff'"

static void hand_add(Hand *hand, const char *table, int64_t number)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "INSERT INTO %s (subject_id, source_id, digest, first_load_id, key_version, nhs_state)"
             " VALUES (%d, 1, " DIGEST ", %d, 1, 0)",
             table, (int)number, (int)hand->load_id);
    under_way_script(hand->world, sql);
}

static void hand_put(Hand *hand, int64_t number)
{
    hand_add(hand, "subjects.arriving", number);
}

static void hand_stage(Hand *hand, int64_t number)
{
    char table[64];

    snprintf(table, sizeof table, "staging.subject_%d", (int)hand->load_id);
    hand_add(hand, table, number);
}

static void *publish(void *context)
{
    Hand *hand = context;

    hand->published = under_way_publish(&hand->store, &hand->subjects_new, &hand->error);
    return NULL;
}

static void hand_publish(Hand *hand)
{
    pthread_create(&hand->thread, NULL, publish, hand);
}

static void hand_expect(Hand *hand, int64_t subjects_new)
{
    pthread_join(hand->thread, NULL);
    cr_expect(hand->published.ok, "%s", hand->error.message);
    cr_expect_eq(hand->subjects_new, subjects_new);
    store_abandon(&hand->store);
    governance_permit_close(&hand->permit);
}

/* Switch: the first return of subjects_enter. Nobody else has any of those that were put in. */
Test(streams, one_is_published_while_another_has_its_turn)
{
    SCOPED(db_close) Db *turn = under_way_session("SELECT ingest.subjects_turn(1::int2)");
    Hand hand = hand_open(&world, world_delivery(WORLD_HEADER ANN));
    hand_begin(&hand);
    hand_put(&hand, 7);

    hand_publish(&hand);
    under_way_await("SELECT count(*) FROM ingest.load WHERE state = 'published'");

    hand_expect(&hand, 1);
}

/* Switch: the unmerging in subjects_enter. Each waits for what the other has put in. */
Test(streams, of_two_that_have_put_in_what_the_other_staged_both_are_published)
{
    Hand first = hand_open(&world, world_delivery(WORLD_HEADER ANN)),
         second = hand_open(&other, from_hosp_b(WORLD_HEADER ANN));
    hand_begin(&first);
    hand_begin(&second);
    hand_put(&first, 7);
    hand_put(&second, 8);
    hand_stage(&first, 8);
    hand_stage(&second, 7);

    hand_publish(&first);
    under_way_await(UNDER_WAY_AWAITS_LOAD);
    hand_publish(&second);

    hand_expect(&first, 2);
    hand_expect(&second, 0);
    cr_expect_eq(subject_count(), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE first_load_id = 1"), 2);
}

/* Switches: the try in subjects_enter; staged_keys_require not asked by subjects_unmerge, which would keep
 * the version of a load that is not published. */
Test(streams, who_waits_for_its_turn_holds_nothing_and_has_kept_nothing)
{
    SCOPED(db_close) Db *turn = under_way_session("SELECT ingest.subjects_turn(1::int2)");
    Hand hand = hand_open(&world, world_delivery(WORLD_HEADER ANN));
    Error error = {0};
    hand_begin(&hand);
    hand_put(&hand, 7);
    hand_stage(&hand, 8);
    hand_publish(&hand);
    under_way_await(UNDER_WAY_AWAITS_TURN);

    cr_expect_eq(subject_count(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.hub_key"), 0);
    Result locked = db_script(turn, "publish",
                              "LOCK TABLE records.visit IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;"
                              "LOCK TABLE ingest.load IN SHARE MODE NOWAIT; SET LOCAL lock_timeout = '5s';"
                              "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id,"
                              " key_version, nhs_state) VALUES (7, 1, " DIGEST ", 99, 1, 0)",
                              &error);

    cr_expect(locked.ok, "%s", error.message);
    db_close(&turn);
    hand_expect(&hand, 2);
}

/* Switch: lock_timeout in subjects_merge, and its exception. Whoever waited there would keep its rows waiting
 * until the other load has ended. */
Test(streams, what_another_load_is_in_the_way_of_is_merged_when_the_load_is_published)
{
    Hand first = hand_open(&world, world_delivery(WORLD_HEADER ANN)),
         second = hand_open(&other, from_hosp_b(WORLD_HEADER ANN));
    hand_begin(&first);
    hand_begin(&second);
    hand_put(&first, 7);
    hand_stage(&second, 7);

    cr_expect_eq(under_way_merge(&other, second.permit, second.load_id), -1);

    store_abandon(&first.store);
    governance_permit_close(&first.permit);
    hand_publish(&second);
    hand_expect(&second, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE first_load_id = 2"), 1);
}
