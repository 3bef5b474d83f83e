/*
 * How long an approved query takes: bench_query [--json] [--people N] [--runs N]
 * On a throwaway cluster, over a release made by SQL: 20 GP events and about 0.3 spells a person. From the
 * permit's check in SQL to released tables; the permit itself is asked for outside the clock.
 */
#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/config.h"
#include "base/migrate.h"
#include "bench/bench.h"
#include "query/query.h"
#include "schema.h"

enum { FOLDER_BYTES = 64, SQL_BYTES = 4096, RUNS_MAX = 100 };

static const char rules_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead) VALUES"
    " ('analyst', 1, 'An Analyst', false, true, false), ('lead', 2, 'A Lead', false, false, true);"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)"
    " VALUES ('phm', 'Purpose', 'applied', '-', '-', 21);"
    "INSERT INTO governance.policy (name, effective_from, people_min, round_to) VALUES ('p', '2020-01-01', "
    "8, 5);"
    "INSERT INTO governance.project (project_id, title, purpose, policy, valid_from, valid_to)"
    " VALUES ('P-1', 'Project', 'phm', 'p', '2020-01-01', '2099-12-31');"
    "INSERT INTO governance.project_member (project_id, person_id) VALUES ('P-1', 'analyst');"
    "INSERT INTO governance.project_source (project_id, source) VALUES ('P-1', 'gp_event'), ('P-1', "
    "'apc_spell');"
    "INSERT INTO ingest.source (name, title, subject_kind, update_mode, event_date_column) VALUES"
    " ('gp_event', 'Events', 'person', 'replace_by_period', 'day'),"
    " ('apc_spell', 'Spells', 'person', 'replace_by_period', 'admission_date');"
    "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, required, first_version,"
    " last_version) VALUES (1, 'day', 1, 'day', 'date', 'date', true, 1, 1),"
    " (1, 'code', 2, 'code', 'code', 'text', true, 1, 1),"
    " (2, 'admission_date', 1, 'admission_date', 'date', 'date', true, 1, 1),"
    " (2, 'admission_method', 2, 'admission_method', 'code', 'text', true, 1, 1);"
    "INSERT INTO release.release (month, purpose, state, content, permit_id, built)"
    " VALUES (317, 'phm', 'live', sha256('bench'), '\\x00', now());"
    "RESET ROLE";

static const char release_sql[] =
    "SET ROLE cinque_owner; CREATE SCHEMA release_1;"
    "CREATE TABLE release_1.person AS SELECT i AS person_number, (1930 + i %% 90)::int2 AS birth_year,"
    " (1 + i %% 12)::int2 AS birth_month, (1 + i / 90 %% 2)::text AS sex, 'A'::text AS ethnic_category,"
    " NULL::date AS death_date FROM generate_series(1, %" PRId64 ") AS i;"
    "CREATE TABLE release_1.registration AS SELECT person_number, date '2020-01-01' AS valid_from, "
    "NULL::date AS"
    " valid_to, 'District ' || person_number * 7919::int8 %% 13 AS district FROM release_1.person;"
    "CREATE TABLE release_1.gp_event AS SELECT person_number, date '2016-01-01' + (person_number * 7 + e * "
    "97) %% 3800"
    " AS day, 'C' || (person_number * 31::int8 + e * e * 17) %% 900 AS code"
    " FROM release_1.person CROSS JOIN generate_series(1, 20) AS e;"
    "CREATE TABLE release_1.apc_spell AS SELECT person_number, date '2025-01-01' + person_number %% 545 AS"
    " admission_date, CASE WHEN person_number %% 2 = 0 THEN '21' ELSE '11' END AS admission_method"
    " FROM release_1.person WHERE person_number %% 10 < 3;"
    "CREATE TABLE release_1.category AS SELECT 'district' AS dimension, 'District ' || d AS value"
    " FROM generate_series(0, 12) AS d UNION ALL VALUES ('sex', '1'), ('sex', '2');"
    "CREATE UNIQUE INDEX ON release_1.person (person_number);"
    "CREATE INDEX ON release_1.registration (person_number);"
    "CREATE INDEX ON release_1.gp_event (person_number);"
    "CREATE INDEX ON release_1.gp_event (code, day, person_number);"
    "CREATE INDEX ON release_1.apc_spell (person_number);"
    "GRANT USAGE ON SCHEMA release_1 TO cinque_query;"
    "GRANT SELECT ON ALL TABLES IN SCHEMA release_1 TO cinque_query; RESET ROLE";

