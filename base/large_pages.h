#pragma once
/* For tables of many megabytes that are looked up in no order. */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/* With pages of 4 KiB nearly each look-up asks for one whose address the processor no longer knows. A wish:
 * what the kernel makes of it changes no answer. */
static inline void large_pages_wish(void *memory, size_t bytes)
{
    const uintptr_t page = 2 << 20, from = ((uintptr_t)memory + page - 1) / page * page,
                    to = ((uintptr_t)memory + bytes) / page * page;

    if (from < to)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

enum { CACHE_LINE_BYTES = 64 };

/* Where the first whole line begins, CACHE_LINE_BYTES - 1 behind it at most: who looks at one line must not
 * find half of it in another. */
static inline void *cache_line_in(void *memory)
{
    const uintptr_t line = CACHE_LINE_BYTES;

    return (void *)(((uintptr_t)memory + line - 1) / line * line);
}
