#include "ingest/reader_xml_memory.h"

#include <malloc.h>

#include "ingest/wiped.h"

/* expat's functions for memory are not told by which parser. */
static _Thread_local XmlMemory *used;

void xml_memory_use(XmlMemory *memory)
{
    used = memory;
}

static bool take(size_t bytes)
{
    if (bytes > used->held_max || used->held > used->held_max - bytes)
        used->is_exhausted = true;
    return !used->is_exhausted;
}

static void *count(void *pointer)
{
    used->held += malloc_usable_size(pointer);
    return pointer;
}

static void *alloc(size_t bytes)
{
    return take(bytes) ? count(wiped_alloc(bytes)) : NULL;
}

static void *resize(void *old, size_t bytes)
{
    if (!take(bytes))
        return NULL;
    if (old != NULL)
        used->held -= malloc_usable_size(old);
    return count(wiped_resize(old, bytes));
}

static void release(void *pointer)
{
    if (pointer != NULL)
        used->held -= malloc_usable_size(pointer);
    wiped_free(pointer);
}

const XML_Memory_Handling_Suite XML_MEMORY = {alloc, resize, release};