/* Forty codes of 900, as a long-term condition has; an admission; age bands by district and sex with margins.
 */
static const char query_head[] = "query \"Bench\" project P-1 codes condition = (";
static const char query_tail[] =
    ") cohort registered at as_at and age >= 40 and (exists gp_event where code in condition and event_date "
    "on or"
    " before as_at) and exists apc_spell where admission_method = \"21\" and admission_date within 12 months "
    "before"
    " as_at table \"t\" by district, band(age, 10), sex totals district, age, sex measure people";

static Result open_as(const Cluster *cluster, const char *database, const char *role, Db **db, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    return db_open(cluster_conninfo(cluster, database, role, conninfo), "bench", db, error);
}

static Result prepare(const Cluster *cluster, int64_t people, Error *error)
{
    static const char *const roles[] = {"postgres", "cinque_governor", "cinque_query"};
    SCOPED(db_close) Db *server = NULL;
    SCOPED(db_close) Db *db = NULL;
    const struct passwd *user = getpwuid(geteuid());
    char sql[SQL_BYTES];
    int64_t applied;

    if (user == NULL)
        return fail(error, ERROR_CONFIG, "this account has no name");
    TRY(cluster_create(cluster, user->pw_name, false, error));
    TRY(cluster_start(cluster, error));
    TRY(open_as(cluster, "postgres", "postgres", &server, error));
    TRY(db_script(server, "make database", "CREATE DATABASE cinque TEMPLATE template0", error));
    TRY(open_as(cluster, "cinque", "postgres", &db, error));
    TRY(migrate_apply(db, schema_files, schema_file_count, &applied, error));
    TRY(db_script(db, "rules", rules_sql, error));
    (void)snprintf(sql, sizeof sql, release_sql, people);
    TRY(db_script(db, "release", sql, error));
    TRY(db_script(db, "vacuum", "VACUUM ANALYZE", error));
    return cluster_map(cluster, user->pw_name, roles, sizeof roles / sizeof roles[0], error);
}

static Result approve(Governance *governance, const Query *query, int64_t *query_id, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *submit = NULL;
    SCOPED(governance_permit_close) GovernancePermit *approval = NULL;
    Hash content = query_content(query);
    char object[HASH_TEXT_BYTES], number[24];
    const GovernanceOutcome outcome = {.succeeded = true};
    GovernanceRequest request = {.action = GOVERNANCE_QUERY_SUBMIT,
                                 .person_id = "analyst",
                                 .source = TEXT("apc_spell,gp_event"),
                                 .project = TEXT("P-1"),
                                 .object = text_from(hash_format(&content, object))};

    TRY(governance_request(governance, &request, &submit, error));
    TRY(governance_query_submit(governance, submit, "P-1", query_title(query), query_canonical(query),
                                query_id, error));
    TRY(governance_result(governance, submit, &outcome, error));
    (void)snprintf(number, sizeof number, "%" PRId64, *query_id);
    request = (GovernanceRequest){
        .action = GOVERNANCE_QUERY_APPROVE, .person_id = "lead", .object = text_from(number)};
    TRY(governance_request(governance, &request, &approval, error));
    TRY(governance_query_approve(governance, approval, *query_id, error));
    return governance_result(governance, approval, &outcome, error);
}

