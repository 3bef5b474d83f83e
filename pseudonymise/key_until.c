#include "pseudonymise/key_until.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_BYTES = 11, NEW_NAME_BYTES = KEY_FILE_NAME_BYTES + 8 }; /* CCYY-MM-DD and a line end */

static const char *name_of(const char *key_file, char name[KEY_FILE_NAME_BYTES])
{
    int stem = (int)strcspn(key_file, ".");

    (void)snprintf(name, KEY_FILE_NAME_BYTES, "%.*s.until", stem, key_file);
    return name;
}

Result key_until_read(const KeyFolder *folder, const char *key_file, Date *until, Error *error)
{
    char name[KEY_FILE_NAME_BYTES], line[LINE_BYTES];
    bool exists;
    int file;

    *until = DATE_NONE;
    TRY(key_file_exists(folder, name_of(key_file, name), &exists, error));
    if (!exists)
        return RESULT_OK;
    TRY(key_file_open(folder, name, O_RDONLY, LINE_BYTES, &file, error));
    bool is_read = pread(file, line, LINE_BYTES, 0) == LINE_BYTES;
    (void)close(file);
    if (!is_read || line[LINE_BYTES - 1] != '\n' ||
        !date_parse((Text){.data = line, .length = LINE_BYTES - 1}, until))
        return fail(error, ERROR_CONFIG, "%s/%s: holds no day, CCYY-MM-DD and a line end", folder->path,
                    name);
    return RESULT_OK;
}

static bool write_line(const KeyFolder *folder, const char *name, const char line[LINE_BYTES])
{
    int file = openat(folder->descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return false;
    bool done = fchmod(file, 0600) == 0 && write(file, line, LINE_BYTES) == LINE_BYTES && fsync(file) == 0;
    (void)close(file);
    return done;
}

Result key_until_write(const KeyFolder *folder, const char *key_file, Date until, Error *error)
{
    char name[KEY_FILE_NAME_BYTES], made[NEW_NAME_BYTES], line[DATE_TEXT_BYTES];

    (void)date_format(until, line);
    line[LINE_BYTES - 1] = '\n';
    (void)snprintf(made, sizeof made, ".%s.new", name_of(key_file, name));
    (void)unlinkat(folder->descriptor, made, 0);
    if (write_line(folder, made, line) && renameat(folder->descriptor, made, folder->descriptor, name) == 0 &&
        fsync(folder->descriptor) == 0)
        return RESULT_OK;
    Result result = fail_errno(error, "%s/%s: cannot be written", folder->path, name);
    (void)unlinkat(folder->descriptor, made, 0);
    return result;
}

Result key_until_remove(const KeyFolder *folder, const char *key_file, Error *error)
{
    char name[KEY_FILE_NAME_BYTES];

    if (unlinkat(folder->descriptor, name_of(key_file, name), 0) != 0 && errno != ENOENT)
        return fail_errno(error, "%s/%s: cannot be removed", folder->path, name);
    return RESULT_OK;
}
