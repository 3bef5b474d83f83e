#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/input_keys.h"
#include "tests/cli/workbench.h"
#include "tests/support/temporary.h"

static char data[TEMPORARY_PATH_BYTES];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    (void)remove(path); /* gpg's agent may have been there first */
    return 0;
}

static void make_data(void)
{
    char name[32];

    (void)snprintf(name, sizeof name, "key-%d", (int)getpid());
    cr_assert_eq(mkdir(temporary_path(name, data), 0700), 0);
    cr_redirect_stdout();
}

/* gpg's agent ends when its socket is gone. */
static void remove_data(void)
{
    (void)nftw(data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* As long as that of suite init: Criterion leaks a timeout when one that ends earlier is set behind it. */
TestSuite(key_delivery, .init = make_data, .fini = remove_data, .timeout = 300);

static const char *path_of(const char *name)
{
    static char path[TEMPORARY_PATH_BYTES + 64];

    (void)snprintf(path, sizeof path, "%s/%s", data, name);
    return path;
}

Test(key_delivery, keys_are_made_shown_and_made_once_alone)
{
    Error error = {0};
    struct stat status;

    cr_assert(CLI(&error, "key", "delivery", "create", "County deliveries", "--data", data).ok, "%s",
              error.message);

    cr_assert_eq(stat(path_of("keyring/delivery"), &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0700);
    cr_assert_eq(stat(path_of("keyring/delivery/cms-1.pem"), &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text text;
    cr_assert(input_keys_public(path_of("keyring/delivery"), arena, &text, &error).ok, "%s", error.message);
    cr_expect(text_starts_with(text, TEXT("OpenPGP ")));
    cr_expect_not_null(strstr(text.data, "-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    cr_expect_not_null(strstr(text.data, "-----BEGIN CERTIFICATE-----"));
    cr_expect_null(strstr(text.data, "PRIVATE"));
    cr_expect(CLI(&error, "key", "delivery", "show", "--data", data).ok, "%s", error.message);
    expect_failure(CLI(&error, "key", "delivery", "create", "again", "--data", data), &error, ERROR_CONFIG,
                   "keyring/delivery: is there already");
}

static void copy(const char *from, const char *to)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text text;

    cr_assert(input_read_all(from, 1 << 16, arena, &text, &error).ok, "%s", error.message);
    FILE *file = fopen(to, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text.data, 1, text.length, file), text.length);
    cr_assert_eq(fclose(file), 0);
}

Test(key_delivery, a_pair_of_ones_own_is_taken_in_beside_the_others)
{
    Error error = {0};
    struct stat status;
    char file[sizeof data + 64];
    cr_assert(CLI(&error, "key", "delivery", "create", "x", "--data", data).ok, "%s", error.message);
    memcpy(file, path_of("pair.pem"), sizeof file);
    copy(path_of("keyring/delivery/cms-1.pem"), file);

    cr_assert(CLI(&error, "key", "delivery", "import", file, "--data", data).ok, "%s", error.message);

    cr_expect_eq(stat(path_of("keyring/delivery/cms-2.pem"), &status), 0);
}

Test(key_delivery, what_is_no_key_is_not_taken_in)
{
    Error error = {0};
    char file[sizeof data + 64];
    cr_assert(CLI(&error, "key", "delivery", "create", "x", "--data", data).ok, "%s", error.message);
    memcpy(file, path_of("note"), sizeof file);
    FILE *out = fopen(file, "w");
    cr_assert_not_null(out);
    (void)fputs("no key\n", out);
    (void)fclose(out);

    expect_failure(CLI(&error, "key", "delivery", "import", file, "--data", data), &error, ERROR_INPUT,
                   "neither an OpenPGP key nor a PEM file");
}

Test(key_delivery, an_unknown_action_tells_the_known_ones)
{
    Error error = {0};

    expect_failure(CLI(&error, "key", "delivery", "rotate", "--data", data), &error, ERROR_USAGE,
                   "create NAME | import FILE | show");
    expect_failure(CLI(&error, "key", "delivery", "create", "--data", data), &error, ERROR_USAGE,
                   "create NAME | import FILE | show");
}

/* The switch: cli_use_delivery_keys. */
Test(key_delivery, a_data_folder_with_keys_has_them_used)
{
    static const unsigned char message[] = {0x84, 0x0C, 3,  0, 0, 0,    0,    0,   0,
                                            0,    1,    18, 0, 0, 0xD2, 0x01, 0x01};
    Error error = {0};
    Input *input = NULL;
    const char *path = support_file("message", "");
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(message, 1, sizeof message, out), sizeof message);
    (void)fclose(out);

    cr_assert_not(input_open(path, NULL, &input, &error).ok);
    cr_expect_not_null(strstr(error.message, "there is no key for deliveries"), "%s", error.message);
    cr_assert_eq(mkdir(path_of("keyring"), 0700), 0);
    cr_assert_eq(mkdir(path_of("keyring/delivery"), 0700), 0);
    (void)CLI(&error, "key", "delivery", "nothing", "--data", data);
    Result opened = input_open(path, NULL, &input, &error);
    input_close(&input);

    cr_expect_null(strstr(error.message, "there is no key for deliveries"), "%s", error.message);
    (void)opened;
}
