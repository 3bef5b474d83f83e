/* Re-keying: every token held under the new hub version, and nothing else changed. */
#include "tests/ingest/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static World world;
static IngestSpec *list, *stay;
static Db *keeper;

/* A register with each kind of token, and mergers. */
static const char list_text[] =
    "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\nrole: register\n"
    "validity: { from: from, to: to }\nrejects: { rows_max: 0, percent_max: 0 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: local_id, use: identifier, identity: local_id, issuer: hospital }\n"
    "  - { name: hospital, use: ignored }\n"
    "  - { name: uprn, use: identifier, identity: uprn }\n"
    "  - { name: from, as: held_from, use: date, required: true }\n"
    "  - { name: to, as: held_to, use: date }\n";
static const char stay_text[] =
    "source: stay\ntitle: Mergers\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\nrole: merger\n"
    "validity: { from: from, to: to }\nrejects: { rows_max: 0, percent_max: 0 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: superseded, use: identifier, identity: superseded_nhs_number }\n"
    "  - { name: from, as: held_from, use: date, required: true }\n"
    "  - { name: to, as: held_to, use: date }\n";

#define LIST_HEADER "nhs_number,local_id,hospital,uprn,from,to\n"
/* Four people, of whom a merger makes three, and one without a number; two at one address. */
#define LIST_ROWS                                                                                            \
    "9990000018,1,RVV,100,2026-01-01,\n"                                                                     \
    "9990000026,2,RVV,100,2026-01-01,\n"                                                                     \
    "9990000034,3,RVV,200,2026-01-01,\n"                                                                     \
    "9990000042,,,,2026-01-01,\n"                                                                            \
    ",5,RVV,200,2026-01-01,\n"
#define STAY_HEADER "nhs_number,superseded,from,to\n"
#define STAY_ROWS   "9990000018,9990000026,2026-01-01,\n"

static void load_all(const char *sender)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER LIST_ROWS);
    delivery.sender = sender;
    world_must_load(&world, list, &delivery);
    delivery = world_delivery(STAY_HEADER STAY_ROWS);
    delivery.sender = sender;
    world_must_load(&world, stay, &delivery);
}

static void set_up(void)
{
    world = world_open();
    list = world_spec(list_text);
    world_apply(list);
    stay = world_spec(stay_text);
    world_apply(stay);
    keeper = support_connect("cinque_keeper");
    load_all("hosp_a");
}

static void tear_down(void)
{
    db_close(&keeper);
    ingest_spec_close(&list);
    ingest_spec_close(&stay);
    world_close(&world);
}

TestSuite(rekey, .init = set_up, .fini = tear_down, .timeout = 120);

static GovernancePermit *permit_for(GovernanceAction action, const char *object)
{
    const GovernanceRequest request = {.action = action, .person_id = "eng", .object = text_from(object)};
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    return permit;
}

static void link_subjects(void)
{
    static const char *const steps[] = {
        "SELECT linkage.run_mergers($1, $2)", "SELECT linkage.run_people($1, $2)",
        "SELECT linkage.run_households($1, $2)", "SELECT linkage.run_residences($1, $2)",
        "SELECT people FROM linkage.run_finish($1, $2)"};
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_LINK, "link");
    SCOPED(db_close) Db *linker = support_connect("cinque_linker");
    const DbStatement begin = {.name = "begin",
                               .sql = "SELECT linkage.run_begin($1, 1::int2)::int8",
                               .parameters = {VALUE_BYTES},
                               .columns = {VALUE_INT8}};
    Value values[2] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    Error error = {0};
    int64_t number;

    cr_assert(db_begin(linker, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(linker, &begin, values, &number, NULL, &error).ok, "%s", error.message);
    values[1] = value_int4(number);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const DbStatement step = {.name = "step",
                                  .sql = steps[i],
                                  .parameters = {VALUE_BYTES, VALUE_INT4},
                                  .columns = {VALUE_INT8}};
        cr_assert(db_run_int8(linker, &step, values, &number, NULL, &error).ok, "%s", error.message);
    }
    cr_assert(db_commit(linker, &error).ok, "%s", error.message);
}

