#pragma once
/*
 * An arena owns many small things that end together: one batch, one command.
 * Its memory is wiped when reset or closed. Passing its limit is a bug in our
 * own bounds (inputs are limited before), so it aborts with a message.
 */
#include <stddef.h>

typedef struct Arena Arena;

/* bytes_max: the most the arena may ever hold at once, over all its blocks. Never returns NULL. */
Arena *arena_create(size_t bytes_max);

/* 16-byte aligned, zeroed; valid until arena_reset or arena_close. Never returns NULL. */
void *arena_alloc(Arena *arena, size_t bytes);

/* The same, but not zeroed: for what is megabytes long and written before it is read. */
void *arena_alloc_unset(Arena *arena, size_t bytes);

/* Wipes and forgets everything, keeps one block for reuse. */
void arena_reset(Arena *arena);

size_t arena_bytes_used(const Arena *arena);

/* Wipes and frees. Accepts a pointer to NULL. */
void arena_close(Arena **arena);

/* Aborts on exhaustion: for the few owners that live outside an arena. */
void *memory_alloc(size_t bytes); /* zeroed */
void *memory_resize(void *old, size_t bytes);
void memory_free(void *pointer); /* accepts NULL */

void *memory_grow(void *items, size_t *capacity, size_t item_bytes);

/* Room for one more item behind `count`: the items, perhaps moved, and *capacity, perhaps more. */
static inline void *memory_room(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    return count < *capacity ? items : memory_grow(items, capacity, item_bytes);
}
