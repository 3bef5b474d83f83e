#include "cli/spec_place.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_yaml(const char *name)
{
    size_t length = strlen(name);

    return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

Result spec_open(const char *name, IngestSpec **spec, Error *error)
{
    char path[CLI_PATH_BYTES], in_share[CLI_PATH_BYTES];

    if (strchr(name, '/') != NULL || is_yaml(name))
        return ingest_spec_open(name, NULL, spec, error);
    int length = snprintf(in_share, sizeof in_share, "sources/%s.yaml", name);
    if (length < 0 || (size_t)length >= sizeof in_share)
        return fail(error, ERROR_USAGE, "source: its name is too long");
    TRY(cli_share_path(in_share, path, error));
    if (access(path, R_OK) != 0)
        return fail(error, ERROR_USAGE, "source: not a shipped one; a spec of your own is given by its path");
    return ingest_spec_open(path, NULL, spec, error);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void folder_close(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

Result spec_list_shipped(Arena *arena, const char *paths[SPECS_MAX], size_t *count, Error *error)
{
    char path[CLI_PATH_BYTES];
    SCOPED(folder_close) DIR *folder = NULL;
    const struct dirent *entry;

    *count = 0;
    TRY(cli_share_path("sources", path, error));
    folder = opendir(path);
    if (folder == NULL)
        return fail_errno(error, "%s", path);
    while ((entry = readdir(folder)) != NULL && *count < SPECS_MAX)
        if (is_yaml(entry->d_name))
            paths[(*count)++] = text_format(arena, "%s/%s", path, entry->d_name).data;
    qsort(paths, *count, sizeof *paths, compare_paths);
    return RESULT_OK;
}