/* Makes hub version 2, which world.keyring does not know. */
static Keyring *rotated(void)
{
    Keyring *keyring = NULL;
    Error error = {0};
    int version;

    cr_assert(keyring_rotate(world.keyring_folder, &version, &error).ok, "%s", error.message);
    cr_assert_eq(version, 2);
    cr_assert(keyring_open(world.keyring_folder, &keyring, &error).ok, "%s", error.message);
    return keyring;
}

static Result try_rekey(const Keyring *keyring, IngestRekeyReport *report, Error *error)
{
    char object[INGEST_VERSION_BYTES];
    ingest_rekey_object(keyring_hub_version(keyring), object);
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, object);

    return ingest_rekey(keeper, keyring, permit, report, error);
}

static IngestRekeyReport must_rekey(const Keyring *keyring)
{
    IngestRekeyReport report = {0};
    Error error = {0};

    cr_assert(try_rekey(keyring, &report, &error).ok, "%s", error.message);
    return report;
}

/* From here on the world's loads are under this keyring. */
static void use_keyring(Keyring *keyring)
{
    keyring_close(&world.keyring);
    world.keyring = keyring;
}

enum { DUMP_BYTES = 16384 };

static const char *dump(const char *sql, char out[DUMP_BYTES])
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "dump", .sql = sql, .columns = {VALUE_TEXT}};
    Error error = {0};

    cr_assert(db_run(db, &statement, NULL, &rows, &error).ok, "%s", error.message);
    Text text = db_text(rows, 0, 0);
    cr_assert_lt(text.length, (size_t)DUMP_BYTES);
    snprintf(out, DUMP_BYTES, "%.*s", TEXT_ARG(text));
    return out;
}

/* All outer tokens and whose they are. */
static const char tokens_sql[] =
    "SELECT concat((SELECT string_agg(concat_ws(' ', subject_id, key_version, coalesce(nhs_token, '\\x00'),"
    "        coalesce(superseded_nhs_token, '\\x00'), coalesce(local_token, '\\x00'),"
    "        coalesce(uprn_token, '\\x00')), '; ' ORDER BY subject_id) FROM subjects.subject), ' / ',"
    "  (SELECT string_agg(concat_ws(' ', p.subject_id, h.uprn_token), '; ' ORDER BY p.subject_id)"
    "     FROM linkage.household AS h JOIN linkage.subject_household AS p USING (household_id)))";
static const char mergers_sql[] = "SELECT string_agg(concat_ws(' ', nhs_token, root_token, is_superseded), "
                                  "'; ' ORDER BY nhs_token) FROM linkage.merger_token";
/* All that is no token: subjects, links, people, households, residences. */
static const char others_sql[] =
    "SELECT concat_ws(' / ',"
    "  (SELECT string_agg((to_jsonb(s) - "
    "'{key_version,nhs_token,superseded_nhs_token,local_token,uprn_token}'"
    "     ::text[])::text, ' ' ORDER BY subject_id) FROM subjects.subject AS s),"
    "  (SELECT string_agg(l::text, ' ' ORDER BY subject_id) FROM linkage.link AS l),"
    "  (SELECT string_agg(p::text, ' ' ORDER BY person_id) FROM linkage.person AS p),"
    "  (SELECT string_agg(concat(household_id, run_id), ' ' ORDER BY household_id) FROM linkage.household),"
    "  (SELECT string_agg(s::text, ' ' ORDER BY subject_id) FROM linkage.subject_household AS s),"
    "  (SELECT string_agg(r::text, ' ' ORDER BY person_id, household_id) FROM linkage.residence AS r))";

/* ---- what changes, and what does not ---- */

