/* Subjects that are merged while the rows of their load still come. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/ingest/under_way.h"
#include "tests/ingest/visits.h"

#define ANN WORLD_HEADER "v1,9990000018,1980-01-02,CT1 1AA,2026-07-01,,,,,,,\n"
#define BOB "v2,9990000026,1981-01-02,CT1 1AA,2026-07-02,,,,,,,\n"
/* Publishing waits for it; opening and copying do not. */
#define KEEP_FROM_PUBLISHING "LOCK TABLE records.visit IN SHARE MODE"

TestSuite(subjects, .init = set_up, .fini = tear_down);

/* Waits for a lock of the parent table, with everything merged. */
static const char publishes[] = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
                                " AND relation = 'records.visit'::regclass";
/* Switch: db_begin in subjects_open: each block would be committed by itself (then merging_refuse refuses).
 */
Test(subjects, what_is_merged_is_seen_by_nobody_and_gone_when_its_process_is_killed)
{
    IngestDelivery delivery = world_delivery(ANN BOB);
    SCOPED(db_close) Db *holder = under_way_session(KEEP_FROM_PUBLISHING);
    pid_t child = under_way_elsewhere(&world, spec, &delivery);
    under_way_await(publishes);

    int64_t seen = world_count("SELECT count(*) FROM subjects.subject");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    db_close(&holder);
    under_way_await(
        "SELECT (count(*) = 0)::int4::int8 FROM pg_stat_activity WHERE usename = 'cinque_loader' AND state "
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
    store = under_way_open(&world, spec, permit, &delivery, false, &load_id);
    cr_assert(db_begin(world.merger, &error).ok);
    cr_assert_eq(under_way_merge(&world, permit, load_id), 0, "makes ready");
    under_way_script(
        &world, "INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version,"
                " nhs_state) VALUES (7, 1, '\\x00112233445566778899aabbccddeeff', 1, 1, 0)");
    cr_expect_eq(under_way_merge(&world, permit, load_id), 1);

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

/* Switch: the comparison with merged.given in subjects_enter. An INSERT, unlike the COPY that a load is, puts
 * small rows where large ones left room. */
Test(subjects, one_that_lies_among_those_merged_is_added_when_the_load_is_published)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id, subjects_new = 0;
    Error error = {0};
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    cr_assert_eq(under_way_merge(&world, permit, load_id), 0);
    under_way_script(&world, STAGE_PEOPLE(1, 1000, "d"));
    cr_assert_eq(under_way_merge(&world, permit, load_id), 1000);
    under_way_script(&world, STAGE_PEOPLE(1001, 1100, "NULL"));
    cr_assert_geq(under_way_merge(&world, permit, load_id), 0);

    Result published = under_way_publish(&store, &subjects_new, &error);

    cr_expect(published.ok, "%s", error.message);
    cr_expect_eq(subjects_new, 1100);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1100);
}

/* Switch: the LIMIT in subjects_merge. While a piece is merged nothing is staged, and the first one only
 * tells whether most are new. */
Test(subjects, they_are_merged_by_the_piece_until_none_is_left)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id;
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    cr_assert_eq(under_way_merge(&world, permit, load_id), 0);
    under_way_script(&world, STAGE_PEOPLE(1, 10000, "d"));

    cr_expect_eq(under_way_merge(&world, permit, load_id), 1000);
    cr_expect_eq(under_way_merge(&world, permit, load_id), 8192);
    cr_expect_eq(under_way_merge(&world, permit, load_id), 10000 - 1000 - 8192);
    cr_expect_eq(under_way_merge(&world, permit, load_id), 0);
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
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    int64_t committed = world_count(file.sql);

    cr_assert_eq(under_way_merge(&world, permit, load_id), 0);

    cr_assert(db_run_int8(world.merger, &file, NULL, &own, NULL, &error).ok, "%s", error.message);
    cr_expect_neq(own, committed, "a file of its transaction");
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

/* People, a visit each: 26,000 without an NHS number born on days one after another, and as many for each of
 * two. */
static IngestDelivery people_born(int first, int count)
{
    static const char *const numbers[] = {"", "9990000018", "9990000026"};
    SCOPED(text_builder_close) TextBuilder rows = text_builder(8 << 20);
    char day[DATE_TEXT_BYTES];
    Date birth;

    cr_assert(date_parse(TEXT("1930-01-01"), &birth));
    text_add_string(&rows, WORLD_HEADER);
    for (int i = first; i < first + count; i++)
        text_add_format(&rows, "v%d,%s,%s,CT1 1AA,2026-07-01,,,,,,,\n", i, numbers[i / 26000],
                        date_format(birth + i % 26000, day));
    return world_delivery(text_built(&rows).data);
}

