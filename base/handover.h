#pragma once
/*
 * Blocks of bytes handed from one thread to another: a giver fills, a taker empties, and only so many blocks
 * are under way as there are, so that neither runs ahead of memory. What a block held is wiped when it comes
 * back. Of the two one is the caller; the other is a thread of the handover's own, without signals.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct Handover Handover;

typedef struct HandoverBlock {
    char *bytes;
    size_t length, capacity; /* the giver may grow it with memory_resize */
} HandoverBlock;

/* work: what the thread does; it ends when it returns. context must outlive the handover.
 * Errors  ERROR_SYSTEM: no thread can be had */
Result handover_open(size_t block_count, size_t block_bytes, void (*work)(Handover *handover, void *context),
                     void *context, Handover **handover, Error *error) CHECKED;

enum { HANDOVER_MANY = 8 };
/* The giver: an empty block, as soon as there is one. Of HANDOVER_MANY and more, once all are full, as soon
 * as more than half are empty: woken for each, giver and taker would put each other off the processor at
 * every block. NULL: the taker wants no more. */
HandoverBlock *handover_empty(Handover *handover);
void handover_give(Handover *handover, HandoverBlock *block);
/* Nothing more comes. */
void handover_end(Handover *handover);

/* The taker: the next block in order, as soon as there is one. NULL: the end. */
HandoverBlock *handover_take(Handover *handover);
/* handover_take would wait, for a block or for the end: there is time for other work. */
bool handover_is_idle(Handover *handover);
/* With what it holds used up; wiped here. */
void handover_return(Handover *handover, HandoverBlock *block);
/* Wants no more: the giver gets no block from here on. */
void handover_stop(Handover *handover);

/* Waits until all that was given has come back, or the taker has stopped. */
void handover_drain(Handover *handover);
/* The giver: nothing more comes; waits until the thread's work is done. */
void handover_finish(Handover *handover);
/* Stops, waits for the thread, wipes and frees. Accepts a pointer to NULL. */
void handover_close(Handover **handover);
