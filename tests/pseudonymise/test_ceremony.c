#include "pseudonymise/keyring.h"
#include "pseudonymise/shamir.h"
#include "pseudonymise/share_file.h"

#include "base/hash.h"
#include "tests/pseudonymise/fixture.h"

TestSuite(ceremony, .fini = fixture_clear);

enum { TEXT_BYTES = 8192 };

typedef struct Ceremony {
    char keyring[FIXTURE_PATH_BYTES], shares[3][FIXTURE_PATH_BYTES], id[KEYRING_CEREMONY_BYTES];
} Ceremony;

static void make_folder(const char *name)
{
    char path[FIXTURE_PATH_BYTES];

    cr_assert_eq(mkdir(fixture_path(name, path), 0755), 0);
}

static Result split_to(const char *keyring, const char *a, const char *b, const char *c,
                       char id[KEYRING_CEREMONY_BYTES], Error *error)
{
    char paths[3][FIXTURE_PATH_BYTES];
    const char *const places[] = {fixture_path(a, paths[0]), fixture_path(b, paths[1]),
                                  fixture_path(c, paths[2])};
    return keyring_split(keyring, places, id, error);
}

/* Of the keyring with the known keys; two of the places are folders, one is a file. */
static void hold(Ceremony *ceremony)
{
    Error error = {0};
    (void)umask(0);
    (void)fixture_keyring_folder(ceremony->keyring);
    make_folder("a");
    make_folder("b");
    make_folder("c");

    cr_assert(split_to(ceremony->keyring, "a", "b/second", "c", ceremony->id, &error).ok, "%s",
              error.message);

    (void)fixture_path("a/cinque-key-share-1", ceremony->shares[0]);
    (void)fixture_path("b/second", ceremony->shares[1]);
    (void)fixture_path("c/cinque-key-share-3", ceremony->shares[2]);
}

static Result restore(const char *folder, const char *a, const char *b, KeyringRestored *restored,
                      Error *error)
{
    const char *const paths[] = {a, b};
    return keyring_restore(folder, paths, restored, error);
}

static void expect_refused(const char *a, const char *b, ErrorCode code, const char *rule)
{
    char path[FIXTURE_PATH_BYTES];
    KeyringRestored restored;
    Error error = {0};

    cr_expect_not(restore(fixture_path("restored", path), a, b, &restored, &error).ok);

    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_not_null(strstr(error.message, rule), "'%s' is not in: %s", rule, error.message);
    cr_expect_neq(access(path, F_OK), 0, "nothing is made");
}

static void expect_equal_files(const char *a, const char *b)
{
    uint8_t first[KEY_BYTES], second[KEY_BYTES];

    cr_assert_eq(fixture_read(a, first, sizeof first), KEY_BYTES);
    cr_assert_eq(fixture_read(b, second, sizeof second), KEY_BYTES);
    cr_expect_arr_eq(first, second, KEY_BYTES, "%s, %s", a, b);
}

Test(ceremony, every_two_shares_restore_every_root)
{
    Ceremony ceremony;
    char path[FIXTURE_PATH_BYTES];
    hold(&ceremony);

    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            char name[32], file[64];
            KeyringRestored restored;
            Error error = {0};
            if (a == b)
                continue;
            (void)snprintf(name, sizeof name, "restored-%d%d", a, b);

            cr_assert(
                restore(fixture_path(name, path), ceremony.shares[a], ceremony.shares[b], &restored, &error)
                    .ok,
                "%s", error.message);

            cr_expect_eq(restored.written, 4);
            cr_expect_eq(restored.kept, 0);
            cr_expect(restored.has_new_quarantine);
            static const char *const files[] = {"regional.key", "subjects.key", "hub-1.key", "hub-2.key"};
            for (int i = 0; i < 4; i++) {
                char original[64];
                (void)snprintf(file, sizeof file, "%s/%s", name, files[i]);
                (void)snprintf(original, sizeof original, "keyring/%s", files[i]);
                expect_equal_files(file, original);
            }
            Keyring *keyring = fixture_open(path);
            cr_expect_eq(keyring_hub_version(keyring), 2);
            keyring_close(&keyring);
        }
}

