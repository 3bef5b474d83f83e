/* Blocks go from one thread to another in order, whole, and no more of them than there are. */
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <criterion/criterion.h>

#include "base/handover.h"

enum { BLOCKS = 3, BLOCK_BYTES = 64, ROUNDS = 5000 };

typedef struct Counting {
    size_t sum, taken, rounds_max;
} Counting;

static void take_all(Handover *handover, void *context)
{
    Counting *counting = context;
    HandoverBlock *block;

    while (counting->taken < counting->rounds_max && (block = handover_take(handover)) != NULL) {
        counting->sum += (size_t)(unsigned char)block->bytes[0] * ++counting->taken;
        handover_return(handover, block);
    }
    handover_stop(handover);
}

static void give_all(Handover *handover, void *context)
{
    size_t *rounds = context;
    HandoverBlock *block;

    while (*rounds < ROUNDS && (block = handover_empty(handover)) != NULL) {
        block->bytes[0] = (char)(++*rounds % 100);
        block->length = 1;
        handover_give(handover, block);
    }
    handover_end(handover);
}

Test(handover, a_thread_takes_what_is_given_in_order)
{
    Counting counting = {.rounds_max = SIZE_MAX};
    Handover *handover;
    Error error;
    size_t expected = 0;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, take_all, &counting, &handover, &error).ok);
    for (size_t i = 1; i <= ROUNDS; i++) {
        HandoverBlock *block = handover_empty(handover);
        cr_assert_eq(block->length, 0);
        cr_assert_eq(block->bytes[0], 0, "what a block held is wiped");
        block->bytes[0] = (char)(i % 100);
        block->length = 1;
        handover_give(handover, block);
        expected += i % 100 * i;
    }
    handover_drain(handover);

    cr_assert_eq(counting.taken, ROUNDS);
    cr_assert_eq(counting.sum, expected);
    handover_close(&handover);
    cr_assert_null(handover);
}

Test(handover, a_thread_gives_and_its_end_is_seen)
{
    size_t rounds = 0, seen = 0;
    Handover *handover;
    HandoverBlock *block;
    Error error;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, give_all, &rounds, &handover, &error).ok);
    while ((block = handover_take(handover)) != NULL) {
        cr_assert_eq(block->bytes[0], (char)(++seen % 100));
        handover_return(handover, block);
    }

    cr_assert_eq(seen, ROUNDS);
    cr_assert_null(handover_take(handover));
    handover_close(&handover);
}

Test(handover, a_giver_waits_when_all_blocks_are_under_way)
{
    size_t rounds = 0;
    Handover *handover;
    HandoverBlock *held[BLOCKS];
    Error error;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, give_all, &rounds, &handover, &error).ok);
    for (size_t i = 0; i < BLOCKS; i++)
        held[i] = handover_take(handover);

    cr_assert_eq(rounds, BLOCKS, "it cannot have had another block");
    for (size_t i = 0; i < BLOCKS; i++)
        handover_return(handover, held[i]);
    cr_assert_not_null(handover_take(handover));
    handover_close(&handover);
}

Test(handover, a_taker_that_stops_ends_the_giver)
{
    Counting counting = {.rounds_max = 2};
    Handover *handover;
    HandoverBlock *block;
    Error error;
    size_t given = 0;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, take_all, &counting, &handover, &error).ok);
    while ((block = handover_empty(handover)) != NULL) {
        given++;
        handover_give(handover, block);
    }
    handover_drain(handover);

    cr_assert_eq(counting.taken, 2);
    cr_assert_leq(given, 2 + BLOCKS);
    handover_close(&handover);
}

Test(handover, closing_ends_a_thread_that_waits_for_a_block)
{
    size_t rounds = 0;
    Handover *handover;
    Error error;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, give_all, &rounds, &handover, &error).ok);
    handover_close(&handover);

    cr_assert_leq(rounds, (size_t)BLOCKS);
}

/* Has other work to do until there is a block, and behind it. */
static void work_between(Handover *handover, void *context)
{
    Counting *counting = context;

    while (handover_is_idle(handover))
        sched_yield();
    HandoverBlock *block = handover_take(handover);
    counting->sum += block != NULL;
    handover_return(handover, block);
    while (handover_is_idle(handover) && counting->taken < counting->rounds_max)
        counting->taken++;
}

Test(handover, a_taker_with_other_work_is_waited_for_until_it_is_done)
{
    Counting counting = {.rounds_max = 100000};
    Handover *handover;
    Error error;

    cr_assert(handover_open(BLOCKS, BLOCK_BYTES, work_between, &counting, &handover, &error).ok);
    handover_give(handover, handover_empty(handover));
    handover_finish(handover);

    cr_expect_eq(counting.sum, 1);
    cr_expect_eq(counting.taken, 100000);
    handover_close(&handover);
}

enum { PAUSE_NS = 2000000, MANY_ROUNDS = 10 };

typedef struct Slow {
    atomic_bool may_begin;
    atomic_size_t returned;
} Slow;

static void pause_shortly(void)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};

    (void)nanosleep(&pause, NULL);
}

static void return_slowly(Handover *handover, void *context)
{
    Slow *slow = context;
    HandoverBlock *block;

    while (!atomic_load(&slow->may_begin))
        pause_shortly();
    while ((block = handover_take(handover)) != NULL) {
        pause_shortly();
        handover_return(handover, block);
        atomic_fetch_add(&slow->returned, 1);
    }
}

/* How many were empty again when the giver, who had filled all, went on. */
static size_t empty_when_woken(void)
{
    Slow slow = {.may_begin = false};
    Handover *handover;
    Error error;

    cr_assert(handover_open(HANDOVER_MANY, BLOCK_BYTES, return_slowly, &slow, &handover, &error).ok);
    for (size_t i = 0; i < HANDOVER_MANY; i++)
        handover_give(handover, handover_empty(handover));
    atomic_store(&slow.may_begin, true);
    cr_assert_not_null(handover_empty(handover));
    size_t returned = atomic_load(&slow.returned);
    handover_close(&handover);
    return returned;
}

/* Switch: await_few in handover_empty. By turns: a giver who is late to wait finds fewer. */
Test(handover, a_giver_who_had_to_wait_is_woken_when_more_than_half_are_empty)
{
    size_t most = 0;

    for (int round = 0; round < MANY_ROUNDS; round++) {
        size_t returned = empty_when_woken();
        most = returned > most ? returned : most;
    }
    cr_expect_geq(most, HANDOVER_MANY / 2);
}
