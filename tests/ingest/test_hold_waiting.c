/* What may happen to a load while it is held back. */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ingest/holding.h"
#include "tests/ingest/under_way.h"

TestSuite(hold_waiting, .init = set_up, .fini = tear_down);

Test(hold_waiting, the_same_delivery_again_says_that_it_waits)
{
    load(100, 20);

    IngestReport again = load(100, 20);

    cr_expect_eq(again.outcome, INGEST_HELD);
    cr_expect_eq(again.load_id, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 1);
}

Test(hold_waiting, another_delivery_of_the_month_needs_replace_and_takes_its_place)
{
    IngestReport report;
    IngestDelivery other = delivery_of(JULY, 101, 0);
    load(100, 20);
    other.path = support_file("other.csv", rows(JULY, 101, 0));

    cr_expect_not(world_load(&world, spec, &other, &report, &error).ok);
    cr_expect_not_null(strstr(error.message, "held back as load 1"), "%s", error.message);
    cr_expect_eq(replace(101, 0).outcome, INGEST_HELD);

    expect_state(1, "replaced");
    expect_state(2, "held");
    cr_expect_eq(seen(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE load_id = 2"
                             " AND measure = 'replaces what waits'"),
                 1, "nothing else is wrong with it");
    cr_assert(decide("ida", true, 2).ok, "%s", error.message);
    cr_expect_eq(seen(), 101);
    cr_expect_eq(staged_tables(), 0);
}

#define HEAD_OF(version)                                                                                     \
    "source: visit\ntitle: Visits\nversion: " version                                                        \
    "\neffective_from: 2024-04-01\nfile: { format: delimited }\n"                                            \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 1000, percent_max: 100 }\n" BY_MONTH

/* Whoever loads can register a version of the spec. Switch: limits_weakened in ingest.limits_weigh, schema
 * 075. */
Test(hold_waiting, a_version_without_limits_holds_its_loads_until_one_is_released)
{
    open_with(HEAD_OF("2") COLUMNS);
    cr_expect_eq(load(100, 20).outcome, INGEST_HELD);
    open_with(HEAD_OF("3") COLUMNS);
    cr_expect_eq(replace(100, 20).outcome, INGEST_HELD, "version 2 was let through by nobody");
    expect_state(1, "replaced");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE load_id = 1 AND value = 4"
                             " AND measure = 'limits weakened'"),
                 1);

    cr_assert(decide("ida", true, 2).ok, "%s", error.message);

    IngestDelivery august = delivery_of(8, 100, 20);
    cr_expect_eq(world_must_load(&world, spec, &august).outcome, INGEST_LOADED);
}

Test(hold_waiting, a_limit_that_is_tighter_or_only_warns_holds_nothing)
{
    open_with(HEAD_OF("2") "quality:\n  limits:\n"
                           "    - { measure: missing, column: cost, hold: 10, refuse: 70 }\n"
                           "    - { measure: fall, refuse: 40 }\n"
                           "    - { measure: shrunk, hold: 30 }\n"
                           "    - { measure: rise, warn: 1 }\n"
                           "    - { measure: duplicates, unit: rows, hold: 3 }\n" COLUMNS);
    cr_expect_eq(load(100, 0).outcome, INGEST_LOADED);
    open_with(HEAD_OF("3") "quality:\n  limits:\n"
                           "    - { measure: missing, column: cost, hold: 10, refuse: 71 }\n"
                           "    - { measure: fall, refuse: 40 }\n"
                           "    - { measure: shrunk, hold: 30 }\n"
                           "    - { measure: duplicates, unit: rows, hold: 3 }\n" COLUMNS);

    IngestDelivery august = delivery_of(8, 100, 0);

    cr_expect_eq(world_must_load(&world, spec, &august).outcome, INGEST_HELD, "it refuses later");
}

Test(hold_waiting, a_newer_load_that_is_held_too_takes_its_place)
{
    load(100, 20);

    cr_expect_eq(replace(100, 30).outcome, INGEST_HELD);

    expect_state(1, "replaced");
    expect_state(3 - 1, "held");
    cr_expect_eq(staged_tables(), 2, "records and subjects of the newer one");
}

/* Switch: lock_timeout in ingest.held_enter, schema 075. A release has locked what that load's publisher
 * needs. */
