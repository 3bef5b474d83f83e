/*
 * How fast an extract of attendances is loaded: bench_load [--json] [--rows N] [--rows-a-person N] [--pairs
 * N] Each round has one whole load (hash, read, check, tokenise, copy, publish) of the extract plain, then of
 * the month after it, whose people are held but for one in fifty, of the first by gzip, by zstd, with one
 * row in a hundred bad and with its hash announced, and two loads side by side. Beside the first two psql
 * \copy of the very rows that they stored (psql_copy.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/input.h"
#include "bench/attendances.h"
#include "bench/bench.h"
#include "bench/loads.h"
#include "bench/psql_copy.h"

enum { PAIRS_MAX = 32, BAD_EVERY = 100, NEW_EVERY = 50, STREAMS = 2, NAME_BYTES = 32 };

typedef enum Kind { PLAIN, NEXT_MONTH, GZIP, ZSTD, BAD, OTHER_PEOPLE, ANNOUNCED, KIND_COUNT } Kind;

static const char *const kind_names[KIND_COUNT] = {
    [PLAIN] = "plain.csv", [NEXT_MONTH] = "next.csv",     [GZIP] = "plain.csv.gz",  [ZSTD] = "plain.csv.zst",
    [BAD] = "bad.csv",     [OTHER_PEOPLE] = "others.csv", [ANNOUNCED] = "plain.csv"};

/* Of each round. */
typedef struct Rounds {
    double load_s[KIND_COUNT][PAIRS_MAX];
    double cpu_us[KIND_COUNT][PAIRS_MAX], server_us[KIND_COUNT][PAIRS_MAX]; /* processor time a row */
    double copy_server_us[PAIRS_MAX]; /* of the plain load's rows, binary */
    /* as ratios to the load */
    double copy_text[PAIRS_MAX], copy_binary[KIND_COUNT][PAIRS_MAX], copy_emptied[PAIRS_MAX],
        copy_bare[PAIRS_MAX], copy_bare_keys[PAIRS_MAX];
    double speed[KIND_COUNT][PAIRS_MAX];                           /* the plain load's time to this one's */
    double announced_text[PAIRS_MAX], announced_binary[PAIRS_MAX]; /* psql's time to the announced load's */
    double two_streams_s[PAIRS_MAX];
} Rounds;

typedef struct Bench {
    Loads loads;
    char files[KIND_COUNT][LOADS_PATH_BYTES + NAME_BYTES];
    Hash announced;                             /* of the plain file */
    int64_t rows, rows_a_person, pairs, months; /* months: so far loaded, each once */
    PsqlCopy copies[KIND_COUNT];
    Rounds rounds;
} Bench;

static Result prepare(Bench *bench, Error *error)
{
    const int64_t people = bench->rows / bench->rows_a_person + 1;
    const Attendances plain = {.rows = bench->rows, .people = people};
    Attendances bad = plain, others = plain, next = plain;
    uint64_t bytes;

    for (Kind kind = 0; kind < KIND_COUNT; kind++)
        snprintf(bench->files[kind], sizeof *bench->files, "%s/%s", bench->loads.folder, kind_names[kind]);
    bad.bad_every = BAD_EVERY;
    others.first_person = people;
    next.first_person = people / NEW_EVERY;
    others.first_row = next.first_row = bench->rows;
    TRY(attendances_write(&plain, bench->files[PLAIN], error));
    TRY(attendances_write(&next, bench->files[NEXT_MONTH], error));
    TRY(attendances_write(&bad, bench->files[BAD], error));
    TRY(attendances_write(&others, bench->files[OTHER_PEOPLE], error));
    TRY(attendances_pack("gzip", bench->files[PLAIN], bench->files[GZIP], error));
    TRY(attendances_pack("zstd", bench->files[PLAIN], bench->files[ZSTD], error));
    TRY(input_hash_file(bench->files[PLAIN], &bench->announced, &bytes, error));
    return loads_open(&bench->loads, error);
}

/* ---- loads ---- */

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double us_a_row(const Bench *bench, double seconds)
{
    return seconds * 1e6 / (double)bench->rows;
}

