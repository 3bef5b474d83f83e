/* Oblivious tokens: what the provider does. The key holder's part is in oblivious_holder.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/secret.h"
#include "pseudonymise/key_file.h"
#include "pseudonymise/oblivious_file.h"
#include "pseudonymise/oblivious_values.h"
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/voprf.h"

enum { TOKEN_LINE_BYTES = HASH_TEXT_BYTES };

static const char tokens_header[] = "pseudonym\n";

/* ---- blinding ---- */

/* The blinds of a request all come from one secret: what is kept until the answer comes is 32 bytes. */
typedef struct Blinds {
    Secret *message; /* the secret, then the value's index */
} Blinds;

static void blinds_close(Blinds *blinds)
{
    secret_close(&blinds->message);
}

static Result open_blinds(const char *path, Blinds *blinds, Error *error)
{
    TRY(secret_create(KEY_BYTES + 8, &blinds->message, error));
    return key_file_read(&KEY_FOLDER_ANY, path, secret_bytes(blinds->message), NULL, error);
}

static Result blind_of(const P256 *curve, const Blinds *blinds, size_t index, BIGNUM **blind, Error *error)
{
    uint8_t *bytes = secret_bytes(blinds->message);

    for (int i = 0; i < 8; i++)
        bytes[KEY_BYTES + i] = (uint8_t)((uint64_t)index >> (56 - 8 * i));
    return p256_hash_scalar(curve, (Text){.data = (const char *)bytes, .length = KEY_BYTES + 8},
                            TEXT("cinque/oblivious/blind/v1"), blind, error);
}

static Result count_values(ObliviousValues *values, const char *path, ObliviousReport *report, Error *error)
{
    Text input;

    *report = (ObliviousReport){0};
    while (oblivious_values_next(values, &input)) {
        report->values++;
        report->valid += input.length > 0;
    }
    oblivious_values_rewind(values);
    if (report->valid == 0)
        return fail(error, ERROR_INPUT, "%s: holds no valid value", path);
    if (report->values > OBLIVIOUS_VALUES_MAX)
        return fail(error, ERROR_LIMIT, "%s: more than %d values, share them out over several files", path,
                    OBLIVIOUS_VALUES_MAX);
    return RESULT_OK;
}

static Result blind_all(ObliviousValues *values, const Blinds *blinds, uint8_t *elements, Error *error)
{
    SCOPED(p256_close) P256 *curve = NULL;
    size_t index = 0;
    Text input;

    TRY(p256_open(&curve, error));
    while (oblivious_values_next(values, &input)) {
        SCOPED(p256_scalar_close) BIGNUM *blind = NULL;
        if (input.length == 0)
            continue;
        TRY(blind_of(curve, blinds, index, &blind, error));
        TRY(voprf_blind(curve, input, blind, elements + index * P256_ELEMENT_BYTES, error));
        index++;
    }
    return RESULT_OK;
}

static Result write_request(ObliviousValues *values, const ObliviousBlinding *of, size_t count, Error *error)
{
    SCOPED(blinds_close) Blinds blinds = {0};
    ObliviousFile request = {.kind = OBLIVIOUS_REQUEST, .count = count};

    (void)snprintf(request.space, sizeof request.space, "%s", of->space);
    size_t length = oblivious_file_length(&request);
    SCOPED(arena_close) Arena *arena = arena_create(length + 4096);
    uint8_t *bytes = arena_alloc(arena, length);
    oblivious_file_write_head(&request, bytes);
    TRY(open_blinds(of->secret, &blinds, error));
    TRY(blind_all(values, &blinds, bytes + oblivious_file_head_length(&request), error));
    oblivious_file_write_end(&request, bytes);
    return key_file_write_new(of->request, bytes, length, error);
}

Result oblivious_blind(const ObliviousBlinding *of, ObliviousReport *report, Error *error)
{
    SCOPED(oblivious_values_close) ObliviousValues *values = NULL;

    TRY(oblivious_file_check_space(of->space, error));
    TRY(oblivious_values_open(of->values, &values, error));
    TRY(count_values(values, of->values, report, error));
    TRY(key_file_write_random(of->secret, error));
    Result written = write_request(values, of, (size_t)report->valid, error);
    if (!written.ok)
        (void)unlink(of->secret);
    return written;
}

/* ---- finalising ---- */

typedef struct Finalising {
    const ObliviousFinalising *of;
    Arena *arena;
    P256 *curve;
    ObliviousFile request, answer;
    Blinds blinds;
    ObliviousValues *values;
} Finalising;

static void finalising_close(Finalising *f)
{
    oblivious_values_close(&f->values);
    blinds_close(&f->blinds);
    p256_close(&f->curve);
    arena_close(&f->arena);
}