Test(rekey, tokens_of_all_tables_are_those_that_a_fresh_load_gives)
{
    char old_tokens[DUMP_BYTES], tokens[DUMP_BYTES], mergers[DUMP_BYTES], fresh[DUMP_BYTES];
    link_subjects();
    dump(tokens_sql, old_tokens);
    Keyring *keyring = rotated();

    IngestRekeyReport report = must_rekey(keyring);

    cr_expect_eq(report.version, 2);
    cr_expect_eq(report.subjects, 6);
    cr_expect_eq(report.households, 2);
    dump(tokens_sql, tokens);
    cr_expect_str_neq(tokens, old_tokens);
    link_subjects();
    dump(mergers_sql, mergers);
    world_script("TRUNCATE subjects.subject, subjects.hub_key, linkage.link, linkage.person, "
                 "linkage.household, linkage.subject_household, linkage.residence;"
                 "UPDATE ingest.load SET state = 'withdrawn', held_to = now(), content = sha256(content)");
    use_keyring(keyring);
    load_all("hosp_a");
    link_subjects();
    cr_expect_str_eq(tokens, dump(tokens_sql, fresh));
    cr_expect_str_eq(mergers, dump(mergers_sql, fresh));
    cr_expect_gt(strlen(mergers), 0);
}

Test(rekey, subjects_links_people_households_and_residences_stay)
{
    char before[DUMP_BYTES], after[DUMP_BYTES];
    link_subjects();
    dump(others_sql, before);
    SCOPED(keyring_close) Keyring *keyring = rotated();

    must_rekey(keyring);

    cr_expect_str_eq(before, dump(others_sql, after));
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.link"), 4);
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.residence"), 2);
}

Test(rekey, linkage_then_finds_the_same_people_and_households)
{
    link_subjects();
    use_keyring(rotated());
    must_rekey(world.keyring);
    IngestDelivery delivery = world_delivery(LIST_HEADER "9990000018,71,RWF,100,2026-01-01,\n"
                                                         "9990000026,72,RWF,200,2026-01-01,\n"
                                                         "9990000050,73,RWF,300,2026-01-01,\n");
    delivery.sender = "hosp_b";

    world_must_load(&world, list, &delivery);
    link_subjects();

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 9);
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.link WHERE run_id = 2"), 3);
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.person WHERE created_run = 2"), 1,
                 "the one of number 9990000050");
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.household"), 3);
    cr_expect_eq(world_count("SELECT count(*) FROM linkage.link AS a JOIN linkage.link AS b USING (person_id)"
                             " WHERE a.run_id = 1 AND b.run_id = 2"),
                 4, "two old and two new subjects of the merged person");
}

/* Old tokens, then every bytea column of every table that is ours. */
static const char keep_old_sql[] =
    "CREATE SCHEMA kept; CREATE TABLE kept.token AS SELECT DISTINCT t.token FROM subjects.subject AS s,"
    " unnest(ARRAY[nhs_token, superseded_nhs_token, local_token, uprn_token]) AS t (token)"
    " WHERE t.token IS NOT NULL;"
    "CREATE FUNCTION kept.found() RETURNS int8 LANGUAGE plpgsql AS $$"
    " DECLARE c record; hits int8; total int8 := 0;"
    " BEGIN"
    "  FOR c IN SELECT n.nspname, r.relname, a.attname FROM pg_catalog.pg_attribute AS a"
    "    JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n"
    "      ON n.oid = r.relnamespace WHERE a.atttypid = 'bytea'::pg_catalog.regtype AND r.relkind IN "
    "('r', 'm')"
    "     AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'kept' LOOP"
    "   EXECUTE pg_catalog.format('SELECT count(*) FROM %I.%I WHERE %I IN (SELECT token FROM kept.token)',"
    "                  c.nspname, c.relname, c.attname) INTO hits;"
    "   total := total + hits;"
    "  END LOOP; RETURN total; END $$";

