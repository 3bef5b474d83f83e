#include "pseudonymise/parcel_keys.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/signature.h"
#include "pseudonymise/key_folder.h"
#include "pseudonymise/pseudonymise.h"

Result parcel_key_path(const char *folder, const char *name, const char *ending, char **path, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    size_t bytes = strlen(folder) + strlen(name) + strlen(ending) + 2;

    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return fail(error, ERROR_CONFIG, "parcel: a sender is a name without slashes");
    TRY(key_folder_open(folder, &opened, error));
    *path = memory_alloc(bytes);
    (void)snprintf(*path, bytes, "%s/%s%s", folder, name, ending);
    return RESULT_OK;
}

void parcel_key_path_close(char **path)
{
    memory_free(*path);
    *path = NULL;
}

/* A sender without a key is told before the file is read. */
Result parcel_verify_key_check(const char *path, Error *error)
{
    bool is_good;

    if (access(path, F_OK) != 0)
        return fail(error, ERROR_CONFIG, "%s: missing, the key that this sender signs parcels with", path);
    return signature_verify(path, TEXT(""), TEXT(""), &is_good, error);
}

Result parcel_keys_create(const char *folder, Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;

    if (mkdir(folder, 0700) != 0)
        return fail_errno(error, "%s: cannot be made", folder);
    TRY(key_folder_open(folder, &opened, error));
    return key_folder_write_pair(&opened, KEY_FILE_PARCEL_PRIVATE, KEY_FILE_PARCEL_PUBLIC, error);
}

Result parcel_keys_print(const char *folder, char print[PARCEL_PRINT_BYTES], Error *error)
{
    SCOPED(key_folder_close) KeyFolder opened = KEY_FOLDER_NONE;
    uint8_t key[KEY_BYTES];

    TRY(key_folder_open(folder, &opened, error));
    TRY(key_file_read(&opened, KEY_FILE_PARCEL_PUBLIC, key, NULL, error));
    Hash hash = hash_of(key, sizeof key);
    (void)hash_format(&hash, print);
    return RESULT_OK;
}
