/* Stands in for libFuzzer: runs a target over each file of a corpus folder. An empty folder is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 4 << 20 };

static Result replay(const char *folder, const char *name, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(2 * (size_t)INPUT_BYTES_MAX);
    Text path = text_format(arena, "%s/%s", folder, name);
    Text content;

    TRY(input_read_all(path.data, INPUT_BYTES_MAX, arena, &content, error));
    /* Exactly as large as the input, so that AddressSanitizer sees a read past it. */
    uint8_t *exact = memory_alloc(content.length ? content.length : 1);
    memcpy(exact, content.data, content.length);
    LLVMFuzzerTestOneInput(exact, content.length);
    memory_free(exact);
    return RESULT_OK;
}

int main(int argc, char **argv)
{
    Error error = {0};
    int count = 0, failed = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;

    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (!replay(argv[1], entry->d_name, &error).ok) {
            fprintf(stderr, "%s\n", error.message);
            failed++;
        }
    }
    closedir(folder);
    printf("%d passed, %d failed\n", count - failed, failed + (count == 0));
    return failed || count == 0;
}
