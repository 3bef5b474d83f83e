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

static Result find_path(const char *name, char path[CLI_PATH_BYTES], Error *error)
{
    char in_share[CLI_PATH_BYTES];

    if (strchr(name, '/') != NULL || is_yaml(name)) {
        int copied = snprintf(path, CLI_PATH_BYTES, "%s", name);
        if (copied < 0 || copied >= CLI_PATH_BYTES)
            return fail(error, ERROR_USAGE, "source: its path is too long");
        return RESULT_OK;
    }
    int length = snprintf(in_share, sizeof in_share, "sources/%s.yaml", name);
    if (length < 0 || (size_t)length >= sizeof in_share)
        return fail(error, ERROR_USAGE, "source: its name is too long");
    TRY(cli_share_path(in_share, path, error));
    if (access(path, R_OK) != 0)
        return fail(error, ERROR_USAGE, "source: not a shipped one; a spec of your own is given by its path");
    return RESULT_OK;
}

static Result open_newest(const char *name, IngestSpec **spec, Error *error)
{
    char path[CLI_PATH_BYTES];

    TRY(find_path(name, path, error));
    return ingest_spec_open(path, NULL, spec, error);
}

static void folder_close(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

/* ---- versions ---- */

void spec_versions_close(SpecVersions *versions)
{
    for (size_t i = 0; i < versions->count; i++)
        ingest_spec_close(&versions->specs[i]);
    versions->count = 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_older_version(const char *path)
{
    return is_yaml(path) && strchr(base_name(path), '@') != NULL;
}

/* In its place among those already there. */
static Result add_version(const char *path, SpecVersions *versions, Error *error)
{
    IngestSpec *spec = NULL;
    size_t at = versions->count;

    if (versions->count == SPEC_VERSIONS_MAX)
        return fail(error, ERROR_CONFIG, "%s: a source has at most %d versions", path, SPEC_VERSIONS_MAX);
    TRY(ingest_spec_open(path, NULL, &spec, error));
    for (; at > 0 && ingest_spec_version(versions->specs[at - 1]) > ingest_spec_version(spec); at--)
        versions->specs[at] = versions->specs[at - 1];
    versions->specs[at] = spec;
    versions->count++;
    return RESULT_OK;
}

/* NAME@*.yaml in the folder of NAME.yaml */
static Result add_older(const char *newest, SpecVersions *versions, Error *error)
{
    SCOPED(folder_close) DIR *folder = NULL;
    const char *slash = strrchr(newest, '/'), *base = base_name(newest);
    int folder_length = slash != NULL ? (int)(slash - newest) : 1;
    size_t stem = strlen(base) - 5; /* without .yaml */
    char path[CLI_PATH_BYTES];
    const struct dirent *entry;

    (void)snprintf(path, sizeof path, "%.*s", folder_length, slash != NULL ? newest : ".");
    folder = opendir(path);
    if (folder == NULL)
        return fail_errno(error, "%s", path);
    while ((entry = readdir(folder)) != NULL) {
        if (!is_older_version(entry->d_name) || strncmp(entry->d_name, base, stem) != 0 ||
            entry->d_name[stem] != '@')
            continue;
        int length = snprintf(path, sizeof path, "%.*s/%s", folder_length, slash != NULL ? newest : ".",
                              entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path)
            return fail(error, ERROR_USAGE, "source: its path is too long");
        TRY(add_version(path, versions, error));
    }
    return RESULT_OK;
}

Result spec_open_versions(const char *name, SpecVersions *versions, Error *error)
{
    SCOPED(spec_versions_close) SpecVersions draft = {0};
    char path[CLI_PATH_BYTES];

    TRY(find_path(name, path, error));
    TRY(add_version(path, &draft, error));
    if (is_yaml(path) && !is_older_version(path))
        TRY(add_older(path, &draft, error));
    TRY(ingest_spec_check_versions(draft.specs, draft.count, error));
    *versions = draft;
    draft.count = 0;
    return RESULT_OK;
}

Result spec_open_for(const char *name, Month period, IngestSpec **spec, Error *error)
{
    SCOPED(spec_versions_close) SpecVersions versions = {0};
    size_t chosen;

    TRY(spec_open_versions(name, &versions, error));
    chosen = versions.count - 1;
    for (size_t i = 0; i < versions.count; i++)
        if (ingest_spec_covers(versions.specs[i], period))
            chosen = i;
    *spec = versions.specs[chosen];
    versions.specs[chosen] = NULL; /* closing passes over it */
    return RESULT_OK;
}

Result spec_period(const char *period, Month *month, Error *error)
{
    if (!month_parse(text_from(period), month))
        return fail(error, ERROR_USAGE, "--period: a month is CCYY-MM");
    return RESULT_OK;
}

Result spec_open_in(const char *name, const char *period, IngestSpec **spec, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *opened = NULL;
    Month month;

    if (period == NULL)
        return open_newest(name, spec, error);
    TRY(spec_period(period, &month, error));
    TRY(spec_open_for(name, month, &opened, error));
    TRY(ingest_spec_check_period(opened, month, error));
    *spec = opened;
    opened = NULL;
    return RESULT_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
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
        if (is_yaml(entry->d_name) && !is_older_version(entry->d_name))
            paths[(*count)++] = text_format(arena, "%s/%s", path, entry->d_name).data;
    qsort(paths, *count, sizeof *paths, compare_paths);
    return RESULT_OK;
}
