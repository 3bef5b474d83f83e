#pragma once
/* For targets whose code reads files: the input as a file in memory, one a process and gone with it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char fuzz_path[64];

static inline void fuzz_file_remove(void)
{
    (void)unlink(fuzz_path);
}

static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    if (fuzz_path[0] == '\0' && atexit(fuzz_file_remove) != 0)
        abort();
    (void)snprintf(fuzz_path, sizeof fuzz_path, "/dev/shm/cinque-fuzz-%d", (int)getpid());
    FILE *file = fopen(fuzz_path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    return fuzz_path;
}