/* As a SIGKILL leaves it: an open load with a staged subject, and no session that holds its lock. */
static const char leftover_sql[] =
    "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
    " permit_id, may_replace) VALUES (1, 'hosp_b', 300, 'final', 1, '\\x00', false);"
    "SELECT ingest.staging_make('list', 3);"
    "INSERT INTO staging.subject_3 SELECT s.subject_id + 1, s.source_id, s.digest, 3, s.key_version, "
    "s.nhs_token, NULL, NULL, NULL, NULL, NULL, NULL, s.nhs_state FROM subjects.subject AS s";

Test(rekey, no_token_of_the_old_version_is_left_anywhere)
{
    link_subjects();
    world_script(keep_old_sql);
    world_script(leftover_sql);
    cr_assert_eq(world_count("SELECT count(*) FROM kept.token"), 10);
    cr_assert_eq(world_count("SELECT kept.found()"), 14 + 2 + 4 + 4 + 5,
                 "of subjects, households, mergers with their roots, tokens by subject, and staging");
    SCOPED(keyring_close) Keyring *keyring = rotated();

    must_rekey(keyring);

    cr_expect_eq(world_count("SELECT kept.found()"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject WHERE key_version <> 2"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
}

Test(rekey, more_subjects_than_one_batch_are_rekeyed_from_the_lowest_id_to_the_highest)
{
    world_script("INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, "
                 "nhs_token, nhs_state) SELECT i, 1, substr(sha256(int8send(i)), 1, 16), 1, 1, "
                 "substr(sha256(int8send(i)), 17, 16), 1 FROM (SELECT generate_series(1, 70000) UNION ALL "
                 "VALUES (-9223372036854775808), (9223372036854775807)) AS n (i)");
    SCOPED(keyring_close) Keyring *keyring = rotated();

    IngestRekeyReport report = must_rekey(keyring);

    cr_expect_eq(report.subjects, 70008);
    cr_expect_eq(world_count("SELECT count(DISTINCT nhs_token) FROM subjects.subject AS s WHERE key_version "
                             "= 2 AND nhs_token <> substr(sha256(int8send(subject_id)), 17, 16)"),
                 70002 + 4);
}

Test(rekey, a_second_time_there_is_nothing_to_do)
{
    char before[DUMP_BYTES], after[DUMP_BYTES];
    SCOPED(keyring_close) Keyring *keyring = rotated();
    must_rekey(keyring);
    dump(tokens_sql, before);

    IngestRekeyReport report = must_rekey(keyring);

    cr_expect_eq(report.subjects, 0);
    cr_expect_eq(report.households, 0);
    cr_expect_str_eq(before, dump(tokens_sql, after));
}

Test(rekey, the_versions_in_use_are_listed)
{
    IngestKeyUse uses[2];
    size_t count;
    Error error = {0};

    cr_assert(ingest_key_use(keeper, uses, 2, &count, &error).ok, "%s", error.message);

    cr_assert_eq(count, 1);
    cr_expect_eq(uses[0].version, 1);
    cr_expect_eq(uses[0].subjects, 6);
    cr_expect(uses[0].is_held);
    world_script("UPDATE subjects.subject SET key_version = 2 WHERE nhs_token IS NULL");
    cr_assert(!ingest_key_use(keeper, uses, 1, &count, &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_assert(ingest_key_use(keeper, uses, 2, &count, &error).ok, "%s", error.message);
    cr_expect_eq(count, 2);
    cr_expect_eq(uses[1].version, 2);
    cr_expect_eq(uses[1].subjects, 1);
    cr_expect(!uses[1].is_held);
}

/* ---- breaking off ---- */

/* The last statement before the commit fails, or the server ends the session as when the client is killed. */
static void plant(const char *what)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "CREATE FUNCTION public.planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
             "%s; RETURN NULL; "
             "END $$;"
             "CREATE TRIGGER planted AFTER INSERT OR UPDATE ON subjects.hub_key EXECUTE FUNCTION "
             "public.planted()",
             what);
    world_script(sql);
}

static void expect_rekeying_to_be_continued(const Keyring *keyring, ErrorCode code)
{
    char before[DUMP_BYTES], after[DUMP_BYTES];
    IngestRekeyReport report;
    Error error = {0};
    dump(tokens_sql, before);

    Result broken = try_rekey(keyring, &report, &error);

    cr_expect(!broken.ok);
    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_str_eq(before, dump(tokens_sql, after), "all tokens are as they were");
    cr_expect_eq(world_count("SELECT version::int8 FROM subjects.hub_key"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
    world_script("DROP TRIGGER planted ON subjects.hub_key");
    db_close(&keeper);
    keeper = support_connect("cinque_keeper");
    cr_expect_eq(must_rekey(keyring).subjects, 6);
    cr_expect_eq(world_count("SELECT version::int8 FROM subjects.hub_key"), 2);
}

Test(rekey, a_failure_before_the_commit_changes_nothing_and_can_be_continued)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    link_subjects();
    plant("RAISE EXCEPTION 'planted' USING ERRCODE = 'CQ004'");

    expect_rekeying_to_be_continued(keyring, ERROR_LIMIT);
}

Test(rekey, a_session_that_ends_before_the_commit_changes_nothing_and_can_be_continued)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    link_subjects();
    plant("PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())");

    expect_rekeying_to_be_continued(keyring, ERROR_DATABASE);
}

/* ---- loads beside it ---- */

/* Switch: ingest.open_loads_await in rekey_begin. It waits ten seconds for a killed session to be noticed. */
Test(rekey, a_load_under_way_refuses_it)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(db_close) Db *loader = support_connect(NULL);
    IngestRekeyReport report;
    Error error = {0};
    world_script(leftover_sql);
    cr_assert(db_script(loader, "lock", "SELECT pg_advisory_lock(1667852913, 3)", &error).ok);

    Result result = try_rekey(keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "load 3 is under way") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id = 3 AND state = 'open'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.subject_3"), 6);
}

static IngestDelivery another_delivery(void)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER "9990000050,9,RVV,300,2026-01-01,\n");
    delivery.sender = "hosp_b";
    return delivery;
}

