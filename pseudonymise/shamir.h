#pragma once
/*
 * Private to pseudonymise: Shamir's secret sharing, any 2 of 3, for each byte by itself: the points 1, 2 and
 * 3 of a random straight line over GF(2^8) (the field of AES: FIPS 197, section 4.2) that passes through the
 * secret at 0. Each point alone is uniformly random whatever the secret is. No branch and no address depends
 * on a secret byte.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { SHAMIR_SHARES = 3, SHAMIR_NEEDED = 2 };

typedef struct ShamirShare {
    int index; /* 1 to SHAMIR_SHARES */
    uint8_t *points;
} ShamirShare;

/* Fills the points of shares[0..2] and numbers them. All memory is the caller's, and secret. */
Result shamir_split(const uint8_t *secret, size_t length, ShamirShare shares[SHAMIR_SHARES], Error *error)
    CHECKED;
/* Two shares of one secret with different indices. */
void shamir_combine(const ShamirShare shares[SHAMIR_NEEDED], size_t length, uint8_t *secret);

/* For tests. */
uint8_t shamir_multiply(uint8_t a, uint8_t b);
uint8_t shamir_invert(uint8_t a);
