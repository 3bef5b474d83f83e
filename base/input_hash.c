/* The hash of a file as delivered, decoding nothing. */
#include "base/handover.h"
#include "base/input.h"
#include "base/input_file.h"
#include "base/secret.h"

enum { PIECE_BYTES = 64 << 10, BLOCKS = 3, BLOCK_BYTES = 256 << 10, THREAD_BYTES_MIN = 4 * BLOCK_BYTES };

static Result read_to_end(InputFile *file, Error *error)
{
    unsigned char piece[PIECE_BYTES];
    size_t length = 1;
    Result result = RESULT_OK;

    while (result.ok && length > 0)
        result = input_file_read(file, piece, sizeof piece, &length, error);
    secret_wipe(piece, sizeof piece);
    return result;
}

static void hash_blocks(Handover *handover, void *hash)
{
    HandoverBlock *block;

    while ((block = handover_take(handover)) != NULL) {
        hash_add(hash, block->bytes, block->length);
        handover_return(handover, block);
    }
}

static Result read_blocks(InputFile *file, Handover *handover, Error *error)
{
    size_t length = 1; /* a block that was given is no longer ours to look at */

    while (length > 0) {
        HandoverBlock *block = handover_empty(handover); /* there will be one: the thread takes all */
        TRY(input_file_read(file, block->bytes, block->capacity, &length, error));
        block->length = length;
        handover_give(handover, block);
    }
    handover_finish(handover);
    return RESULT_OK;
}

/* A load waits for its file's hash: reading and the fingerprint overlap with it where they take long. */
static Result read_hashed(InputFile *file, Error *error)
{
    SCOPED(handover_close) Handover *handover = NULL;
    HashStream *hash = file->hash;

    if (file->bytes < THREAD_BYTES_MIN)
        return read_to_end(file, error);
    TRY(handover_open(BLOCKS, BLOCK_BYTES, hash_blocks, hash, &handover, error));
    file->hash = NULL;
    Result done = read_blocks(file, handover, error);
    file->hash = hash;
    return done;
}

Result input_hash_file(const char *path, Hash *digest, uint64_t *bytes, Error *error)
{
    SCOPED(input_file_close) InputFile file = {.descriptor = -1};

    TRY(input_file_open(path, &file, error));
    TRY(read_hashed(&file, error));
    *digest = hash_value(file.hash);
    *bytes = file.delivered;
    return RESULT_OK;
}

Result input_mark_file(const char *path, InputMark *mark, Error *error)
{
    SCOPED(input_file_close) InputFile file = {.descriptor = -1};

    TRY(secret_random(mark->key, sizeof mark->key, error));
    TRY(input_file_open(path, &file, error));
    TRY(input_file_mark(&file, mark->key, error));
    TRY(read_hashed(&file, error));
    mark->path = path;
    mark->digest = hash_value(file.hash);
    mark->bytes = file.delivered;
    return fingerprint_end(file.fingerprint, &mark->fingerprint, error);
}
