#include "pseudonymise/keyring.h"
#include "pseudonymise/seal_format.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tests/pseudonymise/fixture.h"

TestSuite(provider_key, .fini = fixture_clear);

enum { SEALED_BYTES_MAX = 512 };

/* name.pem and name.public.pem */
static void make_pair(const char *name, const char *algorithm)
{
    char file_name[64], path[FIXTURE_PATH_BYTES];
    EVP_PKEY *pair = strcmp(algorithm, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                                                   : EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
    cr_assert_not_null(pair);

    (void)snprintf(file_name, sizeof file_name, "%s.pem", name);
    fixture_write(file_name, "", 0);
    FILE *file = fopen(fixture_path(file_name, path), "w");
    cr_assert_not_null(file);
    cr_assert_eq(PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(file);
    (void)snprintf(file_name, sizeof file_name, "%s.public.pem", name);
    file = fopen(fixture_path(file_name, path), "w");
    cr_assert_not_null(file);
    cr_assert_eq(PEM_write_PUBKEY(file, pair), 1);
    (void)fclose(file);
    EVP_PKEY_free(pair);
}

static Result seal_for(const char *public_pem, const char *out, Error *error)
{
    char pem[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES], folder[FIXTURE_PATH_BYTES];
    SCOPED(keyring_close) Keyring *keyring = fixture_open(fixture_path("keyring", folder));
    ProviderKey key;

    TRY(keyring_provider_key(fixture_path(public_pem, pem), &key, error));
    return keyring_seal_for(keyring, &key, fixture_path(out, path), error);
}

static Result unseal(const char *sealed, const char *private_pem, const char *to, Error *error)
{
    char paths[3][FIXTURE_PATH_BYTES];

    return keyring_unseal(fixture_path(sealed, paths[0]), fixture_path(private_pem, paths[1]),
                          fixture_path(to, paths[2]), error);
}

static void expect_failure(Result result, const Error *error, ErrorCode code, const char *rule)
{
    char folder[FIXTURE_PATH_BYTES];

    cr_expect_not(result.ok);
    cr_expect_eq(error->code, code, "%s", error->message);
    cr_expect_not_null(strstr(error->message, rule), "'%s' is not in: %s", rule, error->message);
    cr_expect_neq(access(fixture_path("provider", folder), F_OK), 0, "nothing is made");
}

static void set_up_sealed(void)
{
    char folder[FIXTURE_PATH_BYTES];
    Error error = {0};

    (void)fixture_keyring_folder(folder);
    make_pair("hospital", "X25519");
    cr_assert(seal_for("hospital.public.pem", "sealed", &error).ok, "%s", error.message);
}

Test(provider_key, the_provider_gets_the_regional_key_and_no_other)
{
    char path[FIXTURE_PATH_BYTES];
    uint8_t hub[KEY_BYTES], theirs[KEY_BYTES], ours[KEY_BYTES];
    struct stat status;
    Error error = {0};
    set_up_sealed();

    cr_assert(unseal("sealed", "hospital.pem", "provider", &error).ok, "%s", error.message);

    (void)fixture_read("provider/regional.key", theirs, sizeof theirs);
    (void)fixture_read("keyring/regional.key", ours, sizeof ours);
    cr_expect_arr_eq(theirs, ours, KEY_BYTES);
    cr_expect_neq(access(fixture_path("provider/hub-2.key", path), F_OK), 0);
    cr_expect_neq(access(fixture_path("provider/regional.until", path), F_OK), 0);
    cr_assert_eq(stat(fixture_path("provider", path), &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0700);
    cr_assert_eq(stat(fixture_path("provider/regional.key", path), &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    (void)fixture_read("keyring/hub-2.key", hub, sizeof hub);
    cr_expect_arr_neq(hub, theirs, KEY_BYTES);
}

Test(provider_key, its_last_day_goes_with_it_and_behind_it_nothing_is_sealed)
{
    char folder[FIXTURE_PATH_BYTES], day[16] = {0};
    Error error = {0};
    (void)fixture_keyring_folder(folder);
    make_pair("hospital", "X25519");
    cr_assert(keyring_expire(folder, 0, date_from_civil(2040, 6, 30), &error).ok);
    cr_assert(seal_for("hospital.public.pem", "sealed", &error).ok, "%s", error.message);
    cr_assert(unseal("sealed", "hospital.pem", "provider", &error).ok, "%s", error.message);
    cr_expect_eq(fixture_read("provider/regional.until", day, sizeof day), 11);
    cr_expect_str_eq(day, "2040-06-30\n");

    cr_assert(keyring_expire(folder, 0, date_today() - 1, &error).ok);

    cr_expect_not(seal_for("hospital.public.pem", "late", &error).ok);
    cr_expect_not_null(strstr(error.message, "past its last day"), "%s", error.message);
    cr_expect_neq(access(fixture_path("late", folder), F_OK), 0);
}

Test(provider_key, no_part_of_the_key_stands_in_the_sealed_file)
{
    uint8_t sealed[SEALED_BYTES_MAX], key[KEY_BYTES];
    set_up_sealed();

    size_t length = fixture_read("sealed", sealed, sizeof sealed);
    (void)fixture_read("keyring/regional.key", key, sizeof key);

    for (size_t from = 0; from + 6 <= KEY_BYTES; from++)
        cr_expect_null(memmem(sealed, length, key + from, 6));
}

Test(provider_key, another_private_key_does_not_open_it)
{
    Error error = {0};
    set_up_sealed();
    make_pair("other", "X25519");

    expect_failure(unseal("sealed", "other.pem", "provider", &error), &error, ERROR_INPUT,
                   "damaged, or sealed to another key");
}

/* Switch: what the file is of, in keyring_seal_for. */
Test(provider_key, a_file_sealed_for_something_else_is_no_regional_key)
{
    char path[FIXTURE_PATH_BYTES];
    uint8_t key[KEY_BYTES] = {9};
    EVP_PKEY *pair;
    Seal *seal = NULL;
    size_t length = KEY_BYTES;
    Error error = {0};
    set_up_sealed();
    FILE *file = fopen(fixture_path("hospital.public.pem", path), "r");
    cr_assert_not_null(file);
    pair = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    (void)fclose(file);
    cr_assert_eq(EVP_PKEY_get_raw_public_key(pair, key, &length), 1);
    EVP_PKEY_free(pair);
    cr_assert(seal_create_for(key, fixture_path("delivery", path), "delivery 7", &seal, &error).ok);
    cr_assert(seal_line(seal, 1, TEXT("12345678901234567890123456789012"), &error).ok);
    cr_assert(seal_finish(&seal, &error).ok);

    expect_failure(unseal("delivery", "hospital.pem", "provider", &error), &error, ERROR_INPUT, "damaged");
}

Test(provider_key, a_cut_or_damaged_file_makes_nothing)
{
    uint8_t sealed[SEALED_BYTES_MAX];
    Error error = {0};
    set_up_sealed();
    size_t length = fixture_read("sealed", sealed, sizeof sealed);

    for (size_t i = 0; i < length; i++) {
        fixture_write("cut", sealed, i);
        expect_failure(unseal("cut", "hospital.pem", "provider", &error), &error, ERROR_INPUT, "cut");
        sealed[i] ^= 1;
        fixture_write("damaged", sealed, length);
        sealed[i] ^= 1;
        cr_expect_not(unseal("damaged", "hospital.pem", "provider", &error).ok, "byte %zu", i);
    }
}

Test(provider_key, keys_of_other_kinds_open_to_others_or_missing_are_refused)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};
    set_up_sealed();
    make_pair("rsa", "RSA");
    make_pair("signing", "ED25519");

    expect_failure(seal_for("rsa.public.pem", "out", &error), &error, ERROR_INPUT,
                   "no PEM file of an X25519");
    expect_failure(seal_for("signing.public.pem", "out", &error), &error, ERROR_INPUT,
                   "no PEM file of an X25519");
    expect_failure(seal_for("hospital.pem", "out", &error), &error, ERROR_INPUT, "no PEM file of an X25519");
    expect_failure(seal_for("none", "out", &error), &error, ERROR_INPUT, "cannot be opened");
    expect_failure(unseal("sealed", "signing.pem", "provider", &error), &error, ERROR_INPUT,
                   "X25519 private key");
    expect_failure(unseal("sealed", "hospital.public.pem", "provider", &error), &error, ERROR_CONFIG,
                   "group or others");
    cr_assert_eq(chmod(fixture_path("hospital.pem", path), 0644), 0);
    expect_failure(unseal("sealed", "hospital.pem", "provider", &error), &error, ERROR_CONFIG,
                   "group or others");
}

Test(provider_key, nothing_is_written_over)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};
    set_up_sealed();

    cr_expect_not(seal_for("hospital.public.pem", "sealed", &error).ok);
    cr_assert_eq(mkdir(fixture_path("there", path), 0700), 0);
    cr_expect_not(unseal("sealed", "hospital.pem", "there", &error).ok);
    cr_expect_not_null(strstr(error.message, "never written over"), "%s", error.message);
}

Test(provider_key, a_fingerprint_is_of_the_key_itself)
{
    char path[FIXTURE_PATH_BYTES];
    ProviderKey key;
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VuAyEA3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\n"
                              "-----END PUBLIC KEY-----\n";
    Error error = {0};
    fixture_write("bob.pem", pem, strlen(pem));

    cr_assert(keyring_provider_key(fixture_path("bob.pem", path), &key, &error).ok, "%s", error.message);

    /* Bob's public key of RFC 7748, section 6.1, under SHA-256 (sha256sum) */
    cr_expect_str_eq(key.fingerprint, "f35e5616160a30bf3c6e79fa73c576d40205e8fc3ba4e1c6dcf93e6b98e857b4");
}

/* Switch: the key that keyring_seal_for takes; where it read the file again this turns red. */
Test(provider_key, a_file_that_is_changed_once_its_fingerprint_was_told_changes_nothing)
{
    char pem[FIXTURE_PATH_BYTES], other[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES],
        folder[FIXTURE_PATH_BYTES];
    Error error = {0};
    ProviderKey key;
    (void)fixture_keyring_folder(folder);
    make_pair("hospital", "X25519");
    make_pair("another", "X25519");
    SCOPED(keyring_close) Keyring *keyring = fixture_open(folder);
    cr_assert(keyring_provider_key(fixture_path("hospital.public.pem", pem), &key, &error).ok, "%s",
              error.message);
    cr_assert_eq(rename(fixture_path("another.public.pem", other), pem), 0);

    cr_assert(keyring_seal_for(keyring, &key, fixture_path("sealed", path), &error).ok, "%s", error.message);

    cr_expect(unseal("sealed", "hospital.pem", "provider", &error).ok, "%s", error.message);
}
