/* Keyrings as files: made, rotated, listed. Opening and using one is in keyring.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/secret.h"
#include "pseudonymise/key_until.h"
#include "pseudonymise/pseudonymise.h"

enum { PATH_BYTES = 4096 };

static Result write_random(const KeyFolder *folder, const char *name, Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(secret_create(KEY_BYTES, &key, error));
    TRY(secret_random(secret_bytes(key), KEY_BYTES, error));
    return key_file_write(folder, name, secret_bytes(key), error);
}

static void pair_close(EVP_PKEY **pair)
{
    EVP_PKEY_free(*pair);
}

Result key_folder_write_pair(const KeyFolder *folder, const char *private_name, const char *public_name,
                             Error *error)
{
    SCOPED(pair_close) EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    SCOPED(secret_close) Secret *private_key = NULL;
    uint8_t public_key[KEY_BYTES];
    size_t private_length = KEY_BYTES, public_length = KEY_BYTES;

    TRY(secret_create(KEY_BYTES, &private_key, error));
    if (pair == NULL || EVP_PKEY_get_raw_private_key(pair, secret_bytes(private_key), &private_length) != 1 ||
        EVP_PKEY_get_raw_public_key(pair, public_key, &public_length) != 1)
        return fail(error, ERROR_SYSTEM, "X25519: OpenSSL refused");
    TRY(key_file_write(folder, private_name, secret_bytes(private_key), error));
    return key_file_write(folder, public_name, public_key, error);
}

Result key_folder_write_quarantine_pair(const KeyFolder *folder, Error *error)
{
    return key_folder_write_pair(folder, KEY_FILE_QUARANTINE_PRIVATE, KEY_FILE_QUARANTINE_PUBLIC, error);
}

Result key_folder_write_encodings_pair(const KeyFolder *folder, int version, Error *error)
{
    char private_name[KEY_FILE_NAME_BYTES], public_name[KEY_FILE_NAME_BYTES];

    return key_folder_write_pair(folder, key_folder_encodings_file(version, true, private_name),
                                 key_folder_encodings_file(version, false, public_name), error);
}

/* The regional key that another hub has, with its last day. */
static Result copy_regional(const char *region, const KeyFolder *folder, Error *error)
{
    SCOPED(key_folder_close) KeyFolder from = KEY_FOLDER_NONE;
    SCOPED(secret_close) Secret *key = NULL;
    Date until;

    TRY(secret_create(KEY_BYTES, &key, error));
    TRY(key_folder_open(region, &from, error));
    TRY(key_file_read(&from, KEY_FILE_REGIONAL, secret_bytes(key), NULL, error));
    TRY(key_until_read(&from, KEY_FILE_REGIONAL, &until, error));
    if (until != DATE_NONE)
        TRY(key_until_write(folder, KEY_FILE_REGIONAL, until, error));
    return key_file_write(folder, KEY_FILE_REGIONAL, secret_bytes(key), error);
}

static Result fill_folder(const char *path, const char *region, Error *error)
{
    SCOPED(key_folder_close) KeyFolder folder = KEY_FOLDER_NONE;
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_open(path, &folder, error));
    TRY(write_random(&folder, KEY_FILE_SUBJECTS, error));
    TRY(write_random(&folder, key_folder_hub_file(1, name), error));
    TRY(key_folder_write_encodings_pair(&folder, 1, error));
    TRY(key_folder_write_quarantine_pair(&folder, error));
    /* Last: a copy of a living key is left behind only where a kill strikes between this and the end. */
    return region != NULL ? copy_regional(region, &folder, error)
                          : write_random(&folder, KEY_FILE_REGIONAL, error);
}

