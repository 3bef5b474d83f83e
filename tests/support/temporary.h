#pragma once
/* Where tests put what they make: below TMPDIR, as all programs do. For tests that need no database too. */
#include <stdio.h>
#include <stdlib.h>

enum { TEMPORARY_PATH_BYTES = 256 };

/* "TMPDIR/cinque-NAME". A path that does not fit ends the test. */
static inline char *temporary_path(const char *name, char out[TEMPORARY_PATH_BYTES])
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(out, TEMPORARY_PATH_BYTES, "%s/cinque-%s", parent != NULL ? parent : "/tmp", name);

    if (length < 0 || length >= TEMPORARY_PATH_BYTES) {
        (void)fputs("TMPDIR: its path is too long\n", stderr);
        abort();
    }
    return out;
}
