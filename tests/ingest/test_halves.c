/* Loads whose rows two sessions write, each a half of their table. */
#include "ingest/records.h"
#include "tests/ingest/holding.h"
#include "tests/ingest/under_way.h"

enum { LINES = 3000, EXTRACT_BYTES = 256 << 10 };

static void open_writer(void)
{
    set_up();
    world.writer = support_connect("cinque_loader");
}

TestSuite(halves, .init = open_writer, .fini = tear_down);

/* Each third row is of a second person, one in fifty is bad, and some go on over lines. without: of a hundred
 * rows so many have no cost. */
static const char *extract(int without)
{
    static char text[EXTRACT_BYTES];
    size_t length = (size_t)snprintf(text, sizeof text, "%s", HEADER);

    for (int i = 1; i < LINES; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "\"v%s%d\",%s,2026-07-%s,A1,%s\n",
                                   i % 11 == 0 ? "\n" : "", i, i % 3 == 0 ? "9990000026" : "9990000018",
                                   i % 50 == 7 ? "99" : "04", i % 100 < without ? "" : "7");
    cr_assert_lt(length, sizeof text - 128);
    return text;
}

static IngestDelivery delivery_without(int without)
{
    return world_delivery(extract(without));
}

static int64_t count_of(const char *table)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    return world_count(sql);
}

/* Everything that was stored of the load but its number, in an order of its own. */
#define CONTENT(load)                                                                                        \
    "SELECT count(*) || md5(string_agg((to_jsonb(v) - 'load_id')::text, ';' ORDER BY line_number))"          \
    " FROM records.visit AS v WHERE load_id = " load

static bool is_alike(const char *one, const char *other)
{
    char sql[1024];

    snprintf(sql, sizeof sql, "SELECT count(*) WHERE (%s) = (%s)", one, other);
    return world_count(sql) == 1;
}

/* ---- what they hold ---- */

Test(halves, hold_together_what_one_table_would)
{
    IngestDelivery delivery = delivery_without(0);
    IngestReport report = world_must_load(&world, spec, &delivery);
    World alone = world;
    alone.writer = NULL;
    delivery.period = month_from(2026, 8);

    IngestReport whole = world_must_load(&alone, spec, &delivery);

    cr_expect_eq(report.rows_loaded, whole.rows_loaded);
    cr_expect_eq(report.rows_quarantined, whole.rows_quarantined);
    cr_expect_gt(report.rows_quarantined, LINES / 100);
    cr_expect_gt(count_of("records._visit_1a"), LINES / 3);
    cr_expect_gt(count_of("records._visit_1b"), LINES / 3);
    cr_expect_eq(count_of("records._visit_1a") + count_of("records._visit_1b"), report.rows_loaded);
    cr_expect(is_alike(CONTENT("1"), CONTENT("2")));
    cr_expect_eq(seen(), 2 * report.rows_loaded);
    cr_expect_eq(count_of("pg_class WHERE relnamespace = 'staging'::regnamespace"), 0);
}

/* Switch: the check of their load on the table that is parted. With it none of the halves' rows are read. */
Test(halves, are_attached_without_being_read)
{
    IngestDelivery delivery = delivery_without(0);
    const char scans[] = "pg_stat_user_tables WHERE relname LIKE '\\_visit%' AND seq_scan > 0";
    open_with(HEAD BY_MONTH COLUMNS); /* without limits, which would look at the rows */

    world_must_load(&world, spec, &delivery);

    under_way_script(&world, "SELECT pg_stat_force_next_flush()"); /* of the session that attached them */
    cr_expect_eq(count_of(scans), 0);
    cr_expect_gt(seen(), LINES / 2);
}

/* Switch: the TRUNCATE in ingest.load_stage, of each half. A file that its transaction made is not
 * logged. */
Test(halves, are_each_written_into_a_file_of_their_transaction)
{
    static const DbStatement files[] = {
        {.name = "a",
         .sql = "SELECT pg_relation_filenode('staging._visit_1a')::int8",
         .columns = {VALUE_INT8}},
        {.name = "b",
         .sql = "SELECT pg_relation_filenode('staging._visit_1b')::int8",
         .columns = {VALUE_INT8}},
    };
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = delivery_without(0);
    Db *const writers[] = {world.loader, world.writer};
    int64_t load_id, own;
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    cr_assert_not_null(store);

    for (size_t i = 0; i < 2; i++) {
        cr_assert(db_run_int8(writers[i], &files[i], NULL, &own, NULL, &error).ok, "%s", error.message);
        cr_expect(db_in_transaction(writers[i]));
        cr_expect_neq(own, world_count(files[i].sql), "a file of its own");
    }
}

