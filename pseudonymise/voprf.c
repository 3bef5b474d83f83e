#include "pseudonymise/voprf.h"

#include <assert.h>
#include <string.h>

#include <openssl/bn.h>

#include "base/secret.h"

/* Section 3.1: mode 1. */
#define CONTEXT "OPRFV1-\x01-P256-SHA256"

enum { TRANSCRIPT_BYTES = 256, COUNTER_MAX = 255 };

static const Text group_tag = TEXT("HashToGroup-" CONTEXT), scalar_tag = TEXT("HashToScalar-" CONTEXT),
                  key_tag = TEXT("DeriveKeyPair" CONTEXT), seed_tag = TEXT("Seed-" CONTEXT);

/* What is hashed of public values. */
typedef struct Transcript {
    uint8_t bytes[TRANSCRIPT_BYTES];
    size_t length;
} Transcript;

static void add_plain(Transcript *transcript, const void *bytes, size_t length)
{
    assert(transcript->length + length <= TRANSCRIPT_BYTES);
    memcpy(transcript->bytes + transcript->length, bytes, length);
    transcript->length += length;
}

static void add_number(Transcript *transcript, size_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 8), (uint8_t)number};
    add_plain(transcript, bytes, sizeof bytes);
}

static void add_counted(Transcript *transcript, const void *bytes, size_t length)
{
    add_number(transcript, length);
    add_plain(transcript, bytes, length);
}

static Result add_point(Transcript *transcript, const P256 *curve, const EC_POINT *point, Error *error)
{
    uint8_t bytes[P256_ELEMENT_BYTES];

    TRY(p256_write(curve, point, bytes, error));
    add_counted(transcript, bytes, sizeof bytes);
    return RESULT_OK;
}

static Text text_of(const Transcript *transcript)
{
    return (Text){.data = (const char *)transcript->bytes, .length = transcript->length};
}

/* ---- keys ---- */

void voprf_key_close(VoprfKey *key)
{
    p256_scalar_close(&key->secret);
    p256_point_close(&key->public_point);
}

static Result derive_secret(const P256 *curve, Transcript *input, BIGNUM **secret, Error *error)
{
    uint8_t *counter = input->bytes + input->length;

    add_plain(input, "", 1);
    for (*counter = 0;; ++*counter) {
        TRY(p256_hash_scalar(curve, text_of(input), key_tag, secret, error));
        if (!BN_is_zero(*secret))
            return RESULT_OK;
        p256_scalar_close(secret);
        if (*counter == COUNTER_MAX)
            return fail(error, ERROR_SYSTEM, "oblivious key: none can be derived of this seed");
    }
}

Result voprf_key_derive(const P256 *curve, const uint8_t seed[VOPRF_SEED_BYTES], Text info, VoprfKey *key,
                        Error *error)
{
    SCOPED(secret_close) Secret *memory = NULL;
    Transcript *input;

    TRY(secret_create(sizeof *input, &memory, error));
    input = (Transcript *)(void *)secret_bytes(memory);
    if (info.length > TRANSCRIPT_BYTES - VOPRF_SEED_BYTES - 3)
        return fail(error, ERROR_CONFIG, "oblivious key: what it is for is too long a name");
    add_plain(input, seed, VOPRF_SEED_BYTES);
    add_counted(input, info.data, info.length);
    TRY(derive_secret(curve, input, &key->secret, error));
    TRY(p256_multiply(curve, key->secret, NULL, &key->public_point, error));
    return p256_write(curve, key->public_point, key->public_key, error);
}

/* ---- blinding, evaluating, finalising ---- */

Result voprf_blind(const P256 *curve, Text input, const BIGNUM *blind, uint8_t blinded[P256_ELEMENT_BYTES],
                   Error *error)
{
    SCOPED(p256_point_close) EC_POINT *element = NULL;
    SCOPED(p256_point_close) EC_POINT *product = NULL;

    TRY(p256_hash(curve, input, group_tag, &element, error));
    TRY(p256_multiply(curve, blind, element, &product, error));
    return p256_write(curve, product, blinded, error);
}

