/* Subjects that are merged while the rows of their load still come. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ingest/store.h"
#include "tests/ingest/world.h"

#define ANN WORLD_HEADER "v1,9990000018,1980-01-02,CT1 1AA,2026-07-01,,,,,,,\n"
#define BOB "v2,9990000026,1981-01-02,CT1 1AA,2026-07-02,,,,,,,\n"
/* Publishing waits for it; opening and copying do not. */
#define KEEP_FROM_PUBLISHING "LOCK TABLE records.visit IN SHARE MODE"

static World world;
static IngestSpec *spec;

static void open_all(void)
{
    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
}

static void close_all(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(subjects, .init = open_all, .fini = close_all);

static void await(const char *sql)
{
    for (int tries = 0; world_count(sql) == 0; tries++) {
        cr_assert_lt(tries, 1000, "nobody came: %s", sql);
        usleep(10000);
    }
}

static Db *session(const char *sql)
{
    Db *db = support_connect(NULL);
    Error error = {0};

    cr_assert(db_begin(db, &error).ok && db_script(db, "hold", sql, &error).ok, "%s", error.message);
    return db;
}

/* Another process, with connections and keys of its own (a fork does not get ours), which loads and ends. */
static pid_t load_elsewhere(const IngestDelivery *delivery)
{
    pid_t child = fork();

    if (child == 0) {
        World own = world;
        IngestReport report;
        Error error = {0};
        own.loader = support_connect("cinque_loader");
        own.merger = support_connect("cinque_loader");
        bool is_ready = governance_open(support_conninfo("cinque_governor"), &own.governance, &error).ok &&
                        keyring_open(world.keyring_folder, &own.keyring, &error).ok;
        _exit(is_ready && world_load(&own, spec, delivery, &report, &error).ok ? 0 : 1);
    }
    return child;
}

/* A load under way, before its first row. merger: NULL for none. */
static Store *opened(const GovernancePermit *permit, const IngestDelivery *delivery, Db *merger,
                     int64_t *load_id)
{
    static Hash content; /* it outlives the store */
    IngestOutcome outcome;
    Store *store = NULL;
    Error error = {0};
    const StoreLoad load = {.merger = merger,
                            .permit = permit,
                            .spec = spec,
                            .delivery = delivery,
                            .content = &content,
                            .key_version = 1};

    cr_assert(hash_parse(governance_permit_object(permit), &content));
    cr_assert(store_open(world.loader, &load, &store, load_id, &outcome, &error).ok, "%s", error.message);
    return store;
}

/* What subjects_merge says. */
static int64_t merge(const GovernancePermit *permit, int64_t load_id)
{
    static const DbStatement statement = {.name = "test merge",
                                          .sql = "SELECT ingest.subjects_merge($1, $2)",
                                          .parameters = {VALUE_BYTES, VALUE_INT4},
                                          .columns = {VALUE_INT8}};
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};
    int64_t merged;
    Error error = {0};

    cr_assert(db_run_int8(world.merger, &statement, values, &merged, NULL, &error).ok, "%s", error.message);
    return merged;
}

static void stage_by_hand(const char *sql)
{
    Error error = {0};

    cr_assert(db_script(world.merger, "stage", sql, &error).ok, "%s", error.message);
}

/* Waits for a lock of the parent table, with everything merged. */
static const char publishes[] = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
                                " AND relation = 'records.visit'::regclass";
/* Waits for its turn. */
static const char awaits_turn[] =
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND classid = 1667852914";

/* Switch: db_begin in subjects_open: each block would be committed by itself (then merging_refuse refuses).
 */
Test(subjects, what_is_merged_is_seen_by_nobody_and_gone_when_its_process_is_killed)
{
    IngestDelivery delivery = world_delivery(ANN BOB);
    SCOPED(db_close) Db *holder = session(KEEP_FROM_PUBLISHING);
    pid_t child = load_elsewhere(&delivery);
    await(publishes);

    int64_t seen = world_count("SELECT count(*) FROM subjects.subject");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    db_close(&holder);
    await("SELECT (count(*) = 0)::int4::int8 FROM pg_stat_activity WHERE usename = 'cinque_loader' AND state "
          "<> "
          "'idle'");

    cr_expect_eq(seen, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.merging"), 0);
    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 2, "it can be loaded again");
}