/* ---- when there are any ---- */

/* Switch: others_under_way in ingest.load_open. The lock is all that shows of a load that is just being
 * opened. */
Test(halves, are_made_while_there_are_processors_for_their_writers)
{
    IngestDelivery delivery = delivery_without(0);
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT pg_advisory_lock(1667852913, 100 + n) FROM generate_series(1, %d) AS n",
             records_halved_max());
    Db *others = under_way_session(sql);

    IngestReport whole = world_must_load(&world, spec, &delivery);
    cr_assert(db_script(others, "one ends", "SELECT pg_advisory_unlock(1667852913, 101)", &error).ok);
    delivery.period = month_from(2026, 8);
    world_must_load(&world, spec, &delivery);

    cr_expect_eq(count_of("pg_inherits WHERE inhparent = 'records.visit_1'::regclass"), 0);
    cr_expect_eq(count_of("pg_inherits WHERE inhparent = 'records.visit_2'::regclass"), 2);
    cr_expect_eq(seen(), 2 * whole.rows_loaded);
    db_close(&others);
}

/* Switch: the state in ingest.others_under_way. A session keeps its load's lock until it opens another or
 * ends. */
Test(halves, are_made_beside_a_session_that_has_ended_its_load)
{
    IngestDelivery delivery = delivery_without(0);
    world_script(
        "INSERT INTO ingest.load (source_id, sender, period, status, spec_version, permit_id, may_replace,"
        " state) SELECT 1, 'hosp_b', n, 'final', 1, decode(lpad(to_hex(n), 4, '0'), 'hex'), false,"
        " 'abandoned' FROM generate_series(1, 1024) AS n");
    Db *other =
        under_way_session("SELECT pg_advisory_lock(1667852913, n) FROM generate_series(1, 1024) AS n");

    world_must_load(&world, spec, &delivery);

    cr_expect_eq(count_of("pg_inherits WHERE inhparent = 'records.visit_1025'::regclass"), 2);
    db_close(&other);
}

/* ---- who may write to them ---- */

static void expect_shut(const char *table)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT count(*) WHERE has_table_privilege('cinque_loader', '%s', 'INSERT')",
             table);
    cr_expect_eq(world_count(sql), 0, "%s", table);
}

/* Switch: ingest.staging_shut in load_show, and in it the halves. */
Test(halves, take_nothing_more_once_they_are_published)
{
    IngestDelivery delivery = delivery_without(0);

    world_must_load(&world, spec, &delivery);

    expect_shut("records.visit_1");
    expect_shut("records._visit_1a");
    expect_shut("records._visit_1b");
    cr_expect_eq(
        world_count("SELECT count(*) FROM pg_class AS c, pg_roles AS r WHERE c.relname ~ '^_visit_1[ab]$'"
                    " AND r.rolname ~ '^cinque_' AND r.rolname <> 'cinque_owner' AND NOT r.rolsuper"
                    " AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"),
        0, "nobody comes to rows but by their source's table");
}

/* Switch: ingest.staging_shut in load_hold. */
Test(halves, wait_shut_for_a_second_person)
{
    IngestDelivery delivery = delivery_without(30);

    cr_expect_eq(world_must_load(&world, spec, &delivery).outcome, INGEST_HELD);

    expect_shut("staging.visit_1");
    expect_shut("staging._visit_1a");
    expect_shut("staging._visit_1b");
}

/* Switch: the LOCK in ingest.staging_shut. Who has begun to write may write on when it is forbidden. */
Test(halves, are_shut_when_nobody_writes_any_more)
{
    static const char shut[] = "SET lock_timeout = '20ms'; SELECT ingest.staging_shut('visit_77')";
    world_script("SET ROLE cinque_owner; SELECT ingest.staging_make('visit', 77, true)");
    Db *writing = under_way_session("SET LOCAL ROLE cinque_loader;"
                                    "INSERT INTO staging._visit_77b (load_id, line_number) VALUES (77, 256)");

    cr_expect_eq(world_try(NULL, shut).code, ERROR_DATABASE);

    db_close(&writing);
    cr_expect_eq(world_try(NULL, shut).code, ERROR_NONE);
    expect_shut("staging._visit_77b");
}

