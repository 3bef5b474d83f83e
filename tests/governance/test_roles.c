/*
 * What each PostgreSQL role is refused: statements by name, then every grant there is against what is written
 * down here. Switch: the grants of the schema files; give a role any right more and a test turns red.
 */
#include <stdio.h>
#include <string.h>

#include "tests/governance/world.h"

/* Stands for what specs and releases make at run time, as their definer functions do: by the owner. */
static const char canaries[] =
    "SET ROLE cinque_owner;"
    "CREATE TABLE records.canary (load_id int4, subject_id int8);"
    "CREATE TABLE staging.canary (load_id int4);"
    "CREATE SCHEMA release_999; CREATE TABLE release_999.person (person_number int4);"
    "CREATE FUNCTION ingest.canary() RETURNS int4 LANGUAGE sql AS 'SELECT 1'";

typedef struct Refusal {
    const char *role, *statement;
} Refusal;

/* EACH_SERVICE: every role but the owner. */
#define EACH_SERVICE NULL

static const Refusal refusals[] = {
    /* rows, subjects and links are for nobody whose work they are not */
    {"cinque_governor", "SELECT * FROM records.canary"},
    {"cinque_governor", "SELECT * FROM subjects.subject"},
    {"cinque_governor", "SELECT * FROM linkage.link"},
    {"cinque_governor", "SELECT * FROM linkage.person"},
    {"cinque_governor", "SELECT * FROM release_999.person"},
    {"cinque_governor", "SELECT * FROM staging.canary"},
    {"cinque_loader", "SELECT * FROM records.canary"},
    {"cinque_loader", "SELECT * FROM staging.canary"},
    {"cinque_loader", "INSERT INTO staging.canary VALUES (1)"},
    {"cinque_loader", "SELECT * FROM subjects.subject"},
    {"cinque_loader", "SELECT * FROM subjects.arriving"},
    {"cinque_loader", "INSERT INTO subjects.subject VALUES (1)"},
    {"cinque_loader", "SELECT * FROM subjects.encoding"},
    {"cinque_loader", "SELECT * FROM subjects.encoding_filter"},
    {"cinque_loader", "INSERT INTO subjects.encoding VALUES (1, 1::int2, 1, '\\x00')"},
    {"cinque_loader", "SELECT * FROM subjects.encoding_seal"},
    {"cinque_loader", "UPDATE subjects.encoding_seal SET key_version = 2"},
    {"cinque_governor", "SELECT * FROM subjects.encoding"},
    {"cinque_releaser", "SELECT * FROM subjects.encoding"},
    {"cinque_releaser", "SELECT * FROM subjects.encoding_filter"},
    {"cinque_query", "SELECT * FROM subjects.encoding"},
    {"cinque_query", "SELECT * FROM subjects.encoding_filter"},
    {"cinque_query", "SELECT * FROM subjects.encoding_reference"},
    {"cinque_keeper", "SELECT * FROM subjects.encoding"},
    {"cinque_keeper", "SELECT * FROM subjects.encoding_filter"},
    {"cinque_linker", "DELETE FROM subjects.encoding"},
    {"cinque_linker", "UPDATE subjects.encoding_filter SET filters = ''"},
    {"cinque_loader", "SELECT * FROM linkage.link"},
    {"cinque_loader", "SELECT * FROM ingest.load"},
    {"cinque_loader", "SELECT * FROM ingest.source"},
    {"cinque_loader", "INSERT INTO ingest.load DEFAULT VALUES"},
    {"cinque_loader", "SELECT * FROM release.release"},
    {"cinque_linker", "SELECT * FROM records.canary"},
    {"cinque_linker", "SELECT * FROM staging.canary"},
    {"cinque_linker", "SELECT * FROM release.release"},
    {"cinque_linker", "SELECT * FROM ingest.load"},
    {"cinque_linker", "DELETE FROM subjects.subject"},
    {"cinque_linker", "UPDATE subjects.subject SET nhs_token = NULL"},
    {"cinque_linker", "INSERT INTO linkage.link DEFAULT VALUES"},
    {"cinque_linker", "DELETE FROM linkage.link"},
    {"cinque_linker", "UPDATE linkage.person SET merged_into = NULL"},
    {"cinque_releaser", "SELECT * FROM records.canary"},
    {"cinque_releaser", "SELECT * FROM subjects.subject"},
    {"cinque_releaser", "SELECT * FROM linkage.link"},
    {"cinque_releaser", "SELECT * FROM release_999.person"},
    {"cinque_releaser", "SELECT * FROM release.guard_person"},
    {"cinque_releaser", "UPDATE release.release SET state = 'live'"},
    {"cinque_query", "SELECT * FROM records.canary"},
    {"cinque_query", "SELECT * FROM staging.canary"},
    {"cinque_query", "SELECT * FROM subjects.subject"},
    {"cinque_query", "SELECT nhs_token FROM subjects.subject"},
    {"cinque_query", "SELECT * FROM linkage.link"},
    {"cinque_query", "SELECT * FROM linkage.person"},
    {"cinque_query", "SELECT * FROM release.guard_person"},
    {"cinque_query", "SELECT * FROM release_999.person"},
    {"cinque_query", "SELECT * FROM ingest.load"},
    {"cinque_query", "UPDATE release.release SET state = 'live'"},
    /* the keeper gets tokens through a function that wants a permit, and nothing else at all */
    {"cinque_keeper", "SELECT * FROM records.canary"},
    {"cinque_keeper", "SELECT * FROM staging.canary"},
    {"cinque_keeper", "INSERT INTO staging.canary VALUES (1)"},
    {"cinque_keeper", "SELECT * FROM subjects.subject"},
    {"cinque_keeper", "SELECT nhs_token FROM subjects.subject"},
    {"cinque_keeper", "UPDATE subjects.subject SET key_version = 2"},
    {"cinque_keeper", "SELECT * FROM subjects.hub_key"},
    {"cinque_keeper", "UPDATE subjects.hub_key SET version = 2"},
    {"cinque_keeper", "SELECT * FROM linkage.link"},
    {"cinque_keeper", "SELECT * FROM linkage.household"},
    {"cinque_keeper", "SELECT linkage.households_rekey()"},
    {"cinque_keeper", "SELECT * FROM ingest.load"},
    {"cinque_keeper", "SELECT ingest.load_list(NULL)"},
    {"cinque_keeper", "SELECT ingest.open_loads_end()"},
    {"cinque_keeper", "SELECT * FROM release_999.person"},
    {"cinque_keeper", "SELECT * FROM governance.person"},
    {"cinque_keeper", "SELECT audit.decide('\\x00')"},
    {"cinque_loader", "SELECT ingest.rekey_begin('\\x00', 1::int2)"},
    {"cinque_loader", "SELECT ingest.rekey_rows('\\x00', 1::int2, 0, 1)"},
    {"cinque_loader", "SELECT ingest.key_version_require(1::int2)"},
    {"cinque_linker", "SELECT ingest.rekey_rows('\\x00', 1::int2, 0, 1)"},
    {"cinque_linker", "SELECT linkage.households_rekey()"},
    {"cinque_linker", "SELECT linkage.households_all(1)"},
    {"cinque_linker", "SELECT linkage.comparisons_forget(1)"},
    {"cinque_linker", "SELECT linkage.touched_collect(1)"},
    {"cinque_loader", "SELECT linkage.run_evidence('\\x00', 1)"},
    {"cinque_linker", "SELECT * FROM linkage.address_uprn"},
    {"cinque_linker", "SELECT * FROM linkage.address_alone"},
    /* the log is written through doors, and by the governor alone */
    {"cinque_governor", "INSERT INTO audit.intake (at, entry) VALUES (now(), '\\x00')"},
    {"cinque_governor", "UPDATE audit.intake SET at = now()"},
    {"cinque_governor", "DELETE FROM audit.intake"},
    {"cinque_governor", "TRUNCATE audit.intake"},
    {"cinque_governor", "INSERT INTO audit.leaf VALUES (0, 1, '\\x00')"},
    {"cinque_governor", "INSERT INTO audit.checkpoint VALUES (1, '\\x00', now())"},
    {"cinque_governor", "SELECT * FROM audit.permit"},
    {"cinque_governor", "UPDATE audit.permit SET spent_at = NULL"},
    {"cinque_governor", "SELECT audit.append('\\x00')"},
    {"cinque_governor", "SELECT audit.require('\\x00', 'load', '')"},
    {"cinque_governor", "SELECT setval('audit.intake_entry_id_seq', 1)"},
    {"cinque_loader", "SELECT audit.append('\\x00')"},
    {"cinque_loader", "SELECT audit.decide('\\x00')"},
    {"cinque_linker", "SELECT audit.decide('\\x00')"},
    {"cinque_releaser", "SELECT audit.decide('\\x00')"},
    {"cinque_query", "SELECT audit.decide('\\x00')"},
    {"cinque_query", "SELECT * FROM audit.intake"},
    {"cinque_loader", "SELECT * FROM audit.intake"},
    /* the rules are changed under a permit alone */
    {"cinque_governor", "INSERT INTO governance.project_source VALUES ('P1', 'death')"},
    {"cinque_governor", "UPDATE governance.person SET is_ig_lead = true"},
    {"cinque_governor", "DELETE FROM governance.agreement"},
    {"cinque_governor", "INSERT INTO governance.approval VALUES (1, 'a', 'b', '\\x00', now(), '\\x00')"},
    {"cinque_governor", "SELECT governance.put_person('{x}', '{1,x,engineer}')"},
    {"cinque_governor", "SELECT governance.put_grant('{P1,death}')"},
    {"cinque_governor", "SELECT governance.put_linkage('{phm,death,death,2026-01-01}', '{2099-12-31}')"},
    {"cinque_linker", "INSERT INTO governance.linkage VALUES ('phm', 'a', 'b', now(), now())"},
    {"cinque_query", "SELECT * FROM governance.person"},
    {"cinque_loader", "SELECT * FROM governance.agreement"},
    {"cinque_linker", "SELECT * FROM governance.person"},
    {"cinque_releaser", "SELECT * FROM governance.person"},
    /* nobody's business */
    {EACH_SERVICE, "CREATE TABLE public.x (y int4)"},
    {EACH_SERVICE, "CREATE TABLE release.x (y int4)"},
    {EACH_SERVICE, "CREATE TABLE staging.x (y int4)"},
    {EACH_SERVICE, "CREATE TEMPORARY TABLE x (y int4)"},
    {EACH_SERVICE, "CREATE SCHEMA x"},
    {EACH_SERVICE, "CREATE FUNCTION pg_temp.f() RETURNS int4 LANGUAGE sql AS 'SELECT 1'"},
    {EACH_SERVICE, "DO 'BEGIN END'"},
    {EACH_SERVICE, "SELECT lo_create(0)"},
    {EACH_SERVICE, "SELECT ingest.canary()"},
    {EACH_SERVICE, "SET ROLE cinque_owner"},
    {EACH_SERVICE, "SET ROLE postgres"},
    {EACH_SERVICE, "SET SESSION AUTHORIZATION postgres"},
    {EACH_SERVICE, "SET session_replication_role = replica"},
    {EACH_SERVICE, "ALTER TABLE audit.intake DISABLE TRIGGER ALL"},
    {EACH_SERVICE, "ALTER SYSTEM SET fsync = off"},
    {EACH_SERVICE, "COPY public.schema_version TO '/tmp/x'"},
    {EACH_SERVICE, "COPY public.schema_version TO PROGRAM 'true'"},
    {EACH_SERVICE, "SELECT pg_read_file('postgresql.conf')"},
    {EACH_SERVICE, "SELECT pg_ls_dir('.')"},
    {EACH_SERVICE, "LOAD 'auto_explain'"},
    {EACH_SERVICE, "CREATE EXTENSION adminpack"},
    {EACH_SERVICE, "CREATE ROLE x"},
    {EACH_SERVICE, "ALTER ROLE cinque_query SUPERUSER"},
    {EACH_SERVICE, "CREATE DATABASE x"},
    {EACH_SERVICE, "DELETE FROM public.schema_version"},
    {"cinque_owner", "DELETE FROM audit.intake"},
    {"cinque_owner", "UPDATE audit.leaf SET leaf_index = 0"},
    {"cinque_owner", "TRUNCATE audit.checkpoint"},
    {"cinque_owner", "DELETE FROM audit.permit"},
    {"cinque_owner", "SET ROLE postgres"},
    {"cinque_owner", "CREATE ROLE x"},
    {"cinque_owner", "SET session_replication_role = replica"},
    {"cinque_owner", "COPY audit.intake TO PROGRAM 'true'"},
};