static Result run_once(Governance *governance, Db *reader, const Query *query, int64_t query_id,
                       double *seconds, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    static const GovernancePolicy policy = {
        .name = "p", .effective_from = 7305, .people_min = 8, .round_to = 5};
    const GovernanceOutcome outcome = {.succeeded = true};
    const QueryRun run = {.release_id = 1, .policy = &policy};
    ReleasedTable *tables[QUERY_TABLES_MAX];
    char number[24];
    size_t count;

    (void)snprintf(number, sizeof number, "%" PRId64, query_id);
    const GovernanceRequest request = {
        .action = GOVERNANCE_QUERY_RUN, .person_id = "analyst", .object = text_from(number)};
    TRY(governance_request(governance, &request, &permit, error));
    double started = bench_now_s();
    TRY(query_run(reader, permit, query, &run, tables, &count, error));
    *seconds = bench_now_s() - started;
    for (size_t i = 0; i < count; i++)
        released_table_close(&tables[i]);
    return governance_result(governance, permit, &outcome, error);
}

static Text query_text(TextBuilder *text)
{
    text_add_string(text, query_head);
    for (int i = 0; i < 40; i++)
        text_add_format(text, "%s\"C%d\"", i > 0 ? ", " : "", 20 * i + 3);
    text_add_string(text, query_tail);
    return text_built(text);
}

static Result measure(const Cluster *cluster, size_t runs, double *median_s, Error *error)
{
    SCOPED(governance_close) Governance *governance = NULL;
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    SCOPED(text_builder_close) TextBuilder text = text_builder(1 << 14);
    char conninfo[CLUSTER_CONNINFO_BYTES];
    double seconds[RUNS_MAX], warming;
    int64_t query_id;

    TRY(governance_open(cluster_conninfo(cluster, "cinque", "cinque_governor", conninfo), &governance,
                        error));
    TRY(open_as(cluster, "cinque", "cinque_query", &reader, error));
    TRY(query_open(reader, "bench", query_text(&text), NULL, &query, error));
    TRY(approve(governance, query, &query_id, error));
    TRY(run_once(governance, reader, query, query_id, &warming, error));
    for (size_t i = 0; i < runs; i++)
        TRY(run_once(governance, reader, query, query_id, &seconds[i], error));
    *median_s = bench_median(seconds, runs);
    return RESULT_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static Result bench(const char *folder, int64_t people, int64_t runs, bool json, Error *error)
{
    double median_s = 0;
    Cluster cluster;
    Error ignored = {0};

    TRY(cluster_locate(folder, &cluster, error));
    Result done = prepare(&cluster, people, error);
    if (done.ok)
        done = measure(&cluster, (size_t)runs, &median_s, error);
    Result stopped = cluster_stop(&cluster, &ignored);
    (void)stopped;
    if (done.ok) {
        const BenchFigure figures[] = {{"q_ms", 1e3 * median_s, 2},
                                       {"people", (double)people, 0},
                                       {"events", 20.0 * (double)people, 0},
                                       {"runs", (double)runs, 0}};
        bench_print(figures, sizeof figures / sizeof *figures, json);
    }
    return done;
}

int main(int argc, char **argv)
{
    bool json = false;
    int64_t people = 0, runs = 0;
    const Option options[] = {
        {"json", OPTION_FLAG, false, NULL, "one JSON object", &json},
        {"people", OPTION_COUNT, false, "100000", "people in the release", &people},
        {"runs", OPTION_COUNT, false, "15", "runs, of which the median is shown", &runs},
    };
    char folder[FOLDER_BYTES] = "/var/tmp/cinque-bench-XXXXXX";
    const char *positional[1];
    size_t positional_count;
    Error error = {0};

    Result done = config_parse(options, 3, argc - 1, (const char *const *)argv + 1, positional, 0,
                               &positional_count, &error);
    if (done.ok && (runs < 1 || runs > RUNS_MAX))
        done = fail(&error, ERROR_USAGE, "--runs is from 1 to %d", RUNS_MAX);
    if (done.ok && (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0))
        done = fail_errno(&error, "%s", folder);
    if (done.ok)
        done = bench(folder, people, runs, json, &error);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!done.ok)
        fprintf(stderr, "bench_query: %s\n", error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