/* Switch: ingest.key_version_require in load_open. */
Test(rekey, a_load_under_the_old_version_is_refused_when_it_opens)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};
    must_rekey(keyring);

    Result result = world_load(&world, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "hub key version 1, subjects are held under version 2") != NULL, "%s",
              error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 2);
}

static void expect_refused(const World *with)
{
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};

    Result result = world_load(with, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 6);
}

/* Switches: ingest.staged_keys_require in subjects_keep, of subjects that were put in and of those staged.
 * A trigger rotates between opening and publishing. */
Test(rekey, a_load_that_opened_before_and_publishes_after_is_refused)
{
    World without_merger = world;
    without_merger.merger = NULL;
    world_script(
        "CREATE FUNCTION public.planted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        " UPDATE subjects.hub_key SET version = 2; RETURN NULL; END $$;"
        "CREATE TRIGGER planted AFTER INSERT ON ingest.load EXECUTE FUNCTION public.planted()");

    expect_refused(&world);
    world_script("UPDATE subjects.hub_key SET version = 1");
    expect_refused(&without_merger);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE load_id > 2 AND state = 'abandoned'"),
                 2);
}

Test(rekey, a_load_under_the_new_version_waits_for_it)
{
    use_keyring(rotated());
    IngestDelivery delivery = another_delivery();
    IngestReport report;
    Error error = {0};

    Result result = world_load(&world, list, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "finish with key rotate") != NULL, "%s", error.message);
    must_rekey(world.keyring);
    cr_expect_eq(world_must_load(&world, list, &delivery).subjects_new, 1);
}

/* ---- who may ---- */

Test(rekey, a_keyring_older_than_what_is_held_is_refused)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestRekeyReport report;
    Error error = {0};
    must_rekey(keyring);

    Result result = try_rekey(world.keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "newer hub key version than 1") != NULL, "%s", error.message);
}