static void remove_folder(const char *path)
{
    KeyFolder folder = KEY_FOLDER_NONE;
    Error ignored;
    char name[KEY_FILE_NAME_BYTES];

    if (key_folder_open(path, &folder, &ignored).ok) {
        (void)unlinkat(folder.descriptor, KEY_FILE_REGIONAL, 0);
        Result removed = key_until_remove(&folder, KEY_FILE_REGIONAL, &ignored);
        (void)removed;
        (void)unlinkat(folder.descriptor, KEY_FILE_SUBJECTS, 0);
        (void)unlinkat(folder.descriptor, key_folder_hub_file(1, name), 0);
        (void)unlinkat(folder.descriptor, key_folder_encodings_file(1, true, name), 0);
        (void)unlinkat(folder.descriptor, key_folder_encodings_file(1, false, name), 0);
        (void)unlinkat(folder.descriptor, KEY_FILE_QUARANTINE_PRIVATE, 0);
        (void)unlinkat(folder.descriptor, KEY_FILE_QUARANTINE_PUBLIC, 0);
    }
    key_folder_close(&folder);
    (void)rmdir(path);
}

/* rename puts a folder over an empty one, but never over a file, a link or a folder with something in it. */
static Result publish_folder(const char *made, const char *path, Error *error)
{
    if (rename(made, path) == 0)
        return key_file_sync_parent(path, error);
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
        return fail(error, ERROR_CONFIG, "%s: there is something already, a keyring is never written over",
                    path);
    return fail_errno(error, "%s: keyring cannot be put in place", path);
}

Result keyring_create(const char *folder, const char *region, Error *error)
{
    char path[PATH_BYTES], made[PATH_BYTES];
    int path_length = snprintf(path, sizeof path, "%s", folder);

    while (path_length > 1 && path_length < PATH_BYTES && path[path_length - 1] == '/')
        path[--path_length] = '\0';
    int length = path_length < PATH_BYTES ? snprintf(made, sizeof made, "%s.XXXXXX", path) : PATH_BYTES;
    if (path_length == 0 || length >= PATH_BYTES)
        return fail(error, ERROR_CONFIG, "keyring: folder's name is empty or too long");
    /* All or nothing: the keys are made beside the place and moved in with their folder. */
    if (mkdtemp(made) == NULL)
        return fail_errno(error, "%s: keyring cannot be made", path);
    Result result = fill_folder(made, region, error);
    if (result.ok)
        result = publish_folder(made, path, error);
    if (!result.ok)
        remove_folder(made);
    return result;
}

Result keyring_rotate(const char *folder, int *version, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(hub_versions_close) HubVersions hub = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_file_read(&opened, KEY_FILE_REGIONAL, NULL, NULL, error));
    TRY(key_folder_hub_versions(&opened, &hub, error));
    int next = hub.versions[hub.count - 1] + 1;
    if (next > KEY_HUB_VERSIONS_MAX)
        return fail(error, ERROR_LIMIT, "%s: no hub version left", folder);
    TRY(write_random(&opened, key_folder_hub_file(next, name), error));
    *version = next;
    return RESULT_OK;
}

Result keyring_rotate_encodings(const char *folder, int *version, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(hub_versions_close) HubVersions held = {0};

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_folder_encodings_versions(&opened, &held, error));
    int next = held.count == 0 ? 1 : held.versions[held.count - 1] + 1;
    if (next > KEY_HUB_VERSIONS_MAX)
        return fail(error, ERROR_LIMIT, "%s: no version of the encodings' key left", folder);
    TRY(key_folder_write_encodings_pair(&opened, next, error));
    *version = next;
    return RESULT_OK;
}

typedef struct Listing {
    KeyringEntry *entries;
    size_t entries_max, count;
} Listing;

static Result list_key(const KeyFolder *folder, const char *file, KeyringEntry entry, Listing *listing,
                       Error *error)
{
    Date created;
    Date until;

    TRY(key_file_read(folder, file, NULL, &created, error));
    TRY(key_until_read(folder, file, &until, error));
    if (listing->count == listing->entries_max)
        return fail(error, ERROR_LIMIT, "%s: holds more keys than were asked for", folder->path);
    (void)date_format(created, entry.created);
    if (until != DATE_NONE)
        (void)date_format(until, entry.not_after);
    listing->entries[listing->count++] = entry;
    return RESULT_OK;
}