/* Switch: the trigger merging_refuse. */
Test(subjects, a_merge_is_not_kept_without_its_load)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id;
    Error error = {0};
    SCOPED(store_abandon) Store *store = NULL;
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, NULL, &load_id);
    cr_assert(db_begin(world.merger, &error).ok);
    cr_assert_eq(merge(permit, load_id), 0, "makes ready");
    stage_by_hand("INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version,"
                  " nhs_state) VALUES (7, 1, '\\x00112233445566778899aabbccddeeff', 1, 1, 0)");
    cr_expect_eq(merge(permit, load_id), 1);

    Result committed = db_commit(world.merger, &error);

    cr_expect(!committed.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

#define STAGE_PEOPLE(from, to, token)                                                                        \
    "INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version, nhs_state,"   \
    " nhs_token, superseded_nhs_token, local_token, uprn_token, foreign_token, foreign_token_to,"            \
    " address_token) SELECT i, 1, d, 1, 1, 0, " token ", " token ", " token ", " token ", " token ", " token \
    ", " token " FROM generate_series(" #from ", " #to                                                       \
    ") AS i, decode('00112233445566778899aabbccddeeff', 'hex') AS d"

/* Switch: the comparison with merged.given in subjects_keep. An INSERT, unlike the COPY that a load is, puts
 * small rows where large ones left room. */
Test(subjects, one_that_lies_among_those_merged_is_added_when_the_load_is_published)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    IngestOutcome outcome;
    int64_t load_id, subjects_new = 0;
    RuleCounts columns[SPEC_COLUMNS_MAX] = {{0}};
    const StoreCounts counts = {.columns = columns};
    Error error = {0};
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, world.merger, &load_id);
    cr_assert_eq(merge(permit, load_id), 0);
    stage_by_hand(STAGE_PEOPLE(1, 1000, "d"));
    cr_assert_eq(merge(permit, load_id), 1000);
    stage_by_hand(STAGE_PEOPLE(1001, 1100, "NULL"));
    cr_assert_geq(merge(permit, load_id), 0);

    Result published = store_publish(&store, &counts, &outcome, &subjects_new, &error);

    cr_expect(published.ok, "%s", error.message);
    cr_expect_eq(subjects_new, 1100);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1100);
}

/* Switch: the LIMIT in subjects_merge. While a piece is merged nothing is staged. */
Test(subjects, they_are_merged_by_the_piece_until_none_is_left)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id;
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, world.merger, &load_id);
    cr_assert_eq(merge(permit, load_id), 0);
    stage_by_hand(STAGE_PEOPLE(1, 10000, "d"));

    cr_expect_eq(merge(permit, load_id), 8192);
    cr_expect_eq(merge(permit, load_id), 10000 - 8192);
    cr_expect_eq(merge(permit, load_id), 0);
}

#define REFUSE_SUBJECTS                                                                                      \
    "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$"                                 \
    " BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'CQ002'; END $$;"                                      \
    "CREATE TRIGGER refuse BEFORE INSERT ON subjects.subject FOR EACH ROW EXECUTE FUNCTION public.refuse()"

/* Switch: the return of subjects_settle. The rows may be committed already when the second connection fails.
 */
Test(subjects, a_load_whose_subjects_cannot_be_merged_leaves_nothing)
{
    SCOPED(db_close) Db *owner = support_connect(NULL);
    IngestDelivery delivery = world_delivery(ANN BOB);
    IngestReport report;
    Error error = {0};
    cr_assert(db_script(owner, "refuse", REFUSE_SUBJECTS, &error).ok, "%s", error.message);

    Result loaded = world_load(&world, spec, &delivery, &report, &error);

    cr_expect(!loaded.ok);
    cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"
                             " AND relname ~ '_1$'"),
                 0);
    cr_assert(db_script(owner, "allow", "DROP TRIGGER refuse ON subjects.subject", &error).ok, "%s",
              error.message);
    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 2, "it can be loaded again");
}

/* Switch: the TRUNCATE in ingest.subjects_merge. Each COPY then goes on behind the one before, whatever room
 * there is in front. */
