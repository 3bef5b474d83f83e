/*
 * How fast a spell extract is loaded: bench_load [--json] [--rows N] [--pairs N]
 * On a throwaway cluster with the durability of a real one. Each pair is one whole load (hash, read, check,
 * tokenise, copy, publish) and one psql \copy, text format, of the very rows that the load stored, records
 * and subjects, into empty tables alike.
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
#include "ingest/ingest.h"
#include "schema.h"

enum { PATH_BYTES = 512, PAIRS_MAX = 32, TIMING_BYTES = 4096 };

typedef struct Bench {
    Cluster cluster;
    char folder[PATH_BYTES], extract[PATH_BYTES], rows_file[PATH_BYTES];
    int64_t rows, pairs;
    Db *superuser, *loader;
    Governance *governance;
    Keyring *keyring;
    PostcodeDirectory *directory;
    IngestSpec *spec;
    double load_s[PAIRS_MAX], ratio[PAIRS_MAX], cpu_us[PAIRS_MAX];
} Bench;

/* ---- the extract ---- */

static uint64_t mix(uint64_t x) /* SplitMix64's finaliser: the same file on every machine */
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* Of the never-issued 999 range; stems without check digit are passed over. */
static void nhs_number(uint64_t person, char out[11])
{
    for (uint64_t stem = 999000000 + person * 2 % 1000000;; stem++) {
        int sum = 0;
        snprintf(out, 11, "%09u0", (unsigned)stem);
        for (int i = 0; i < 9; i++)
            sum += (out[i] - '0') * (10 - i);
        int check = 11 - sum % 11;
        if (check == 10)
            continue;
        out[9] = (char)('0' + check % 11);
        return;
    }
}

static void write_row(FILE *out, uint64_t row, uint64_t people)
{
    static const char *const diagnoses[] = {"I10", "E119", "J449", "N390", "R074", "S7200", "K573"};
    uint64_t person = mix(row) % people, p = mix(person + (1ull << 40)), r = mix(row + (1ull << 41));
    char number[11];

    nhs_number(person, number);
    fprintf(out, "SP%08u,RVV,%s,01,L%07u,%04u-%02u-%02u,%u,%c,CT%u %u%c%c,G%05u,", (unsigned)row, number,
            (unsigned)person, (unsigned)(1930 + p % 90), (unsigned)(1 + p / 90 % 12),
            (unsigned)(1 + p / 1080 % 28), (unsigned)(1 + p / 7 % 2), "ABCDH"[p % 5], (unsigned)(1 + p % 9),
            (unsigned)(p / 9 % 10), "ABDE"[p / 90 % 4], "FGHJ"[p / 360 % 4], (unsigned)(82000 + p % 200));
    fprintf(out, "%s,19,2026-06-%02u,%02u:%02u,1,1,1,19,2026-07-%02u,%u,AA%02uB,%u.%02u,300,300,%s,%s,,,\n",
            (const char *const[]){"21", "11", "22"}[r % 3], (unsigned)(1 + r % 30), (unsigned)(r / 30 % 24),
            (unsigned)(r / 720 % 60), (unsigned)(1 + r / 9 % 31), (unsigned)(1 + r % 40), (unsigned)(r % 90),
            (unsigned)(300 + r % 5000), (unsigned)(r % 100), diagnoses[r % 5], diagnoses[r / 5 % 7 % 5]);
}

static Result write_extract(const Bench *bench, Error *error)
{
    FILE *out = fopen(bench->extract, "w");

    if (out == NULL)
        return fail_errno(error, "%s", bench->extract);
    fprintf(
        out,
        "hospital_provider_spell_number,provider_code,nhs_number_value,nhs_number_status,"
        "local_patient_identifier_value,person_birth_date,gender,ethnic_category,postcode,general_practice,"
        "admission_method,admission_source,admission_date,admission_time,patient_classification,"
        "intended_management,discharge_method,discharge_destination,discharge_date,length_of_hospital_stay,"
        "core_hrg,final_price,main_specialty,treatment_function,primary_diagnosis,secondary_diagnosis_1,"
        "secondary_diagnosis_2,primary_procedure,withheld_identity_reason\n");
    for (int64_t row = 0; row < bench->rows; row++)
        write_row(out, (uint64_t)row, (uint64_t)(bench->rows * 2 / 3 + 1));
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", bench->extract);
}