static Month next_period(Bench *bench)
{
    return month_from(2026, 7) + (Month)bench->months++;
}

static Result load(Bench *bench, Kind kind, int64_t round, int64_t *load_id, Error *error)
{
    const int64_t bad = kind == BAD ? (bench->rows + BAD_EVERY / 2 - 1) / BAD_EVERY : 0;
    const LoadsFile file = {.path = bench->files[kind],
                            .announced = kind == ANNOUNCED ? &bench->announced : NULL,
                            .period = next_period(bench),
                            .rows = bench->rows - bad};
    const Loads *loads = &bench->loads;
    Rounds *rounds = &bench->rounds;

    TRY(kind == NEXT_MONTH ? loads_settle(loads, error) : loads_empty(loads, error));
    double started_s = bench_now_s(), started_cpu_s = cpu_seconds(), started_server_s = loads_server_s(loads);
    TRY(loads_run(loads, &file, load_id, error));
    rounds->load_s[kind][round] = bench_now_s() - started_s;
    rounds->cpu_us[kind][round] = us_a_row(bench, cpu_seconds() - started_cpu_s);
    rounds->server_us[kind][round] = us_a_row(bench, loads_server_s(loads) - started_server_s);
    rounds->speed[kind][round] = rounds->load_s[PLAIN][round] / rounds->load_s[kind][round];
    return RESULT_OK;
}

/* And the rows for psql, by the first round's load. */
static Result load_to_copy(Bench *bench, Kind kind, int64_t round, Error *error)
{
    int64_t load_id;

    TRY(load(bench, kind, round, &load_id, error));
    if (round > 0)
        return RESULT_OK;
    bench->copies[kind] = (PsqlCopy){.cluster = &bench->loads.cluster,
                                     .superuser = bench->loads.superuser,
                                     .folder = bench->loads.folder,
                                     .source = "attendance",
                                     .load_id = (int)load_id};
    return psql_copy_prepare(&bench->copies[kind], error);
}

static Result copy_as_loaded(Bench *bench, Kind kind, int64_t round, Error *error)
{
    Rounds *rounds = &bench->rounds;
    PsqlCopyTime time;

    TRY(psql_copy(&bench->copies[kind], PSQL_BINARY, PSQL_AS_LOADED, &time, error));
    rounds->copy_binary[kind][round] = time.seconds / rounds->load_s[kind][round];
    if (kind == PLAIN)
        rounds->copy_server_us[round] = us_a_row(bench, time.server_s);
    return RESULT_OK;
}

static Result copy_otherwise(Bench *bench, int64_t round, Error *error)
{
    const PsqlCopy *copy = &bench->copies[PLAIN];
    Rounds *rounds = &bench->rounds;
    double load_s = rounds->load_s[PLAIN][round], keys_s;
    PsqlCopyTime text, emptied, bare;

    TRY(psql_copy(copy, PSQL_TEXT, PSQL_AS_LOADED, &text, error));
    TRY(psql_copy(copy, PSQL_BINARY, PSQL_EMPTIED, &emptied, error));
    TRY(psql_copy(copy, PSQL_BINARY, PSQL_BARE, &bare, error));
    TRY(psql_copy_keys(copy, &keys_s, error));
    rounds->copy_text[round] = text.seconds / load_s;
    rounds->copy_emptied[round] = emptied.seconds / load_s;
    rounds->copy_bare[round] = bare.seconds / load_s;
    rounds->copy_bare_keys[round] = (bare.seconds + keys_s) / load_s;
    return RESULT_OK;
}

/* A process with connections and keys of its own; the parent's are left alone. */
static void stream(const Bench *bench, Kind kind, Month period)
{
    Loads own = bench->loads;
    Error error = {0};
    int64_t load_id;
    Result done = loads_connect(&own, &error);

    if (done.ok)
        done =
            loads_run(&own, &(LoadsFile){.path = bench->files[kind], .period = period, .rows = bench->rows},
                      &load_id, &error);
    if (!done.ok)
        fprintf(stderr, "bench_load: %s\n", error.message);
    _exit(done.ok ? 0 : 1);
}