Test(hold_waiting, what_a_load_under_way_has_put_in_keeps_a_load_from_being_released)
{
    load(100, 20);
    Db *under_way = under_way_session("INSERT INTO subjects.subject SELECT * FROM staging.subject_1");

    cr_expect_not(decide("ida", true, 1).ok);

    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    expect_state(1, "held");
    db_close(&under_way);
    cr_expect(decide("ida", true, 1).ok, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
}

/* Switch: no turn asked in ingest.held_decide, schema 075, and lock_timeout in ingest.held_enter. The other
 * may have it for hours, and a refusal needs none. */
Test(hold_waiting, while_another_load_has_its_turn_one_is_not_released_and_may_be_refused)
{
    load(100, 20);
    SCOPED(db_close) Db *turn = under_way_session("SELECT ingest.subjects_turn(1::int2)");
    world_script("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = 1000',"
                 " current_database()); END $$");
    governance_close(&world.governance);
    cr_assert(governance_open(support_conninfo("cinque_governor"), &world.governance, &error).ok);

    cr_expect_not(decide("ida", true, 1).ok);

    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    expect_state(1, "held");
    cr_expect(decide("ida", false, 1).ok, "%s", error.message);
    expect_state(1, "refused");
}

/* Another session locks load 1 as a release does, and publishes it when ours waits for that lock, or does not
 * in 1.5 s. Before it has its source's turn, for which ours would wait too. */
static pid_t release_elsewhere(void)
{
    pid_t child = fork();

    if (child == 0) {
        SCOPED(db_close) Db *db = support_connect(NULL);
        Result done =
            db_script(db, "release elsewhere",
                      "BEGIN; SET LOCAL ROLE cinque_owner; LOCK TABLE ingest.load IN ROW EXCLUSIVE MODE;"
                      " SELECT FROM ingest.load AS l WHERE l.load_id = 1 FOR UPDATE;"
                      " DO $$ BEGIN FOR i IN 1..150 LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();"
                      " EXIT WHEN EXISTS (SELECT FROM pg_stat_activity AS a"
                      " WHERE pg_backend_pid() = ANY (pg_blocking_pids(a.pid))); END LOOP; END $$;"
                      " SELECT ingest.held_enter(l), ingest.load_show(l) FROM ingest.load AS l"
                      " WHERE l.load_id = 1; COMMIT",
                      &error);
        _exit(done.ok ? 0 : 1);
    }
    under_way_await("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return child;
}

/* Switch: FOR UPDATE in ingest.held_find, schema 075. */
Test(hold_waiting, a_replacement_that_comes_while_it_is_released_replaces_what_was_published)
{
    load(100, 20);
    pid_t child = release_elsewhere();

    IngestReport report = replace(101, 0);
    waitpid(child, NULL, 0);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    expect_state(1, "replaced");
    expect_state(2, "published");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 1 AND rows_loaded = 100"
                             " AND held_from IS NOT NULL AND held_to IS NOT NULL"),
                 1, "it keeps what it was");
    cr_expect_eq(seen(), 101);
}

Test(hold_waiting, a_replacement_that_is_held_while_it_is_released_leaves_the_month_published)
{
    load(100, 20);
    pid_t child = release_elsewhere();

    IngestReport report = replace(100, 21);
    waitpid(child, NULL, 0);

    cr_expect_eq(report.outcome, INGEST_HELD);
    expect_state(1, "published");
    expect_state(2, "held");
    cr_expect_eq(seen(), 100);
}

/* Switch: the state in ingest.load_drop, schema 075. */
Test(hold_waiting, what_is_published_is_never_dropped)
{
    load(100, 0);

    Error refused = world_try("cinque_owner", "SELECT ingest.load_drop(l, 'replaced') FROM ingest.load AS l");

    cr_expect_not_null(strstr(refused.message, "load 1: neither open nor held back"), "%s", refused.message);
    expect_state(1, "published");
}

/* What a killed load left is cleared when another opens; what is held is none of that. */
Test(hold_waiting, it_is_no_leftover_and_outlives_its_session)
{
    load(100, 20);
    db_close(&world.loader);
    world.loader = support_connect("cinque_loader");
    IngestDelivery other = delivery_of(6, 10, 0);
    world_must_load(&world, spec, &other);

    expect_state(1, "held");
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relname IN ('visit_1', 'subject_1')"
                             " AND relpersistence = 'p'"),
                 2, "a crash of the server empties what is not logged");
    cr_expect(decide("ida", true, 1).ok, "%s", error.message);
    cr_expect_eq(seen(), 110);
}

/* Switch: the REVOKE in ingest.load_hold. */
Test(hold_waiting, the_loader_can_add_nothing_to_it)
{
    load(100, 20);

    Error refused =
        world_try("cinque_loader", "INSERT INTO staging.visit_1 (load_id, line_number) VALUES (1, 1)");

    cr_expect_eq(refused.code, ERROR_REFUSED);
}

/* Its staged tokens would stay under the old key. Switch: the first check of ingest.open_loads_end. */
Test(hold_waiting, the_hub_key_is_not_rotated_while_a_load_waits)
{
    load(100, 20);

    Error refused = world_try("cinque_owner", "SELECT ingest.open_loads_end()");

    cr_expect_eq(refused.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(refused.message, "load 1 is held back"), "%s", refused.message);
    cr_assert(decide("ida", false, 1).ok, "%s", error.message);
    cr_expect_eq(world_try("cinque_owner", "SELECT ingest.open_loads_end()").code, ERROR_NONE);
}

Test(hold_waiting, whoever_loaded_it_may_take_it_back)
{
    load(100, 20);

    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    expect_state(1, "withdrawn");
    cr_expect_eq(staged_tables(), 0);
}

Test(hold_waiting, it_is_listed_with_why)
{
    SCOPED(table_close) Table *table = NULL;
    load(100, 20);

    cr_assert(governance_load_list(world.governance, &table, &error).ok, "%s", error.message);

    const char *text = support_csv(table);
    cr_expect_not_null(strstr(text, "1,visit,hosp_a,2026-07,eng,"), "%s", text);
    cr_expect_not_null(strstr(text, ",100,\"missing cost 20.0 percent, hold from 20\""), "%s", text);
}

#define HEAD_2                                                                                               \
    "source: visit\ntitle: Visits\nversion: 2\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 1000, percent_max: 100 }\n"

/* Switch: ingest.staging_widen in ingest.load_show. */
Test(hold_waiting, a_load_that_waits_can_be_released_after_its_source_got_a_new_column)
{
    cr_assert_eq(load(100, 20).outcome, INGEST_HELD);
    open_with(HEAD_2 BY_MONTH LIMITS COLUMNS "  - { name: grade, use: dimension, shape: \"A9\" }\n");

    Result released = decide("ida", true, 1);

    cr_expect(released.ok, "%s", error.message);
    expect_state(1, "published");
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE ward = 'A1' AND grade IS NULL"), 100);
}