static Result write_directory(const char *path, Error *error)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    fprintf(out, "postcode,lsoa_code_2011,lsoa_code_2021\n");
    for (unsigned i = 0; i < 9 * 10 * 16; i++)
        fprintf(out, "CT%u %u%c%c,E0102%04u,E0102%04u\n", 1 + i % 9, i / 9 % 10, "ABDE"[i / 90 % 4],
                "FGHJ"[i / 360 % 4], i, i);
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
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
    char path[PATH_BYTES];
    const char *slash = strrchr(__FILE__, '/');

    snprintf(path, sizeof path, "%.*s/../sources/apc_spell.yaml", slash != NULL ? (int)(slash - __FILE__) : 1,
             slash != NULL ? __FILE__ : ".");
    return ingest_spec_open(path, NULL, &bench->spec, error);
}

static Result prepare(Bench *bench, Error *error)
{
    SCOPED(db_close) Db *owner = NULL;
    char path[PATH_BYTES + 32], conninfo[CLUSTER_CONNINFO_BYTES];
    FILE *quiet = fopen("/dev/null", "w");

    snprintf(bench->extract, sizeof bench->extract, "%.400s/extract.csv", bench->folder);
    snprintf(bench->rows_file, sizeof bench->rows_file, "%.400s/rows.txt", bench->folder);
    TRY(write_extract(bench, error));
    snprintf(path, sizeof path, "%s/postcodes.csv", bench->folder);
    TRY(write_directory(path, error));
    TRY(postcode_directory_open(path, "bench", &bench->directory, error));
    snprintf(path, sizeof path, "%s/keyring", bench->folder);
    TRY(keyring_create(path, error));
    TRY(keyring_open(path, &bench->keyring, error));
    TRY(open_spec(bench, error));
    TRY(start_cluster(bench, error));
    TRY(open_as(bench, "cinque", "cinque_owner", &owner, error));
    TRY(ingest_source_apply(owner, bench->spec, quiet, error));
    TRY(open_as(bench, "cinque", "cinque_loader", &bench->loader, error));
    fclose(quiet);
    return governance_open(cluster_conninfo(&bench->cluster, "cinque", "cinque_governor", conninfo),
                           &bench->governance, error);
}

/* ---- one pair ---- */

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static Result load_once(Bench *bench, int64_t pair, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const IngestContext context = {.loader = bench->loader,
                                   .keyring = bench->keyring,
                                   .directory = bench->directory,
                                   .quarantine_folder = bench->folder};
    const IngestDelivery delivery = {
        .path = bench->extract, .sender = "hospital", .period = month_from(2026, 7) + (Month)pair};
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    IngestReport report;

    TRY(db_script(bench->superuser, "empty", "TRUNCATE records.apc_spell, subjects.subject; CHECKPOINT",
                  error));
    int64_t started_us = time_now_us();
    double started_cpu_s = cpu_seconds();
    TRY(ingest_delivery_object(bench->extract, object, error));
    const GovernanceRequest request = {.action = GOVERNANCE_LOAD,
                                       .person_id = "engineer",
                                       .source = TEXT("apc_spell"),
                                       .sender = TEXT("hospital"),
                                       .object = text_from(object),
                                       .detail = ingest_delivery_detail(&delivery, detail)};
    TRY(governance_request(bench->governance, &request, &permit, error));
    TRY(ingest_load(&context, permit, bench->spec, &delivery, &report, error));
    if (report.outcome != INGEST_LOADED || report.rows_loaded != bench->rows)
        return fail(error, ERROR_INPUT, "%" PRId64 " rows of %" PRId64 " were loaded", report.rows_loaded,
                    bench->rows);
    bench->load_s[pair] = (double)(time_now_us() - started_us) / 1e6;
    bench->cpu_us[pair] = (cpu_seconds() - started_cpu_s) * 1e6 / (double)bench->rows;
    return governance_result(bench->governance, permit, &(GovernanceOutcome){.succeeded = true}, error);
}

