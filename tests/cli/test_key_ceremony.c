#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pseudonymise/pseudonymise.h"
#include "tests/cli/workbench.h"
#include "tests/support/temporary.h"

enum { PATH_BYTES = TEMPORARY_PATH_BYTES + 64 };

static char data[TEMPORARY_PATH_BYTES];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static const char *path_of(const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", data, name);
    return out;
}

/* A data folder without a database, as a key holder's. */
static void make_data(void)
{
    static const char *const folders[] = {"a", "b", "c"};
    char name[32], path[PATH_BYTES];

    (void)snprintf(name, sizeof name, "ceremony-%d", (int)getpid());
    cr_assert_eq(mkdir(temporary_path(name, data), 0700), 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(mkdir(path_of(folders[i], path), 0700), 0);
    cr_redirect_stdout();
}

static void remove_data(void)
{
    (void)nftw(data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(key_ceremony, .init = make_data, .fini = remove_data, .timeout = 300);

Test(key_ceremony, a_lost_keyring_comes_back_from_two_shares)
{
    char a[PATH_BYTES], b[PATH_BYTES], c[PATH_BYTES], keyring[PATH_BYTES], away[PATH_BYTES];
    Keyring *restored = NULL;
    Error error = {0};
    cr_assert(CLI(&error, "key", "create", "--data", data).ok, "%s", error.message);

    cr_assert(
        CLI(&error, "key", "ceremony", path_of("a", a), path_of("b", b), path_of("c", c), "--data", data).ok,
        "%s", error.message);
    cr_assert_eq(rename(path_of("keyring", keyring), path_of("away", away)), 0);
    cr_assert(CLI(&error, "key", "ceremony", "restore", path_of("c/cinque-key-share-3", c),
                  path_of("a/cinque-key-share-1", a), "--data", data)
                  .ok,
              "%s", error.message);

    cr_assert(keyring_open(keyring, &restored, &error).ok, "%s", error.message);
    keyring_close(&restored);
}

Test(key_ceremony, other_numbers_of_places_are_a_usage_error)
{
    Error error = {0};

    expect_failure(CLI(&error, "key", "ceremony", "a", "b", "--data", data), &error, ERROR_USAGE, "ceremony");
    expect_failure(CLI(&error, "key", "ceremony", "restore", "a", "--data", data), &error, ERROR_USAGE,
                   "ceremony");
}

Test(key_ceremony, a_stopped_database_refuses_it)
{
    char pg[PATH_BYTES], a[PATH_BYTES], b[PATH_BYTES], c[PATH_BYTES];
    Error error = {0};
    FILE *version;
    cr_assert(CLI(&error, "key", "create", "--data", data).ok, "%s", error.message);
    cr_assert_eq(mkdir(path_of("pg", pg), 0700), 0);
    cr_assert_eq(mkdir(path_of("pg/data", pg), 0700), 0);
    version = fopen(path_of("pg/data/PG_VERSION", pg), "w");
    cr_assert_not_null(version);
    (void)fclose(version);

    Result result =
        CLI(&error, "key", "ceremony", path_of("a", a), path_of("b", b), path_of("c", c), "--data", data);

    expect_failure(result, &error, ERROR_CONFIG, "work on keys is logged there");
    cr_expect_neq(access(path_of("a/cinque-key-share-1", a), F_OK), 0);
}
