#include "base/read_ahead.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/handover.h"

enum { BLOCKS = 4, BLOCK_BYTES = 128 << 10 };

struct ReadAhead {
    ReadAheadSource source;
    void *context;
    Handover *handover;
    HandoverBlock *block; /* [at, length) is not used up */
    size_t at;
    Result outcome; /* of the source, and its error: the thread's until it has ended */
    Error failure;
};

static Result fill(const ReadAhead *ahead, HandoverBlock *block, Error *error)
{
    return ahead->source(ahead->context, block->bytes, block->capacity, &block->length, error);
}

static void read_all(Handover *handover, void *context)
{
    ReadAhead *ahead = context;
    HandoverBlock *block;

    while (ahead->outcome.ok && (block = handover_empty(handover)) != NULL) {
        ahead->outcome = fill(ahead, block, &ahead->failure);
        if (!ahead->outcome.ok || block->length == 0)
            break;
        handover_give(handover, block);
    }
    handover_end(handover);
}

Result read_ahead_open(ReadAheadSource source, void *context, ReadAhead **ahead, Error *error)
{
    SCOPED(read_ahead_close) ReadAhead *made = memory_alloc(sizeof *made);

    made->source = source;
    made->context = context;
    made->outcome = RESULT_OK;
    TRY(handover_open(BLOCKS, BLOCK_BYTES, read_all, made, &made->handover, error));
    *ahead = made;
    made = NULL;
    return RESULT_OK;
}

Result read_ahead_next(ReadAhead *ahead, void *buffer, size_t capacity, size_t *length, Error *error)
{
    assert(capacity > 0);
    *length = 0;
    if (ahead->block == NULL) {
        ahead->block = handover_take(ahead->handover);
        ahead->at = 0;
    }
    if (ahead->block == NULL)
        return ahead->outcome.ok ? RESULT_OK : fail(error, ahead->failure.code, "%s", ahead->failure.message);
    size_t left = ahead->block->length - ahead->at;
    *length = left < capacity ? left : capacity;
    memcpy(buffer, ahead->block->bytes + ahead->at, *length);
    ahead->at += *length;
    if (ahead->at == ahead->block->length) {
        handover_return(ahead->handover, ahead->block);
        ahead->block = NULL;
    }
    return RESULT_OK;
}

void read_ahead_close(ReadAhead **ahead)
{
    if (*ahead == NULL)
        return;
    handover_close(&(*ahead)->handover);
    memory_free(*ahead);
    *ahead = NULL;
}
