#include "base/read_ahead.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/handover.h"

enum { BLOCKS = HANDOVER_MANY, BLOCK_BYTES = 128 << 10, SOON_BYTES = 256 << 10 };

struct ReadAhead {
    ReadAheadSource source;
    void *context;
    size_t passed;        /* bytes read without a thread */
    Handover *handover;   /* NULL: no thread yet */
    HandoverBlock *block; /* [at, length) is not used up */
    size_t at;
    bool has_ended; /* this and what follows: the thread's until it has ended */
    Result outcome; /* of the source */
    Error failure;
};

static size_t read_source(ReadAhead *ahead, void *buffer, size_t capacity)
{
    size_t length = 0;

    ahead->outcome = ahead->source(ahead->context, buffer, capacity, &length, &ahead->failure);
    ahead->has_ended = !ahead->outcome.ok || length == 0;
    return ahead->has_ended ? 0 : length;
}

static void read_all(Handover *handover, void *context)
{
    ReadAhead *ahead = context;
    HandoverBlock *block;

    while ((block = handover_empty(handover)) != NULL) {
        block->length = read_source(ahead, block->bytes, block->capacity);
        if (ahead->has_ended)
            break;
        handover_give(handover, block);
    }
    handover_end(handover);
}

ReadAhead *read_ahead_open(ReadAheadSource source, void *context)
{
    ReadAhead *ahead = memory_alloc(sizeof *ahead);

    ahead->source = source;
    ahead->context = context;
    ahead->outcome = RESULT_OK;
    return ahead;
}

static Result outcome_of(const ReadAhead *ahead, Error *error)
{
    return ahead->outcome.ok ? RESULT_OK : fail(error, ahead->failure.code, "%s", ahead->failure.message);
}

/* What the thread has read, or nothing at its end. */
static size_t take(ReadAhead *ahead, void *buffer, size_t capacity)
{
    if (ahead->block == NULL) {
        ahead->block = handover_take(ahead->handover);
        ahead->at = 0;
    }
    if (ahead->block == NULL)
        return 0;
    size_t left = ahead->block->length - ahead->at, length = left < capacity ? left : capacity;
    memcpy(buffer, ahead->block->bytes + ahead->at, length);
    ahead->at += length;
    if (ahead->at == ahead->block->length) {
        handover_return(ahead->handover, ahead->block);
        ahead->block = NULL;
    }
    return length;
}

Result read_ahead_next(ReadAhead *ahead, void *buffer, size_t capacity, size_t *length, Error *error)
{
    assert(capacity > 0);
    *length = 0;
    if (ahead->handover == NULL && !ahead->has_ended && ahead->passed < SOON_BYTES) {
        *length = read_source(ahead, buffer, capacity);
        ahead->passed += *length;
        return *length > 0 ? RESULT_OK : outcome_of(ahead, error);
    }
    if (ahead->handover == NULL && !ahead->has_ended)
        TRY(handover_open(BLOCKS, BLOCK_BYTES, read_all, ahead, &ahead->handover, error));
    if (ahead->handover != NULL)
        *length = take(ahead, buffer, capacity);
    return *length > 0 ? RESULT_OK : outcome_of(ahead, error);
}

void read_ahead_close(ReadAhead **ahead)
{
    if (*ahead == NULL)
        return;
    handover_close(&(*ahead)->handover);
    memory_free(*ahead);
    *ahead = NULL;
}