static Result list_encodings(const KeyFolder *folder, Listing *listing, Error *error)
{
    SCOPED(hub_versions_close) HubVersions held = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_encodings_versions(folder, &held, error));
    for (size_t i = 0; i < held.count; i++) {
        KeyringEntry entry = {
            .name = KEY_FAMILY_ENCODINGS, .version = held.versions[i], .is_current = i + 1 == held.count};
        TRY(list_key(folder, key_folder_encodings_file(held.versions[i], false, name), entry, listing,
                     error));
    }
    return RESULT_OK;
}

Result keyring_list(const char *folder, KeyringEntry *entries, size_t entries_max, size_t *count,
                    Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(hub_versions_close) HubVersions hub = {0};
    Listing listing = {.entries = entries, .entries_max = entries_max};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_folder_hub_versions(&opened, &hub, error));
    KeyringEntry regional = {.name = "regional", .version = 1, .is_current = true};
    TRY(list_key(&opened, KEY_FILE_REGIONAL, regional, &listing, error));
    KeyringEntry subjects = {.name = "subjects", .version = 1, .is_current = true};
    TRY(list_key(&opened, KEY_FILE_SUBJECTS, subjects, &listing, error));
    for (size_t i = 0; i < hub.count; i++) {
        KeyringEntry entry = {.name = "hub", .version = hub.versions[i], .is_current = i + 1 == hub.count};
        TRY(list_key(&opened, key_folder_hub_file(hub.versions[i], name), entry, &listing, error));
    }
    KeyringEntry quarantine = {.name = "quarantine", .version = 1, .is_current = true};
    TRY(list_key(&opened, KEY_FILE_QUARANTINE_PUBLIC, quarantine, &listing, error));
    TRY(list_encodings(&opened, &listing, error));
    *count = listing.count;
    return RESULT_OK;
}

/* ---- the end of a key ---- */

static Result find_hub(const KeyFolder *folder, int version, bool *is_current, char name[KEY_FILE_NAME_BYTES],
                       Error *error)
{
    SCOPED(hub_versions_close) HubVersions hub = {0};

    TRY(key_folder_hub_versions(folder, &hub, error));
    for (size_t i = 0; i < hub.count; i++)
        if (hub.versions[i] == version) {
            *is_current = i + 1 == hub.count;
            (void)key_folder_hub_file(version, name);
            return RESULT_OK;
        }
    return fail(error, ERROR_CONFIG, "%s: no hub key of version %d", folder->path, version);
}

Result keyring_expire(const char *folder, int hub_version, Date not_after, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    char name[KEY_FILE_NAME_BYTES] = KEY_FILE_REGIONAL;
    bool is_current;

    TRY(key_folder_open(folder, &opened, error));
    if (hub_version != 0)
        TRY(find_hub(&opened, hub_version, &is_current, name, error));
    return key_until_write(&opened, name, not_after, error);
}

Result keyring_destroy(const char *folder, int hub_version, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    char name[KEY_FILE_NAME_BYTES];
    bool is_current;

    TRY(key_folder_open(folder, &opened, error));
    TRY(find_hub(&opened, hub_version, &is_current, name, error));
    if (is_current)
        return fail(error, ERROR_CONFIG, "%s: hub key version %d is the current one; rotate it first", folder,
                    hub_version);
    TRY(key_file_destroy(&opened, name, error));
    return key_until_remove(&opened, name, error);
}

Result keyring_destroy_encodings(const char *folder, int version, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(hub_versions_close) HubVersions held = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_folder_encodings_versions(&opened, &held, error));
    if (held.count > 0 && held.versions[held.count - 1] == version)
        return fail(error, ERROR_CONFIG,
                    "%s: version %d of the encodings' key is the current one; rotate it first", folder,
                    version);
    TRY(key_file_destroy(&opened, key_folder_encodings_file(version, true, name), error));
    return key_file_destroy(&opened, key_folder_encodings_file(version, false, name), error);
}
