/* Limits of a spec on whole deliveries, and what becomes of a load that they hold back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ingest/under_way.h"

#define HEADER "visit_id,nhs_number,visit_date,ward,cost\n"
#define HEAD                                                                                                 \
    "source: visit\ntitle: Visits\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 1000, percent_max: 100 }\n"
#define COLUMNS                                                                                              \
    "columns:\n"                                                                                             \
    "  - { name: visit_id, use: ignored, required: true }\n"                                                 \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: visit_date, use: date, required: true }\n"                                                  \
    "  - { name: ward, use: dimension, shape: \"A9\" }\n"                                                    \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000 }\n"
#define BY_MONTH "update: replace_by_period\n"
#define LIMITS                                                                                               \
    "quality:\n"                                                                                             \
    "  protected_by: [volume]\n"                                                                             \
    "  limits:\n"                                                                                            \
    "    - { measure: missing, column: cost, warn: 5, hold: 20, refuse: 80 }\n"                              \
    "    - { measure: fall, hold: 50 }\n"                                                                    \
    "    - { measure: shrunk, hold: 30 }\n"                                                                  \
    "    - { measure: duplicates, unit: rows, hold: 3 }\n"

enum { JULY = 7, TEXT_BYTES = 4096 };

static World world;
static IngestSpec *spec;
static Error error;

static void open_with(const char *text)
{
    ingest_spec_close(&spec);
    spec = world_spec(text);
    world_apply(spec);
}

static void set_up(void)
{
    world = world_open();
    error = (Error){0};
    open_with(HEAD BY_MONTH LIMITS COLUMNS);
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(hold, .init = set_up, .fini = tear_down);

/* count rows, of them so many without a cost. */
static const char *rows(int month, int count, int without)
{
    static char content[32 * 1024];
    size_t length = (size_t)snprintf(content, sizeof content, HEADER);

    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(content + length, sizeof content - length,
                                   "v%d,9990000018,2026-%02d-01,A1,%s\n", i, month, i < without ? "" : "7");
    return content;
}

static IngestDelivery delivery_of(int month, int count, int without)
{
    IngestDelivery delivery = world_delivery(rows(month, count, without));

    delivery.period = month_from(2026, month);
    return delivery;
}

static IngestReport load(int count, int without)
{
    IngestDelivery delivery = delivery_of(JULY, count, without);

    return world_must_load(&world, spec, &delivery);
}

static IngestReport replace(int count, int without)
{
    IngestDelivery delivery = delivery_of(JULY, count, without);

    delivery.replace = true;
    return world_must_load(&world, spec, &delivery);
}

static Result decide(const char *person, bool is_release, int64_t load_id)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char number[24];
    int64_t row_count;

    snprintf(number, sizeof number, "%" PRId64, load_id);
    const GovernanceRequest request = {.action =
                                           is_release ? GOVERNANCE_LOAD_RELEASE : GOVERNANCE_LOAD_REFUSE,
                                       .person_id = person,
                                       .object = text_from(number)};
    TRY(governance_request(world.governance, &request, &permit, &error));
    TRY(is_release ? governance_load_release(world.governance, permit, load_id, &row_count, &error)
                   : governance_load_refuse(world.governance, permit, load_id, &row_count, &error));
    return governance_result(world.governance, permit,
                             &(GovernanceOutcome){.succeeded = true, .rows = row_count}, &error);
}

static void expect_state(int64_t load_id, const char *state)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM ingest.load WHERE load_id = %" PRId64 " AND state = '%s'",
             load_id, state);
    cr_expect_eq(world_count(sql), 1, "load %" PRId64 " is not %s", load_id, state);
}

static int64_t seen(void)
{
    return world_count("SELECT count(*) FROM records.active_visit");
}

static int64_t staged_tables(void)
{
    return world_count("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                       "'staging'::regnamespace");
}

/* ---- limits ---- */

Test(hold, below_every_limit_a_load_is_published_and_nothing_is_found)
{
    IngestReport report = load(100, 4);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_not(report.is_unprotected);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding"), 0);
}

Test(hold, a_limit_counts_from_its_threshold_on)
{
    IngestReport report = load(100, 5);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE verdict = 'warn' AND value = 5"
                             " AND threshold = 5 AND measure = 'missing' AND place = 'cost'"),
                 1);
}

