#pragma once
/*
 * Private to pseudonymise: the verifiable oblivious pseudo-random function of RFC 9497, mode VOPRF, suite
 * P256-SHA256. The provider blinds an input, the key holder evaluates without seeing it and proves that one
 * key was used for a whole batch (section 2.2), the provider takes the blind off again.
 */
#include "base/hash.h"
#include "pseudonymise/p256.h"

enum { VOPRF_SEED_BYTES = 32, VOPRF_PROOF_BYTES = 2 * P256_SCALAR_BYTES, VOPRF_BATCH_MAX = 65535 };

typedef struct VoprfKey {
    BIGNUM *secret;
    EC_POINT *public_point;
    uint8_t public_key[P256_ELEMENT_BYTES];
} VoprfKey;

/* Elements one behind the other; count from 1 to VOPRF_BATCH_MAX. */
typedef struct VoprfBatch {
    const uint8_t *blinded, *evaluated;
    size_t count;
} VoprfBatch;

/* DeriveKeyPair, section 3.2.1. info: what the key is for; up to 200 bytes. */
Result voprf_key_derive(const P256 *curve, const uint8_t seed[VOPRF_SEED_BYTES], Text info, VoprfKey *key,
                        Error *error) CHECKED;
void voprf_key_close(VoprfKey *key);

/* Section 3.3.2. */
Result voprf_blind(const P256 *curve, Text input, const BIGNUM *blind, uint8_t blinded[P256_ELEMENT_BYTES],
                   Error *error) CHECKED;
/* ERROR_INPUT when blinded is no element. */
Result voprf_evaluate(const P256 *curve, const VoprfKey *key, const uint8_t blinded[P256_ELEMENT_BYTES],
                      uint8_t evaluated[P256_ELEMENT_BYTES], Error *error) CHECKED;
/* nonce NULL: random, as it must be but in tests. */
Result voprf_prove(const P256 *curve, const VoprfKey *key, const VoprfBatch *batch, const BIGNUM *nonce,
                   uint8_t proof[VOPRF_PROOF_BYTES], Error *error) CHECKED;
/* ERROR_INPUT when the proof does not hold: another key, or another element in the batch. */
Result voprf_verify(const P256 *curve, const uint8_t public_key[P256_ELEMENT_BYTES], const VoprfBatch *batch,
                    const uint8_t proof[VOPRF_PROOF_BYTES], Error *error) CHECKED;
/* Only behind voprf_verify. */
Result voprf_finalise(const P256 *curve, Text input, const BIGNUM *blind,
                      const uint8_t evaluated[P256_ELEMENT_BYTES], Hash *output, Error *error) CHECKED;
