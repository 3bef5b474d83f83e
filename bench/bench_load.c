/*
 * How fast a spell extract of 20 columns is loaded: bench_load [--json] [--rows N] [--rows-a-person N]
 * [--pairs N] On a throwaway cluster with the durability of a real one. Each round has one whole load (hash,
 * read, check, tokenise, copy, publish) of the extract plain, by gzip, by zstd and with one row in a hundred
 * bad, two loads side by side, and beside them psql \copy of the very rows that the first stored
 * (psql_copy.h).
 */
#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/config.h"
#include "base/migrate.h"
#include "bench/bench.h"
#include "bench/psql_copy.h"
#include "bench/spells.h"
#include "ingest/ingest.h"
#include "schema.h"

enum { PATH_BYTES = 512, PAIRS_MAX = 32, BAD_EVERY = 100, STREAMS = 2 };

typedef enum Kind { PLAIN, GZIP, ZSTD, BAD, OTHER_PEOPLE, KIND_COUNT } Kind;

static const char *const kind_names[KIND_COUNT] = {[PLAIN] = "plain.csv",
                                                   [GZIP] = "plain.csv.gz",
                                                   [ZSTD] = "plain.csv.zst",
                                                   [BAD] = "bad.csv",
                                                   [OTHER_PEOPLE] = "others.csv"};

/* Of each round. */
typedef struct Rounds {
    double load_s[KIND_COUNT][PAIRS_MAX], cpu_us[PAIRS_MAX];
    double server_us[PAIRS_MAX], copy_server_us[PAIRS_MAX]; /* of the plain load, and of copying it binary */
    /* as ratios to the plain load */
    double copy_text[PAIRS_MAX], copy_binary[PAIRS_MAX], copy_binary_keys[PAIRS_MAX];
    double packed[KIND_COUNT][PAIRS_MAX]; /* the plain load's time to this one's */
    double two_streams_s[PAIRS_MAX];
} Rounds;

typedef struct Bench {
    Cluster cluster;
    char folder[PATH_BYTES], files[KIND_COUNT][PATH_BYTES];
    int64_t rows, rows_a_person, pairs, loads; /* loads: so far, each of another month */
    Db *superuser, *loader, *merger;
    Governance *governance;
    Keyring *keyring;
    PostcodeDirectory *directory;
    IngestSpec *spec;
    Rounds rounds;
} Bench;

static Result write_files(Bench *bench, Error *error)
{
    const Spells spells = {.rows = bench->rows, .people = bench->rows / bench->rows_a_person + 1};
    Spells bad = spells, others = spells;

    for (Kind kind = 0; kind < KIND_COUNT; kind++)
        snprintf(bench->files[kind], PATH_BYTES, "%.400s/%s", bench->folder, kind_names[kind]);
    bad.bad_every = BAD_EVERY;
    others.first_person = spells.people;
    TRY(spells_write(&spells, bench->files[PLAIN], error));
    TRY(spells_write(&bad, bench->files[BAD], error));
    TRY(spells_write(&others, bench->files[OTHER_PEOPLE], error));
    TRY(spells_pack("gzip", bench->files[PLAIN], bench->files[GZIP], error));
    return spells_pack("zstd", bench->files[PLAIN], bench->files[ZSTD], error);
}

/* ---- the cluster ---- */

static Result open_as(const Bench *bench, const char *database, const char *role, Db **db, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    return db_open(cluster_conninfo(&bench->cluster, database, role, conninfo), "bench", db, error);
}

static const char people_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)"
    " VALUES ('engineer', 0, 'An Engineer', true, false, false);"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)"
    " VALUES ('bench', 'Bench', 'applied', '', '', 31);"
    "INSERT INTO governance.supplier (supplier, title) VALUES ('hospital', 'A hospital');"
    "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
    " VALUES ('hospital', 'apc_spell', 'bench', '2020-01-01', '2090-01-01', 'none');"
    "RESET ROLE";