Result voprf_evaluate(const P256 *curve, const VoprfKey *key, const uint8_t blinded[P256_ELEMENT_BYTES],
                      uint8_t evaluated[P256_ELEMENT_BYTES], Error *error)
{
    SCOPED(p256_point_close) EC_POINT *element = NULL;
    SCOPED(p256_point_close) EC_POINT *product = NULL;

    TRY(p256_read(curve, blinded, &element, error));
    TRY(p256_multiply(curve, key->secret, element, &product, error));
    return p256_write(curve, product, evaluated, error);
}

static void add_input(HashStream *hash, const void *bytes, size_t length)
{
    const uint8_t length_bytes[] = {(uint8_t)(length >> 8), (uint8_t)length};

    hash_add(hash, length_bytes, sizeof length_bytes);
    hash_add(hash, bytes, length);
}

Result voprf_finalise(const P256 *curve, Text input, const BIGNUM *blind,
                      const uint8_t evaluated[P256_ELEMENT_BYTES], Hash *output, Error *error)
{
    SCOPED(p256_scalar_close) BIGNUM *inverse = NULL;
    SCOPED(p256_point_close) EC_POINT *element = NULL;
    SCOPED(p256_point_close) EC_POINT *product = NULL;
    uint8_t unblinded[P256_ELEMENT_BYTES];

    assert(input.length <= UINT16_MAX);
    TRY(p256_read(curve, evaluated, &element, error));
    TRY(p256_invert(curve, blind, &inverse, error));
    TRY(p256_multiply(curve, inverse, element, &product, error));
    TRY(p256_write(curve, product, unblinded, error));
    HashStream *hash = hash_open();
    add_input(hash, input.data, input.length);
    add_input(hash, unblinded, sizeof unblinded);
    hash_add(hash, "Finalize", strlen("Finalize"));
    *output = hash_value(hash);
    hash_close(&hash);
    secret_wipe(unblinded, sizeof unblinded);
    return RESULT_OK;
}

/* ---- proofs ---- */

/* Of a batch, and of the points that its proof is about. */
typedef struct Composites {
    EC_POINT *m, *z;
} Composites;

static void composites_close(Composites *composites)
{
    p256_point_close(&composites->m);
    p256_point_close(&composites->z);
}

static Hash seed_of(const uint8_t public_key[P256_ELEMENT_BYTES])
{
    Transcript transcript = {0};

    add_counted(&transcript, public_key, P256_ELEMENT_BYTES);
    add_counted(&transcript, seed_tag.data, seed_tag.length);
    return hash_of(transcript.bytes, transcript.length);
}

static Result coefficient(const P256 *curve, const Hash *seed, const VoprfBatch *batch, size_t index,
                          BIGNUM **scalar, Error *error)
{
    Transcript transcript = {0};

    add_counted(&transcript, seed->bytes, HASH_BYTES);
    add_number(&transcript, index);
    add_counted(&transcript, batch->blinded + index * P256_ELEMENT_BYTES, P256_ELEMENT_BYTES);
    add_counted(&transcript, batch->evaluated + index * P256_ELEMENT_BYTES, P256_ELEMENT_BYTES);
    add_plain(&transcript, "Composite", strlen("Composite"));
    return p256_hash_scalar(curve, text_of(&transcript), scalar_tag, scalar, error);
}

static Result add_element(const P256 *curve, const BIGNUM *scalar, const uint8_t *bytes, EC_POINT **sum,
                          Error *error)
{
    SCOPED(p256_point_close) EC_POINT *element = NULL;

    TRY(p256_read(curve, bytes, &element, error));
    return p256_add_product(curve, scalar, element, sum, error);
}

/* Section 2.2.1: key NULL for who has it not (ComputeComposites), else ComputeCompositesFast. */
static Result compute_composites(const P256 *curve, const VoprfKey *key, const uint8_t *public_key,
                                 const VoprfBatch *batch, Composites *composites, Error *error)
{
    Hash seed = seed_of(public_key);

    assert(batch->count > 0 && batch->count <= VOPRF_BATCH_MAX);
    for (size_t i = 0; i < batch->count; i++) {
        SCOPED(p256_scalar_close) BIGNUM *scalar = NULL;
        size_t at = i * P256_ELEMENT_BYTES;
        TRY(coefficient(curve, &seed, batch, i, &scalar, error));
        TRY(add_element(curve, scalar, batch->blinded + at, &composites->m, error));
        if (key == NULL)
            TRY(add_element(curve, scalar, batch->evaluated + at, &composites->z, error));
    }
    return key == NULL ? RESULT_OK : p256_multiply(curve, key->secret, composites->m, &composites->z, error);
}