static Result load_side_by_side(Bench *bench, int64_t round, Error *error)
{
    static const Kind kinds[STREAMS] = {PLAIN, OTHER_PEOPLE};
    bool are_done = true;
    int status;

    TRY(loads_empty(&bench->loads, error));
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

/* By the copies that the plain load of this round was measured by. */
static void measure_announced(Rounds *rounds, int64_t round)
{
    rounds->announced_text[round] = rounds->copy_text[round] * rounds->speed[ANNOUNCED][round];
    rounds->announced_binary[round] = rounds->copy_binary[PLAIN][round] * rounds->speed[ANNOUNCED][round];
}

static Result run_round(Bench *bench, int64_t round, Error *error)
{
    int64_t load_id;

    TRY(load_to_copy(bench, PLAIN, round, error));
    TRY(load(bench, ANNOUNCED, round, &load_id, error));
    TRY(copy_as_loaded(bench, PLAIN, round, error));
    TRY(copy_otherwise(bench, round, error));
    measure_announced(&bench->rounds, round);
    TRY(load_to_copy(bench, NEXT_MONTH, round, error));
    TRY(copy_as_loaded(bench, NEXT_MONTH, round, error));
    for (Kind kind = GZIP; kind <= BAD; kind++)
        TRY(load(bench, kind, round, &load_id, error));
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
        {"ratio_to_copy_binary", bench_median(rounds->copy_binary[PLAIN], count), 3},
        {"ratio_to_copy_binary_emptied", bench_median(rounds->copy_emptied, count), 3},
        {"ratio_to_copy_binary_bare", bench_median(rounds->copy_bare, count), 3},
        {"ratio_to_copy_binary_bare_and_keys", bench_median(rounds->copy_bare_keys, count), 3},
        {"announced_rows_per_s", rows / bench_median(rounds->load_s[ANNOUNCED], count), 0},
        {"announced_ratio_to_copy_text", bench_median(rounds->announced_text, count), 3},
        {"announced_ratio_to_copy_binary", bench_median(rounds->announced_binary, count), 3},
        {"announced_client_cpu_us_per_row", bench_median(rounds->cpu_us[ANNOUNCED], count), 3},
        {"held_rows_per_s", rows / bench_median(rounds->load_s[NEXT_MONTH], count), 0},
        {"held_ratio_to_copy_binary", bench_median(rounds->copy_binary[NEXT_MONTH], count), 3},
        {"two_stream_rows_per_s", STREAMS * rows / bench_median(rounds->two_streams_s, count), 0},
        {"ratio_gz", bench_median(rounds->speed[GZIP], count), 3},
        {"ratio_zst", bench_median(rounds->speed[ZSTD], count), 3},
        {"ratio_bad_1pct", bench_median(rounds->speed[BAD], count), 3},
        {"client_cpu_us_per_row", bench_median(rounds->cpu_us[PLAIN], count), 3},
        {"server_cpu_us_per_row", bench_median(rounds->server_us[PLAIN], count), 2},
        {"copy_binary_server_cpu_us_per_row", bench_median(rounds->copy_server_us, count), 2},
        {"held_client_cpu_us_per_row", bench_median(rounds->cpu_us[NEXT_MONTH], count), 3},
        {"held_server_cpu_us_per_row", bench_median(rounds->server_us[NEXT_MONTH], count), 2},
        {"peak_rss_mib", (double)usage.ru_maxrss / 1024, 1},
    };
    bench_print(figures, sizeof figures / sizeof *figures, json);
}

int main(int argc, char **argv)
{
    Bench bench = {.loads = {.folder = "/var/tmp/cinque-bench-XXXXXX"}};
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
    if (done.ok && (mkdtemp(bench.loads.folder) == NULL || chmod(bench.loads.folder, 0711) != 0))
        done = fail_errno(&error, "%s", bench.loads.folder);
    if (done.ok) {
        done = run(&bench, &error);
        if (done.ok)
            print(&bench, json);
        loads_close(&bench.loads);
    }
    if (!done.ok)
        fprintf(stderr, "bench_load: %s\n", error.message);
    return done.ok ? 0 : error_exit_status(&error);
}