static Result start_cluster(Bench *bench, Error *error)
{
    static const char *const roles[] = {"postgres", "cinque_governor", "cinque_loader", "cinque_owner"};
    SCOPED(db_close) Db *server = NULL;
    const struct passwd *user = getpwuid(geteuid());
    int64_t applied;

    if (user == NULL)
        return fail(error, ERROR_CONFIG, "this account has no name");
    TRY(cluster_locate(bench->folder, &bench->cluster, error));
    TRY(cluster_create(&bench->cluster, user->pw_name, false, error));
    TRY(cluster_start(&bench->cluster, error));
    TRY(open_as(bench, "postgres", "postgres", &server, error));
    TRY(db_script(server, "make database", "CREATE DATABASE cinque TEMPLATE template0", error));
    TRY(open_as(bench, "cinque", "postgres", &bench->superuser, error));
    TRY(migrate_apply(bench->superuser, schema_files, schema_file_count, &applied, error));
    TRY(db_script(bench->superuser, "people", people_sql, error));
    return cluster_map(&bench->cluster, user->pw_name, roles, sizeof roles / sizeof roles[0], error);
}

static Result open_spec(Bench *bench, Error *error)
{
    char path[PATH_BYTES], codes[PATH_BYTES];
    const char *slash = strrchr(__FILE__, '/');
    int length = slash != NULL ? (int)(slash - __FILE__) : 1;

    snprintf(path, sizeof path, "%.*s/spells.yaml", length, slash != NULL ? __FILE__ : ".");
    snprintf(codes, sizeof codes, "%.*s/../sources/codes", length, slash != NULL ? __FILE__ : ".");
    return ingest_spec_open(path, codes, &bench->spec, error);
}

/* And the keys, which a forked process does not get. */
static Result open_connections(Bench *bench, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES], path[PATH_BYTES + 32];

    snprintf(path, sizeof path, "%s/keyring", bench->folder);
    TRY(keyring_open(path, &bench->keyring, error));
    TRY(open_as(bench, "cinque", "cinque_loader", &bench->loader, error));
    TRY(open_as(bench, "cinque", "cinque_loader", &bench->merger, error));
    return governance_open(cluster_conninfo(&bench->cluster, "cinque", "cinque_governor", conninfo),
                           &bench->governance, error);
}

static Result prepare(Bench *bench, Error *error)
{
    SCOPED(db_close) Db *owner = NULL;
    char path[PATH_BYTES + 32];
    FILE *quiet = fopen("/dev/null", "w");

    TRY(write_files(bench, error));
    snprintf(path, sizeof path, "%s/postcodes.csv", bench->folder);
    TRY(spells_write_directory(path, error));
    TRY(postcode_directory_open(path, "bench", &bench->directory, error));
    snprintf(path, sizeof path, "%s/keyring", bench->folder);
    TRY(keyring_create(path, NULL, error));
    TRY(open_spec(bench, error));
    TRY(start_cluster(bench, error));
    TRY(open_as(bench, "cinque", "cinque_owner", &owner, error));
    TRY(ingest_source_apply(owner, bench->spec, quiet, error));
    fclose(quiet);
    return open_connections(bench, error);
}

/* ---- loads ---- */

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double server_seconds(const Bench *bench)
{
    char data_folder[PATH_BYTES + 16];

    snprintf(data_folder, sizeof data_folder, "%s/pg/data", bench->folder);
    return bench_server_s(data_folder);
}

static double us_a_row(const Bench *bench, double seconds)
{
    return seconds * 1e6 / (double)bench->rows;
}

/* What was written before is on the disk before the clock starts. */
static Result empty_tables(const Bench *bench, Error *error)
{
    sync();
    return db_script(bench->superuser, "empty", "TRUNCATE records.apc_spell, subjects.subject; CHECKPOINT",
                     error);
}

