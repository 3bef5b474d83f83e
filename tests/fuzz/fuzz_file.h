#pragma once
/* For targets whose code reads files: the input as a file in memory, one a process. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    FILE *file;

    (void)snprintf(path, sizeof path, "/dev/shm/cinque-fuzz-%d", (int)getpid());
    file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    return path;
}