static const char *const services[] = {"cinque_governor", "cinque_loader", "cinque_linker",
                                       "cinque_releaser", "cinque_query",  "cinque_keeper"};
enum { SERVICE_COUNT = sizeof services / sizeof services[0] };

/* 42501 and nothing else: a missing table would be a refusal of the wrong kind. */
static void expect_refused(const char *role, const char *statement)
{
    Error error = world_try(role, statement);

    cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s: %s", role, statement, error.message);
    cr_expect_not_null(strstr(error.message, "SQLSTATE 42501"), "%s: %s: %s", role, statement, error.message);
}

Test(roles, each_is_refused_what_its_wall_forbids, .timeout = 120)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    Error error = {0};

    cr_assert(db_script(db, "canaries", canaries, &error).ok, "%s", error.message);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i].role != EACH_SERVICE) {
            expect_refused(refusals[i].role, refusals[i].statement);
            continue;
        }
        for (size_t s = 0; s < SERVICE_COUNT; s++)
            expect_refused(services[s], refusals[i].statement);
    }
}

Test(roles, what_a_wall_forbids_passes_once_the_wall_is_down)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    Error error = {0};

    cr_assert(db_script(db, "canaries", canaries, &error).ok, "%s", error.message);
    world_script(
        "GRANT USAGE ON SCHEMA records TO cinque_query; GRANT SELECT ON records.canary TO cinque_query");

    cr_expect_eq(world_try("cinque_query", "SELECT * FROM records.canary").code, ERROR_NONE,
                 "so the test above can fail");
}

