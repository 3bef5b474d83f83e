#pragma once
/*
 * Private to pseudonymise: Bloom filters of a field's q-grams. A q-gram's positions are bytes of
 * HMAC-SHA-256 under the field's own key, so they are independent (no double hashing); under a salt they are
 * AES-256 of a block that the HMAC and the salt make together. Each filter takes the same number of
 * positions, however long the value is, so that its weight says nothing about the length.
 */
#include <string.h>

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
enum { FILTER_SALTS_MAX = 16 };

/* filter: shape.bits / 8 bytes */
Result filter_make(FilterField *field, const EncodingValue *value, uint8_t *filter, Error *error) CHECKED;
/* One filter for each salt, at most FILTER_SALTS_MAX, each to its own place. */
Result filter_make_salted(FilterField *field, const EncodingValue *value, const FilterSalt *salts,
                          size_t count, uint8_t *const *filters, Error *error) CHECKED;

/* Of two blocks, into the first. */
static inline void filter_exclusive_or(uint8_t *to, const uint8_t *with)
{
    uint64_t a[2], b[2];

    memcpy(a, to, sizeof a);
    memcpy(b, with, sizeof b);
    a[0] ^= b[0];
    a[1] ^= b[1];
    memcpy(to, a, sizeof a);
}
