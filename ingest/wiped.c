#include "ingest/wiped.h"

#include <malloc.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

void *wiped_alloc(size_t bytes)
{
    return memory_alloc(bytes > 0 ? bytes : 1);
}

void wiped_free(void *pointer)
{
    if (pointer == NULL)
        return;
    secret_wipe(pointer, malloc_usable_size(pointer));
    memory_free(pointer);
}

/* Never in place: what the C library moves, it leaves behind. */
void *wiped_resize(void *old, size_t bytes)
{
    void *grown = wiped_alloc(bytes);
    size_t held = old != NULL ? malloc_usable_size(old) : 0;

    if (old != NULL)
        memcpy(grown, old, held < bytes ? held : bytes);
    wiped_free(old);
    return grown;
}