static Text list_of(const char *sql, Arena *arena)
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "test_list", .sql = sql, .columns = {VALUE_TEXT}};
    Error error = {0};

    Result done = db_run(db, &statement, NULL, &rows, &error);
    cr_assert(done.ok, "%s", error.message);
    return text_copy(arena, db_text(rows, 0, 0));
}

#define OUR_SCHEMAS                                                                                          \
    "n.nspname IN ('governance', 'audit', 'ingest', 'records', 'staging', 'subjects', 'presence', "          \
    "'linkage', 'release')"
#define SERVICES "r.rolname LIKE 'cinque\\_%' AND r.rolname <> 'cinque_owner'"

static void expect_none(const char *sql)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text found = list_of(sql, arena);

    cr_expect_eq(found.length, 0, "%.*s", TEXT_ARG(found));
}

/* The whole of what a service role may do with tables: SELECT on these, INSERT through the loader's one door
 * (tests/ingest/test_subjects.c: when it is open), nothing else anywhere. */
Test(roles, no_role_has_a_right_on_a_table_that_is_not_written_here)
{
    expect_none(
        "SELECT coalesce(string_agg(format('%s %s %s.%s', r.rolname, p, n.nspname, c.relname), ', '), '') "
        "FROM pg_roles AS r, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, "
        "     unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS "
        "p "
        "WHERE " SERVICES " AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND " OUR_SCHEMAS
        "  AND has_table_privilege(r.oid, c.oid, p) "
        "  AND format('%s %s %s.%s', r.rolname, p, n.nspname, c.relname) <> "
        "      'cinque_loader INSERT subjects.arriving' "
        "  AND NOT (p = 'SELECT' AND format('%s %s.%s', r.rolname, n.nspname, c.relname) ~ "
        "'^cinque_governor (governance\\.[a-z_]+|audit\\.(intake|leaf|checkpoint)|ingest\\.source)$|"
        "^cinque_linker "
        "(linkage\\.[a-z_]+|presence\\.[a-z_]+|subjects\\.(subject|encoding(_filter|_reference|_seal)?)|"
        "ingest\\."
        "source)$|"
        "^cinque_query "
        "(ingest\\.(source(_[a-z]+)?|published)|release\\.(release|practice_left_out|coverage|linkage|sent|"
        "closed))$"
        "')");
}

