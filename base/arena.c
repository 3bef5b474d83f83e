#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CINQUE_SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(from, bytes)   ((void)(from), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(from, bytes) ((void)(from), (void)(bytes))
#endif

enum { ALIGNMENT = 16, ITEMS_FIRST = 64, FIRST_BLOCK_BYTES = 64 * 1024, BLOCK_BYTES_MAX = 8 * 1024 * 1024 };

typedef struct Block Block;
struct Block {
    Block *previous;
    size_t capacity, used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct Arena {
    Block *newest; /* NULL until the first allocation; the chain ends at the oldest block */
    size_t bytes_max, bytes_used;
};

static void die(const char *message)
{
    (void)fprintf(stderr, "cinque: %s\n", message);
    abort();
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

Arena *arena_create(size_t bytes_max)
{
    Arena *arena = memory_alloc(sizeof *arena);
    arena->bytes_max = bytes_max;
    return arena;
}

/* Blocks double, so that their number stays small, but not past what the arena may still hold. */
static Block *block_create(const Arena *arena, size_t bytes)
{
    size_t wanted = arena->newest == NULL ? FIRST_BLOCK_BYTES : 2 * arena->newest->capacity;
    wanted = least(least(wanted, BLOCK_BYTES_MAX), arena->bytes_max - arena->bytes_used);
    if (wanted < bytes)
        wanted = bytes;

    Block *block = memory_alloc(sizeof *block + wanted);
    block->previous = arena->newest;
    block->capacity = wanted;
    ASAN_POISON_MEMORY_REGION(block->bytes, wanted);
    return block;
}

static void block_wipe(Block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->capacity);
    explicit_bzero(block->bytes, block->used);
    block->used = 0;
}

static size_t round_up(const Arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        die("arena: more asked than memory can be");
    size_t rounded = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > arena->bytes_max - arena->bytes_used)
        die("arena: passed its limit");
    return rounded;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    size_t rounded = round_up(arena, bytes);

    if (arena->newest == NULL || rounded > arena->newest->capacity - arena->newest->used)
        arena->newest = block_create(arena, rounded);
    Block *block = arena->newest;
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->bytes_used += rounded;
    /* Only what was asked for: the rounding stays out of bounds. */
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    return memory;
}

/* In a block of its own, full, behind the one that still has room. */
void *arena_alloc_unset(Arena *arena, size_t bytes)
{
    size_t rounded = round_up(arena, bytes);
    Block *block = memory_resize(NULL, sizeof *block + rounded);
    Block **place = arena->newest == NULL ? &arena->newest : &arena->newest->previous;

    *block = (Block){.previous = *place, .capacity = rounded, .used = rounded};
    *place = block;
    arena->bytes_used += rounded;
    ASAN_POISON_MEMORY_REGION(block->bytes + bytes, rounded - bytes);
    return block->bytes;
}

/* The newest is the largest, but for blocks of one large allocation, which are given back. */
void arena_reset(Arena *arena)
{
    Block *kept = NULL, *previous;

    for (Block *block = arena->newest; block != NULL; block = previous) {
        previous = block->previous;
        block_wipe(block);
        if (kept != NULL || (block->capacity > BLOCK_BYTES_MAX && previous != NULL)) {
            memory_free(block);
            continue;
        }
        kept = block;
        kept->previous = NULL;
        ASAN_POISON_MEMORY_REGION(kept->bytes, kept->capacity);
    }
    arena->newest = kept;
    arena->bytes_used = 0;
}

size_t arena_bytes_used(const Arena *arena)
{
    return arena->bytes_used;
}

void arena_close(Arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    if ((*arena)->newest != NULL)
        ASAN_UNPOISON_MEMORY_REGION((*arena)->newest->bytes, (*arena)->newest->capacity);
    memory_free((*arena)->newest);
    memory_free(*arena);
    *arena = NULL;
}

void *memory_alloc(size_t bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);
    if (memory == NULL)
        die("memory: exhausted");
    return memory;
}

void *memory_resize(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes == 0 ? 1 : bytes);
    if (memory == NULL)
        die("memory: exhausted");
    return memory;
}

void *memory_grow(void *items, size_t *capacity, size_t item_bytes)
{
    *capacity = 2 * *capacity + ITEMS_FIRST;
    return memory_resize(items, *capacity * item_bytes);
}

void memory_free(void *pointer)
{
    free(pointer);
}
