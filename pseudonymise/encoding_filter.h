#pragma once
/*
 * Private to pseudonymise: Bloom filters of a field's q-grams. A q-gram's positions are bytes of
 * HMAC-SHA-256 under the field's own key, so they are independent (no double hashing); under a salt they are
 * AES-256 of a block that the HMAC and the salt make together. Each filter takes the same number of
 * positions, however long the value is, so that its weight says nothing about the length.
 */
#include "base/secret.h"
#include "pseudonymise/encoding_text.h"
#include "pseudonymise/keyed.h"

enum { FILTER_BITS_MAX = 256, FILTER_BYTES_MAX = FILTER_BITS_MAX / 8 };

typedef struct FilterShape {
    int bits, folds;
} FilterShape;

typedef struct FilterSalt {
    uint8_t bytes[KEYED_BLOCK_BYTES];
} FilterSalt;

typedef struct FilterField FilterField;

/* key: of this field alone, KEY_BYTES. */
Result filter_field_create(const uint8_t *key, FilterShape shape, FilterField **field, Error *error) CHECKED;
void filter_field_close(FilterField **field); /* wipes */
/* salt NULL: none. filter: shape.bits / 8 bytes */
Result filter_make(FilterField *field, const EncodingValue *value, const FilterSalt *salt, uint8_t *filter,
                   Error *error) CHECKED;
