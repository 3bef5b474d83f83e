#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "broker/broker_private.h"

enum { FILES_MAX = 64, NAME_BYTES_MAX = 120, FOLDERS_OPEN = 8 };

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";

/* Parts of letters, digits, "_", "-" and ".", none empty or beginning with a point: nothing leads out of the
 * folder. */
static bool is_plain(const char *name)
{
    Text rest = text_from(name);

    if (rest.length == 0 || rest.length > NAME_BYTES_MAX || strspn(name, name_letters) != rest.length ||
        name[rest.length - 1] == '/')
        return false;
    while (rest.length > 0) {
        Text part = text_next(&rest, '/');
        if (part.length == 0 || part.data[0] == '.')
            return false;
    }
    return true;
}

static Result make_parents(char *path, size_t from, Error *error)
{
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return fail_errno(error, "code list: its folder");
    }
    return RESULT_OK;
}

static Result write_one(const CodeFiles *files, const char *name, const json_t *content, Error *error)
{
    char path[BROKER_PATH_BYTES + NAME_BYTES_MAX + 2];

    if (!is_plain(name) || !json_is_string(content))
        return fail(error, ERROR_INPUT, "code list: its name is not a plain relative one, or it is no text");
    snprintf(path, sizeof path, "%s/%s", files->folder, name);
    TRY(make_parents(path, strlen(files->folder) + 1, error));
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return fail_errno(error, "code list");
    bool written = fwrite(json_string_value(content), 1, json_string_length(content), file) ==
                   json_string_length(content);
    if (fclose(file) != 0 || !written)
        return fail_errno(error, "code list");
    return RESULT_OK;
}

Result code_files_open(const Call *call, CodeFiles *files, Error *error)
{
    json_t *given = json_object_get(call->body, "files"), *content;
    const char *name;
    char folder[BROKER_PATH_BYTES];

    if (given != NULL && (!json_is_object(given) || json_object_size(given) > FILES_MAX))
        return fail(error, ERROR_INPUT, "request: files is not an object of at most %d texts", FILES_MAX);
    int length = snprintf(folder, sizeof folder, "%s/codes-XXXXXX", call->broker->options.scratch_folder);
    if (length < 0 || (size_t)length >= sizeof folder || mkdtemp(folder) == NULL)
        return fail_errno(error, "code lists: their folder");
    memcpy(files->folder, folder, sizeof folder);
    json_object_foreach(given, name, content) TRY(write_one(files, name, content, error));
    return RESULT_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void code_files_close(CodeFiles *files)
{
    if (*files->folder != '\0')
        (void)nftw(files->folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    *files->folder = '\0';
}
