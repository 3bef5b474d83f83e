#include "tests/cli/own_folder.h"

/* A key holder's data folder: two hub versions and no database. */
static void make_data(void)
{
    Error error = {0};

    own_folder_make("key-end");
    cr_redirect_stdout();
    cr_assert(CLI(&error, "key", "create", "--data", own_folder).ok, "%s", error.message);
    cr_assert(CLI(&error, "key", "rotate", "--data", own_folder).ok, "%s", error.message);
}

TestSuite(key_end, .init = make_data, .fini = own_folder_remove, .timeout = 300);

Test(key_end, a_last_day_is_a_day_of_a_key_that_there_is)
{
    char until[OWN_PATH_BYTES];
    Error error = {0};

    expect_failure(CLI(&error, "key", "expire", "2", "2031-02-30", "--data", own_folder), &error, ERROR_USAGE,
                   "CCYY-MM-DD");
    expect_failure(CLI(&error, "key", "expire", "two", "2031-02-28", "--data", own_folder), &error,
                   ERROR_USAGE, "");
    expect_failure(CLI(&error, "key", "expire", "70000", "2031-02-28", "--data", own_folder), &error,
                   ERROR_USAGE, "out of range");
    expect_failure(CLI(&error, "key", "expire", "0", "2031-02-28", "--data", own_folder), &error, ERROR_USAGE,
                   "not a number");
    expect_failure(CLI(&error, "key", "expire", "3", "2031-02-28", "--data", own_folder), &error,
                   ERROR_CONFIG, "no hub key of version 3");

    cr_expect(CLI(&error, "key", "expire", "2", "2031-02-28", "--data", own_folder).ok, "%s", error.message);
    cr_expect(CLI(&error, "key", "expire", "regional", "2031-02-28", "--data", own_folder).ok, "%s",
              error.message);
    cr_expect_eq(access(own_path("keyring/hub-2.until", until), F_OK), 0);
    cr_expect_eq(access(own_path("keyring/regional.until", until), F_OK), 0);
}

Test(key_end, an_older_version_is_destroyed_and_no_other_key_is)
{
    char key[OWN_PATH_BYTES];
    Error error = {0};

    expect_failure(CLI(&error, "key", "destroy", "regional", "--data", own_folder), &error, ERROR_USAGE,
                   "everything held depends on it");
    expect_failure(CLI(&error, "key", "destroy", "0", "--data", own_folder), &error, ERROR_USAGE, "");
    expect_failure(CLI(&error, "key", "destroy", "2", "--data", own_folder), &error, ERROR_CONFIG,
                   "the current one");

    cr_expect(CLI(&error, "key", "destroy", "1", "--data", own_folder).ok, "%s", error.message);
    cr_expect_neq(access(own_path("keyring/hub-1.key", key), F_OK), 0);
    cr_expect_eq(access(own_path("keyring/hub-2.key", key), F_OK), 0);
    cr_expect_eq(access(own_path("keyring/regional.key", key), F_OK), 0);
}

Test(key_end, what_encodings_are_sealed_to_is_rotated_and_its_older_version_destroyed)
{
    char key[OWN_PATH_BYTES];
    Error error = {0};

    expect_failure(CLI(&error, "key", "rotate", "hub", "--data", own_folder), &error, ERROR_USAGE,
                   "encodings is the only other key that is rotated");
    expect_failure(CLI(&error, "key", "destroy", "encodings-1", "--data", own_folder), &error, ERROR_CONFIG,
                   "no older version 1 of the encodings' key");
    cr_expect(CLI(&error, "key", "rotate", "encodings", "--data", own_folder).ok, "%s", error.message);
    expect_failure(CLI(&error, "key", "destroy", "encodings-2", "--data", own_folder), &error, ERROR_CONFIG,
                   "no older version 2");
    expect_failure(CLI(&error, "key", "destroy", "encodings-x", "--data", own_folder), &error, ERROR_USAGE,
                   "version of the encodings' key: not a number");
    expect_failure(CLI(&error, "key", "destroy", "encodings-regional", "--data", own_folder), &error,
                   ERROR_USAGE, "version of the encodings' key: not a number");

    cr_expect(CLI(&error, "key", "destroy", "encodings-1", "--data", own_folder).ok, "%s", error.message);

    cr_expect_neq(access(own_path("keyring/encodings-1.private", key), F_OK), 0);
    cr_expect_neq(access(own_path("keyring/encodings-1.public", key), F_OK), 0);
    cr_expect_eq(access(own_path("keyring/encodings-2.private", key), F_OK), 0);
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
    char to_them[OWN_PATH_BYTES], theirs[OWN_PATH_BYTES], sealed[OWN_PATH_BYTES], folder[OWN_PATH_BYTES],
        key[OWN_PATH_BYTES];
    Error error = {0};
    (void)umask(077);
    FILE *file = fopen(own_path("provider.pem", to_them), "w");
    cr_assert(file != NULL && fputs(public_pem, file) >= 0 && fclose(file) == 0);
    file = fopen(own_path("private.pem", theirs), "w");
    cr_assert(file != NULL && fputs(private_pem, file) >= 0 && fclose(file) == 0);
    (void)own_path("sealed", sealed);
    (void)own_path("provider", folder);

    expect_failure(CLI(&error, "key", "seal-for", theirs, "--out", sealed, "--data", own_folder), &error,
                   ERROR_INPUT, "no PEM file of an X25519 public key");
    cr_expect(CLI(&error, "key", "seal-for", to_them, "--out", sealed, "--data", own_folder).ok, "%s",
              error.message);
    cr_expect(CLI(&error, "key", "unseal", sealed, "--private-key", theirs, "--to", folder).ok, "%s",
              error.message);

    cr_expect_eq(access(own_path("provider/regional.key", key), F_OK), 0);
    expect_failure(CLI(&error, "key", "unseal", sealed), &error, ERROR_USAGE, "private-key");
}
