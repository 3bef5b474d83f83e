/* Oblivious tokens: what the key holder does. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/secret.h"
#include "pseudonymise/key_file.h"
#include "pseudonymise/oblivious_file.h"
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/voprf.h"

enum { LOG_WORDS_BYTES = 256 };

Result oblivious_key_create(const char *path, Error *error)
{
    return key_file_write_random(path, error);
}

static Result open_key(const P256 *curve, const char *path, const char *space, VoprfKey *key, Error *error)
{
    SCOPED(secret_close) Secret *seed = NULL;

    TRY(oblivious_file_check_space(space, error));
    TRY(secret_create(KEY_BYTES, &seed, error));
    TRY(key_file_read(&KEY_FOLDER_ANY, path, secret_bytes(seed), NULL, error));
    return voprf_key_derive(curve, secret_bytes(seed), text_from(space), key, error);
}

Result oblivious_key_public(const char *path, const char *space, char out[OBLIVIOUS_PUBLIC_BYTES],
                            Error *error)
{
    SCOPED(p256_close) P256 *curve = NULL;
    SCOPED(voprf_key_close) VoprfKey key = {0};

    TRY(p256_open(&curve, error));
    TRY(open_key(curve, path, space, &key, error));
    for (size_t i = 0; i < P256_ELEMENT_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", key.public_key[i]);
    return RESULT_OK;
}

/* ---- evaluating ---- */

/* Durable before an answer exists, so that no use of the key goes unseen. */
static Result log_use(const ObliviousEvaluation *of, size_t count, const Hash *request, Error *error)
{
    char words[LOG_WORDS_BYTES], hex[HASH_TEXT_BYTES];

    (void)snprintf(words, sizeof words, "space=%s values=%zu request=%s", of->space, count,
                   hash_format(request, hex));
    return key_use_write_down(of->key, text_from(words), error);
}

static Result evaluate_batch(const P256 *curve, const VoprfKey *key, const ObliviousFile *request,
                             const ObliviousFile *answer, size_t first, uint8_t *batches, Error *error)
{
    const uint8_t *blinded = request->batches + oblivious_file_element_at(request, first);
    uint8_t *evaluated = batches + oblivious_file_element_at(answer, first);
    const VoprfBatch batch = {blinded, evaluated, oblivious_file_batch_count(request, first)};

    for (size_t i = 0; i < batch.count; i++) {
        size_t at = i * P256_ELEMENT_BYTES;
        Result done = voprf_evaluate(curve, key, blinded + at, evaluated + at, error);
        if (!done.ok)
            return fail_context(error, "value %zu", first + i + 1);
    }
    return voprf_prove(curve, key, &batch, NULL, batches + oblivious_file_proof_at(answer, first), error);
}

static Result write_answer(const P256 *curve, const VoprfKey *key, const ObliviousFile *request,
                           const Hash *hash, const char *path, Error *error)
{
    ObliviousFile answer = *request;

    answer.kind = OBLIVIOUS_ANSWER;
    answer.public_key = key->public_key;
    answer.request = hash->bytes;
    size_t length = oblivious_file_length(&answer);
    SCOPED(arena_close) Arena *arena = arena_create(length + 4096);
    uint8_t *bytes = arena_alloc(arena, length);
    oblivious_file_write_head(&answer, bytes);
    for (size_t first = 0; first < request->count; first += OBLIVIOUS_BATCH)
        TRY(evaluate_batch(curve, key, request, &answer, first, bytes + oblivious_file_head_length(&answer),
                           error));
    oblivious_file_write_end(&answer, bytes);
    return key_file_write_new(path, bytes, length, error);
}

Result oblivious_evaluate(const ObliviousEvaluation *of, ObliviousReport *report, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(2 * (size_t)OBLIVIOUS_FILE_BYTES_MAX);
    SCOPED(p256_close) P256 *curve = NULL;
    SCOPED(voprf_key_close) VoprfKey key = {0};
    ObliviousFile request;
    Hash hash;

    TRY(oblivious_file_open(of->request, OBLIVIOUS_REQUEST, arena, &request, &hash, error));
    if (strcmp(request.space, of->space) != 0)
        return fail(error, ERROR_REFUSED, "%s: asks for another space than %s", of->request, of->space);
    if ((int64_t)request.count > of->values_max)
        return fail(error, ERROR_REFUSED, "%s: asks for more values than are allowed at once", of->request);
    TRY(p256_open(&curve, error));
    TRY(open_key(curve, of->key, of->space, &key, error));
    TRY(log_use(of, request.count, &hash, error));
    Result written = write_answer(curve, &key, &request, &hash, of->answer, error);
    if (!written.ok)
        return fail_context(error, "%s", of->request);
    *report = (ObliviousReport){.values = (int64_t)request.count, .valid = (int64_t)request.count};
    return RESULT_OK;
}