/* Runs psql with \timing; *seconds of the last command. */
static Result run_psql(const Bench *bench, const char *command, double *seconds, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES], output[TIMING_BYTES] = "";
    int ends[2], status;
    size_t length = 0;
    ssize_t got;

    cluster_conninfo(&bench->cluster, "cinque", "postgres", conninfo);
    if (pipe(ends) != 0)
        return fail_errno(error, "pipe");
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp("psql", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on", "-c", command, conninfo,
               (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    while (length < sizeof output - 1 &&
           (got = read(ends[0], output + length, sizeof output - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return fail(error, ERROR_SYSTEM, "psql failed");
    const char *timing = strstr(output, "Time: ");
    *seconds = timing != NULL ? strtod(timing + strlen("Time: "), NULL) : 0;
    if (*seconds <= 0)
        return fail(error, ERROR_SYSTEM, "psql told no time");
    *seconds /= 1000;
    return RESULT_OK;
}

/* What a load stores, each with an empty table alike for the denominator. */
static const struct {
    const char *stored, *alike;
} copied[] = {{"records.apc_spell", "public.records_alike"}, {"subjects.subject", "public.subjects_alike"}};
enum { COPIED_COUNT = sizeof copied / sizeof *copied };

static Result copy_prepare(Bench *bench, Error *error)
{
    char command[2 * PATH_BYTES];
    double seconds;

    for (size_t i = 0; i < COPIED_COUNT; i++) {
        snprintf(command, sizeof command, "CREATE TABLE %s (LIKE %s INCLUDING INDEXES INCLUDING CONSTRAINTS)",
                 copied[i].alike, copied[i].stored);
        TRY(db_script(bench->superuser, "table alike", command, error));
        snprintf(command, sizeof command, "\\copy (SELECT * FROM %s) TO '%s.%zu'", copied[i].stored,
                 bench->rows_file, i);
        TRY(run_psql(bench, command, &seconds, error));
    }
    return RESULT_OK;
}

static Result copy_once(Bench *bench, int64_t pair, Error *error)
{
    char command[2 * PATH_BYTES];
    double seconds = 0, copy_s = 0;

    if (pair == 0)
        TRY(copy_prepare(bench, error));
    TRY(db_script(bench->superuser, "empty",
                  "TRUNCATE public.records_alike, public.subjects_alike; CHECKPOINT", error));
    for (size_t i = 0; i < COPIED_COUNT; i++) {
        snprintf(command, sizeof command, "\\copy %s FROM '%s.%zu'", copied[i].alike, bench->rows_file, i);
        TRY(run_psql(bench, command, &seconds, error));
        copy_s += seconds;
    }
    bench->ratio[pair] = copy_s / bench->load_s[pair];
    return RESULT_OK;
}

static Result run(Bench *bench, Error *error)
{
    TRY(prepare(bench, error));
    for (int64_t pair = 0; pair < bench->pairs; pair++) {
        TRY(load_once(bench, pair, error));
        TRY(copy_once(bench, pair, error));
    }
    return RESULT_OK;
}

/* ---- the frame ---- */

static void print(Bench *bench, bool json)
{
    struct rusage usage;
    size_t count = (size_t)bench->pairs;

    getrusage(RUSAGE_SELF, &usage);
    const BenchFigure figures[] = {
        {"rows_per_s", (double)bench->rows / bench_median(bench->load_s, count), 0},
        {"ratio_to_copy_text", bench_median(bench->ratio, count), 3},
        {"client_cpu_us_per_row", bench_median(bench->cpu_us, count), 3},
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
        {"pairs", OPTION_COUNT, false, "3", "loads, each beside a copy", &bench.pairs},
    };
    const char *positional[1];
    size_t positional_count;
    Error error = {0};

    Result done = config_parse(options, 3, argc - 1, (const char *const *)argv + 1, positional, 0,
                               &positional_count, &error);
    if (done.ok && (bench.pairs < 1 || bench.pairs > PAIRS_MAX || bench.rows < 1))
        done = fail(&error, ERROR_USAGE, "1 to %d pairs, 1 row or more", PAIRS_MAX);
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