Test(roles, no_role_has_a_right_on_single_columns_or_sequences)
{
    expect_none("SELECT coalesce(string_agg(a.attrelid::regclass::text || '.' || a.attname, ', '), '') "
                "FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid "
                "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                "WHERE a.attacl IS NOT NULL AND " OUR_SCHEMAS
                " AND a.attrelid <> 'release.release'::regclass");
    expect_none("SELECT coalesce(string_agg(r.rolname || ' ' || p, ', '), '') FROM pg_roles AS r, "
                "     unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) AS p "
                "WHERE " SERVICES " AND has_any_column_privilege(r.oid, 'release.release', p)");
    expect_none("SELECT coalesce(string_agg(r.rolname, ', '), '') FROM pg_roles AS r "
                "WHERE " SERVICES " AND r.rolname <> 'cinque_query' "
                "  AND has_any_column_privilege(r.oid, 'release.release', 'SELECT')");
    expect_none("SELECT coalesce(string_agg(format('%s %s.%s', r.rolname, n.nspname, c.relname), ', '), '') "
                "FROM pg_roles AS r, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                "WHERE " SERVICES " AND c.relkind = 'S' AND " OUR_SCHEMAS
                "  AND has_sequence_privilege(r.oid, c.oid, 'USAGE, SELECT, UPDATE')");
}

