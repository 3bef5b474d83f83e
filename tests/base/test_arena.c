#include "base/arena.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include <criterion/criterion.h>

#ifdef CINQUE_SANITIZED
#include <sanitizer/asan_interface.h>
#endif

Test(arena, memory_is_zeroed_and_aligned_to_16_bytes)
{
    Arena *arena = arena_create(1000000);

    for (size_t bytes = 0; bytes < 100; bytes++) {
        unsigned char *memory = arena_alloc(arena, bytes);
        cr_expect_eq((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < bytes; i++)
            cr_expect_eq(memory[i], 0);
        memset(memory, 0xAA, bytes);
    }

    arena_close(&arena);
    cr_expect_null(arena);
}

Test(arena, pieces_do_not_overlap_across_many_blocks)
{
    Arena *arena = arena_create(10 * 1000 * 1000);
    unsigned char *pieces[1000];

    for (size_t i = 0; i < 1000; i++) {
        pieces[i] = arena_alloc(arena, 5000);
        memset(pieces[i], (int)(i % 251), 5000);
    }

    for (size_t i = 0; i < 1000; i++) {
        cr_expect_eq(pieces[i][0], i % 251);
        cr_expect_eq(pieces[i][4999], i % 251);
    }
    arena_close(&arena);
}

Test(arena, what_is_not_zeroed_leaves_zeros_and_pieces_beside_it_as_they_are)
{
    Arena *arena = arena_create(1000000);

    for (int round = 0; round < 2; round++) {
        unsigned char *unset[] = {arena_alloc_unset(arena, 999), NULL};
        memset(unset[0], 0xAA, 999);
        unsigned char *zeroed = arena_alloc(arena, 100);
        unset[1] = arena_alloc_unset(arena, 70000);
        memset(unset[1], 0xBB, 70000);
        unsigned char *next = arena_alloc(arena, 100);
        cr_expect_eq((uintptr_t)unset[1] % 16, 0);
        for (size_t i = 0; i < 100; i++)
            cr_expect(zeroed[i] == 0 && next[i] == 0);
        cr_expect(unset[0][998] == 0xAA && unset[1][0] == 0xBB);
        cr_expect_eq(arena_bytes_used(arena), 1008 + 112 + 70000 + 112);
        arena_reset(arena);
    }

    arena_close(&arena);
}

Test(arena, a_piece_larger_than_a_block_fits)
{
    Arena *arena = arena_create(32 * 1024 * 1024);

    char *memory = arena_alloc(arena, 20 * 1024 * 1024);

    memory[20 * 1024 * 1024 - 1] = 'x';
    cr_expect_eq(arena_bytes_used(arena), 20 * 1024 * 1024);
    arena_close(&arena);
}

Test(arena, use_is_counted_in_units_of_16_bytes)
{
    Arena *arena = arena_create(1000);

    (void)arena_alloc(arena, 1);
    (void)arena_alloc(arena, 17);
    (void)arena_alloc(arena, 0);

    cr_expect_eq(arena_bytes_used(arena), 16 + 32 + 16);
    arena_close(&arena);
}

Test(arena, the_limit_itself_can_be_used_again_after_each_reset)
{
    Arena *arena = arena_create(200000);

    for (int round = 0; round < 3; round++) {
        unsigned char *memory = arena_alloc(arena, 100000);
        for (size_t i = 0; i < 100000; i++)
            cr_assert_eq(memory[i], 0, "round %d", round);
        memset(memory, 0xAA, 100000);
        (void)arena_alloc(arena, 100000);
        cr_expect_eq(arena_bytes_used(arena), 200000);
        arena_reset(arena);
        cr_expect_eq(arena_bytes_used(arena), 0);
    }

    arena_close(&arena);
}

Test(arena, passing_the_limit_aborts, .signal = SIGABRT)
{
    Arena *arena = arena_create(64);

    (void)arena_alloc(arena, 64);
    (void)arena_alloc(arena, 1);
}

Test(arena, a_length_near_the_address_space_aborts, .signal = SIGABRT)
{
    Arena *arena = arena_create(SIZE_MAX);

    (void)arena_alloc(arena, SIZE_MAX - 3);
}

Test(arena, closing_nothing_is_allowed)
{
    Arena *arena = NULL;

    arena_close(&arena);

    cr_expect_null(arena);
}

/* Goes red when arena_reset stops wiping. ASan closes what is freed, so its own builds cannot look. */
#ifndef CINQUE_SANITIZED
Test(arena, a_reset_wipes_the_block_that_is_kept)
{
    Arena *arena = arena_create(1000);
    volatile char *memory = arena_alloc(arena, 100);
    for (size_t i = 0; i < 100; i++)
        memory[i] = 'x';

    arena_reset(arena);

    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(memory[i], 0);
    arena_close(&arena);
}
#else
Test(arena, freed_and_rounded_space_is_closed_to_access)
{
    Arena *arena = arena_create(1000);
    char *memory = arena_alloc(arena, 20);

    cr_expect_not(__asan_address_is_poisoned(memory + 19));
    cr_expect(__asan_address_is_poisoned(memory + 24));
    arena_reset(arena);
    cr_expect(__asan_address_is_poisoned(memory));

    arena_close(&arena);
}
#endif

Test(memory, is_zeroed_grows_and_keeps_its_content)
{
    char *memory = memory_alloc(4);
    cr_expect_eq(memcmp(memory, "\0\0\0\0", 4), 0);
    memcpy(memory, "abcd", 4);

    memory = memory_resize(memory, 100000);

    cr_expect_eq(memcmp(memory, "abcd", 4), 0);
    memory_free(memory);
    memory_free(NULL);
}

Test(memory, has_room_for_one_more_item_and_keeps_those_before)
{
    int *items = NULL;
    size_t capacity = 0;

    for (int i = 0; i < 1000; i++) {
        items = memory_room(items, (size_t)i, &capacity, sizeof *items);
        cr_assert_gt(capacity, (size_t)i);
        items[i] = i;
    }

    for (int i = 0; i < 1000; i++)
        cr_expect_eq(items[i], i);
    memory_free(items);
}

Test(memory, stays_where_it_is_while_there_is_room)
{
    size_t capacity = 8;
    int *items = memory_alloc(capacity * sizeof *items);

    cr_expect_eq(memory_room(items, 7, &capacity, sizeof *items), items);

    cr_expect_eq(capacity, 8);
    memory_free(items);
}

Test(memory, of_no_bytes_is_still_memory)
{
    void *memory = memory_alloc(0);

    memory = memory_resize(memory, 0);

    cr_expect_not_null(memory);
    memory_free(memory);
}

/* ASan ends the process itself on such lengths. */
#ifndef CINQUE_SANITIZED
Test(memory, exhaustion_aborts, .signal = SIGABRT)
{
    volatile size_t bytes = SIZE_MAX / 2;

    (void)memory_alloc(bytes);
}

Test(memory, exhaustion_while_growing_aborts, .signal = SIGABRT)
{
    volatile size_t bytes = SIZE_MAX / 2;

    (void)memory_resize(memory_alloc(1), bytes);
}
#endif