static Result check_answer(const Finalising *f, const Hash *request, Error *error)
{
    char hex[OBLIVIOUS_PUBLIC_BYTES];

    if (strcmp(f->answer.space, f->request.space) != 0 || f->answer.count != f->request.count ||
        memcmp(f->answer.request, request->bytes, HASH_BYTES) != 0)
        return fail(error, ERROR_INPUT, "%s: answers another request", f->of->answer);
    for (size_t i = 0; i < P256_ELEMENT_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", f->answer.public_key[i]);
    if (strcmp(hex, f->of->public_key) != 0)
        return fail(error, ERROR_REFUSED, "%s: was made under another key than the one expected",
                    f->of->answer);
    return RESULT_OK;
}

static Result check_proofs(const Finalising *f, Error *error)
{
    for (size_t first = 0; first < f->answer.count; first += OBLIVIOUS_BATCH) {
        const VoprfBatch batch = {
            .blinded = f->request.batches + oblivious_file_element_at(&f->request, first),
            .evaluated = f->answer.batches + oblivious_file_element_at(&f->answer, first),
            .count = oblivious_file_batch_count(&f->answer, first),
        };
        Result proof = voprf_verify(f->curve, f->answer.public_key, &batch,
                                    f->answer.batches + oblivious_file_proof_at(&f->answer, first), error);
        if (!proof.ok)
            return fail_context(error, "%s batch %zu", f->of->answer, first / OBLIVIOUS_BATCH + 1);
    }
    return RESULT_OK;
}

/* The value must be the one that was blinded, else its token would be nobody's. */
static Result finalise_value(const Finalising *f, size_t index, Text input, char token[HASH_TEXT_BYTES],
                             Error *error)
{
    SCOPED(p256_scalar_close) BIGNUM *blind = NULL;
    uint8_t blinded[P256_ELEMENT_BYTES];
    Hash output;

    TRY(blind_of(f->curve, &f->blinds, index, &blind, error));
    TRY(voprf_blind(f->curve, input, blind, blinded, error));
    if (memcmp(blinded, f->request.batches + oblivious_file_element_at(&f->request, index),
               P256_ELEMENT_BYTES) != 0)
        return fail(error, ERROR_INPUT, "%s: the values or the secret are not those of the request",
                    f->of->values);
    TRY(voprf_finalise(f->curve, input, blind,
                       f->answer.batches + oblivious_file_element_at(&f->answer, index), &output, error));
    (void)hash_format(&output, token);
    secret_wipe(&output, sizeof output);
    return RESULT_OK;
}

static Result finalise_all(const Finalising *f, TextBuilder *lines, Error *error)
{
    char token[HASH_TEXT_BYTES];
    size_t index = 0;
    Text input;

    text_add_string(lines, tokens_header);
    while (oblivious_values_next(f->values, &input)) {
        if (input.length > 0) {
            if (index == f->request.count)
                return fail(error, ERROR_INPUT, "%s: holds more values than the request", f->of->values);
            TRY(finalise_value(f, index++, input, token, error));
            text_add_string(lines, token);
        }
        text_add_char(lines, '\n');
    }
    if (index != f->request.count)
        return fail(error, ERROR_INPUT, "%s: holds fewer values than the request", f->of->values);
    return RESULT_OK;
}

static Result open_finalising(Finalising *f, Error *error)
{
    Hash request, answer;

    f->arena = arena_create(4 * (size_t)OBLIVIOUS_FILE_BYTES_MAX);
    TRY(oblivious_file_open(f->of->request, OBLIVIOUS_REQUEST, f->arena, &f->request, &request, error));
    TRY(oblivious_file_open(f->of->answer, OBLIVIOUS_ANSWER, f->arena, &f->answer, &answer, error));
    TRY(check_answer(f, &request, error));
    TRY(p256_open(&f->curve, error));
    TRY(check_proofs(f, error));
    TRY(open_blinds(f->of->secret, &f->blinds, error));
    return oblivious_values_open(f->of->values, &f->values, error);
}

Result oblivious_finalise(const ObliviousFinalising *of, ObliviousReport *report, Error *error)
{
    SCOPED(finalising_close) Finalising finalising = {.of = of};

    TRY(open_finalising(&finalising, error));
    TRY(count_values(finalising.values, of->values, report, error));
    SCOPED(text_builder_close)
    TextBuilder lines = text_builder(sizeof tokens_header + (size_t)report->values * TOKEN_LINE_BYTES);
    TRY(finalise_all(&finalising, &lines, error));
    Text text = text_built(&lines);
    return key_file_write_new(of->tokens, (const uint8_t *)text.data, text.length, error);
}
