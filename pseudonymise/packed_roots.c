#include "pseudonymise/packed_roots.h"

#include <string.h>

#include "base/hash.h"

enum { FORMAT_VERSION = 1 };

static size_t length_of(size_t hub_count)
{
    return PACKED_ROOTS_HEAD_BYTES + 2 * hub_count + KEY_BYTES * (PACKED_ROOTS_FIRST_HUB + hub_count) +
           PACKED_ROOTS_HASH_BYTES;
}

static size_t hubs_of(Secret *packed)
{
    return secret_bytes(packed)[1];
}

size_t packed_roots_count(Secret *packed)
{
    return PACKED_ROOTS_FIRST_HUB + hubs_of(packed);
}

static int version_at(Secret *packed, size_t hub)
{
    const uint8_t *version = secret_bytes(packed) + PACKED_ROOTS_HEAD_BYTES + 2 * hub;
    return version[0] << 8 | version[1];
}

uint8_t *packed_roots_at(Secret *packed, size_t root)
{
    return secret_bytes(packed) + PACKED_ROOTS_HEAD_BYTES + 2 * hubs_of(packed) + KEY_BYTES * root;
}

const char *packed_roots_file(Secret *packed, size_t root, char name[KEY_FILE_NAME_BYTES])
{
    if (root < PACKED_ROOTS_FIRST_HUB)
        return root == 0 ? KEY_FILE_REGIONAL : KEY_FILE_SUBJECTS;
    return key_folder_hub_file(version_at(packed, root - PACKED_ROOTS_FIRST_HUB), name);
}

static bool hash_equals(Secret *packed, bool set)
{
    size_t length = secret_length(packed) - PACKED_ROOTS_HASH_BYTES;
    Hash hash = hash_of(secret_bytes(packed), length);

    if (set)
        memcpy(secret_bytes(packed) + length, hash.bytes, PACKED_ROOTS_HASH_BYTES);
    bool equal = secret_equal(hash.bytes, secret_bytes(packed) + length, PACKED_ROOTS_HASH_BYTES);
    secret_wipe(&hash, sizeof hash);
    return equal;
}

Result packed_roots_read(const char *path, Secret **packed, Error *error)
{
    SCOPED(key_folder_close) KeyFolder folder = KEY_FOLDER_NONE;
    SCOPED(hub_versions_close) HubVersions hub = {0};
    char name[KEY_FILE_NAME_BYTES];

    TRY(key_folder_open(path, &folder, error));
    TRY(key_folder_hub_versions(&folder, &hub, error));
    if (hub.count > PACKED_ROOTS_HUBS_MAX)
        return fail(error, ERROR_LIMIT, "%s: more than %d hub versions; destroy those that hold nothing",
                    path, PACKED_ROOTS_HUBS_MAX);
    TRY(secret_create(length_of(hub.count), packed, error));
    uint8_t *bytes = secret_bytes(*packed);
    bytes[0] = FORMAT_VERSION;
    bytes[1] = (uint8_t)hub.count;
    for (size_t i = 0; i < hub.count; i++) {
        bytes[PACKED_ROOTS_HEAD_BYTES + 2 * i] = (uint8_t)(hub.versions[i] >> 8);
        bytes[PACKED_ROOTS_HEAD_BYTES + 2 * i + 1] = (uint8_t)hub.versions[i];
    }
    for (size_t root = 0; root < packed_roots_count(*packed); root++)
        TRY(key_file_read(&folder, packed_roots_file(*packed, root, name), packed_roots_at(*packed, root),
                          NULL, error));
    (void)hash_equals(*packed, true);
    return RESULT_OK;
}

bool packed_roots_valid(Secret *packed)
{
    return secret_length(packed) > PACKED_ROOTS_HEAD_BYTES && hash_equals(packed, false) &&
           secret_bytes(packed)[0] == FORMAT_VERSION && hubs_of(packed) <= PACKED_ROOTS_HUBS_MAX &&
           secret_length(packed) == length_of(hubs_of(packed));
}
