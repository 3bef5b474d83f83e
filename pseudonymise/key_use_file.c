/* What a key was used for where no access log is: in a file beside it. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "pseudonymise/key_file.h"
#include "pseudonymise/pseudonymise.h"

enum { NAME_BYTES = 4096, LINE_BYTES = 1024 };

Result key_use_write_down(const char *key_path, Text words, Error *error)
{
    char path[NAME_BYTES], line[LINE_BYTES], when[TIME_TEXT_BYTES];

    if (snprintf(path, sizeof path, "%s.log", key_path) >= NAME_BYTES)
        return fail(error, ERROR_CONFIG, "key: the name of its file is too long");
    int length = snprintf(line, sizeof line, "%s %.*s\n", time_format(time_now_us(), when), TEXT_ARG(words));
    if (length >= LINE_BYTES)
        return fail(error, ERROR_CONFIG, "%s: the line is too long", path);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = file >= 0 && write(file, line, (size_t)length) == length && fsync(file) == 0;
    Result result = done ? key_file_sync_parent(path, error)
                         : fail_errno(error, "%s: the use of the key cannot be written down", path);
    if (file >= 0)
        (void)close(file);
    return result;
}