Test(ceremony, shares_and_what_they_restore_are_for_their_owner_alone)
{
    Ceremony ceremony;
    char path[FIXTURE_PATH_BYTES];
    struct stat status;
    KeyringRestored restored;
    Error error = {0};

    hold(&ceremony);
    cr_assert(
        restore(fixture_path("restored", path), ceremony.shares[0], ceremony.shares[1], &restored, &error)
            .ok);

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(stat(ceremony.shares[i], &status), 0);
        cr_expect_eq(status.st_mode & 07777, 0600);
    }
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0700);
    cr_assert_eq(stat(fixture_path("restored/regional.key", path), &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
}

/* Neither in bytes nor in hex; a window of 8 bytes of a 32-byte key would show by chance once in 2^50. Goes
 * red when a share's slope is zero: then each share is the keys. */
Test(ceremony, no_part_of_a_key_stands_in_a_share)
{
    Ceremony ceremony;
    uint8_t text[TEXT_BYTES], key[KEY_BYTES];
    static const char *const keys[] = {"keyring/regional.key", "keyring/subjects.key", "keyring/hub-1.key",
                                       "keyring/hub-2.key"};
    static const char *const files[] = {"a/cinque-key-share-1", "b/second", "c/cinque-key-share-3"};
    hold(&ceremony);

    for (int file = 0; file < 3; file++) {
        size_t length = fixture_read(files[file], text, sizeof text);
        for (int k = 0; k < 4; k++) {
            (void)fixture_read(keys[k], key, sizeof key);
            for (size_t from = 0; from + 8 <= KEY_BYTES; from++) {
                char hex[FIXTURE_HEX_BYTES];
                (void)fixture_hex(key + from, 8, hex);
                cr_expect_null(memmem(text, length, key + from, 8));
                cr_expect_null(memmem(text, length, hex, 16));
            }
        }
    }
}

Test(ceremony, two_ceremonies_of_one_keyring_share_nothing)
{
    Ceremony ceremony;
    char id[KEYRING_CEREMONY_BYTES], other[FIXTURE_PATH_BYTES];
    Error error = {0};
    hold(&ceremony);
    make_folder("d");
    make_folder("e");
    make_folder("f");

    cr_assert(split_to(ceremony.keyring, "d", "e", "f", id, &error).ok, "%s", error.message);

    cr_expect_str_neq(id, ceremony.id);
    expect_refused(ceremony.shares[0], fixture_path("e/cinque-key-share-2", other), ERROR_INPUT,
                   "shares of two ceremonies");
}

Test(ceremony, one_share_given_twice_is_refused)
{
    Ceremony ceremony;
    hold(&ceremony);

    expect_refused(ceremony.shares[1], ceremony.shares[1], ERROR_INPUT, "both are share 2");
}

/* Every byte of a share, and every length it can be cut to. */
Test(ceremony, a_damaged_or_cut_share_is_refused)
{
    Ceremony ceremony;
    uint8_t text[TEXT_BYTES];
    char damaged[FIXTURE_PATH_BYTES];
    Error error;
    hold(&ceremony);
    size_t length = fixture_read("b/second", text, sizeof text);
    (void)fixture_path("damaged", damaged);

    for (size_t i = 0; i < length; i++) {
        SCOPED(share_close) Share changed = {0};
        SCOPED(share_close) Share cut = {0};
        text[i] ^= 1;
        fixture_write("damaged", text, length);
        text[i] ^= 1;
        cr_expect_not(share_read(damaged, &changed, &error).ok, "byte %zu", i);
        cr_expect_eq(error.code, ERROR_INPUT);
        fixture_write("damaged", text, i);
        cr_expect_not(share_read(damaged, &cut, &error).ok, "cut to %zu", i);
        cr_expect_eq(error.code, ERROR_INPUT);
    }
    text[length - 70] ^= 1;
    fixture_write("damaged", text, length);
    expect_refused(ceremony.shares[0], damaged, ERROR_INPUT, "damaged, its checksum differs");
}

Test(ceremony, what_is_no_share_is_said_to_be_none)
{
    Ceremony ceremony;
    char path[FIXTURE_PATH_BYTES];
    hold(&ceremony);

    expect_refused(ceremony.shares[0], fixture_path("keyring/regional.key", path), ERROR_INPUT,
                   "not a key share of a known version");
    expect_refused(ceremony.shares[0], fixture_path("a", path), ERROR_INPUT,
                   "not a key share of a known version");
    fixture_write("newer", "cinque key share 2\n", 19);
    expect_refused(ceremony.shares[0], fixture_path("newer", path), ERROR_INPUT,
                   "not a key share of a known version");
    expect_refused(ceremony.shares[0], fixture_path("none", path), ERROR_SYSTEM, "share cannot be opened");
}

/* Somebody who changes a share can make its checksum right again. */
Test(ceremony, a_share_changed_with_its_checksum_is_found_by_what_it_restores)
{
    Ceremony ceremony;
    SCOPED(share_close) Share share = {0};
    char forged[FIXTURE_PATH_BYTES];
    Error error = {0};
    hold(&ceremony);
    cr_assert(share_read(ceremony.shares[2], &share, &error).ok, "%s", error.message);
    secret_bytes(share.points)[40] ^= 1;
    cr_assert(share_write(fixture_path("forged", forged), &share, &error).ok, "%s", error.message);

    expect_refused(ceremony.shares[0], forged, ERROR_INPUT, "one of them was changed");
}

/* All in range but impossible: behind a right checksum and hash. */
Test(ceremony, points_that_restore_another_form_are_refused)
{
    Ceremony ceremony;
    uint8_t content[20] = {9};
    Hash hash = hash_of(content, 4);
    memcpy(content + 4, hash.bytes, 16);
    char paths[2][FIXTURE_PATH_BYTES];
    Error error = {0};
    hold(&ceremony);
    SCOPED(share_close) Share a = {.index = 1};
    SCOPED(share_close) Share b = {.index = 2};
    cr_assert(secret_create(sizeof content, &a.points, &error).ok);
    cr_assert(secret_create(sizeof content, &b.points, &error).ok);
    memcpy(secret_bytes(a.points), content, sizeof content); /* a line of slope 0 */
    memcpy(secret_bytes(b.points), content, sizeof content);
    cr_assert(share_write(fixture_path("one", paths[0]), &a, &error).ok);
    cr_assert(share_write(fixture_path("two", paths[1]), &b, &error).ok);

    expect_refused(paths[0], paths[1], ERROR_INPUT, "together they restore nothing");
}

Test(ceremony, two_shares_may_not_lie_in_one_folder_nor_beside_the_keys)
{
    char keyring[FIXTURE_PATH_BYTES], id[KEYRING_CEREMONY_BYTES], path[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(keyring);
    make_folder("a");
    make_folder("b");

    cr_expect_not(split_to(keyring, "a", "b", "a/other", id, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "in the folder of another share"), "%s", error.message);

    cr_expect_not(split_to(keyring, "a", "b", "keyring/share", id, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "the keyring's own folder"), "%s", error.message);

    cr_expect_not(split_to(keyring, "a", "b", "nowhere/share", id, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_neq(access(fixture_path("a/cinque-key-share-1", path), F_OK), 0, "no share is left");
}

Test(ceremony, when_one_share_cannot_be_written_none_is_left)
{
    char keyring[FIXTURE_PATH_BYTES], id[KEYRING_CEREMONY_BYTES], path[FIXTURE_PATH_BYTES];
    uint8_t kept[8];
    Error error = {0};
    (void)fixture_keyring_folder(keyring);
    make_folder("a");
    make_folder("b");
    make_folder("c");
    fixture_write("c/cinque-key-share-3", "another", 7);

    cr_expect_not(split_to(keyring, "a", "b", "c", id, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "never written over"), "%s", error.message);
    cr_expect_neq(access(fixture_path("a/cinque-key-share-1", path), F_OK), 0);
    cr_expect_neq(access(fixture_path("b/cinque-key-share-2", path), F_OK), 0);
    cr_expect_eq(fixture_read("c/cinque-key-share-3", kept, sizeof kept), 7);
}

Test(ceremony, a_full_disk_leaves_no_share)
{
    char keyring[FIXTURE_PATH_BYTES], id[KEYRING_CEREMONY_BYTES], path[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(keyring);
    make_folder("a");
    make_folder("b");
    make_folder("c");
    fixture_limit_files(100);

    cr_expect_not(split_to(keyring, "a", "b", "c", id, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_neq(access(fixture_path("a/cinque-key-share-1", path), F_OK), 0);
}

Test(ceremony, a_missing_root_is_filled_in_and_the_others_kept)
{
    Ceremony ceremony;
    char path[FIXTURE_PATH_BYTES];
    uint8_t lost[KEY_BYTES], found[KEY_BYTES];
    KeyringRestored restored;
    Error error = {0};
    hold(&ceremony);
    (void)fixture_read("keyring/hub-1.key", lost, sizeof lost);
    cr_assert_eq(unlink(fixture_path("keyring/hub-1.key", path)), 0);

    cr_assert(restore(ceremony.keyring, ceremony.shares[2], ceremony.shares[0], &restored, &error).ok, "%s",
              error.message);

    cr_expect_eq(restored.written, 1);
    cr_expect_eq(restored.kept, 3);
    cr_expect_not(restored.has_new_quarantine);
    (void)fixture_read("keyring/hub-1.key", found, sizeof found);
    cr_expect_arr_eq(found, lost, KEY_BYTES);
}

Test(ceremony, another_key_is_never_written_over)
{
    Ceremony ceremony;
    char path[FIXTURE_PATH_BYTES];
    uint8_t key[KEY_BYTES];
    KeyringRestored restored;
    Error error = {0};
    hold(&ceremony);
    cr_assert_eq(unlink(fixture_path("keyring/regional.key", path)), 0);
    fixture_counting_key("keyring/hub-2.key", 200);

    cr_expect_not(restore(ceremony.keyring, ceremony.shares[0], ceremony.shares[1], &restored, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "hub-2.key: is another key"), "%s", error.message);
    cr_expect_neq(access(path, F_OK), 0, "nothing was restored");
    (void)fixture_read("keyring/hub-2.key", key, sizeof key);
    cr_expect_eq(key[0], 200);
}

Test(ceremony, more_versions_than_a_share_holds_are_refused)
{
    char keyring[FIXTURE_PATH_BYTES], id[KEYRING_CEREMONY_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(keyring);
    make_folder("a");
    make_folder("b");
    make_folder("c");
    for (int version = 3; version <= 48; version++) {
        char name[64];
        (void)snprintf(name, sizeof name, "keyring/hub-%d.key", version);
        fixture_counting_key(name, version);
    }

    cr_expect_not(split_to(keyring, "a", "b", "c", id, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
}
