/*
 * How many people a first linkage run links in a second, and how much cheaper one is for one in a hundred
 * more, by the processor time of the server: bench_link [--json] [--people N] [--rows FILE] On a throwaway
 * cluster with the durability of a real one. Each person has a register entry and two other subjects, every
 * second one a household subject; one in a hundred numbers was superseded. Behind that come figures that need
 * no database: encoding and scoring of the rows of a file, and those of bench_similarity.
 */
#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/config.h"
#include "base/migrate.h"
#include "bench/bench.h"
#include "bench/likeness.h"
#include "bench/link_figures.h"
#include "bench/month_sql.h"
#include "bench/similarity_figures.h"
#include "linkage/linkage.h"
#include "schema.h"

enum { FOLDER_BYTES = 64, SQL_BYTES = 4096, REPORT_FIGURES = 6, LIKENESS_FIGURES = 4, ONE_IN = 100 };

static const char setup_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)"
    " VALUES ('engineer', 0, 'An Engineer', true, false, false);"
    "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode) VALUES"
    " ('list', 'List', 'person', 'register', 'snapshot'), ('spell', 'Spells', 'person', NULL, 'snapshot'),"
    " ('event', 'Events', 'person', NULL, 'snapshot'), ('merging', 'Mergers', 'person', 'merger', "
    "'snapshot'),"
    " ('tax', 'Tax', 'household', NULL, 'snapshot');"
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " SELECT source_id, 1, sha256(''), '', '2000-01-01' FROM ingest.source;"
    "CREATE TABLE records.list (load_id int4, subject_id int8, since date) PARTITION BY LIST (load_id);"
    "CREATE TABLE records.merging (load_id int4, subject_id int8, since date) PARTITION BY LIST (load_id);"
    "SELECT ingest.active_view_make(source_id) FROM ingest.source WHERE name IN ('list', 'merging');"
    "CREATE VIEW presence.list AS SELECT subject_id, load_id, since AS valid_from, NULL::date AS valid_to"
    "  FROM records.active_list;"
    "CREATE VIEW presence.merging AS SELECT subject_id, load_id, since AS valid_from, NULL::date AS valid_to"
    "  FROM records.active_merging; RESET ROLE";

/* Of one month: the people from one number to another are new; the list and the mergers come whole. Each
 * source's load has the number 10 * month + source. */
static const char people_sql[] =
    "SET ROLE cinque_owner;" MONTH_LOADS_SQL
    "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version, nhs_token,"
    "       superseded_nhs_token, uprn_token, nhs_state)"
    " SELECT 10 * i + s, s, substr(sha256(int8send(10 * i + s)), 1, 16), 10 * %" PRId64 " + s, 1,"
    "        CASE WHEN s <> 5 THEN substr(sha256(int8send(CASE WHEN s = 2 AND i %% 100 = 0 THEN -i ELSE i "
    "END)), 1, 16) END,"
    "        CASE WHEN s = 4 THEN substr(sha256(int8send(-i)), 1, 16) END,"
    "        CASE WHEN s IN (1, 5) THEN substr(sha256(int8send(1000000000 + i / 2)), 1, 16) END, 1"
    "   FROM generate_series(%" PRId64 "::int8, %" PRId64 "::int8) AS i CROSS JOIN generate_series(1, 5) AS s"
    "  WHERE CASE s WHEN 4 THEN i %% 100 = 0 WHEN 5 THEN i %% 2 = 0 ELSE true END"
    "  ORDER BY sha256(int8send(10 * i + s));" MONTH_LIST_SQL "CREATE TABLE records.merging_%" PRId64
    " PARTITION OF records.merging FOR VALUES IN (10 * %" PRId64 " + 4);"
    "INSERT INTO records.merging SELECT 10 * %" PRId64 " + 4, subject_id, '2020-01-01' FROM subjects.subject"
    " WHERE source_id = 4;" MONTH_CAME_SQL
    "ANALYZE subjects.subject, records.list, records.merging; RESET ROLE";

static Result open_as(const Cluster *cluster, const char *database, const char *role, Db **db, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    return db_open(cluster_conninfo(cluster, database, role, conninfo), "bench", db, error);
}

static Result add_people(Db *db, int64_t month, int64_t first, int64_t last, Error *error)
{
    char sql[SQL_BYTES];

    (void)snprintf(sql, sizeof sql, people_sql, month, month, month, month, first, last, month, month, month,
                   month, month, month, month);
    return db_script(db, "people", sql, error);
}

static Result make_database(const Cluster *cluster, const char *name, Error *error)
{
    SCOPED(db_close) Db *server = NULL;
    SCOPED(db_close) Db *db = NULL;
    char sql[SQL_BYTES];
    int64_t applied;

    TRY(open_as(cluster, "postgres", "postgres", &server, error));
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE template0", name);
    TRY(db_script(server, "make database", sql, error));
    TRY(open_as(cluster, name, "postgres", &db, error));
    return migrate_apply(db, schema_files, schema_file_count, &applied, error);
}

