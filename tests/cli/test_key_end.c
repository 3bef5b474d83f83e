#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A key holder's data folder: two hub versions and no database. */
static void make_data(void)
{
    char name[32];
    Error error = {0};

    (void)snprintf(name, sizeof name, "key-end-%d", (int)getpid());
    cr_assert_eq(mkdir(temporary_path(name, data), 0700), 0);
    cr_redirect_stdout();
    cr_assert(CLI(&error, "key", "create", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "key", "rotate", "--data", data).ok, "%s", error.message);
}

static void remove_data(void)
{
    (void)nftw(data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(key_end, .init = make_data, .fini = remove_data, .timeout = 300);

Test(key_end, a_last_day_is_a_day_of_a_key_that_there_is)
{
    char until[PATH_BYTES];
    Error error = {0};

    expect_failure(CLI(&error, "key", "expire", "2", "2031-02-30", "--data", data), &error, ERROR_USAGE,
                   "CCYY-MM-DD");
    expect_failure(CLI(&error, "key", "expire", "two", "2031-02-28", "--data", data), &error, ERROR_USAGE,
                   "");
    expect_failure(CLI(&error, "key", "expire", "70000", "2031-02-28", "--data", data), &error, ERROR_USAGE,
                   "out of range");
    expect_failure(CLI(&error, "key", "expire", "0", "2031-02-28", "--data", data), &error, ERROR_USAGE,
                   "not a number");
    expect_failure(CLI(&error, "key", "expire", "3", "2031-02-28", "--data", data), &error, ERROR_CONFIG,
                   "no hub key of version 3");

    cr_expect(CLI(&error, "key", "expire", "2", "2031-02-28", "--data", data).ok, "%s", error.message);
    cr_expect(CLI(&error, "key", "expire", "regional", "2031-02-28", "--data", data).ok, "%s", error.message);
    cr_expect_eq(access(path_of("keyring/hub-2.until", until), F_OK), 0);
    cr_expect_eq(access(path_of("keyring/regional.until", until), F_OK), 0);
}

Test(key_end, an_older_version_is_destroyed_and_no_other_key_is)
{
    char key[PATH_BYTES];
    Error error = {0};

    expect_failure(CLI(&error, "key", "destroy", "regional", "--data", data), &error, ERROR_USAGE,
                   "everything held depends on it");
    expect_failure(CLI(&error, "key", "destroy", "0", "--data", data), &error, ERROR_USAGE, "");
    expect_failure(CLI(&error, "key", "destroy", "2", "--data", data), &error, ERROR_CONFIG,
                   "the current one");

    cr_expect(CLI(&error, "key", "destroy", "1", "--data", data).ok, "%s", error.message);
    cr_expect_neq(access(path_of("keyring/hub-1.key", key), F_OK), 0);
    cr_expect_eq(access(path_of("keyring/hub-2.key", key), F_OK), 0);
    cr_expect_eq(access(path_of("keyring/regional.key", key), F_OK), 0);
}

/* A pair of the form that `openssl genpkey -algorithm X25519` prints; the keys are Bob's of RFC 7748, 6.1. */
Test(key_end, the_regional_key_goes_to_a_provider_by_file)
{
    static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                     "MCowBQYDK2VuAyEA3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\n"
                                     "-----END PUBLIC KEY-----\n",
                      private_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                      "MC4CAQAwBQYDK2VuBCIEIF2rCH5iSopLeeF/i4OADuZvO7EpJhi2/Rwviyf/iODr\n"
                                      "-----END PRIVATE KEY-----\n";
    char to_them[PATH_BYTES], theirs[PATH_BYTES], sealed[PATH_BYTES], folder[PATH_BYTES], key[PATH_BYTES];
    Error error = {0};
    (void)umask(077);
    FILE *file = fopen(path_of("provider.pem", to_them), "w");
    cr_assert(file != NULL && fputs(public_pem, file) >= 0 && fclose(file) == 0);
    file = fopen(path_of("private.pem", theirs), "w");
    cr_assert(file != NULL && fputs(private_pem, file) >= 0 && fclose(file) == 0);
    (void)path_of("sealed", sealed);
    (void)path_of("provider", folder);

    expect_failure(CLI(&error, "key", "seal-for", theirs, "--out", sealed, "--data", data), &error,
                   ERROR_INPUT, "no PEM file of an X25519 public key");
    cr_expect(CLI(&error, "key", "seal-for", to_them, "--out", sealed, "--data", data).ok, "%s",
              error.message);
    cr_expect(CLI(&error, "key", "unseal", sealed, "--private-key", theirs, "--to", folder).ok, "%s",
              error.message);

    cr_expect_eq(access(path_of("provider/regional.key", key), F_OK), 0);
    expect_failure(CLI(&error, "key", "unseal", sealed), &error, ERROR_USAGE, "private-key");
}
