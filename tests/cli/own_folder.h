#pragma once
/* A folder of the test's own, for commands that need no database; it goes with the test. */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/workbench.h"
#include "tests/support/temporary.h"

enum { OWN_PATH_BYTES = TEMPORARY_PATH_BYTES + 64 };

static char own_folder[TEMPORARY_PATH_BYTES];

static inline void own_folder_make(const char *what)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s-%d", what, (int)getpid());
    cr_assert_eq(mkdir(temporary_path(name, own_folder), 0700), 0);
}

static inline const char *own_path(const char *name, char out[OWN_PATH_BYTES])
{
    (void)snprintf(out, OWN_PATH_BYTES, "%s/%s", own_folder, name);
    return out;
}

static inline int own_folder_remove_one(const char *path, const struct stat *status, int kind,
                                        struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void own_folder_remove(void)
{
    (void)nftw(own_folder, own_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