/* As cinque load does it, from the hash for the permit to the result in the log. */
static Result load_file(const Bench *bench, Kind kind, Month period, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const IngestContext context = {.loader = bench->loader,
                                   .merger = bench->merger,
                                   .keyring = bench->keyring,
                                   .directory = bench->directory,
                                   .quarantine_folder = bench->folder};
    InputMark mark;
    const IngestDelivery delivery = {
        .path = bench->files[kind], .sender = "hospital", .period = period, .mark = &mark};
    const int64_t bad = kind == BAD ? (bench->rows + BAD_EVERY - 8) / BAD_EVERY : 0;
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    IngestReport report;

    TRY(ingest_delivery_object(bench->files[kind], &mark, object, error));
    const GovernanceRequest request = {.action = GOVERNANCE_LOAD,
                                       .person_id = "engineer",
                                       .source = TEXT("apc_spell"),
                                       .sender = TEXT("hospital"),
                                       .object = text_from(object),
                                       .detail = ingest_delivery_detail(&delivery, detail)};
    TRY(governance_request(bench->governance, &request, &permit, error));
    TRY(ingest_load(&context, permit, bench->spec, &delivery, &report, error));
    if (report.outcome != INGEST_LOADED || report.rows_loaded != bench->rows - bad)
        return fail(error, ERROR_INPUT, "%" PRId64 " rows of %" PRId64 " were loaded", report.rows_loaded,
                    bench->rows - bad);
    return governance_result(bench->governance, permit, &(GovernanceOutcome){.succeeded = true}, error);
}

static Month next_period(Bench *bench)
{
    return month_from(2026, 7) + (Month)bench->loads++;
}

static Result load_kind(Bench *bench, Kind kind, int64_t round, Error *error)
{
    TRY(empty_tables(bench, error));
    double started_s = bench_now_s(), started_cpu_s = cpu_seconds(), started_server_s = server_seconds(bench);
    TRY(load_file(bench, kind, next_period(bench), error));
    bench->rounds.load_s[kind][round] = bench_now_s() - started_s;
    if (kind == PLAIN) {
        bench->rounds.cpu_us[round] = us_a_row(bench, cpu_seconds() - started_cpu_s);
        bench->rounds.server_us[round] = us_a_row(bench, server_seconds(bench) - started_server_s);
    }
    bench->rounds.packed[kind][round] =
        bench->rounds.load_s[PLAIN][round] / bench->rounds.load_s[kind][round];
    return RESULT_OK;
}

/* A process with connections and keys of its own; the parent's are left alone. */
static void stream(const Bench *bench, Kind kind, Month period)
{
    Bench own = *bench;
    Error error = {0};
    Result done = open_connections(&own, &error);

    if (done.ok)
        done = load_file(&own, kind, period, &error);
    if (!done.ok)
        fprintf(stderr, "bench_load: %s\n", error.message);
    _exit(done.ok ? 0 : 1);
}

static Result load_side_by_side(Bench *bench, int64_t round, Error *error)
{
    static const Kind kinds[STREAMS] = {PLAIN, OTHER_PEOPLE};
    bool are_done = true;
    int status;

    TRY(empty_tables(bench, error));
    double started_s = bench_now_s();
    for (int i = 0; i < STREAMS; i++) {
        Month period = next_period(bench);
        pid_t child = fork();
        if (child == 0)
            stream(bench, kinds[i], period);
        are_done &= child > 0;
    }
    for (int i = 0; i < STREAMS; i++)
        are_done &= wait(&status) > 0 && status == 0;
    bench->rounds.two_streams_s[round] = bench_now_s() - started_s;
    return are_done ? RESULT_OK : fail(error, ERROR_SYSTEM, "a stream failed");
}

static Result run_round(Bench *bench, int64_t round, Error *error)
{
    const PsqlCopy copy = {&bench->cluster, bench->superuser, bench->folder};
    Rounds *rounds = &bench->rounds;
    PsqlCopyTimes times;

    TRY(load_kind(bench, PLAIN, round, error));
    if (round == 0)
        TRY(psql_copy_prepare(&copy, error));
    TRY(psql_copy(&copy, &times, error));
    rounds->copy_binary[round] = times.binary_s / rounds->load_s[PLAIN][round];
    rounds->copy_binary_keys[round] = (times.binary_s + times.keys_s) / rounds->load_s[PLAIN][round];
    rounds->copy_text[round] = times.text_s / rounds->load_s[PLAIN][round];
    rounds->copy_server_us[round] = us_a_row(bench, times.binary_server_s);
    TRY(load_kind(bench, GZIP, round, error));
    TRY(load_kind(bench, ZSTD, round, error));
    TRY(load_kind(bench, BAD, round, error));
    return load_side_by_side(bench, round, error);
}

