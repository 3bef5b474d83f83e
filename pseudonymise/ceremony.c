/* Key ceremonies: the roots of a keyring in three shares, and restored from two. */
#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "pseudonymise/packed_roots.h"
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/shamir.h"
#include "pseudonymise/share_file.h"

enum { PATH_BYTES = 4096 };
_Static_assert((int)PACKED_ROOTS_BYTES_MAX <= (int)SHARE_POINTS_MAX, "a share holds every root");
_Static_assert((int)SHAMIR_SHARES == (int)KEYRING_SHARES && (int)SHAMIR_NEEDED == (int)KEYRING_SHARES_NEEDED,
               "one scheme");
_Static_assert(2 * (int)SHARE_CEREMONY_BYTES < (int)KEYRING_CEREMONY_BYTES,
               "room for a ceremony's number in hex");

typedef struct Shares {
    Share of[SHAMIR_SHARES];
} Shares;

static void shares_close(Shares *shares)
{
    for (int i = 0; i < SHAMIR_SHARES; i++)
        share_close(&shares->of[i]);
}

/* ---- splitting ---- */

typedef struct Places {
    char paths[SHAMIR_SHARES][PATH_BYTES];
    struct stat folders[SHAMIR_SHARES];
} Places;

static bool is_same_folder(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static Result resolve_place(const char *place, int index, Places *places, Error *error)
{
    char *path = places->paths[index], copy[PATH_BYTES];
    struct stat status;
    bool is_folder = stat(place, &status) == 0 && S_ISDIR(status.st_mode);
    int length = is_folder ? snprintf(path, PATH_BYTES, "%s/cinque-key-share-%d", place, index + 1)
                           : snprintf(path, PATH_BYTES, "%s", place);

    if (length < 1 || length >= PATH_BYTES)
        return fail(error, ERROR_CONFIG, "key share: a place's name is empty or too long");
    memcpy(copy, path, (size_t)length + 1);
    if (stat(dirname(copy), &places->folders[index]) != 0)
        return fail_errno(error, "%s: its folder cannot be examined", path);
    return RESULT_OK;
}

/* Two shares that lie together are the keys. */
static Result resolve_places(const char *folder, const char *const given[SHAMIR_SHARES], Places *places,
                             Error *error)
{
    struct stat keyring;

    if (stat(folder, &keyring) != 0)
        return fail_errno(error, "%s: keyring cannot be examined", folder);
    for (int i = 0; i < SHAMIR_SHARES; i++) {
        TRY(resolve_place(given[i], i, places, error));
        if (is_same_folder(&places->folders[i], &keyring))
            return fail(error, ERROR_CONFIG, "%s: lies in the keyring's own folder", places->paths[i]);
        for (int other = 0; other < i; other++)
            if (is_same_folder(&places->folders[i], &places->folders[other]))
                return fail(error, ERROR_CONFIG, "%s: lies in the folder of another share, and two restore",
                            places->paths[i]);
    }
    return RESULT_OK;
}

static Result make_shares(Secret *packed, Shares *shares, Error *error)
{
    ShamirShare points[SHAMIR_SHARES];
    uint8_t ceremony[SHARE_CEREMONY_BYTES];

    TRY(secret_random(ceremony, sizeof ceremony, error));
    for (int i = 0; i < SHAMIR_SHARES; i++) {
        TRY(secret_create(secret_length(packed), &shares->of[i].points, error));
        points[i].points = secret_bytes(shares->of[i].points);
        memcpy(shares->of[i].ceremony, ceremony, sizeof ceremony);
    }
    TRY(shamir_split(secret_bytes(packed), secret_length(packed), points, error));
    for (int i = 0; i < SHAMIR_SHARES; i++)
        shares->of[i].index = points[i].index;
    return RESULT_OK;
}

static Result combine(const Share *a, const Share *b, const char *path_a, const char *path_b, Secret **packed,
                      Error *error)
{
    const ShamirShare shares[SHAMIR_NEEDED] = {{a->index, secret_bytes(a->points)},
                                               {b->index, secret_bytes(b->points)}};

    if (memcmp(a->ceremony, b->ceremony, SHARE_CEREMONY_BYTES) != 0 ||
        secret_length(a->points) != secret_length(b->points))
        return fail(error, ERROR_INPUT, "%s, %s: shares of two ceremonies", path_a, path_b);
    if (a->index == b->index)
        return fail(error, ERROR_INPUT, "%s, %s: both are share %d", path_a, path_b, a->index);
    TRY(secret_create(secret_length(a->points), packed, error));
    shamir_combine(shares, secret_length(*packed), secret_bytes(*packed));
    if (!packed_roots_valid(*packed))
        return fail(error, ERROR_INPUT, "%s, %s: one of them was changed, together they restore nothing",
                    path_a, path_b);
    return RESULT_OK;
}

static Result restore_pair(const char *path_a, const char *path_b, Secret **packed, Error *error)
{
    SCOPED(share_close) Share a = {0};
    SCOPED(share_close) Share b = {0};

    TRY(share_read(path_a, &a, error));
    TRY(share_read(path_b, &b, error));
    return combine(&a, &b, path_a, path_b, packed, error);
}

static Result check_written(const Places *places, Secret *packed, Error *error)
{
    for (int a = 0; a < SHAMIR_SHARES; a++)
        for (int b = a + 1; b < SHAMIR_SHARES; b++) {
            SCOPED(secret_close) Secret *restored = NULL;
            TRY(restore_pair(places->paths[a], places->paths[b], &restored, error));
            if (secret_length(restored) != secret_length(packed) ||
                !secret_equal(secret_bytes(restored), secret_bytes(packed), secret_length(packed)))
                return fail(error, ERROR_SYSTEM, "%s, %s: do not restore what was split", places->paths[a],
                            places->paths[b]);
        }
    return RESULT_OK;
}

static Result write_shares(const Places *places, const Shares *shares, Secret *packed, Error *error)
{
    int written = 0;
    Result result = RESULT_OK;

    while (result.ok && written < SHAMIR_SHARES) {
        result = share_write(places->paths[written], &shares->of[written], error);
        written += result.ok;
    }
    if (result.ok)
        result = check_written(places, packed, error);
    for (int i = 0; !result.ok && i < written; i++)
        (void)unlink(places->paths[i]);
    return result;
}

Result keyring_split(const char *folder, const char *const places[KEYRING_SHARES],
                     char ceremony[KEYRING_CEREMONY_BYTES], Error *error)
{
    SCOPED(secret_close) Secret *packed = NULL;
    SCOPED(shares_close) Shares shares = {0};
    Places resolved;

    TRY(resolve_places(folder, places, &resolved, error));
    TRY(packed_roots_read(folder, &packed, error));
    TRY(make_shares(packed, &shares, error));
    TRY(write_shares(&resolved, &shares, packed, error));
    for (size_t i = 0; i < SHARE_CEREMONY_BYTES; i++)
        (void)snprintf(ceremony + 2 * i, 3, "%02x", shares.of[0].ceremony[i]);
    return RESULT_OK;
}

/* ---- restoring ---- */

/* *held: a file is there, and holds this root. */
static Result compare_root(const KeyFolder *folder, const char *name, const uint8_t root[KEY_BYTES],
                           bool *held, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(key_file_exists(folder, name, held, error));
    if (!*held)
        return RESULT_OK;
    TRY(secret_create(KEY_BYTES, &key, error));
    TRY(key_file_read(folder, name, secret_bytes(key), NULL, error));
    if (!secret_equal(secret_bytes(key), root, KEY_BYTES))
        return fail(error, ERROR_CONFIG, "%s/%s: is another key than the shares hold; nothing was restored",
                    folder->path, name);
    return RESULT_OK;
}

static Result restore_roots(const KeyFolder *folder, Secret *packed, KeyringRestored *restored, Error *error)
{
    bool held[PACKED_ROOTS_FIRST_HUB + PACKED_ROOTS_HUBS_MAX];
    char name[KEY_FILE_NAME_BYTES];
    size_t count = packed_roots_count(packed);

    assert(count <= sizeof held / sizeof held[0]);
    for (size_t i = 0; i < count; i++)
        TRY(compare_root(folder, packed_roots_file(packed, i, name), packed_roots_at(packed, i), &held[i],
                         error));
    for (size_t i = 0; i < count; i++) {
        if (!held[i])
            TRY(key_file_write(folder, packed_roots_file(packed, i, name), packed_roots_at(packed, i),
                               error));
        restored->kept += held[i];
        restored->written += !held[i];
    }
    return RESULT_OK;
}

/* What was sealed to the old one is lost with it; encodings come again with later deliveries. */
static Result restore_encodings(const KeyFolder *folder, KeyringRestored *restored, Error *error)
{
    SCOPED(hub_versions_close) HubVersions held = {0};

    TRY(key_folder_encodings_versions(folder, &held, error));
    restored->has_new_encodings = held.count == 0;
    return held.count > 0 ? RESULT_OK : key_folder_write_encodings_pair(folder, 1, error);
}

/* A keyring without one seals no quarantine, and does not open. */
static Result restore_quarantine(const KeyFolder *folder, KeyringRestored *restored, Error *error)
{
    bool has_public;

    TRY(key_file_exists(folder, KEY_FILE_QUARANTINE_PUBLIC, &has_public, error));
    restored->has_new_quarantine = !has_public;
    return has_public ? RESULT_OK : key_folder_write_quarantine_pair(folder, error);
}

Result keyring_restore(const char *folder, const char *const paths[KEYRING_SHARES_NEEDED],
                       KeyringRestored *restored, Error *error)
{
    SCOPED(secret_close) Secret *packed = NULL;
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;

    *restored = (KeyringRestored){0};
    TRY(restore_pair(paths[0], paths[1], &packed, error));
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail_errno(error, "%s: keyring cannot be made", folder);
    TRY(key_folder_open(folder, &opened, error));
    TRY(restore_roots(&opened, packed, restored, error));
    TRY(restore_quarantine(&opened, restored, error));
    TRY(restore_encodings(&opened, restored, error));
    return key_file_sync_parent(folder, error);
}