/* Switch: the call of ingest.limits_weigh in ingest.load_publish. */
Test(hold, a_load_past_its_limit_is_staged_and_nothing_uses_it)
{
    IngestReport report = load(100, 20);

    cr_expect_eq(report.outcome, INGEST_HELD);
    expect_state(1, "held");
    cr_expect_eq(seen(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.visit_1"), 100);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.subject_1"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.hold WHERE loader = 'eng'"), 1);
}

Test(hold, a_load_past_what_is_refused_keeps_its_quarantine_alone)
{
    IngestReport report = load(100, 80);

    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(report.rows_loaded, 0);
    expect_state(1, "rejected");
    cr_expect_eq(staged_tables(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE verdict = 'refuse'"), 1);
}

Test(hold, a_fall_is_told_by_three_months_of_history)
{
    for (int month = 5; month < JULY; month++) {
        IngestDelivery delivery = delivery_of(month, 100, 0);
        world_must_load(&world, spec, &delivery);
    }
    cr_expect_eq(load(10, 0).outcome, INGEST_LOADED, "two months are no history");
    IngestDelivery august = delivery_of(8, 49, 0);

    IngestReport report = world_must_load(&world, spec, &august);

    cr_expect_eq(report.outcome, INGEST_HELD, "usual is 100, the median of 100, 100 and 10");
}

/* A resubmission that has far fewer rows than what it replaces: a top-up sent as if it were the whole. */
Test(hold, a_partial_top_up_is_held_and_what_it_would_replace_stays)
{
    cr_expect_eq(load(100, 0).outcome, INGEST_LOADED);

    cr_expect_eq(replace(70, 0).outcome, INGEST_HELD);

    expect_state(1, "published");
    cr_expect_eq(seen(), 100);
}

Test(hold, a_smaller_snapshot_is_held_against_the_one_before)
{
    open_with(
        "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
        "controller: sender\nsubject: person\nrecord_key: [visit_id]\nupdate: snapshot\n"
        "rejects: { rows_max: 1, percent_max: 1 }\n"
        "quality: { limits: [{ measure: shrunk, hold: 10 }] }\n" COLUMNS);
    IngestDelivery june = delivery_of(6, 100, 0);
    world_must_load(&world, spec, &june);

    cr_expect_eq(load(90, 0).outcome, INGEST_HELD);
}

Test(hold, rows_are_counted_where_the_unit_is_rows)
{
    IngestDelivery two =
                       world_delivery(HEADER "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n"
                                             "v1,9990000018,2026-07-01,A1,1\n"),
                   three = {0};
    cr_expect_eq(world_must_load(&world, spec, &two).outcome, INGEST_LOADED);
    three = world_delivery(HEADER "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n"
                                  "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n");
    three.sender = "hosp_b";

    cr_expect_eq(world_must_load(&world, spec, &three).outcome, INGEST_HELD);
}

#define LIST_OF(limits)                                                                                      \
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"      \
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 9, percent_max: 9 }\n"      \
    "quality: { limits: [" limits "] }\ncolumns:\n"                                                          \
    "  - { name: pid, use: identifier, identity: local_id, issuer_fixed: x }\n"                              \
    "  - { name: practice, as: practice_code, use: dimension, shape: \"A99999\", required: true }\n"

/* 10 people on the list of G82001, 60 on that of G82002. */
static IngestReport load_lists(void)
{
    static char content[2048];
    size_t length = (size_t)snprintf(content, sizeof content, "pid,practice\n");

    for (int i = 0; i < 70; i++)
        length +=
            (size_t)snprintf(content + length, sizeof content - length, "p%d,G8200%d\n", i, i < 10 ? 1 : 2);
    IngestDelivery delivery = world_delivery(content);
    return world_must_load(&world, spec, &delivery);
}

static void put_total(const char *measure, const char *practice, int value)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "INSERT INTO ingest.outside_total SELECT source_id, 'hosp_a', 318, '%s', '%s', %d, %s, 'o', "
             "'\\x00' FROM ingest.source WHERE name = 'stay'",
             measure, practice, value, *practice == '\0' ? "1" : "NULL");
    world_script(sql);
}

/* G82001 is off by half of its 20, G82002 by 40 of its 100. */
Test(hold, of_several_figures_the_one_furthest_off_in_the_limits_unit_counts)
{
    open_with(LIST_OF("{ measure: list size, unit: rows, hold: 30 }, { measure: list size, warn: 50 }"));
    put_total("list size", "G82001", 20);
    put_total("list size", "G82002", 100);

    cr_expect_eq(load_lists().outcome, INGEST_HELD);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE is_rows AND value = 40"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE NOT is_rows AND value = 50"), 1);
}