static Result run(Bench *bench, Error *error)
{
    TRY(prepare(bench, error));
    for (int64_t round = 0; round < bench->pairs; round++)
        TRY(run_round(bench, round, error));
    return RESULT_OK;
}

/* ---- the frame ---- */

static void print(Bench *bench, bool json)
{
    struct rusage usage;
    size_t count = (size_t)bench->pairs;

    getrusage(RUSAGE_SELF, &usage);
    Rounds *rounds = &bench->rounds;
    const double rows = (double)bench->rows;
    const BenchFigure figures[] = {
        {"rows_per_s", rows / bench_median(rounds->load_s[PLAIN], count), 0},
        {"ratio_to_copy_text", bench_median(rounds->copy_text, count), 3},
        {"ratio_to_copy_binary", bench_median(rounds->copy_binary, count), 3},
        {"ratio_to_copy_binary_and_keys", bench_median(rounds->copy_binary_keys, count), 3},
        {"two_stream_rows_per_s", STREAMS * rows / bench_median(rounds->two_streams_s, count), 0},
        {"ratio_gz", bench_median(rounds->packed[GZIP], count), 3},
        {"ratio_zst", bench_median(rounds->packed[ZSTD], count), 3},
        {"ratio_bad_1pct", bench_median(rounds->packed[BAD], count), 3},
        {"client_cpu_us_per_row", bench_median(rounds->cpu_us, count), 3},
        {"server_cpu_us_per_row", bench_median(rounds->server_us, count), 2},
        {"copy_binary_server_cpu_us_per_row", bench_median(rounds->copy_server_us, count), 2},
        {"peak_rss_mib", (double)usage.ru_maxrss / 1024, 1},
    };
    bench_print(figures, sizeof figures / sizeof *figures, json);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void close_bench(Bench *bench)
{
    Error ignored = {0};

    governance_close(&bench->governance);
    db_close(&bench->merger);
    db_close(&bench->loader);
    db_close(&bench->superuser);
    ingest_spec_close(&bench->spec);
    keyring_close(&bench->keyring);
    postcode_directory_close(&bench->directory);
    Result stopped = cluster_stop(&bench->cluster, &ignored);
    (void)stopped;
    (void)nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    Bench bench = {.folder = "/var/tmp/cinque-bench-XXXXXX"};
    bool json = false;
    const Option options[] = {
        {"json", OPTION_FLAG, false, NULL, "one JSON object", &json},
        {"rows", OPTION_COUNT, false, "300000", "rows of the extract", &bench.rows},
        {"rows-a-person", OPTION_COUNT, false, "5", "rows of each person, who is new", &bench.rows_a_person},
        {"pairs", OPTION_COUNT, false, "3", "rounds of loads and copies", &bench.pairs},
    };
    const char *positional[1];
    size_t positional_count;
    Error error = {0};

    Result done = config_parse(options, sizeof options / sizeof *options, argc - 1,
                               (const char *const *)argv + 1, positional, 0, &positional_count, &error);
    if (done.ok && (bench.pairs < 1 || bench.pairs > PAIRS_MAX || bench.rows < 1 || bench.rows_a_person < 1))
        done = fail(&error, ERROR_USAGE, "1 to %d pairs, 1 row or more, of each person too", PAIRS_MAX);
    if (done.ok && (mkdtemp(bench.folder) == NULL || chmod(bench.folder, 0711) != 0))
        done = fail_errno(&error, "%s", bench.folder);
    if (done.ok) {
        done = run(&bench, &error);
        if (done.ok)
            print(&bench, json);
        close_bench(&bench);
    }
    if (!done.ok)
        fprintf(stderr, "bench_load: %s\n", error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