static Result prepare(const Cluster *cluster, int64_t people, Error *error)
{
    static const char *const roles[] = {"postgres", "cinque_governor", "cinque_linker"};
    SCOPED(db_close) Db *db = NULL;
    const struct passwd *user = getpwuid(geteuid());

    if (user == NULL)
        return fail(error, ERROR_CONFIG, "this account has no name");
    TRY(cluster_create(cluster, user->pw_name, false, error));
    TRY(cluster_start(cluster, error));
    TRY(make_database(cluster, "cinque", error));
    TRY(open_as(cluster, "cinque", "postgres", &db, error));
    TRY(db_script(db, "county", setup_sql, error));
    TRY(add_people(db, 1, 1, people, error));
    return cluster_map(cluster, user->pw_name, roles, sizeof roles / sizeof roles[0], error);
}

/* Processor time of the server's process that works for this connection. */
static Result server_seconds(Db *db, double *seconds, Error *error)
{
    static const DbStatement statement = {
        .name = "bench_pid", .sql = "SELECT pg_catalog.pg_backend_pid()::int8", .columns = {VALUE_INT8}};
    int64_t pid;

    TRY(db_run_int8(db, &statement, NULL, &pid, NULL, error));
    *seconds = bench_process_s((long)pid);
    return RESULT_OK;
}

/* Of a run: processor time of the server's process, and of this one. */
typedef struct Spent {
    double server, client;
} Spent;

static double client_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static Result link_once(const Cluster *cluster, const char *database, const LinkageOpener *opener,
                        LinkageReport *report, Spent *spent, Error *error)
{
    SCOPED(governance_close) Governance *governance = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(db_close) Db *linker = NULL;
    char conninfo[CLUSTER_CONNINFO_BYTES];
    const GovernanceRequest request = {
        .action = GOVERNANCE_LINK, .person_id = "engineer", .object = TEXT(LINKAGE_OBJECT)};
    const GovernanceOutcome outcome = {.succeeded = true};
    double before, after;

    TRY(governance_open(cluster_conninfo(cluster, database, "cinque_governor", conninfo), &governance,
                        error));
    TRY(open_as(cluster, database, "cinque_linker", &linker, error));
    TRY(governance_request(governance, &request, &permit, error));
    TRY(server_seconds(linker, &before, error));
    spent->client = client_seconds();
    TRY(linkage_run(linker, opener, permit, report, error));
    spent->client = client_seconds() - spent->client;
    TRY(server_seconds(linker, &after, error));
    spent->server = after - before;
    return governance_result(governance, permit, &outcome, error);
}

static Result measure(const Cluster *cluster, LinkageReport *report, double *seconds, Error *error)
{
    Spent spent;

    TRY(link_once(cluster, "cinque", NULL, report, &spent, error));
    *seconds = spent.server;
    return RESULT_OK;
}

static const char keep_links_sql[] =
    "CREATE TEMPORARY TABLE kept AS SELECT subject_id, person_id FROM linkage.link; ANALYZE kept";

/* Of those whom nobody who came is linked with, none may have got another id. */
static Result check_links(Db *db, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    static const DbStatement statement = {
        .name = "bench_links",
        .sql = "WITH touched AS (SELECT k.person_id FROM linkage.link AS k WHERE NOT EXISTS"
               "  (SELECT FROM pg_temp.kept WHERE kept.subject_id = k.subject_id))"
               " SELECT pg_catalog.count(*) FROM pg_temp.kept LEFT JOIN linkage.link AS k USING (subject_id)"
               "  WHERE k.person_id IS DISTINCT FROM kept.person_id"
               "    AND NOT EXISTS (SELECT FROM touched WHERE touched.person_id = k.person_id)",
        .columns = {VALUE_INT8},
    };

    TRY(db_run(db, &statement, NULL, &rows, error));
    if (db_int(rows, 0, 0) != 0)
        return fail(error, ERROR_SYSTEM, "a run for those who came gave others another id");
    return RESULT_OK;
}

/* One in a hundred comes anew. */
static Result measure_added(const Cluster *cluster, int64_t people, LinkageReport *report, double *seconds,
                            Error *error)
{
    SCOPED(db_close) Db *db = NULL;

    TRY(open_as(cluster, "cinque", "postgres", &db, error));
    TRY(db_script(db, "links", keep_links_sql, error));
    TRY(add_people(db, 2, people + 1, people + people / ONE_IN, error));
    TRY(measure(cluster, report, seconds, error));
    return check_links(db, error);
}

