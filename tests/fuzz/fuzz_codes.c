/* Code lists of any bytes: opened so that every code is found in it, or refused with a message that names the
 * file. */
#include <string.h>

#include "ingest/codes.h"
#include "tests/fuzz/fuzz_file.h"

enum { LIST_BYTES_MAX = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena_close) Arena *arena = arena_create(LIST_BYTES_MAX);
    const char *path = fuzz_file(data, size);
    CodeList list = {0};
    Error error = {0};

    if (!codes_open(path, TEXT("list"), arena, &list, &error).ok) {
        if (strstr(error.message, path) == NULL)
            abort();
        return 0;
    }
    for (size_t i = 0; i < list.count; i++)
        if (codes_find(&list, list.codes[i].code) != &list.codes[i])
            abort();
    return 0;
}