/* Switch: up_to in subjects_merge, and subjects_take_back. Each of several blocks is kept once, and none is
 * passed over: the second load's first block, of 34,000, is of new people alone, the others of new and known.
 */
Test(subjects, of_many_blocks_each_subject_is_held_once)
{
    IngestDelivery delivery = people_born(40000, 36000);

    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 36000);
    delivery = people_born(0, 78000);
    delivery.period = month_from(2026, 7);
    delivery.replace = true;
    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 42000,
                 "of 0 to 39999 and 76000 to 77999");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 78000);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit JOIN subjects.subject USING (subject_id)"),
                 114000);
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

static int64_t vouch_early(const GovernancePermit *permit, int64_t load_id)
{
    static const DbStatement statement = {.name = "test vouch",
                                          .sql = "SELECT ingest.subjects_vouch_early($1, $2)",
                                          .parameters = {VALUE_BYTES, VALUE_INT4},
                                          .columns = {VALUE_INT8}};
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};
    int64_t vouched = -1;
    Error error = {0};

    cr_assert(db_run_int8(world.merger, &statement, values, &vouched, NULL, &error).ok, "%s", error.message);
    return vouched;
}

/* A load for which somebody has put in this, and ANN. */
static Result publish_when(bool is_vouched, const char *sql, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id, subjects_new = 0;
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    cr_assert_eq(load_id, 1);
    cr_assert_eq(under_way_merge(&world, permit, load_id), 0);
    under_way_script(&world, PUT_ONE(8, 1, 1));
    if (is_vouched)
        cr_assert_eq(vouch_early(permit, load_id), 1);
    under_way_script(&world, sql);

    Result published = under_way_publish(&store, &subjects_new, error);

    if (published.ok)
        cr_expect_eq(subjects_new, 2);
    return published;
}

static Result publish_with(const char *sql, Error *error)
{
    return publish_when(false, sql, error);
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
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    static const DbStatement put = {.name = "test put",
                                    .sql = PUT_AND("ingest.subjects_merge($1, $2)"),
                                    .parameters = {VALUE_BYTES, VALUE_INT4}};
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(load_id)};

    Result done = db_run(world.merger, &put, values, NULL, &error);

    cr_expect(!done.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
}

