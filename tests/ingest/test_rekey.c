/* Re-keying: every token held under the new hub version, and nothing else changed. */
#include "tests/ingest/rekeying.h"

TestSuite(rekey, .init = set_up, .fini = tear_down, .timeout = 120);

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