Test(subjects, what_is_copied_later_lies_behind_what_was_merged)
{
    static const DbStatement file = {
        .name = "test file",
        .sql = "SELECT pg_relation_filenode('staging.subject_1')::int8",
        .columns = {VALUE_INT8},
    };
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id, own;
    Error error = {0};
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, world.merger, &load_id);
    int64_t committed = world_count(file.sql);

    cr_assert_eq(merge(permit, load_id), 0);

    cr_assert(db_run_int8(world.merger, &file, NULL, &own, NULL, &error).ok, "%s", error.message);
    cr_expect_neq(own, committed, "a file of its transaction");
}

/* Switch: subjects_turn before the locks of load_publish. One that waits for its turn keeps from whoever has
 * it nothing that publishing needs, and no linkage from beginning: else the two would wait for each other. */
Test(subjects, who_waits_for_a_turn_holds_no_lock_that_another_publisher_needs)
{
    IngestDelivery delivery = world_delivery(ANN);
    SCOPED(db_close) Db *turn = session("SELECT ingest.subjects_turn(1::int2)");
    Error error = {0};
    pid_t child = load_elsewhere(&delivery);
    int status;
    await(awaits_turn);

    Result locked = db_script(turn, "publish",
                              "LOCK TABLE records.visit IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;"
                              "LOCK TABLE ingest.load IN SHARE MODE NOWAIT",
                              &error);

    cr_expect(locked.ok, "%s", error.message);
    db_close(&turn);
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0, "and publishes when it has it");
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
}

/* Switch: the try in subjects_merge. Another has its turn from before the first row until after the last. */
Test(subjects, a_load_without_a_turn_merges_when_it_publishes)
{
    IngestDelivery delivery = world_delivery(ANN BOB);
    SCOPED(db_close) Db *turn = session("SELECT ingest.subjects_turn(1::int2)");
    pid_t child = load_elsewhere(&delivery);
    int status;
    await(awaits_turn);
    cr_assert_eq(world_count("SELECT count(*) FROM staging.subject_1"), 0, "its transaction has them");

    db_close(&turn);
    waitpid(child, &status, 0);

    cr_expect_eq(status, 0);
    cr_expect_eq(world_count("SELECT subjects_new FROM ingest.load WHERE load_id = 1"), 2);
}

Test(subjects, those_held_already_are_neither_new_nor_added_twice)
{
    IngestDelivery delivery = world_delivery(ANN);
    world_must_load(&world, spec, &delivery);
    delivery = world_delivery(ANN BOB "v3,9990000026,1981-01-02,CT1 1AA,2026-07-03,,,,,,,\n");
    delivery.replace = true;

    IngestReport report = world_must_load(&world, spec, &delivery);

    cr_expect_eq(report.subjects_new, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM records.active_visit AS r JOIN subjects.subject USING "
                             "(subject_id)"),
                 3);
}

/* People born on as many days from one on, a visit each. */
static IngestDelivery people_born(int first_day, int count)
{
    SCOPED(text_builder_close) TextBuilder rows = text_builder(8 << 20);
    char day[DATE_TEXT_BYTES];
    Date birth;

    cr_assert(date_parse(TEXT("1930-01-01"), &birth));
    text_add_string(&rows, WORLD_HEADER);
    for (int i = first_day; i < first_day + count; i++)
        text_add_format(&rows, "v%d,,%s,CT1 1AA,2026-07-01,,,,,,,\n", i, date_format(birth + i, day));
    return world_delivery(text_built(&rows).data);
}

/* Switch: up_to in subjects_merge, and subjects_take_back. Each of several blocks is kept once, and none is
 * passed over: the second load's first block is of new people alone, the next ones of new and known. */
Test(subjects, of_many_blocks_each_subject_is_held_once)
{
    IngestDelivery delivery = people_born(13000, 12000);

    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 12000);
    delivery = people_born(0, 26000);
    delivery.period = month_from(2026, 7);
    delivery.replace = true;
    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 14000,
                 "of days 0 to 12999 and 25000 to 25999");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 26000);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit JOIN subjects.subject USING (subject_id)"),
                 38000);
}

/* ---- subjects put straight where they belong ---- */

#define PUT_ONE(id, source, load)                                                                            \
    "INSERT INTO subjects.arriving (subject_id, source_id, digest, first_load_id, key_version, nhs_state)"   \
    " VALUES (" #id ", " #source ", '\\x00112233445566778899aabbccddeeff', " #load ", 1, 0)"

