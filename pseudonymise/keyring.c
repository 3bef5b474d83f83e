#include "pseudonymise/keyring.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/key_until.h"

enum { REGIONAL_ROOT, SUBJECTS_ROOT, HUB_ROOTS };

struct Keyring {
    Secret *roots; /* regional; of a hub also the subjects', then hub versions in the order of hub_versions */
    int *hub_versions;
    size_t hub_count;
    Date regional_until, hub_until; /* of the current hub version; DATE_NONE: never */
    uint8_t quarantine_public[KEY_BYTES];
    uint8_t encodings_public[KEY_BYTES];
    int encodings_version;            /* 0: none, and nothing can be stored for linkage */
    uint8_t parcel_public[KEY_BYTES]; /* a provider's, which has no hub key and no quarantine's */
};

static uint8_t *root_at(const Keyring *keyring, size_t root)
{
    return secret_bytes(keyring->roots) + root * KEY_BYTES;
}

static Result check_private_key(const KeyFolder *folder, Error *error)
{
    bool exists;

    /* Its place is with whoever may read quarantined lines; where it lies here it must at least lie safely.
     */
    TRY(key_file_exists(folder, KEY_FILE_QUARANTINE_PRIVATE, &exists, error));
    return exists ? key_file_read(folder, KEY_FILE_QUARANTINE_PRIVATE, NULL, NULL, error) : RESULT_OK;
}

/* The private half is linkage's: it is not even looked at. */
static Result read_encodings_key(const KeyFolder *folder, Keyring *keyring, Error *error)
{
    SCOPED(hub_versions_close) HubVersions versions = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_encodings_versions(folder, &versions, error));
    if (versions.count == 0)
        return RESULT_OK;
    keyring->encodings_version = versions.versions[versions.count - 1];
    return key_file_read(folder, key_folder_encodings_file(keyring->encodings_version, false, name),
                         keyring->encodings_public, NULL, error);
}

static Result read_keys(const KeyFolder *folder, Keyring *keyring, Error *error)
{
    SCOPED(hub_versions_close) HubVersions hub = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_hub_versions(folder, &hub, error));
    TRY(secret_create((HUB_ROOTS + hub.count) * KEY_BYTES, &keyring->roots, error));
    TRY(key_file_read(folder, KEY_FILE_REGIONAL, root_at(keyring, REGIONAL_ROOT), NULL, error));
    TRY(key_file_read(folder, KEY_FILE_SUBJECTS, root_at(keyring, SUBJECTS_ROOT), NULL, error));
    for (size_t i = 0; i < hub.count; i++)
        TRY(key_file_read(folder, key_folder_hub_file(hub.versions[i], name), root_at(keyring, HUB_ROOTS + i),
                          NULL, error));
    TRY(key_until_read(folder, KEY_FILE_REGIONAL, &keyring->regional_until, error));
    TRY(key_until_read(folder, name, &keyring->hub_until, error));
    TRY(key_file_read(folder, KEY_FILE_QUARANTINE_PUBLIC, keyring->quarantine_public, NULL, error));
    TRY(read_encodings_key(folder, keyring, error));
    keyring->hub_versions = hub.versions;
    keyring->hub_count = hub.count;
    hub = (HubVersions){0};
    return check_private_key(folder, error);
}

Result keyring_open(const char *folder, Keyring **keyring, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(keyring_close) Keyring *made = memory_alloc(sizeof *made);

    TRY(key_folder_open(folder, &opened, error));
    TRY(read_keys(&opened, made, error));
    *keyring = made;
    made = NULL;
    return RESULT_OK;
}

Result keyring_open_provider(const char *folder, Keyring **keyring, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    SCOPED(keyring_close) Keyring *made = memory_alloc(sizeof *made);

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_folder_without_hub(&opened, error));
    TRY(secret_create(KEY_BYTES, &made->roots, error));
    TRY(key_file_read(&opened, KEY_FILE_REGIONAL, secret_bytes(made->roots), NULL, error));
    TRY(key_file_read(&opened, KEY_FILE_PARCEL_PUBLIC, made->parcel_public, NULL, error));
    TRY(key_until_read(&opened, KEY_FILE_REGIONAL, &made->regional_until, error));
    made->hub_until = DATE_NONE;
    *keyring = made;
    made = NULL;
    return RESULT_OK;
}

