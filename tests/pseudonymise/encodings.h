#pragma once
/* People, encoders of them, and what can be read of an encoding. */
#include "fixture.h"

/* docs/linkage.md: where things are in an encoding. */
enum { AT_VERSION = 2, AT_SCHEME = 4, AT_FIELDS = 10, AT_BLOCKS = 12, AT_CLASSES = 20, AT_SIZES = 24 };

static const EncodingKind kinds[] = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE,
                                     ENCODING_SEX, ENCODING_POSTCODE};
enum { FIELDS = sizeof kinds / sizeof kinds[0], TOKENS_AT = AT_SIZES + FIELDS };

typedef struct Encoding {
    uint8_t bytes[ENCODING_BYTES_MAX];
    size_t length;
} Encoding;

static inline EncodingOptions options_of(bool by_blocks)
{
    return (EncodingOptions){
        .purpose = "test", .key_version = 1, .kinds = kinds, .field_count = FIELDS, .by_blocks = by_blocks};
}

static inline Encoder *encoder_of(const Keyring *keyring, const EncodingOptions *options)
{
    Encoder *encoder = NULL;
    Error error = {0};

    cr_assert(encoder_create(keyring, options, &encoder, &error).ok, "%s", error.message);
    return encoder;
}

static inline void encode(Encoder *encoder, const char *const texts[FIELDS], Encoding *encoding)
{
    Text fields[FIELDS];
    Error error = {0};

    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = text_from(texts[i]);
    cr_assert(encoder_encode(encoder, fields, encoding->bytes, &encoding->length, &error).ok, "%s",
              error.message);
}

static inline uint64_t number_at(const Encoding *encoding, size_t at, size_t bytes)
{
    uint64_t number = 0;

    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | encoding->bytes[at + i];
    return number;
}

static inline size_t token_count(const Encoding *encoding)
{
    return (size_t)__builtin_popcountll(number_at(encoding, AT_BLOCKS, 8));
}

/* Whether any token of one stands among those of the other. */
static inline bool share_a_token(const Encoding *a, const Encoding *b)
{
    for (size_t i = 0; i < token_count(a); i++) {
        for (size_t j = 0; j < token_count(b); j++) {
            if (memcmp(a->bytes + TOKENS_AT + 8 * i, b->bytes + TOKENS_AT + 8 * j, 8) == 0)
                return true;
        }
    }
    return false;
}

/* The first filter of the first view: the given name's. */
static inline const uint8_t *given_filter(const Encoding *encoding)
{
    return encoding->bytes + TOKENS_AT + 8 * token_count(encoding);
}

static inline size_t filter_bytes(const Encoding *encoding, size_t field)
{
    return encoding->bytes[AT_SIZES + field] & 0x7FU;
}

static inline int bits_set(const uint8_t *filter, size_t bytes)
{
    int set = 0;

    for (size_t i = 0; i < bytes; i++)
        set += __builtin_popcount(filter[i]);
    return set;
}

static const char *const ann[FIELDS] = {"Ann", "Lee", "1923-04-05", "F", "CT1 2AB"};
static const char *const ann_again[FIELDS] = {" ANN", "LEE ", "05/04/1923", "2", "ct12ab"};
static const char *const other_ann[FIELDS] = {"Ann", "Okafor", "1988-11-30", "F", "ME7 5XY"};
