#include "pseudonymise/key_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

void hub_versions_close(HubVersions *hub)
{
    memory_free(hub->versions);
    *hub = (HubVersions){0};
}

const char *key_folder_hub_file(int version, char name[KEY_FILE_NAME_BYTES])
{
    int length = snprintf(name, KEY_FILE_NAME_BYTES, "hub-%d.key", version);
    return length < KEY_FILE_NAME_BYTES ? name : "";
}

const char *key_folder_encodings_file(int version, bool is_private, char name[KEY_FILE_NAME_BYTES])
{
    int length = snprintf(name, KEY_FILE_NAME_BYTES, KEY_FAMILY_ENCODINGS "-%d.%s", version,
                          is_private ? "private" : "public");
    return length < KEY_FILE_NAME_BYTES ? name : "";
}

static const char *public_file(int version, char name[KEY_FILE_NAME_BYTES])
{
    return key_folder_encodings_file(version, false, name);
}

typedef const char *(*NameOf)(int version, char name[KEY_FILE_NAME_BYTES]);

/* 0: none of these. Only the name that name_of would give counts, so "hub-01.key" does not. */
static int version_of(const char *name, NameOf name_of)
{
    Text rest = text_from(name);
    char expected[KEY_FILE_NAME_BYTES];
    int64_t version;

    (void)text_next(&rest, '-');
    if (!text_to_int64(text_next(&rest, '.'), &version) || version < 1 || version > KEY_HUB_VERSIONS_MAX)
        return 0;
    return strcmp(name_of((int)version, expected), name) == 0 ? (int)version : 0;
}

static int compare_versions(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void directory_close(DIR **directory)
{
    if (*directory != NULL)
        (void)closedir(*directory);
}

static Result list_versions(const KeyFolder *folder, NameOf name_of, HubVersions *hub, Error *error)
{
    int copy = dup(folder->descriptor);
    SCOPED(directory_close) DIR *directory = copy < 0 ? NULL : fdopendir(copy);

    if (directory == NULL) {
        Result result = fail_errno(error, "%s: keyring cannot be listed", folder->path);
        if (copy >= 0)
            (void)close(copy);
        return result;
    }
    rewinddir(directory);
    hub->versions = memory_alloc(KEY_HUB_VERSIONS_MAX * sizeof hub->versions[0]);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        int version = version_of(entry->d_name, name_of);
        if (version > 0 && hub->count < KEY_HUB_VERSIONS_MAX)
            hub->versions[hub->count++] = version;
    }
    if (hub->count > 1)
        qsort(hub->versions, hub->count, sizeof hub->versions[0], compare_versions);
    return RESULT_OK;
}

Result key_folder_hub_versions(const KeyFolder *folder, HubVersions *hub, Error *error)
{
    TRY(list_versions(folder, key_folder_hub_file, hub, error));
    if (hub->count == 0)
        return fail(error, ERROR_CONFIG, "%s: holds no hub key", folder->path);
    return RESULT_OK;
}

Result key_folder_encodings_versions(const KeyFolder *folder, HubVersions *versions, Error *error)
{
    return list_versions(folder, public_file, versions, error);
}

Result key_folder_without_hub(const KeyFolder *folder, Error *error)
{
    SCOPED(hub_versions_close) HubVersions hub = {0};
    bool holds_subjects;

    TRY(list_versions(folder, key_folder_hub_file, &hub, error));
    TRY(key_file_exists(folder, KEY_FILE_SUBJECTS, &holds_subjects, error));
    if (hub.count > 0 || holds_subjects)
        return fail(error, ERROR_CONFIG, "%s: holds a hub key, which a provider never has", folder->path);
    return RESULT_OK;
}