void keyring_close(Keyring **keyring)
{
    if (*keyring == NULL)
        return;
    secret_close(&(*keyring)->roots);
    memory_free((*keyring)->hub_versions);
    memory_free(*keyring);
    *keyring = NULL;
}

static Result derive(const uint8_t root[KEY_BYTES], const char *info, Secret **key, Error *error)
{
    SCOPED(secret_close) Secret *made = NULL;
    const KeyedDerivation derivation = {
        .secret = root, .secret_length = KEY_BYTES, .info = info, .info_length = strlen(info)};

    TRY(secret_create(KEY_BYTES, &made, error));
    TRY(keyed_derive(&derivation, secret_bytes(made), KEY_BYTES, error));
    *key = made;
    made = NULL;
    return RESULT_OK;
}

Result keyring_regional_key(const Keyring *keyring, const char *info, Secret **key, Error *error)
{
    return derive(root_at(keyring, REGIONAL_ROOT), info, key, error);
}

Result keyring_subjects_key(const Keyring *keyring, const char *use, const char *space, Secret **key,
                            Error *error)
{
    char info[KEYRING_INFO_BYTES];
    int length = snprintf(info, sizeof info, "cinque/outer/%s/%s", use, space);

    if (keyring->hub_count == 0)
        return fail(error, ERROR_CONFIG, "keyring: holds no hub key");
    if (length < 0 || (size_t)length >= sizeof info)
        return fail(error, ERROR_CONFIG, "token space: name is too long");
    return derive(root_at(keyring, SUBJECTS_ROOT), info, key, error);
}

Result keyring_outer_key(const Keyring *keyring, const char *space, int version, Secret **key, Error *error)
{
    char info[KEYRING_INFO_BYTES];
    int length = snprintf(info, sizeof info, "cinque/outer/%s/%d", space, version);

    if (length < 0 || (size_t)length >= sizeof info)
        return fail(error, ERROR_CONFIG, "token space: name is too long");
    for (size_t i = 0; i < keyring->hub_count; i++) {
        if (keyring->hub_versions[i] == version)
            return derive(root_at(keyring, HUB_ROOTS + i), info, key, error);
    }
    return fail(error, ERROR_CONFIG, "keyring: no hub key of version %d", version);
}

int keyring_hub_version(const Keyring *keyring)
{
    return keyring->hub_count > 0 ? keyring->hub_versions[keyring->hub_count - 1] : 0;
}

size_t keyring_hub_count(const Keyring *keyring)
{
    return keyring->hub_count;
}

int keyring_hub_version_at(const Keyring *keyring, size_t index)
{
    return keyring->hub_versions[index];
}

const uint8_t *keyring_quarantine_public(const Keyring *keyring)
{
    return keyring->quarantine_public;
}

Date keyring_not_after(const Keyring *keyring)
{
    if (keyring->regional_until == DATE_NONE)
        return keyring->hub_until;
    if (keyring->hub_until == DATE_NONE)
        return keyring->regional_until;
    return keyring->hub_until < keyring->regional_until ? keyring->hub_until : keyring->regional_until;
}

Result keyring_check_day(const Keyring *keyring, Date today, Error *error)
{
    if (keyring->regional_until != DATE_NONE && today > keyring->regional_until)
        return fail(error, ERROR_CONFIG, "keyring: the regional key is past its last day");
    if (keyring->hub_until != DATE_NONE && today > keyring->hub_until)
        return fail(error, ERROR_CONFIG,
                    "keyring: hub key version %d is past its last day; cinque key rotate makes another",
                    keyring_hub_version(keyring));
    return RESULT_OK;
}

const uint8_t *keyring_regional_root(const Keyring *keyring)
{
    return root_at(keyring, REGIONAL_ROOT);
}

Date keyring_regional_until(const Keyring *keyring)
{
    return keyring->regional_until;
}

const uint8_t *keyring_encodings_public(const Keyring *keyring)
{
    return keyring->encodings_public;
}

int keyring_encodings_version(const Keyring *keyring)
{
    return keyring->encodings_version;
}

const uint8_t *keyring_parcel_public(const Keyring *keyring)
{
    return keyring->parcel_public;
}

Result keyring_regional_name(const Keyring *keyring, uint8_t name[KEYRING_NAME_BYTES], Error *error)
{
    SCOPED(secret_close) Secret *key = NULL;

    TRY(keyring_regional_key(keyring, "cinque/regional/name/v1", &key, error));
    memcpy(name, secret_bytes(key), KEYRING_NAME_BYTES);
    return RESULT_OK;
}