static Result challenge(const P256 *curve, const uint8_t *public_key, const Composites *composites,
                        const EC_POINT *t2, const EC_POINT *t3, BIGNUM **scalar, Error *error)
{
    Transcript transcript = {0};

    add_counted(&transcript, public_key, P256_ELEMENT_BYTES);
    TRY(add_point(&transcript, curve, composites->m, error));
    TRY(add_point(&transcript, curve, composites->z, error));
    TRY(add_point(&transcript, curve, t2, error));
    TRY(add_point(&transcript, curve, t3, error));
    add_plain(&transcript, "Challenge", strlen("Challenge"));
    return p256_hash_scalar(curve, text_of(&transcript), scalar_tag, scalar, error);
}

static Result prove_with(const P256 *curve, const VoprfKey *key, const VoprfBatch *batch, const BIGNUM *nonce,
                         uint8_t proof[VOPRF_PROOF_BYTES], Error *error)
{
    SCOPED(composites_close) Composites composites = {0};
    SCOPED(p256_point_close) EC_POINT *t2 = NULL;
    SCOPED(p256_point_close) EC_POINT *t3 = NULL;
    SCOPED(p256_scalar_close) BIGNUM *c = NULL;
    SCOPED(p256_scalar_close) BIGNUM *s = NULL;

    TRY(compute_composites(curve, key, key->public_key, batch, &composites, error));
    TRY(p256_multiply(curve, nonce, NULL, &t2, error));
    TRY(p256_multiply(curve, nonce, composites.m, &t3, error));
    TRY(challenge(curve, key->public_key, &composites, t2, t3, &c, error));
    TRY(p256_subtract_product(curve, nonce, c, key->secret, &s, error));
    TRY(p256_write_scalar(c, proof, error));
    return p256_write_scalar(s, proof + P256_SCALAR_BYTES, error);
}

Result voprf_prove(const P256 *curve, const VoprfKey *key, const VoprfBatch *batch, const BIGNUM *nonce,
                   uint8_t proof[VOPRF_PROOF_BYTES], Error *error)
{
    SCOPED(p256_scalar_close) BIGNUM *drawn = NULL;

    if (nonce == NULL)
        TRY(p256_random_scalar(curve, &drawn, error));
    return prove_with(curve, key, batch, nonce == NULL ? drawn : nonce, proof, error);
}

Result voprf_verify(const P256 *curve, const uint8_t public_key[P256_ELEMENT_BYTES], const VoprfBatch *batch,
                    const uint8_t proof[VOPRF_PROOF_BYTES], Error *error)
{
    SCOPED(composites_close) Composites composites = {0};
    SCOPED(p256_point_close) EC_POINT *key = NULL;
    SCOPED(p256_point_close) EC_POINT *t2 = NULL;
    SCOPED(p256_point_close) EC_POINT *t3 = NULL;
    SCOPED(p256_scalar_close) BIGNUM *c = NULL;
    SCOPED(p256_scalar_close) BIGNUM *s = NULL;
    SCOPED(p256_scalar_close) BIGNUM *expected = NULL;

    TRY(p256_read(curve, public_key, &key, error));
    TRY(p256_read_scalar(curve, proof, &c, error));
    TRY(p256_read_scalar(curve, proof + P256_SCALAR_BYTES, &s, error));
    TRY(compute_composites(curve, NULL, public_key, batch, &composites, error));
    TRY(p256_multiply(curve, s, NULL, &t2, error));
    TRY(p256_add_product(curve, c, key, &t2, error));
    TRY(p256_multiply(curve, s, composites.m, &t3, error));
    TRY(p256_add_product(curve, c, composites.z, &t3, error));
    Result challenged = challenge(curve, public_key, &composites, t2, t3, &expected, error);
    /* A sum that is the point at infinity has no bytes: no proof of an honest key holder leads there. */
    if (!challenged.ok || BN_cmp(expected, c) != 0)
        return fail(error, ERROR_INPUT, "the proof does not hold: evaluated under another key, or changed");
    return RESULT_OK;
}