Test(hold, rows_where_the_outside_figure_is_none_are_off_by_100_percent_and_more)
{
    open_with(LIST_OF("{ measure: list size, warn: 100 }, { measure: off total, hold: 100 }"));
    put_total("list size", "G82001", 0);
    put_total("rows", "", 0);

    cr_expect_eq(load_lists().outcome, INGEST_HELD);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding"), 2);
}

/* ---- the second person ---- */

Test(hold, another_person_releases_it_and_it_is_as_if_it_had_been_published)
{
    load(100, 20);

    Result released = decide("stu", true, 1);

    cr_assert(released.ok, "%s", error.message);
    expect_state(1, "published");
    cr_expect_eq(seen(), 100);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
    cr_expect_eq(world_count("SELECT subjects_new FROM ingest.load"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.hold_decision WHERE decider = 'stu'"
                             " AND decision = 'released'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_column WHERE load_id = 1 AND missing = 20"),
                 1);
    cr_expect_eq(staged_tables(), 0);
}

Test(hold, a_released_resubmission_replaces_what_was_held)
{
    load(100, 0);
    replace(60, 0);

    cr_assert(decide("ida", true, 2).ok, "%s", error.message);

    expect_state(1, "replaced");
    cr_expect_eq(seen(), 60);
}

Test(hold, a_refused_load_leaves_nothing_and_may_be_sent_again)
{
    load(100, 20);

    cr_assert(decide("ida", false, 1).ok, "%s", error.message);

    expect_state(1, "refused");
    cr_expect_eq(staged_tables(), 0);
    cr_expect_eq(load(100, 20).outcome, INGEST_HELD);
    cr_expect_not(decide("ida", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: the load is not held back");
}

/* Switch: rule_held in schema/010_governance.sql. */
Test(hold, who_loaded_it_and_who_has_no_such_role_cannot_decide)
{
    load(100, 20);
    world_script("ALTER TABLE ingest.hold DISABLE TRIGGER ALL; UPDATE ingest.hold SET loader = 'two'");

    cr_expect_not(decide("eng", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: role ig_lead or steward is needed");
    cr_expect_not(decide("two", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: who loaded it cannot decide about it");
    cr_expect_not(decide("two", false, 1).ok);
    expect_state(1, "held");
}

/* Switches: constraints decider_is_another and decision_is_of_the_loader, schema 075. By SQL as the owner. */
Test(hold, the_database_itself_refuses_the_loader_as_decider)
{
    static const char own[] =
        "INSERT INTO ingest.hold_decision (load_id, loader, decider, decision, permit_id)"
        " VALUES (1, 'eng', 'eng', 'released', '\\x00')";
    load(100, 20);

    Error refused = world_try("cinque_owner", own);
    Error false_loader =
        world_try("cinque_owner", "INSERT INTO ingest.hold_decision (load_id, loader, decider, decision, "
                                  "permit_id) VALUES (1, 'ida', 'eng', 'released', '\\x00')");

    cr_expect_not_null(strstr(refused.message, "constraint decider_is_another"), "%s", refused.message);
    cr_expect_not_null(strstr(false_loader.message, "constraint decision_is_of_the_loader"), "%s",
                       false_loader.message);
    world_script("ALTER TABLE ingest.hold_decision DROP CONSTRAINT decider_is_another");
    cr_expect_eq(world_try("cinque_owner", own).code, ERROR_NONE, "so this test can fail");
}

/* Switch: agreement_is_current in rule_held. */
Test(hold, without_a_current_agreement_a_load_is_refused_but_not_released)
{
    load(100, 20);
    world_script("UPDATE governance.agreement SET ended_on = '2026-01-01'");

    cr_expect_not(decide("ida", true, 1).ok);
    cr_expect_not_null(strstr(error.message, "no current agreement"), "%s", error.message);
    cr_expect(decide("ida", false, 1).ok, "%s", error.message);
}

/* ---- while it waits ---- */

Test(hold, the_same_delivery_again_says_that_it_waits)
{
    load(100, 20);

    IngestReport again = load(100, 20);

    cr_expect_eq(again.outcome, INGEST_HELD);
    cr_expect_eq(again.load_id, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 1);
}

Test(hold, another_delivery_of_the_month_needs_replace_and_takes_its_place)
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
Test(hold, a_version_without_limits_holds_its_loads_until_one_is_released)
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

Test(hold, a_limit_that_is_tighter_or_only_warns_holds_nothing)
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

Test(hold, a_newer_load_that_is_held_too_takes_its_place)
{
    load(100, 20);

    cr_expect_eq(replace(100, 30).outcome, INGEST_HELD);

    expect_state(1, "replaced");
    expect_state(3 - 1, "held");
    cr_expect_eq(staged_tables(), 2, "records and subjects of the newer one");
}

/* Switch: lock_timeout in ingest.held_enter, schema 075. A release has locked what that load's publisher
 * needs. */
Test(hold, what_a_load_under_way_has_put_in_keeps_a_load_from_being_released)
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
Test(hold, while_another_load_has_its_turn_one_is_not_released_and_may_be_refused)
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

/* Another session publishes load 1 as a release does, and commits when ours waits for its lock. */
static pid_t release_elsewhere(void)
{
    pid_t child = fork();

    if (child == 0) {
        world_script("BEGIN; SET LOCAL ROLE cinque_owner; LOCK TABLE ingest.load IN ROW EXCLUSIVE MODE;"
                     " SELECT ingest.held_enter(l), ingest.load_show(l) FROM (SELECT l.* FROM ingest.load AS "
                     "l WHERE l.load_id = 1 "
                     "FOR UPDATE) AS l;"
                     " SELECT pg_sleep(1.5); COMMIT");
        _exit(0);
    }
    under_way_await("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    return child;
}

/* Switch: FOR UPDATE in ingest.held_find, schema 075. */
Test(hold, a_replacement_that_comes_while_it_is_released_replaces_what_was_published)
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

Test(hold, a_replacement_that_is_held_while_it_is_released_leaves_the_month_published)
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
Test(hold, what_is_published_is_never_dropped)
{
    load(100, 0);

    Error refused = world_try("cinque_owner", "SELECT ingest.load_drop(l, 'replaced') FROM ingest.load AS l");

    cr_expect_not_null(strstr(refused.message, "load 1: neither open nor held back"), "%s", refused.message);
    expect_state(1, "published");
}

/* What a killed load left is cleared when another opens; what is held is none of that. */
Test(hold, it_is_no_leftover_and_outlives_its_session)
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
Test(hold, the_loader_can_add_nothing_to_it)
{
    load(100, 20);

    Error refused =
        world_try("cinque_loader", "INSERT INTO staging.visit_1 (load_id, line_number) VALUES (1, 1)");

    cr_expect_eq(refused.code, ERROR_REFUSED);
}

/* Its staged tokens would stay under the old key. Switch: the first check of ingest.open_loads_end. */
Test(hold, the_hub_key_is_not_rotated_while_a_load_waits)
{
    load(100, 20);

    Error refused = world_try("cinque_owner", "SELECT ingest.open_loads_end()");

    cr_expect_eq(refused.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(refused.message, "load 1 is held back"), "%s", refused.message);
    cr_assert(decide("ida", false, 1).ok, "%s", error.message);
    cr_expect_eq(world_try("cinque_owner", "SELECT ingest.open_loads_end()").code, ERROR_NONE);
}

Test(hold, whoever_loaded_it_may_take_it_back)
{
    load(100, 20);

    cr_assert(world_withdraw(&world, 1, &error).ok, "%s", error.message);

    expect_state(1, "withdrawn");
    cr_expect_eq(staged_tables(), 0);
}

Test(hold, it_is_listed_with_why)
{
    SCOPED(table_close) Table *table = NULL;
    static char text[TEXT_BYTES];
    load(100, 20);

    cr_assert(governance_load_list(world.governance, &table, &error).ok, "%s", error.message);
    FILE *out = fmemopen(text, sizeof text - 1, "w");
    table_print(table, TABLE_CSV, out);
    fclose(out);

    cr_expect_not_null(strstr(text, "1,visit,hosp_a,2026-07,eng,"), "%s", text);
    cr_expect_not_null(strstr(text, ",100,\"missing cost 20.0 percent, hold from 20\""), "%s", text);
}

/* ---- the spec ---- */

typedef struct Wrong {
    const char *keys, *message;
} Wrong;

Test(hold, a_spec_names_what_is_wrong_with_its_limits)
{
    static const Wrong wrong[] = {
        {"quality: { limits: [{ measure: speed, warn: 1 }] }\n", "a measure that there is not"},
        {"quality: { limits: [{ measure: missing, warn: 1 }] }\n", "name a column"},
        {"quality: { limits: [{ measure: fall, column: cost, warn: 1 }] }\n", "no other measure does"},
        {"quality: { limits: [{ measure: missing, column: size, warn: 1 }] }\n", "names no column"},
        {"quality: { limits: [{ measure: orphans, reference: x, warn: 1 }] }\n", "names no reference"},
        {"quality: { limits: [{ measure: fall }] }\n", "has one of warn, hold and refuse"},
        {"quality: { limits: [{ measure: fall, warn: 0 }] }\n", "above 0 and ascend"},
        {"quality: { limits: [{ measure: fall, warn: 5, hold: 5 }] }\n", "above 0 and ascend"},
        {"quality: { limits: [{ measure: fall, unit: people, warn: 5 }] }\n", "unit is percent or rows"},
        {"quality: { limits: [{ measure: fall, warn: 5 }, { measure: fall, hold: 9 }] }\n",
         "its limit twice"},
        {"quality: { protected_by: [hope] }\n", "one of trailer, header_count, structure, manifest, volume"},
        {"quality: { protected_by: [trailer] }\n", "`file` names none"},
        {"quality: { protected_by: [header_count] }\n", "`file` has none"},
        {"quality: { protected_by: [structure] }\n", "only of xml and postgres_binary"},
        {"quality: { protected_by: [volume] }\n", "no limit on fall"},
        {"quality: { cost: ward }\n", "no measure"},
        {"quality: { cost: size }\n", "names no column"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [a, b] }]\n", "as many columns"},
        {"references: [{ name: r, source: ward, columns: [visit_id], to: [a] }]\n", "not stored"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [A] }]\n", "names of stored columns"},
        {"references: [{ name: r, source: ward, columns: [ward, cost], to: [a, record_key] }]\n",
         "or record_key alone"},
        {"references: [{ name: r, source: ward, columns: [visit_id, nhs_number], to: [record_key] }]\n",
         "by a column that identifies"},
        {"references: [{ name: r, source: ward, columns: [nobody], to: [record_key] }]\n", "names no column"},
        {"references: [{ name: R, source: ward, columns: [ward], to: [a] }]\n", "lower-case"},
        {"references: [{ name: r, source: ward, columns: [ward], to: [a] },"
         " { name: r, source: ward, columns: [ward], to: [a] }]\n",
         "twice"},
    };
    char text[TEXT_BYTES];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%s%s%s", HEAD BY_MONTH, wrong[i].keys, COLUMNS);
        cr_expect_not(world_try_spec(text, &error).ok, "%s", wrong[i].keys);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].keys, error.message);
    }
}

/* Switch: key_reference_count in build_columns_to_key; a row of more would not fit what is copied. */
Test(hold, a_reference_to_a_record_key_takes_the_place_of_a_stored_column)
{
    char text[TEXT_BYTES];
    int length =
        snprintf(text, sizeof text,
                 "%sreferences: [{ name: r, source: ward, columns: [c0], to: [record_key] }]\ncolumns:\n"
                 "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
                 "  - { name: visit_id, use: ignored, required: true }\n",
                 HEAD BY_MONTH);

    for (int i = 0; i < 56; i++)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "  - { name: c%d, use: presence }\n", i);

    cr_expect_not(world_try_spec(text, &error).ok);
    cr_expect_not_null(strstr(error.message, "with them more than 56"), "%s", error.message);
}

Test(hold, a_source_that_names_no_protection_is_unprotected)
{
    open_with(
        "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
        "controller: sender\nsubject: person\nupdate: snapshot\n"
        "rejects: { rows_max: 1, percent_max: 1 }\n" COLUMNS);

    cr_expect(load(1, 0).is_unprotected);
}

/* Switch: is_signed in read_file. */
Test(hold, a_last_line_without_its_end_is_what_its_sender_signed)
{
    char content[256];
    snprintf(content, sizeof content, "%s", rows(JULY, 1, 0));
    content[strlen(content) - 1] = '\0';
    IngestDelivery delivery = world_delivery(content);

    cr_expect(world_must_load(&world, spec, &delivery).ends_open);
    snprintf(content, sizeof content, "%s", rows(JULY, 2, 0));
    content[strlen(content) - 1] = '\0';
    delivery = world_delivery(content);
    delivery.replace = delivery.is_signed = true;
    cr_expect_not(world_must_load(&world, spec, &delivery).ends_open);
}

#define HEAD_2                                                                                               \
    "source: visit\ntitle: Visits\nversion: 2\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 1000, percent_max: 100 }\n"

/* Switch: ingest.staging_widen in ingest.load_show. */
Test(hold, a_load_that_waits_can_be_released_after_its_source_got_a_new_column)
{
    cr_assert_eq(load(100, 20).outcome, INGEST_HELD);
    open_with(HEAD_2 BY_MONTH LIMITS COLUMNS "  - { name: grade, use: dimension, shape: \"A9\" }\n");

    Result released = decide("ida", true, 1);

    cr_expect(released.ok, "%s", error.message);
    expect_state(1, "published");
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE ward = 'A1' AND grade IS NULL"), 100);
}