/* Switch: the trigger subjects_put. */
Test(subjects, none_is_put_in_but_while_a_load_is_merged)
{
    cr_expect_eq(world_try("cinque_loader", PUT_ONE(7, 1, 1)).code, ERROR_REFUSED);
}

/* A load for which somebody has put in this, and ANN. */
static Result publish_with(const char *sql, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    IngestOutcome outcome;
    int64_t load_id, subjects_new = 0;
    RuleCounts columns[SPEC_COLUMNS_MAX] = {{0}};
    const StoreCounts counts = {.columns = columns};
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, world.merger, &load_id);
    cr_assert_eq(load_id, 1);
    cr_assert_eq(merge(permit, load_id), 0);
    stage_by_hand(PUT_ONE(8, 1, 1));
    stage_by_hand(sql);

    Result published = store_publish(&store, &counts, &outcome, &subjects_new, error);

    if (published.ok)
        cr_expect_eq(subjects_new, 2);
    return published;
}

/* A subject of another load and source, and when its row stands a call. */
#define PUT_AND(call)                                                                                        \
    "INSERT INTO subjects.arriving (subject_id, source_id, digest, first_load_id, key_version, nhs_state)"   \
    " SELECT 7, 2, decode('00112233445566778899aabbccddeeff', 'hex'), 99, 1, 0 FROM generate_series(1, 2)"   \
    " AS i WHERE i = 1 OR " call " IS NULL"

/* Switch: the trigger subjects_put_begin. A load that begins to be merged behind a row does not count it. */
Test(subjects, none_is_put_in_by_the_statement_in_which_a_load_begins_to_be_merged)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id;
    Error error = {0};
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, world.merger, &load_id);
    static const DbStatement put = {.name = "test put",
                                    .sql = PUT_AND("ingest.subjects_merge($1, $2)"),
                                    .parameters = {VALUE_BYTES, VALUE_INT4}};
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};

    Result done = db_run(world.merger, &put, values, NULL, &error);

    cr_expect(!done.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
}

/* Switch: the null put in merging_end. Of a load that ends before the row is counted nobody asks. */
Test(subjects, a_load_does_not_end_within_the_statement_that_puts_one_in)
{
    Error error =
        world_try("cinque_owner", "INSERT INTO subjects.merging VALUES (1, 0, 0, 0, '(0,0)', 0, 0);" PUT_AND(
                                      "(ingest.merging_end(1::int2, 1)).load_id"));

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "still being put in"), "%s", error.message);
}

/* Nothing of the load is. */
static void expect_not_kept(const char *sql)
{
    Error error = {0};

    Result published = publish_with(sql, &error);

    cr_expect(!published.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

Test(subjects, those_put_in_are_kept_with_their_load)
{
    Error error = {0};

    Result published = publish_with(PUT_ONE(7, 1, 1), &error);

    cr_expect(published.ok, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2);
}

/* Switch: the count in subjects_vouch. */
Test(subjects, one_that_says_another_load_is_not_kept)
{
    expect_not_kept(PUT_ONE(7, 1, 2));
}

/* Switch: the source in subjects_vouch. */
Test(subjects, one_that_says_another_source_is_not_kept)
{
    expect_not_kept(PUT_ONE(7, 2, 1));
}

/* Switch: the sources in subjects_keep. */
Test(subjects, one_that_is_staged_for_another_source_is_not_kept)
{
    expect_not_kept(
        "INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version,"
        " nhs_state) VALUES (7, 2, '\\x00112233445566778899aabbccddeeff', 1, 1, 0)");
}

/* Switch: the second look in subjects_vouch. PostgreSQL puts rows where others have left room. */
Test(subjects, one_that_fills_a_gap_is_found)
{
    IngestDelivery delivery = world_delivery(ANN);
    world_script("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_state) SELECT i, 1, '\\x00112233445566778899aabbccddeeff', 0, 1, 0"
                 " FROM generate_series(1, 1000) AS i; DELETE FROM subjects.subject WHERE subject_id <= 50");
    world_script("VACUUM subjects.subject");

    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 1);

    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE ctid < '(1,0)' AND first_load_id = 1"), 1,
        "it stands on the first page");
}

