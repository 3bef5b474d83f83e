#include "pseudonymise/keyring.h"

#include "tests/pseudonymise/fixture.h"

TestSuite(keyring, .fini = fixture_clear);

static void expect_refused(const char *folder, ErrorCode code, const char *place, const char *rule)
{
    Keyring *keyring = NULL;
    Error error = {0};

    cr_expect_not(keyring_open(folder, &keyring, &error).ok);

    cr_expect_null(keyring);
    cr_expect_eq(error.code, code);
    cr_expect_not_null(strstr(error.message, place), "%s", error.message);
    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

static mode_t mode_of(const char *name)
{
    char path[FIXTURE_PATH_BYTES];
    struct stat status;

    cr_assert_eq(stat(fixture_path(name, path), &status), 0, "%s", name);
    return status.st_mode & 07777;
}

Test(keyring, a_created_one_opens_and_is_private)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)umask(0);

    cr_assert(keyring_create(fixture_path("new", path), NULL, &error).ok, "%s", error.message);

    Keyring *keyring = fixture_open(path);
    cr_expect_eq(keyring_hub_version(keyring), 1);
    cr_expect_eq(mode_of("new"), 0700);
    cr_expect_eq(mode_of("new/regional.key"), 0600);
    cr_expect_eq(mode_of("new/hub-1.key"), 0600);
    cr_expect_eq(mode_of("new/quarantine.public"), 0600);
    cr_expect_eq(mode_of("new/quarantine.private"), 0600);
    keyring_close(&keyring);
    cr_expect_null(keyring);
    keyring_close(&keyring);
}

Test(keyring, two_created_ones_share_no_key)
{
    char path[FIXTURE_PATH_BYTES];
    uint8_t first[KEY_BYTES], second[KEY_BYTES];
    static const char *const files[] = {"regional.key", "subjects.key", "hub-1.key", "quarantine.public",
                                        "quarantine.private"};
    Error error = {0};
    cr_assert(keyring_create(fixture_path("a", path), NULL, &error).ok, "%s", error.message);
    cr_assert(keyring_create(fixture_path("b/", path), NULL, &error).ok, "%s", error.message);

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "a/%s", files[i]);
        cr_assert_eq(fixture_read(name, first, sizeof first), 32);
        name[0] = 'b';
        cr_assert_eq(fixture_read(name, second, sizeof second), 32);
        cr_expect_arr_neq(first, second, sizeof first, "%s", files[i]);
    }
}

/* So that what two purposes of a region store is not joined (attack: stored). Switch: subjects' or hub key
 * copied too. */
Test(keyring, another_hub_of_a_region_shares_its_regional_key_alone)
{
    static const char *const own[] = {"subjects.key", "hub-1.key"};
    char path[FIXTURE_PATH_BYTES], first[FIXTURE_PATH_BYTES];
    uint8_t one[KEY_BYTES], other[KEY_BYTES], until[22];
    Error error = {0};
    (void)fixture_keyring_folder(first);
    cr_assert(keyring_expire(first, 0, 20000, &error).ok, "%s", error.message);

    cr_assert(keyring_create(fixture_path("second", path), first, &error).ok, "%s", error.message);

    (void)fixture_read("keyring/regional.key", one, sizeof one);
    (void)fixture_read("second/regional.key", other, sizeof other);
    cr_expect_arr_eq(one, other, sizeof one);
    cr_assert_eq(fixture_read("keyring/regional.until", until, sizeof until), 11, "a day and a line's end");
    cr_assert_eq(fixture_read("second/regional.until", until + 11, 11), 11);
    cr_expect_arr_eq(until, until + 11, 11);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "keyring/%s", own[i]);
        (void)fixture_read(name, one, sizeof one);
        (void)snprintf(name, sizeof name, "second/%s", own[i]);
        (void)fixture_read(name, other, sizeof other);
        cr_expect_arr_neq(one, other, sizeof one, "%s", own[i]);
    }
    cr_expect_not(keyring_create(fixture_path("third", path), "/nowhere", &error).ok);
    cr_expect_neq(access(path, F_OK), 0, "nothing half is left");
}