Test(roles, each_role_executes_functions_of_its_own_module_alone)
{
    expect_none("SELECT coalesce(string_agg(format('%s %s.%s', r.rolname, n.nspname, p.proname), ', '), '') "
                "FROM pg_roles AS r, pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
                "WHERE " SERVICES " AND " OUR_SCHEMAS " AND has_function_privilege(r.oid, p.oid, 'EXECUTE') "
                "  AND format('%s %s.%s', r.rolname, n.nspname, p.proname) !~ "
                "'^cinque_governor (governance|audit)\\.|^cinque_loader ingest\\.|"
                "^cinque_keeper ingest\\.(rekey_(begin|check|rows|finish)|key_(use|destroy_check)|"
                "encodings_forget|encoding_key_use)$|"
                "^cinque_linker (linkage\\.|ingest\\.active_load$)|^cinque_(releaser|query) release\\.'");
}

static void expect_functions(const char *role, const char *schema, const char *names)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text sql =
        text_format(arena,
                    "SELECT coalesce(string_agg(p.proname, ' ' ORDER BY p.proname), '') FROM pg_proc AS p "
                    "JOIN pg_namespace AS n ON n.oid = p.pronamespace "
                    "WHERE n.nspname = '%s' AND has_function_privilege('%s', p.oid, 'EXECUTE')",
                    schema, role);

    Text found = list_of(sql.data, arena);

    cr_expect(text_equal(found, text_from(names)), "%s: %.*s", role, TEXT_ARG(found));
}

/* By name: append and require are not among the log's, nor what makes text of SQL among ingest's. */
Test(roles, each_role_reaches_its_module_through_the_doors_written_here)
{
    expect_functions(
        "cinque_governor", "audit",
        "add_checkpoint decide entry_field entry_kind entry_text entry_time index_pending note result");
    expect_functions("cinque_governor", "governance",
                     "approve_act approve_query decide end_item held_loads keep_file keep_output lock_rules "
                     "project_sources put_item "
                     "refuse_load release_load submit_query today use_act_approval use_rules_approval");
    expect_functions(
        "cinque_loader", "ingest",
        "controller_keep controller_list delivery_archive delivery_came delivery_end "
        "delivery_known "
        "delivery_list delivery_see delivery_settle dqmi duplicates_keep encoding_open load_abandon "
        "load_findings load_list "
        "load_missing load_open load_publish load_reject load_stage load_withdraw published_put quality "
        "quality_history "
        "quality_tests quarantine_list refused_list subjects_merge subjects_vouch_early "
        "totals_put");
    expect_functions("cinque_releaser", "release",
                     "build_begin build_block build_columns build_people build_places build_publish "
                     "build_source build_sources list "
                     "practices retire unsettled verify");
    expect_functions("cinque_query", "release", "month_end open query_of");
    expect_functions(
        "cinque_linker", "linkage",
        "clerical_list comparable_rows compare_begin compare_keep current_person decide deprivation_rows "
        "explain "
        "model_keep once_rows report_add report_begin report_estimates report_passes report_rates "
        "report_runs report_waiting "
        "run_alike "
        "run_begin run_crosscheck run_crosswalk run_evidence run_finish run_households run_mergers "
        "run_people run_residences undo");
}

/* Called with a permit that nobody was given and nulls besides. */
Test(roles, no_function_that_changes_rows_runs_without_a_permit)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);

    Text calls = list_of(
        "SELECT coalesce(string_agg(format('%s SELECT %I.%I(%s)', r.rolname, n.nspname, p.proname, "
        "       (SELECT string_agg(CASE WHEN i = 1 AND t = 'bytea'::regtype "
        "                               THEN '''\\x00112233445566778899aabbccddeeff''' "
        "                               ELSE 'NULL::' || t::regtype::text END, ', ' ORDER BY i) "
        "          FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, i))), E'\\n'), '') "
        "FROM pg_roles AS r, pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
        "WHERE r.rolname IN ('cinque_loader', 'cinque_linker', 'cinque_releaser', 'cinque_query', "
        "                    'cinque_keeper') "
        "  AND p.provolatile = 'v' AND " OUR_SCHEMAS " AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        arena);

    cr_assert_gt(calls.length, 0);
    while (calls.length > 0) {
        Text call = text_next(&calls, '\n');
        char *role = text_to_string(arena, text_next(&call, ' ')), *sql = text_to_string(arena, call);
        Error error = world_try(role, sql);
        cr_expect_not_null(strstr(sql, "00112233445566778899aabbccddeeff"), "%s: takes no permit first: %s",
                           role, sql);
        cr_expect_neq(error.code, ERROR_NONE, "%s: %s", role, sql);
    }
}