static void add_report(const LinkageReport *report, const double server[2], BenchFigure *figures,
                       size_t *count)
{
    double seconds = (double)report->elapsed_us / 1e6;
    const BenchFigure added[] = {{"people_per_s", (double)report->people / seconds, 0},
                                 {"people", (double)report->people, 0},
                                 {"subjects", (double)report->subjects, 0},
                                 {"seconds", seconds, 3},
                                 {"server_seconds", server[0], 2},
                                 {"incremental_ratio", server[0] / server[1], 1}};

    memcpy(figures + *count, added, sizeof added);
    *count += REPORT_FIGURES;
}

/* ---- by likeness ---- */

/* A run over everything, then one in a hundred more under the same weights. */
static Result link_alike(const Cluster *cluster, Likeness *likeness, Spent spent[2], Error *error)
{
    SCOPED(db_close) Db *db = NULL;
    SCOPED(db_close) Db *beside = NULL;
    size_t all = likeness_count(likeness), first = all * ONE_IN / (ONE_IN + 1);
    const LinkageOpener opener = likeness_opener(likeness);
    LinkageReport report = {0};

    TRY(open_as(cluster, "likeness", "postgres", &db, error));
    TRY(open_as(cluster, "likeness", "postgres", &beside, error));
    TRY(likeness_prepare(db, error));
    TRY(likeness_add(likeness, db, beside, 1, 0, first, error));
    TRY(link_once(cluster, "likeness", &opener, &report, &spent[0], error));
    TRY(db_script(db, "links", keep_links_sql, error));
    TRY(likeness_add(likeness, db, beside, 2, first, all, error));
    TRY(link_once(cluster, "likeness", &opener, &report, &spent[1], error));
    if (report.alike == 0)
        return fail(error, ERROR_SYSTEM, "a run by likeness linked nobody");
    return check_links(db, error);
}

static Result likeness_figures(const Cluster *cluster, const char *rows, const char *folder,
                               BenchFigure *figures, size_t *count, Error *error)
{
    SCOPED(likeness_close) Likeness *likeness = NULL;
    Spent spent[2];

    TRY(likeness_open(rows, folder, &likeness, error));
    TRY(make_database(cluster, "likeness", error));
    TRY(link_alike(cluster, likeness, spent, error));
    const BenchFigure added[] = {{"likeness_server_seconds", spent[0].server, 2},
                                 {"likeness_client_seconds", spent[0].client, 2},
                                 {"likeness_month_seconds", spent[1].server + spent[1].client, 2},
                                 {"incremental_likeness_ratio",
                                  (spent[0].server + spent[0].client) / (spent[1].server + spent[1].client),
                                  1}};
    memcpy(figures + *count, added, sizeof added);
    *count += LIKENESS_FIGURES;
    return RESULT_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static Result bench(const char *folder, int64_t people, const char *rows, bool json, Error *error)
{
    BenchFigure figures[REPORT_FIGURES + LIKENESS_FIGURES + LINK_FIGURES + SIMILARITY_FIGURES_MAX];
    size_t figure_count = 0;
    LinkageReport report = {0}, added = {0};
    double server[2];
    Cluster cluster;
    Error ignored = {0};

    TRY(cluster_locate(folder, &cluster, error));
    Result done = prepare(&cluster, people, error);
    if (done.ok)
        done = measure(&cluster, &report, &server[0], error);
    if (done.ok)
        done = measure_added(&cluster, people, &added, &server[1], error);
    if (done.ok)
        add_report(&report, server, figures, &figure_count);
    if (done.ok && rows != NULL)
        done = likeness_figures(&cluster, rows, folder, figures, &figure_count, error);
    Result stopped = cluster_stop(&cluster, &ignored);
    (void)stopped;
    TRY(done);
    /* The cluster has stopped: nothing of it runs beside these. */
    if (rows != NULL)
        TRY(link_figures(rows, figures, &figure_count, error));
    TRY(similarity_figures(figures, &figure_count, error));
    bench_print(figures, figure_count, json);
    return RESULT_OK;
}

int main(int argc, char **argv)
{
    char folder[FOLDER_BYTES] = "/var/tmp/cinque-bench-XXXXXX";
    bool json = false;
    int64_t people = 0;
    const char *rows = NULL;
    const Option options[] = {
        {"json", OPTION_FLAG, false, NULL, "one JSON object", &json},
        {"people", OPTION_COUNT, false, "100000", "people to link", &people},
        {"rows", OPTION_TEXT, false, NULL, "rows of people, as bench_link.sh makes them", &rows},
    };
    const char *positional[1];
    size_t positional_count;
    Error error = {0};

    Result done = config_parse(options, 3, argc - 1, (const char *const *)argv + 1, positional, 0,
                               &positional_count, &error);
    if (done.ok && (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0))
        done = fail_errno(&error, "%s", folder);
    if (done.ok)
        done = bench(folder, people, rows, json, &error);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!done.ok)
        fprintf(stderr, "bench_link: %s\n", error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
