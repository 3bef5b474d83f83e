/* What a provider runs: a file and keys in, a parcel out, and nobody is spoken to. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/workbench.h"
#include "tests/support/provider.h"

enum { TEXT_BYTES = 8192 };

static const char spec[] =
    "source: visit\ntitle: T\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\n"
    "rejects: { rows_max: 1, percent_max: 50 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: ward, use: dimension, shape: \"A99\" }\n";
static const char rows[] = "nhs_number,ward\n9990000018,B12\n9990000026,Brienworth\n9990000034,\n";

typedef struct Bench {
    ProviderKeys keys;
    const char *spec, *extract;
    char out[PROVIDER_PATH_BYTES];
} Bench;

static Bench bench_open(void)
{
    char keyring[PROVIDER_PATH_BYTES];
    Bench bench;
    Error error = {0};

    unsetenv("CINQUE_DATA");
    cr_assert(keyring_create(provider_path(support_folder(), "keyring", keyring), NULL, &error).ok, "%s",
              error.message);
    bench.keys = provider_keys(keyring, support_folder(), "hosp_a");
    bench.spec = support_file("visit.yaml", spec);
    bench.extract = support_file("visit.csv", rows);
    provider_path(support_folder(), "visit.parcel", bench.out);
    return bench;
}

static Result pseudonymise(const Bench *bench, Error *error)
{
    return CLI(error, "pseudonymise", bench->spec, bench->extract, "--sender", "hosp_a", "--period",
               "2026-07", "--keys", bench->keys.folder, "--out", bench->out);
}

/* From here on the kernel ends the process at the first socket that it asks for. */
static void forbid_sockets(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(99);
}

