#include "pseudonymise/pseudonymise.h"
#include "tests/cli/own_folder.h"

/* A data folder without a database, as a key holder's. */
static void make_data(void)
{
    static const char *const folders[] = {"a", "b", "c"};
    char path[OWN_PATH_BYTES];

    own_folder_make("ceremony");
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(mkdir(own_path(folders[i], path), 0700), 0);
    cr_redirect_stdout();
}

TestSuite(key_ceremony, .init = make_data, .fini = own_folder_remove, .timeout = 300);

Test(key_ceremony, a_lost_keyring_comes_back_from_two_shares)
{
    char a[OWN_PATH_BYTES], b[OWN_PATH_BYTES], c[OWN_PATH_BYTES], keyring[OWN_PATH_BYTES],
        away[OWN_PATH_BYTES];
    Keyring *restored = NULL;
    Error error = {0};
    cr_assert(CLI(&error, "key", "create", "--data", own_folder).ok, "%s", error.message);

    cr_assert(CLI(&error, "key", "ceremony", own_path("a", a), own_path("b", b), own_path("c", c), "--data",
                  own_folder)
                  .ok,
              "%s", error.message);
    cr_assert_eq(rename(own_path("keyring", keyring), own_path("away", away)), 0);
    cr_assert(CLI(&error, "key", "ceremony", "restore", own_path("c/cinque-key-share-3", c),
                  own_path("a/cinque-key-share-1", a), "--data", own_folder)
                  .ok,
              "%s", error.message);

    cr_assert(keyring_open(keyring, &restored, &error).ok, "%s", error.message);
    keyring_close(&restored);
}

Test(key_ceremony, other_numbers_of_places_are_a_usage_error)
{
    Error error = {0};

    expect_failure(CLI(&error, "key", "ceremony", "a", "b", "--data", own_folder), &error, ERROR_USAGE,
                   "ceremony");
    expect_failure(CLI(&error, "key", "ceremony", "restore", "a", "--data", own_folder), &error, ERROR_USAGE,
                   "ceremony");
}

Test(key_ceremony, a_stopped_database_refuses_it)
{
    char pg[OWN_PATH_BYTES], a[OWN_PATH_BYTES], b[OWN_PATH_BYTES], c[OWN_PATH_BYTES];
    Error error = {0};
    FILE *version;
    cr_assert(CLI(&error, "key", "create", "--data", own_folder).ok, "%s", error.message);
    cr_assert_eq(mkdir(own_path("pg", pg), 0700), 0);
    cr_assert_eq(mkdir(own_path("pg/data", pg), 0700), 0);
    version = fopen(own_path("pg/data/PG_VERSION", pg), "w");
    cr_assert_not_null(version);
    (void)fclose(version);

    Result result = CLI(&error, "key", "ceremony", own_path("a", a), own_path("b", b), own_path("c", c),
                        "--data", own_folder);

    expect_failure(result, &error, ERROR_CONFIG, "work on keys is logged there");
    cr_expect_neq(access(own_path("a/cinque-key-share-1", a), F_OK), 0);
}