/* Switch: the null put in subjects_vouch. Of a load that ends before the row is counted nobody asks. */
Test(subjects, a_load_does_not_end_within_the_statement_that_puts_one_in)
{
    Error error = world_try("cinque_owner",
                            "INSERT INTO subjects.merging VALUES (1, 0, 0, 0, '(0,0)', 0, 0, false);" PUT_AND(
                                "ingest.subjects_keep(1::int2, 1)"));

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

Test(subjects, those_vouched_for_early_are_kept_with_those_that_came_behind)
{
    Error error = {0};

    Result published = publish_when(true, PUT_ONE(7, 1, 1), &error);

    cr_expect(published.ok, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 2);
}

/* Switch: merged.vouched held against the counts in subjects_vouch. */
Test(subjects, one_that_comes_behind_the_vouching_is_not_kept_unseen)
{
    Error error = {0};

    Result published = publish_when(true, PUT_ONE(7, 2, 99), &error);

    cr_expect(!published.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

/* Switch: the sources in subjects_keep. */
Test(subjects, one_that_is_staged_for_another_source_is_not_kept)
{
    expect_not_kept(
        "INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version,"
        " nhs_state) VALUES (7, 2, '\\x00112233445566778899aabbccddeeff', 1, 1, 0)");
}

#define STAGE_ONE(digest)                                                                                    \
    "INSERT INTO staging.subject_1 (subject_id, source_id, digest, first_load_id, key_version, nhs_state)"   \
    " VALUES (7, 1, '\\x" digest "', 1, 1, 0);"

/* Switch: the count in subjects_add. Neither was held when they were looked for, and one is added. */
Test(subjects, two_identities_that_one_load_stages_under_one_number_stop_it)
{
    Error error = {0};

    Result published = publish_with(
        STAGE_ONE("00112233445566778899aabbccddeeff") STAGE_ONE("ff112233445566778899aabbccddeeff"), &error);

    cr_expect(!published.ok);
    cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
    cr_expect_not_null(strstr(error.message, "two identities have one subject number"), "%s", error.message);
}

/* Switch: what a piece's subjects differ in, kept by subjects_merge: publishing looks at the rest alone. */
Test(subjects, one_merged_by_the_piece_that_is_somebody_else_stops_its_load)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(store_abandon) Store *store = NULL;
    IngestDelivery delivery = world_delivery(ANN);
    int64_t load_id, subjects_new = 0;
    Error error = {0};
    world_script("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_state) VALUES (7, 1, '\\xff112233445566778899aabbccddeeff', 0, 1, 0)");
    permit = world_permit(&world, spec, &delivery);
    store = under_way_open(&world, spec, permit, &delivery, true, &load_id);
    cr_assert_eq(under_way_merge(&world, permit, load_id), 0);
    under_way_script(&world, STAGE_ONE("00112233445566778899aabbccddeeff"));
    cr_assert_eq(under_way_merge(&world, permit, load_id), -1, "most are held");

    Result published = under_way_publish(&store, &subjects_new, &error);

    cr_expect(!published.ok);
    cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
}

/* PostgreSQL puts rows where others have left room. */
static void leave_gaps(void)
{
    world_script("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_state) SELECT i, 1, '\\x00112233445566778899aabbccddeeff', 0, 1, 0"
                 " FROM generate_series(1, 1000) AS i; DELETE FROM subjects.subject WHERE subject_id <= 50");
    world_script("VACUUM subjects.subject");
}

/* Switch: the second look in subjects_vouch. */
Test(subjects, one_that_fills_a_gap_is_found)
{
    IngestDelivery delivery = world_delivery(ANN);
    leave_gaps();

    cr_expect_eq(world_must_load(&world, spec, &delivery).subjects_new, 1);

    cr_expect_eq(
        world_count("SELECT count(*) FROM subjects.subject WHERE ctid < '(1,0)' AND first_load_id = 1"), 1,
        "it stands on the first page");
    cr_expect_eq(world_count("SELECT subjects_page FROM ingest.load WHERE load_id = 1"), 0);
}

/* Switch: the second turn of subjects_unmerge. Of a load that merged some of what it had staged. */
Test(subjects, one_that_filled_a_gap_goes_with_its_load)
{
    leave_gaps();

    world_script("INSERT INTO subjects.merging VALUES (77, ingest.subjects_last_page(), 0, 0, '(0,0)', 1, 1,"
                 " false);"
                 "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                 " nhs_state) VALUES (7, 1, '\\x00112233445566778899aabbccddeeff', 77, 1, 0);"
                 "SELECT 1 / count(*) FROM subjects.subject WHERE ctid < '(1,0)' AND first_load_id = 77;"
                 "SELECT ingest.subjects_unmerge(1::int2, 77)");

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE first_load_id = 77"), 0);
}

/* Switch: track_counts in subjects_put. */
Test(subjects, where_a_server_does_not_count_they_are_staged)
{
    IngestDelivery delivery = world_delivery(ANN);
    int status;
    world_script(
        "DO $$ BEGIN EXECUTE format('ALTER ROLE cinque_loader IN DATABASE %I SET track_counts = off',"
        " current_database()); END $$");

    pid_t child = under_way_elsewhere(&world, spec, &delivery);
    waitpid(child, &status, 0);

    cr_expect_eq(status, 0);
    cr_expect_eq(world_count("SELECT subjects_new FROM ingest.load WHERE load_id = 1"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
}

/* Switch: ON CONFLICT in subjects_add. Of those staged the first hundred are new, and others are not.
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
    store = under_way_open(&world, spec, permit, &delivery, false, &load_id);

    int64_t committed = world_count(file.sql);
    cr_assert(db_run_int8(world.loader, &file, NULL, &own, NULL, &error).ok, "%s", error.message);
    cr_assert(db_run(world.loader, &insert, NULL, &plan, &error).ok, "%s", error.message);

    cr_expect(db_in_transaction(world.loader));
    cr_expect_neq(own, committed, "a file of its own");
    cr_expect(text_starts_with(db_text(plan, 0, 0), TEXT("Insert on visit_1")));
    for (size_t i = 0; i < db_row_count(plan); i++)
        cr_expect_not(text_starts_with(text_trim(db_text(plan, i, 0)), TEXT("WAL:")));
}