/* ---- what becomes of them ---- */

static void expect_nothing_left(void)
{
    cr_expect_eq(count_of("pg_class WHERE relnamespace = 'staging'::regnamespace"), 0);
    cr_expect_eq(count_of("records.visit"), 0);
    cr_expect_eq(count_of("subjects.subject"), 0);
    cr_expect_eq(count_of("ingest.load WHERE state IN ('open', 'published')"), 0);
}

static void end_session(Db *db)
{
    static const DbStatement pid = {
        .name = "test pid", .sql = "SELECT pg_backend_pid()::int8", .columns = {VALUE_INT8}};
    char sql[96];
    int64_t number;

    cr_assert(db_run_int8(db, &pid, NULL, &number, NULL, &error).ok, "%s", error.message);
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 10000)", (int)number);
    world_script(sql);
}

/* Switch: in ingest.load_stage, that NULL alone is the whole. */
Test(halves, of_another_number_are_not_staged)
{
    static const DbStatement third = {.name = "third",
                                      .sql =
                                          "SELECT 0::int8 FROM (SELECT ingest.load_stage($1, 1, 2)) AS done",
                                      .parameters = {VALUE_BYTES},
                                      .columns = {VALUE_INT8}};
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = delivery_without(0);
    int64_t load_id, nothing;
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    end_session(world.writer); /* or it would be waited for */

    Result staged = db_run_int8(world.loader, &third, values, &nothing, NULL, &error);

    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not(staged.ok);
}

/* Switch: the outcome of each commit in db_commit_all, behind the first. */
Test(halves, are_given_up_both_when_the_second_writer_is_lost)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = delivery_without(0);
    int64_t load_id, subjects_new;
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    end_session(world.writer);

    Result published = under_way_publish(&store, &subjects_new, &error);

    cr_expect_not(published.ok);
    cr_expect(store_abandoned(&store));
    expect_nothing_left();
    db_close(&world.writer);
    world.writer = support_connect("cinque_loader");
    world_must_load(&world, spec, &delivery);
}

Test(halves, of_a_load_that_is_rejected_are_dropped)
{
    IngestDelivery delivery = delivery_without(90);

    cr_expect_eq(world_must_load(&world, spec, &delivery).outcome, INGEST_REJECTED);

    expect_nothing_left();
}

/* The newer version has a column more, which the halves get when they are shown. */
Test(halves, that_waited_while_their_source_grew_are_published_with_its_columns)
{
    IngestDelivery delivery = delivery_without(30);
    int64_t held = world_must_load(&world, spec, &delivery).load_id;
    open_with("source: visit\ntitle: Visits\nversion: 2\neffective_from: 2026-08-01\n"
              "file: { format: delimited }\ncontroller: sender\nsubject: person\nrecord_key: [visit_id]\n"
              "rejects: { rows_max: 1000, percent_max: 100 }\n" BY_MONTH COLUMNS
              "  - { name: beds, use: measure, type: integer, min: 0, max: 9 }\n");

    cr_assert(decide("stu", true, held).ok, "%s", error.message);

    expect_state(held, "published");
    cr_expect_gt(count_of("records._visit_1b WHERE beds IS NULL"), LINES / 3);
    cr_expect_eq(count_of("records.visit"), seen());
}

/* As a SIGKILL leaves them: open, and no session that holds the load's lock. */
Test(halves, that_a_killed_load_left_are_dropped_by_the_next)
{
    IngestDelivery delivery = delivery_without(0);
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'hosp_a', 318, 'final', 1, '\\x00', false);"
        "SELECT ingest.staging_make('visit', 1, true)");

    cr_expect_eq(world_must_load(&world, spec, &delivery).load_id, 2);

    cr_expect_eq(count_of("pg_class WHERE relnamespace = 'staging'::regnamespace"), 0);
    cr_expect_eq(count_of("ingest.load WHERE load_id = 1 AND state = 'abandoned'"), 1);
}