Test(keyring, an_existing_one_is_never_written_over)
{
    char path[FIXTURE_PATH_BYTES];
    uint8_t before[KEY_BYTES], after[KEY_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(path);
    (void)fixture_read("keyring/regional.key", before, sizeof before);

    cr_expect_not(keyring_create(path, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    (void)fixture_read("keyring/regional.key", after, sizeof after);
    cr_expect_arr_eq(before, after, sizeof before);
    cr_expect_not(keyring_create("", NULL, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}

Test(keyring, one_that_cannot_be_made_leaves_nothing_behind)
{
    char path[FIXTURE_PATH_BYTES], folder[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)fixture_path("full", path);
    fixture_limit_files(0);

    cr_expect_not(keyring_create(path, NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    (void)fixture_path("", folder);
    cr_expect_eq(rmdir(folder), 0, "the folder above is empty");
}

Test(keyring, one_under_a_missing_folder_cannot_be_made)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};

    cr_expect_not(keyring_create(fixture_path("missing/keyring", path), NULL, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(keyring, opens_without_the_private_quarantine_key)
{
    Keyring *keyring = fixture_keyring();

    cr_expect_eq(keyring_hub_version(keyring), 2);
    keyring_close(&keyring);
}

/* Goes red when check_private no longer looks at the mode. */
Test(keyring, a_folder_that_others_can_enter_is_refused)
{
    char path[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    static const mode_t modes[] = {0710, 0701, 0750, 0704};

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        cr_assert_eq(chmod(path, modes[i]), 0);
        expect_refused(path, ERROR_CONFIG, "keyring", "group or others have access");
    }
}

/* Goes red when check_private no longer looks at the mode. */
Test(keyring, a_key_file_that_others_can_read_is_refused)
{
    static const char *const files[] = {"regional.key", "subjects.key", "hub-1.key", "hub-2.key",
                                        "quarantine.public"};
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES + 32];
    (void)fixture_keyring_folder(path);

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", path, files[i]);
        cr_assert_eq(chmod(file, 0640), 0);
        expect_refused(path, ERROR_CONFIG, files[i], "group or others have access");
        cr_assert_eq(chmod(file, 0600), 0);
    }
    Keyring *keyring = fixture_open(path);
    keyring_close(&keyring);
}

Test(keyring, a_private_quarantine_key_that_others_can_read_is_refused_where_it_lies)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    fixture_counting_key("keyring/quarantine.private", 1);
    cr_assert_eq(chmod(fixture_path("keyring/quarantine.private", file), 0604), 0);

    expect_refused(path, ERROR_CONFIG, "quarantine.private", "group or others have access");
}

/* Goes red when check_private no longer looks at the owner. Needs root to give a file away. */
Test(keyring, a_key_file_of_another_account_is_refused)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    if (geteuid() != 0)
        cr_skip_test("only root can give a file away");
    (void)fixture_keyring_folder(path);
    cr_assert_eq(chown(fixture_path("keyring/hub-1.key", file), 65534, (gid_t)-1), 0);

    expect_refused(path, ERROR_CONFIG, "hub-1.key", "belongs to another account");

    cr_assert_eq(chown(file, 0, (gid_t)-1), 0);
    cr_assert_eq(chown(path, 65534, (gid_t)-1), 0);
    expect_refused(path, ERROR_CONFIG, "keyring", "belongs to another account");
}

/* Goes red when O_NOFOLLOW is taken out of key_file_read. */
Test(keyring, a_key_behind_a_symbolic_link_is_refused)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES], elsewhere[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    cr_assert_eq(rename(fixture_path("keyring/hub-1.key", file), fixture_path("elsewhere", elsewhere)), 0);
    cr_assert_eq(symlink(elsewhere, file), 0);

    expect_refused(path, ERROR_CONFIG, "hub-1.key", "a symbolic link");
}

/* Goes red when O_NOFOLLOW is taken out of key_folder_open. */
Test(keyring, a_folder_behind_a_symbolic_link_is_refused)
{
    char path[FIXTURE_PATH_BYTES], link[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    cr_assert_eq(symlink(path, fixture_path("link", link)), 0);

    expect_refused(link, ERROR_CONFIG, "link", "not a folder, or a symbolic link");
}

Test(keyring, a_key_of_a_wrong_length_is_refused)
{
    static const uint8_t bytes[33] = {1};
    static const size_t lengths[] = {0, 31, 33};
    char path[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);

    for (size_t i = 0; i < 3; i++) {
        fixture_write("keyring/regional.key", bytes, lengths[i]);
        expect_refused(path, ERROR_CONFIG, "regional.key", "exactly 32 bytes");
    }
}

/* Goes red when read_key no longer compares with zeros. */
Test(keyring, an_all_zero_key_is_refused)
{
    static const uint8_t zeros[KEY_BYTES];
    static const char *const files[] = {"keyring/regional.key", "keyring/hub-2.key",
                                        "keyring/quarantine.public"};
    char path[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);

    for (size_t i = 0; i < 3; i++) {
        uint8_t kept[KEY_BYTES];
        (void)fixture_read(files[i], kept, sizeof kept);
        fixture_write(files[i], zeros, sizeof zeros);
        expect_refused(path, ERROR_CONFIG, strrchr(files[i], '/'), "all-zero");
        fixture_write(files[i], kept, sizeof kept);
    }
}

Test(keyring, a_key_that_is_no_regular_file_is_refused)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    cr_assert_eq(unlink(fixture_path("keyring/hub-1.key", file)), 0);
    cr_assert_eq(mkfifo(file, 0600), 0);

    expect_refused(path, ERROR_CONFIG, "hub-1.key", "not a regular file");
}

Test(keyring, a_missing_key_is_refused_and_named)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);

    cr_assert_eq(unlink(fixture_path("keyring/quarantine.public", file)), 0);
    expect_refused(path, ERROR_CONFIG, "quarantine.public", "missing");
    cr_assert_eq(unlink(fixture_path("keyring/subjects.key", file)), 0);
    expect_refused(path, ERROR_CONFIG, "subjects.key", "missing");
    cr_assert_eq(unlink(fixture_path("keyring/regional.key", file)), 0);
    expect_refused(path, ERROR_CONFIG, "regional.key", "missing");
    cr_assert_eq(unlink(fixture_path("keyring/hub-1.key", file)), 0);
    cr_assert_eq(unlink(fixture_path("keyring/hub-2.key", file)), 0);
    expect_refused(path, ERROR_CONFIG, "keyring", "holds no hub key");
}

Test(keyring, a_missing_folder_is_an_error)
{
    char path[FIXTURE_PATH_BYTES];

    expect_refused(fixture_path("missing", path), ERROR_SYSTEM, "missing", "cannot be opened");
}

Test(keyring, files_that_are_no_hub_keys_do_not_count)
{
    static const char *const others[] = {"keyring/hub-03.key",   "keyring/hub-4.key.bak",
                                         "keyring/hub-.key",     "keyring/hub--1.key",
                                         "keyring/hub-1000.key", "keyring/.hub-5.key.9.new"};
    char path[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        fixture_counting_key(others[i], 1);

    Keyring *keyring = fixture_open(path);

    cr_expect_eq(keyring_hub_count(keyring), 2);
    cr_expect_eq(keyring_hub_version(keyring), 2);
    keyring_close(&keyring);
}

Test(keyring, rotation_adds_a_version_and_keeps_the_older_ones)
{
    char path[FIXTURE_PATH_BYTES];
    uint8_t before[KEY_BYTES], after[KEY_BYTES];
    int version = 0;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    (void)fixture_read("keyring/hub-2.key", before, sizeof before);

    cr_assert(keyring_rotate(path, &version, &error).ok, "%s", error.message);

    Keyring *keyring = fixture_open(path);
    cr_expect_eq(version, 3);
    cr_expect_eq(keyring_hub_version(keyring), 3);
    cr_expect_eq(keyring_hub_count(keyring), 3);
    (void)fixture_read("keyring/hub-2.key", after, sizeof after);
    cr_expect_arr_eq(before, after, sizeof before);
    cr_expect_eq(mode_of("keyring/hub-3.key"), 0600);
    keyring_close(&keyring);
}

Test(keyring, rotation_that_cannot_be_written_changes_nothing)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    int version = 0;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    fixture_limit_files(16);

    cr_expect_not(keyring_rotate(path, &version, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_neq(access(fixture_path("keyring/hub-3.key", file), F_OK), 0);
    Keyring *keyring = fixture_open(path);
    cr_expect_eq(keyring_hub_version(keyring), 2);
    keyring_close(&keyring);
}

Test(keyring, rotation_of_a_keyring_that_would_not_open_is_refused)
{
    char path[FIXTURE_PATH_BYTES];
    int version = 0;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    cr_assert_eq(chmod(path, 0755), 0);

    cr_expect_not(keyring_rotate(path, &version, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
}

Test(keyring, rotation_ends_with_the_last_version)
{
    char path[FIXTURE_PATH_BYTES];
    int version = 0;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    fixture_counting_key("keyring/hub-999.key", 1);

    cr_expect_not(keyring_rotate(path, &version, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
}

Test(keyring, a_list_names_each_key_with_its_version_and_day)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    KeyringEntry entries[5];
    size_t count = 0;
    Error error = {0};
    const struct timespec new_year[2] = {{.tv_sec = 1767225600},
                                         {.tv_sec = 1767225600}}; /* 2026-01-01T00:00Z */
    (void)fixture_keyring_folder(path);
    cr_assert_eq(utimensat(AT_FDCWD, fixture_path("keyring/hub-1.key", file), new_year, 0), 0);

    cr_assert(keyring_list(path, entries, 5, &count, &error).ok, "%s", error.message);

    cr_assert_eq(count, 5);
    cr_expect_str_eq(entries[0].name, "regional");
    cr_expect_eq(entries[0].version, 1);
    cr_expect(entries[0].is_current);
    cr_expect_str_eq(entries[1].name, "subjects");
    cr_expect_str_eq(entries[2].name, "hub");
    cr_expect_eq(entries[2].version, 1);
    cr_expect_str_eq(entries[2].created, "2026-01-01");
    cr_expect_not(entries[2].is_current);
    cr_expect_eq(entries[3].version, 2);
    cr_expect(entries[3].is_current);
    cr_expect_str_eq(entries[4].name, "quarantine");
}

Test(keyring, a_list_longer_than_its_room_is_an_error)
{
    char path[FIXTURE_PATH_BYTES];
    KeyringEntry entries[3];
    size_t count = 0;
    Error error = {0};
    (void)fixture_keyring_folder(path);

    cr_expect_not(keyring_list(path, entries, 3, &count, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
}

Test(keyring, no_error_message_holds_key_bytes)
{
    char path[FIXTURE_PATH_BYTES];
    Keyring *keyring = NULL;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    fixture_write("keyring/regional.key", "MARKEDMARKEDMARKEDMARKED", 24);

    cr_expect_not(keyring_open(path, &keyring, &error).ok);

    cr_expect_null(strstr(error.message, "MARKED"));
}

Test(keyring, a_hub_version_it_does_not_hold_has_no_key)
{
    Keyring *keyring = fixture_keyring();
    Secret *key = NULL;
    Error error = {0};

    cr_expect_not(keyring_outer_key(keyring, "linkage", 3, &key, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, "keyring: no hub key of version 3");
    keyring_close(&keyring);
}

/* ---- the end of a key ---- */

static KeyringEntry entry_of(const char *path, size_t index)
{
    KeyringEntry entries[8];
    size_t count;
    Error error = {0};

    cr_assert(keyring_list(path, entries, 8, &count, &error).ok, "%s", error.message);
    cr_assert_lt(index, count);
    return entries[index];
}

Test(keyring, a_last_day_is_kept_listed_and_may_be_moved)
{
    char path[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)umask(0);
    (void)fixture_keyring_folder(path);
    Keyring *keyring = fixture_open(path);
    cr_expect_eq(keyring_not_after(keyring), DATE_NONE);
    keyring_close(&keyring);

    cr_assert(keyring_expire(path, 2, date_from_civil(2031, 5, 6), &error).ok, "%s", error.message);
    cr_assert(keyring_expire(path, 2, date_from_civil(2031, 5, 7), &error).ok, "%s", error.message);
    cr_assert(keyring_expire(path, 0, date_from_civil(2032, 1, 1), &error).ok, "%s", error.message);
    cr_assert(keyring_expire(path, 1, date_from_civil(2001, 1, 1), &error).ok, "%s", error.message);

    cr_expect_str_eq(entry_of(path, 0).not_after, "2032-01-01");
    cr_expect_str_eq(entry_of(path, 2).not_after, "2001-01-01");
    cr_expect_str_eq(entry_of(path, 3).not_after, "2031-05-07");
    cr_expect_str_eq(entry_of(path, 4).not_after, "", "the quarantine's key has none");
    cr_expect_eq(mode_of("keyring/hub-2.until"), 0600);
    keyring = fixture_open(path);
    cr_expect_eq(keyring_not_after(keyring), date_from_civil(2031, 5, 7), "older versions do not count");
    keyring_close(&keyring);
}

Test(keyring, a_last_day_that_is_none_or_open_to_others_is_refused)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    (void)fixture_keyring_folder(path);

    fixture_write("keyring/hub-2.until", "2031-02-30\n", 11);
    expect_refused(path, ERROR_CONFIG, "hub-2.until", "holds no day");
    fixture_write("keyring/hub-2.until", "2031-02-28", 10);
    expect_refused(path, ERROR_CONFIG, "hub-2.until", "exactly 11 bytes");
    fixture_write("keyring/hub-2.until", "2031-02-28\n", 11);
    cr_assert_eq(chmod(fixture_path("keyring/hub-2.until", file), 0620), 0);
    expect_refused(path, ERROR_CONFIG, "hub-2.until", "group or others");
    cr_assert_eq(unlink(file), 0);
    cr_assert_eq(symlink("/dev/null", file), 0);
    expect_refused(path, ERROR_CONFIG, "hub-2.until", "symbolic link");
}

Test(keyring, a_destroyed_version_is_overwritten_and_gone)
{
    char path[FIXTURE_PATH_BYTES], link_path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    uint8_t before[KEY_BYTES], after[KEY_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(path);
    cr_assert(keyring_expire(path, 1, date_today(), &error).ok);
    (void)fixture_read("keyring/hub-1.key", before, sizeof before);
    /* another name of the same file shows what became of its bytes */
    cr_assert_eq(link(fixture_path("keyring/hub-1.key", file), fixture_path("kept", link_path)), 0);

    cr_assert(keyring_destroy(path, 1, &error).ok, "%s", error.message);

    cr_expect_neq(access(file, F_OK), 0);
    cr_expect_neq(access(fixture_path("keyring/hub-1.until", file), F_OK), 0);
    cr_assert_eq(fixture_read("kept", after, sizeof after), KEY_BYTES);
    for (size_t from = 0; from + 4 <= KEY_BYTES; from++)
        cr_expect_null(memmem(after, sizeof after, before + from, 4));
    Keyring *keyring = fixture_open(path);
    cr_expect_eq(keyring_hub_version(keyring), 2);
    keyring_close(&keyring);
}

Test(keyring, the_current_version_and_one_that_is_not_there_are_not_destroyed)
{
    char path[FIXTURE_PATH_BYTES], file[FIXTURE_PATH_BYTES];
    Error error = {0};
    (void)fixture_keyring_folder(path);

    cr_expect_not(keyring_destroy(path, 2, &error).ok);
    cr_expect_not_null(strstr(error.message, "is the current one"), "%s", error.message);
    cr_expect_not(keyring_destroy(path, 3, &error).ok);
    cr_expect_not_null(strstr(error.message, "no hub key of version 3"), "%s", error.message);
    cr_expect_not(keyring_expire(path, 3, date_today(), &error).ok);
    cr_expect_eq(access(fixture_path("keyring/hub-2.key", file), F_OK), 0);
}