/* Switch: governance_permit_covers in ingest_rekey. */
Test(rekey, a_permit_for_another_version_or_action_is_refused)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(governance_permit_close) GovernancePermit *other_version = permit_for(GOVERNANCE_REKEY, "3");
    SCOPED(governance_permit_close) GovernancePermit *other_action = permit_for(GOVERNANCE_LINK_UNDO, "2");
    IngestRekeyReport report;
    Error error = {0};

    cr_expect(!ingest_rekey(keeper, keyring, other_version, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(!ingest_rekey(keeper, keyring, other_action, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* Switch: audit.require in each of the three functions. */
Test(rekey, without_a_permit_no_token_is_given_or_taken)
{
    static const char *const calls[] = {
        "SELECT ingest.rekey_begin('\\x00112233445566778899aabbccddeeff', 2::int2)",
        "SELECT ingest.rekey_rows('\\x00112233445566778899aabbccddeeff', 2::int2, 0, 10)",
        "SELECT ingest.rekey_finish('\\x00112233445566778899aabbccddeeff', 2::int2)",
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        Error error = world_try("cinque_keeper", calls[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", calls[i], error.message);
        cr_expect(strstr(error.message, "permit: none is open") != NULL, "%s", error.message);
    }
}

/* Switch: the grants of schema/060_rekey.sql; also while a permit is open. */
Test(rekey, the_keeper_can_do_nothing_else)
{
    static const char *const forbidden[] = {
        "SELECT FROM subjects.subject",
        "UPDATE subjects.subject SET key_version = 2",
        "SELECT FROM subjects.hub_key",
        "UPDATE subjects.hub_key SET version = 2",
        "SELECT FROM linkage.household",
        "SELECT FROM linkage.link",
        "SELECT linkage.households_rekey()",
        "SELECT FROM records.list",
        "SELECT FROM records.active_list",
        "SELECT FROM presence.list",
        "SELECT FROM ingest.load",
        "SELECT FROM ingest.source",
        "SELECT ingest.load_list(NULL)",
        "SELECT ingest.open_loads_end()",
        "SELECT ingest.staging_drop(1::int2, 1)",
        "SELECT FROM governance.person",
        "SELECT FROM audit.intake",
        "SELECT FROM release.release",
        "CREATE TABLE staging.mine (a int4)",
        "CREATE TEMPORARY TABLE mine (a int4)",
        "SET ROLE cinque_owner",
    };
    GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, "2");

    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        Error error = world_try("cinque_keeper", forbidden[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", forbidden[i], error.message);
    }
    governance_permit_close(&permit);
}

/* The keeper as it might go wrong: hands over what this selects of the subjects r, and finishes. */
static Error finish_with(const char *selected)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, "2");
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    const DbStatement begin = {.name = "begin",
                               .sql = "SELECT ingest.rekey_begin($1, 2::int2)",
                               .parameters = {VALUE_BYTES},
                               .columns = {VALUE_INT8}};
    const DbStatement finish = {.name = "finish",
                                .sql = "SELECT subjects FROM ingest.rekey_finish($1, 2::int2)",
                                .parameters = {VALUE_BYTES},
                                .columns = {VALUE_INT8}};
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO staging.rekey SELECT %s FROM ingest.rekey_rows($1, 2::int2, "
             "'-9223372036854775808'::int8, 10) AS r",
             selected);
    const DbStatement hand_over = {.name = "hand over", .sql = sql, .parameters = {VALUE_BYTES}};
    int64_t count;
    Error error = {0}, ignored = {0};

    cr_assert(db_begin(keeper, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(keeper, &begin, values, &count, NULL, &error).ok, "%s", error.message);
    cr_expect_eq(count, 6);
    cr_assert(db_run(keeper, &hand_over, values, NULL, &error).ok, "%s", error.message);
    Result finished = db_run_int8(keeper, &finish, values, &count, NULL, &error);
    cr_assert(db_rollback(keeper, &ignored).ok, "%s", ignored.message);
    return finished.ok ? (Error){0} : error;
}

/* Switch: the conditions of ingest.rekey_finish, one a line. */
Test(rekey, it_is_refused_when_a_subject_is_missing_or_tokens_come_or_go)
{
    static const char *const wrong[] = {
        "subject_id + 1, nhs_token, superseded_nhs_token, local_token, uprn_token",
        "subject_id, NULL, superseded_nhs_token, local_token, uprn_token",
        "subject_id, nhs_token, NULL, local_token, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, NULL, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, NULL",
        "subject_id, coalesce(nhs_token, uprn_token), superseded_nhs_token, local_token, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token, nhs_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token, NULL, nhs_token",
    };
    char before[DUMP_BYTES], after[DUMP_BYTES];
    dump(tokens_sql, before);

    Error whole = finish_with("subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token");

    cr_expect_eq(whole.code, ERROR_NONE, "else what follows would show nothing: %s", whole.message);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        Error error = finish_with(wrong[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "%s: %s", wrong[i], error.message);
        cr_expect_str_eq(error.message, "re-key: a subject has no rewrapped tokens, or others than it had");
    }
    cr_expect_str_eq(before, dump(tokens_sql, after));
}

/* Switch: the check in linkage.households_rekey. */
Test(rekey, a_household_whose_token_no_subject_has_refuses_it)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestRekeyReport report;
    Error error = {0};
    world_script("INSERT INTO linkage.household (uprn_token, run_id) VALUES "
                 "('\\x00112233445566778899aabbccddeeff', 1)");

    Result result = try_rekey(keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(world_count("SELECT version::int8 FROM subjects.hub_key"), 1);
}

static Error destroy_refusal(const char *version, int asked)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_KEY_DESTROY, version);
    Error error = {0};

    cr_expect_not(ingest_key_destroy_check(keeper, permit, asked, &error).ok);
    return error;
}

/* Switch: what ingest.key_destroy_check looks at. */
Test(rekey, a_version_that_anything_is_held_under_is_not_destroyed)
{
    Error error = destroy_refusal("1", 1);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "held under hub key version 1"), "%s", error.message);
}

Test(rekey, a_version_is_destroyed_under_a_permit_for_it_alone)
{
    Error error = destroy_refusal("2", 1);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "permit"), "%s", error.message);
}

