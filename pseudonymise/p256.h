#pragma once
/*
 * Private to pseudonymise: the group P256-SHA256 of RFC 9497, section 4.3, by OpenSSL's EC and BN. Hashing to
 * it is P256_XMD:SHA-256_SSWU_RO_ of RFC 9380, section 8.2; an element is its compressed point, a scalar 32
 * bytes, big-endian.
 */
#include <stddef.h>
#include <stdint.h>

#include <openssl/ec.h>

#include "base/error.h"
#include "base/text.h"

enum { P256_ELEMENT_BYTES = 33, P256_SCALAR_BYTES = 32 };

typedef struct P256 P256;

Result p256_open(P256 **curve, Error *error) CHECKED;
void p256_close(P256 **curve);

/* ERROR_INPUT unless it is a compressed point of the curve; the point at infinity is none. */
Result p256_read(const P256 *curve, const uint8_t bytes[P256_ELEMENT_BYTES], EC_POINT **point, Error *error)
    CHECKED;
Result p256_write(const P256 *curve, const EC_POINT *point, uint8_t bytes[P256_ELEMENT_BYTES], Error *error)
    CHECKED;
/* ERROR_INPUT unless it is below the group's order. */
Result p256_read_scalar(const P256 *curve, const uint8_t bytes[P256_SCALAR_BYTES], BIGNUM **scalar,
                        Error *error) CHECKED;
Result p256_write_scalar(const BIGNUM *scalar, uint8_t bytes[P256_SCALAR_BYTES], Error *error) CHECKED;

/* RFC 9380: hash_to_curve and, modulo the group's order, hash_to_field. tag: the DST. */
Result p256_hash(const P256 *curve, Text message, Text tag, EC_POINT **point, Error *error) CHECKED;
Result p256_hash_scalar(const P256 *curve, Text message, Text tag, BIGNUM **scalar, Error *error) CHECKED;
/* From 1 to the order less 1. */
Result p256_random_scalar(const P256 *curve, BIGNUM **scalar, Error *error) CHECKED;

/* point NULL: the generator. Takes time that does not depend on the scalar. */
Result p256_multiply(const P256 *curve, const BIGNUM *scalar, const EC_POINT *point, EC_POINT **product,
                     Error *error) CHECKED;
/* sum NULL: becomes scalar * point, else sum + scalar * point. */
Result p256_add_product(const P256 *curve, const BIGNUM *scalar, const EC_POINT *point, EC_POINT **sum,
                        Error *error) CHECKED;
Result p256_invert(const P256 *curve, const BIGNUM *scalar, BIGNUM **inverse, Error *error) CHECKED;
/* minuend - a * b */
Result p256_subtract_product(const P256 *curve, const BIGNUM *minuend, const BIGNUM *a, const BIGNUM *b,
                             BIGNUM **difference, Error *error) CHECKED;

void p256_point_close(EC_POINT **point); /* wipes; for SCOPED */
void p256_scalar_close(BIGNUM **scalar); /* wipes; for SCOPED */

/* For tests: RFC 9380, sections 5.2 (the count is 2) and 6.6.2. */
Result p256_hash_to_field(const P256 *curve, Text message, Text tag, BIGNUM *fields[2], Error *error) CHECKED;
Result p256_map(const P256 *curve, const BIGNUM *field, EC_POINT **point, Error *error) CHECKED;
Result p256_coordinates(const P256 *curve, const EC_POINT *point, uint8_t x[32], uint8_t y[32], Error *error)
    CHECKED;
