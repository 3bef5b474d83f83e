#pragma once
/* What the project ships, by file name. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

enum { SHIPPED_MAX = 200, SHIPPED_PATH_BYTES = 512 };

/* folder / name + ending, below the project's top */
static inline const char *shipped_path(const char *folder, const char *name, const char *ending,
                                       char out[SHIPPED_PATH_BYTES])
{
    int length = snprintf(out, SHIPPED_PATH_BYTES, "%s/../../%s/%s%s", TEST_FILES, folder, name, ending);

    cr_assert_lt(length, SHIPPED_PATH_BYTES);
    return out;
}

static inline int shipped_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names without their ending, sorted. */
static inline size_t shipped_names(Arena *arena, const char *folder, const char *ending,
                                   const char *names[SHIPPED_MAX])
{
    char path[SHIPPED_PATH_BYTES];
    size_t count = 0, ending_length = strlen(ending);
    const struct dirent *entry;
    DIR *open_folder = opendir(shipped_path(folder, "", "", path));

    cr_assert_not_null(open_folder, "%s", path);
    while ((entry = readdir(open_folder)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length <= ending_length || strcmp(entry->d_name + length - ending_length, ending) != 0)
            continue;
        cr_assert_lt(count, SHIPPED_MAX);
        names[count++] = text_format(arena, "%.*s", (int)(length - ending_length), entry->d_name).data;
    }
    closedir(open_folder);
    qsort(names, count, sizeof *names, shipped_compare);
    return count;
}