/* Switch: track_counts in subjects_put. */
Test(subjects, where_a_server_does_not_count_they_are_staged)
{
    IngestDelivery delivery = world_delivery(ANN);
    int status;
    world_script(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE cinque_loader IN DATABASE %I SET track_counts = off',"
        " current_database()); END $$");

    pid_t child = load_elsewhere(&delivery);
    waitpid(child, &status, 0);

    cr_expect_eq(status, 0);
    cr_expect_eq(world_count("SELECT subjects_new FROM ingest.load WHERE load_id = 1"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
}

/* Switch: the exception in subjects_add_all. Of those staged the first hundred are new, and others are not.
 */
Test(subjects, one_held_behind_many_new_ones_is_not_added_again)
{
    World own = world;
    own.merger = NULL;
    IngestDelivery delivery = people_born(150, 150);
    world_must_load(&world, spec, &delivery);
    delivery = people_born(0, 300);
    delivery.period = month_from(2026, 7);
    delivery.replace = true;

    cr_expect_eq(world_must_load(&own, spec, &delivery).subjects_new, 150);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 300);
}

Test(subjects, without_a_second_connection_they_are_merged_when_the_load_is_published)
{
    IngestDelivery delivery = world_delivery(ANN BOB);
    World own = world;
    own.merger = NULL;

    IngestReport report = world_must_load(&own, spec, &delivery);

    cr_expect_eq(report.subjects_new, 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2);
}

/* Switch: each term of the check of subjects.subject. What is null is none of its business. */
Test(subjects, what_is_no_token_no_code_and_no_small_area_fits_none)
{
    static const char *const misfits[][2] = {
        {"digest", "'\\x00'"},
        {"nhs_token", "'\\x00'"},
        {"superseded_nhs_token", "'\\x00'"},
        {"local_token", "'\\x00'"},
        {"uprn_token", "'\\x00'"},
        {"foreign_token", "'\\x00'"},
        {"foreign_token_to", "'\\x00'"},
        {"address_token", "'\\x00'"},
        {"nhs_state", "3"},
        {"birth_month", "13"},
        {"sex", "'F'"},
        {"lsoa_2011", "'E0100001'"},
        {"lsoa_2011", "'ELIZABETH'"},
        {"lsoa_2021", "'E0100001'"},
        {"lsoa_2021", "'ELIZABETH'"},
    };
    char sql[160];

    world_script("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_state) VALUES (7, 1, '\\x00112233445566778899aabbccddeeff', 1, 1, 0)");
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        snprintf(sql, sizeof sql, "UPDATE subjects.subject SET %s = %s", misfits[i][0], misfits[i][1]);
        cr_expect_eq(world_try("cinque_owner", sql).code, ERROR_DATABASE, "%s", sql);
    }
}

/* ---- the rows' transaction ---- */

/* Switch: the TRUNCATE in ingest.load_stage. Rows written into a table that this very transaction has emptied
 * are not logged: their file is another than the one that was committed, and no record of the log is theirs.
 */
Test(subjects, rows_are_staged_in_a_file_of_their_transaction_and_not_logged)
{
    static const DbStatement file = {
        .name = "test file",
        .sql = "SELECT pg_relation_filenode('staging.visit_1')::int8",
        .columns = {VALUE_INT8},
    };
    static const DbStatement insert = {
        .name = "test insert",
        .sql = "EXPLAIN (ANALYZE, WAL, COSTS off, TIMING off, SUMMARY off) INSERT INTO staging.visit_1"
               " (load_id, line_number) SELECT 1, i FROM generate_series(1, 20000) AS i",
        .columns = {VALUE_TEXT},
    };
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    SCOPED(db_rows_close) DbRows *plan = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id, own;
    Error error = {0};
    permit = world_permit(&world, spec, &delivery);
    store = opened(permit, &delivery, NULL, &load_id);

    int64_t committed = world_count(file.sql);
    cr_assert(db_run_int8(world.loader, &file, NULL, &own, NULL, &error).ok, "%s", error.message);
    cr_assert(db_run(world.loader, &insert, NULL, &plan, &error).ok, "%s", error.message);

    cr_expect(db_in_transaction(world.loader));
    cr_expect_neq(own, committed, "a file of its own");
    cr_expect(text_starts_with(db_text(plan, 0, 0), TEXT("Insert on visit_1")));
    for (size_t i = 0; i < db_row_count(plan); i++)
        cr_expect_not(text_starts_with(text_trim(db_text(plan, i, 0)), TEXT("WAL:")));
}
