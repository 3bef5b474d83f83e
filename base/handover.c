#include "base/handover.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>

#include "base/arena.h"
#include "base/secret.h"

enum { BLOCKS_MAX = 16 };

/* A ring: blocks [taken, given) are full and in order, those in front of returned are empty again. */
struct Handover {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    void (*work)(Handover *handover, void *context);
    void *context;
    HandoverBlock blocks[BLOCKS_MAX];
    size_t block_count, given, taken, returned; /* counted from the start */
    size_t few;                                 /* under way: the giver, who waited, goes on */
    bool has_thread, giver_waits, is_ended, is_stopped;
};

static void *run(void *handover)
{
    Handover *running = handover;

    running->work(running, running->context);
    return NULL;
}

/* Signals are the caller's: the thread is made with all of them blocked. */
static bool start_thread(Handover *handover)
{
    sigset_t all, before;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    handover->has_thread = pthread_create(&handover->thread, NULL, run, handover) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return handover->has_thread;
}

Result handover_open(size_t block_count, size_t block_bytes, void (*work)(Handover *handover, void *context),
                     void *context, Handover **handover, Error *error)
{
    assert(block_count > 0 && block_count <= BLOCKS_MAX && block_bytes > 0);
    SCOPED(handover_close) Handover *made = memory_alloc(sizeof *made);

    made->work = work;
    made->context = context;
    made->block_count = block_count;
    made->few = block_count < HANDOVER_MANY ? block_count - 1 : (block_count - 1) / 2;
    (void)pthread_mutex_init(&made->lock, NULL); /* neither fails on Linux */
    (void)pthread_cond_init(&made->changed, NULL);
    for (size_t i = 0; i < block_count; i++)
        made->blocks[i] = (HandoverBlock){.bytes = memory_alloc(block_bytes), .capacity = block_bytes};
    if (!start_thread(made))
        return fail(error, ERROR_SYSTEM, "no thread can be started");
    *handover = made;
    made = NULL;
    return RESULT_OK;
}

static HandoverBlock *block_at(Handover *handover, size_t number)
{
    return &handover->blocks[number % handover->block_count];
}

/* Unlocked first: who is woken would wait for the lock. */
static void leave(Handover *handover)
{
    (void)pthread_mutex_unlock(&handover->lock);
    (void)pthread_cond_broadcast(&handover->changed);
}

/* ---- the giver ---- */

static size_t under_way(const Handover *handover)
{
    return handover->given - handover->returned;
}

static void await_few(Handover *handover)
{
    handover->giver_waits = true;
    while (!handover->is_stopped && under_way(handover) > handover->few)
        (void)pthread_cond_wait(&handover->changed, &handover->lock);
    handover->giver_waits = false;
}

HandoverBlock *handover_empty(Handover *handover)
{
    (void)pthread_mutex_lock(&handover->lock);
    if (under_way(handover) == handover->block_count)
        await_few(handover);
    HandoverBlock *block = handover->is_stopped ? NULL : block_at(handover, handover->given);
    (void)pthread_mutex_unlock(&handover->lock);
    return block;
}

void handover_give(Handover *handover, HandoverBlock *block)
{
    (void)pthread_mutex_lock(&handover->lock);
    assert(block == block_at(handover, handover->given));
    (void)block;
    handover->given++;
    leave(handover);
}

void handover_end(Handover *handover)
{
    (void)pthread_mutex_lock(&handover->lock);
    handover->is_ended = true;
    leave(handover);
}

/* ---- the taker ---- */

HandoverBlock *handover_take(Handover *handover)
{
    HandoverBlock *block = NULL;

    (void)pthread_mutex_lock(&handover->lock);
    while (!handover->is_stopped && !handover->is_ended && handover->taken == handover->given)
        (void)pthread_cond_wait(&handover->changed, &handover->lock);
    if (!handover->is_stopped && handover->taken < handover->given)
        block = block_at(handover, handover->taken++);
    (void)pthread_mutex_unlock(&handover->lock);
    return block;
}

bool handover_is_idle(Handover *handover)
{
    (void)pthread_mutex_lock(&handover->lock);
    bool is_idle = !handover->is_stopped && handover->taken == handover->given;
    (void)pthread_mutex_unlock(&handover->lock);
    return is_idle;
}

void handover_return(Handover *handover, HandoverBlock *block)
{
    secret_wipe(block->bytes, block->length);
    block->length = 0;
    (void)pthread_mutex_lock(&handover->lock);
    assert(block == block_at(handover, handover->returned));
    handover->returned++;
    if (handover->giver_waits && under_way(handover) > handover->few)
        (void)pthread_mutex_unlock(&handover->lock); /* it would wait again */
    else
        leave(handover);
}

void handover_stop(Handover *handover)
{
    (void)pthread_mutex_lock(&handover->lock);
    handover->is_stopped = true;
    leave(handover);
}

/* ---- both ---- */

void handover_drain(Handover *handover)
{
    (void)pthread_mutex_lock(&handover->lock);
    while (!handover->is_stopped && under_way(handover) > 0)
        (void)pthread_cond_wait(&handover->changed, &handover->lock);
    (void)pthread_mutex_unlock(&handover->lock);
}

static void join(Handover *handover)
{
    if (handover->has_thread)
        (void)pthread_join(handover->thread, NULL);
    handover->has_thread = false;
}

void handover_finish(Handover *handover)
{
    handover_end(handover);
    join(handover);
}

void handover_close(Handover **handover)
{
    Handover *closing = *handover;

    if (closing == NULL)
        return;
    handover_stop(closing);
    join(closing);
    for (size_t i = 0; i < closing->block_count; i++) {
        secret_wipe(closing->blocks[i].bytes, closing->blocks[i].capacity);
        memory_free(closing->blocks[i].bytes);
    }
    (void)pthread_cond_destroy(&closing->changed);
    (void)pthread_mutex_destroy(&closing->lock);
    memory_free(closing);
    *handover = NULL;
}