/* Its status, of a child without sockets. */
static int status_without_sockets(int (*run)(const Bench *bench), const Bench *bench)
{
    int status = -1;

    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        forbid_sockets();
        _exit(run(bench));
    }
    cr_assert(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static int run_pseudonymise(const Bench *bench)
{
    Error error = {0};

    if (pseudonymise(bench, &error).ok)
        return 0;
    (void)fprintf(stderr, "%s\n", error.message);
    return 1;
}

static int open_socket(const Bench *bench)
{
    (void)bench;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 1;
}

/* A database or a host is spoken to by a socket. The second child shows that the first would have been ended.
 */
Test(cli_pseudonymise, neither_database_nor_network_is_opened)
{
    const Bench bench = bench_open();
    struct stat made;

    int without = status_without_sockets(run_pseudonymise, &bench);
    int with = status_without_sockets(open_socket, &bench);

    cr_expect(WIFEXITED(without) && WEXITSTATUS(without) == 0, "%d", without);
    cr_expect(WIFSIGNALED(with) && WTERMSIG(with) == SIGSYS, "%d", with);
    cr_expect(stat(bench.out, &made) == 0 && (made.st_mode & 07777) == 0600 && made.st_size > 0);
}

Test(cli_pseudonymise, its_report_is_that_of_a_load_and_holds_no_value)
{
    const Bench bench = bench_open();
    char text[TEXT_BYTES];
    Error error = {0};
    FILE *out;

    cr_redirect_stdout();
    cr_assert(pseudonymise(&bench, &error).ok, "%s", error.message);
    (void)fflush(stdout);
    out = cr_get_redirected_stdout();
    size_t length = fread(text, 1, sizeof text - 1, out);
    text[length] = '\0';

    cr_expect_not_null(strstr(text, "written"), "%s", text);
    cr_expect_not_null(strstr(text, "visit of hosp_a for 2026-07:"), "%s", text);
    cr_expect_not_null(strstr(text, "column ward: not of its shape"), "%s", text);
    cr_expect_null(strstr(text, "Brienworth"));
    cr_expect_null(strstr(text, "99900000"));
}

/* The lines of the log, without their times. */
static void read_uses(const Bench *bench, char *text, size_t size)
{
    char path[PROVIDER_PATH_BYTES], line[TEXT_BYTES];
    size_t length = 0;
    FILE *log = fopen(provider_path(bench->keys.folder, "regional.key.log", path), "r");

    cr_assert_not_null(log);
    while (fgets(line, sizeof line, log) != NULL)
        length += (size_t)snprintf(text + length, size - length, "%s", strchr(line, ' ') + 1);
    (void)fclose(log);
}

/* Switch: run_logged in cmd_pseudonymise.c. */
Test(cli_pseudonymise, each_use_of_the_regional_key_is_written_down_beside_it)
{
    Bench bench = bench_open();
    char text[TEXT_BYTES];
    Error error = {0};

    cr_assert(pseudonymise(&bench, &error).ok, "%s", error.message);
    cr_assert(!pseudonymise(&bench, &error).ok);
    bench.extract = support_file("bad.csv", "nhs_number,ward\n9990000018,x\n9990000026,y\n9990000034,z\n");
    cr_assert_eq(unlink(bench.out), 0);
    cr_assert(!pseudonymise(&bench, &error).ok);

    read_uses(&bench, text, sizeof text);
    cr_expect_str_eq(text,
                     "pseudonymise visit 2026-07 begun\n"
                     "pseudonymise visit 2026-07 written keys regional.nhs_number=2 regional.subject=2\n"
                     "pseudonymise visit 2026-07 begun\n"
                     "pseudonymise visit 2026-07 failed keys\n"
                     "pseudonymise visit 2026-07 begun\n"
                     "pseudonymise visit 2026-07 rejected keys\n");
}

Test(cli_pseudonymise, where_its_use_cannot_be_written_down_the_key_is_not_used)
{
    const Bench bench = bench_open();
    char path[PROVIDER_PATH_BYTES];
    Error error = {0};
    cr_assert_eq(mkdir(provider_path(bench.keys.folder, "regional.key.log", path), 0700), 0);

    expect_failure(pseudonymise(&bench, &error), &error, ERROR_SYSTEM,
                   "the use of the key cannot be written down");
    cr_expect_neq(access(bench.out, F_OK), 0);
}

Test(cli_pseudonymise, a_parcel_is_never_written_over)
{
    const Bench bench = bench_open();
    Error error = {0};

    cr_assert(pseudonymise(&bench, &error).ok, "%s", error.message);
    expect_failure(pseudonymise(&bench, &error), &error, ERROR_SYSTEM, "visit.parcel: cannot be made");
}

Test(cli_pseudonymise, a_file_with_too_many_bad_rows_is_reported_and_not_written)
{
    Bench bench = bench_open();
    Error error = {0};

    bench.extract = support_file("bad.csv", "nhs_number,ward\n,x\n,y\n,z\n");

    expect_failure(pseudonymise(&bench, &error), &error, ERROR_INPUT, "nothing is written");
    cr_expect_neq(access(bench.out, F_OK), 0);
}

Test(cli_pseudonymise, keys_that_are_missing_are_named)
{
    const Bench bench = bench_open();
    char path[PROVIDER_PATH_BYTES];
    Error error = {0};

    cr_assert_eq(unlink(bench.keys.sign_key), 0);
    expect_failure(pseudonymise(&bench, &error), &error, ERROR_SYSTEM, "signing.pem: cannot be opened");
    cr_assert_eq(unlink(provider_path(bench.keys.folder, "parcel.public", path)), 0);
    expect_failure(pseudonymise(&bench, &error), &error, ERROR_CONFIG, "parcel.public: missing");
}

Test(cli_pseudonymise, a_postcode_directory_needs_its_edition)
{
    const Bench bench = bench_open();
    Error error = {0};

    expect_failure(CLI(&error, "pseudonymise", bench.spec, bench.extract, "--sender", "hosp_a", "--period",
                       "2026-07", "--keys", bench.keys.folder, "--out", bench.out, "--postcodes",
                       bench.extract),
                   &error, ERROR_USAGE, "one needs the other");
    expect_failure(CLI(&error, "pseudonymise", bench.spec, bench.extract, "--sender", "hosp_a", "--period",
                       "2026-07", "--keys", bench.keys.folder, "--out", bench.out, "--postcodes",
                       bench.extract, "--edition", "a b"),
                   &error, ERROR_USAGE, "--edition: letters, digits");
}

/* Both sides print what they compare. */
Test(cli_pseudonymise, hub_and_provider_see_the_same_print_of_the_hubs_key)
{
    const Bench bench = bench_open();
    char hub[PARCEL_PRINT_BYTES], provider[PARCEL_PRINT_BYTES];
    Error error = {0};

    cr_assert(parcel_keys_print(bench.keys.hub, hub, &error).ok, "%s", error.message);
    cr_assert(parcel_keys_print(bench.keys.folder, provider, &error).ok, "%s", error.message);
    cr_expect_str_eq(hub, provider);
    cr_expect(CLI(&error, "key", "parcels", "show", bench.keys.folder).ok, "%s", error.message);
    expect_failure(CLI(&error, "key", "parcels", "create", bench.keys.folder), &error, ERROR_USAGE, "usage:");
    expect_failure(CLI(&error, "key", "parcels", "burn"), &error, ERROR_USAGE, "usage:");
}