Test(rekey, once_all_is_under_another_version_the_old_one_can_go)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(governance_permit_close) GovernancePermit *rekey = permit_for(GOVERNANCE_REKEY, "2");
    SCOPED(governance_permit_close) GovernancePermit *destroy = permit_for(GOVERNANCE_KEY_DESTROY, "1");
    IngestRekeyReport report;
    Error error = {0};

    cr_assert(ingest_rekey(keeper, keyring, rekey, &report, &error).ok, "%s", error.message);

    cr_expect_eq(report.key_use.outer, report.key_use.older);
    cr_expect_gt(report.key_use.outer, report.subjects, "each subject has a token or more");
    cr_expect(ingest_key_destroy_check(keeper, destroy, 1, &error).ok, "%s", error.message);
}

/* Of the five rows: four numbers, four local ids with their issuer, four places. */
Test(rekey, a_load_says_what_the_keys_were_used_for_also_when_it_fails)
{
    IngestDelivery delivery = world_delivery(LIST_HEADER LIST_ROWS),
                   bad = world_delivery(LIST_HEADER LIST_ROWS "no,number\n");
    IngestReport report;
    Error error = {0};
    char text[KEY_USE_BYTES];
    delivery.sender = bad.sender = "hosp_b";
    bad.period = month_from(2026, 8);

    IngestReport good = world_must_load(&world, list, &delivery);
    Result loaded = world_load(&world, list, &bad, &report, &error);

    static const Text used = TEXT("keys hub-1.outer=12 regional.nhs_number=4 regional.local_id=4 "
                                  "regional.uprn=4 regional.subject=5 subjects.outer=5");
    cr_expect(text_equal(key_use_text(&good.key_use, text), used), "%s", text);
    cr_expect(!loaded.ok || report.outcome == INGEST_REJECTED);
    cr_expect(text_equal(key_use_text(&report.key_use, text), used), "%s", text);
}
