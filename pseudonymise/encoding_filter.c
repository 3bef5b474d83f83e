#include "pseudonymise/encoding_filter.h"

#include <string.h>

#include "base/arena.h"

enum { POSITIONS_MAX = 64, CHUNKS_MAX = ENCODING_GRAMS_MAX + FILTER_BITS_MAX / KEYED_BLOCK_BYTES };

/* What a q-gram comes to under the field's key: made when first met. */
typedef struct Gram {
    uint8_t positions[POSITIONS_MAX];
    uint8_t code[KEYED_BLOCK_BYTES]; /* salted positions come from this */
    bool is_made;
} Gram;

struct FilterField {
    FilterShape shape;
    EVP_MAC_CTX *hash;
    EVP_CIPHER_CTX *cipher;
    Gram *grams; /* ENCODING_GRAM_CODES */
};

static Result field_keys(FilterField *field, const uint8_t *key, Error *error)
{
    static const char info[] = "cinque/encoding/positions/v1";
    SCOPED(secret_close) Secret *positions = NULL;
    const KeyedDerivation derivation = {
        .secret = key, .secret_length = KEY_BYTES, .info = info, .info_length = sizeof info - 1};

    TRY(secret_create(KEY_BYTES, &positions, error));
    TRY(keyed_derive(&derivation, secret_bytes(positions), KEY_BYTES, error));
    TRY(keyed_block_create(secret_bytes(positions), KEYED_LOCK, &field->cipher, error));
    return keyed_hash_create(KEYED_HMAC, key, KEY_BYTES, &field->hash, error);
}

Result filter_field_create(const uint8_t *key, FilterShape shape, FilterField **field, Error *error)
{
    SCOPED(filter_field_close) FilterField *made = memory_alloc(sizeof *made);

    made->shape = shape;
    made->grams = memory_alloc(ENCODING_GRAM_CODES * sizeof *made->grams);
    TRY(field_keys(made, key, error));
    *field = made;
    made = NULL;
    return RESULT_OK;
}

void filter_field_close(FilterField **field)
{
    if (*field == NULL)
        return;
    keyed_hash_close(&(*field)->hash);
    keyed_block_close(&(*field)->cipher);
    secret_wipe((*field)->grams, ENCODING_GRAM_CODES * sizeof *(*field)->grams);
    memory_free((*field)->grams);
    memory_free(*field);
    *field = NULL;
}

static Result gram_of(FilterField *field, uint16_t number, const Gram **gram, Error *error)
{
    Gram *made = &field->grams[number];
    uint8_t digests[3][KEYED_HASH_BYTES];

    *gram = made;
    if (made->is_made)
        return RESULT_OK;
    for (uint8_t i = 0; i < 3; i++) {
        const uint8_t message[] = {(uint8_t)(number >> 8), (uint8_t)number, i};
        TRY(keyed_hash_of(field->hash, message, sizeof message, digests[i], error));
    }
    memcpy(made->positions, digests[0], POSITIONS_MAX);
    memcpy(made->code, digests[2], KEYED_BLOCK_BYTES);
    made->is_made = true;
    secret_wipe(digests, sizeof digests);
    return RESULT_OK;
}

static void set_bits(uint8_t *filter, const uint8_t *positions, size_t count, unsigned mask)
{
    for (size_t i = 0; i < count; i++) {
        unsigned position = positions[i] & mask;
        filter[position >> 3] |= (uint8_t)(1U << (position & 7));
    }
}

/* Half as many positions as bits, shared out among the q-grams: about two bits in five are set. */
static size_t positions_of(const EncodingValue *value, size_t bits, size_t gram)
{
    size_t all = bits / 2, count = all / value->gram_count + (gram < all % value->gram_count);

    return count < POSITIONS_MAX ? count : POSITIONS_MAX;
}

static Result fill_plain(FilterField *field, const EncodingValue *value, size_t bits, uint8_t *filter,
                         Error *error)
{
    for (size_t i = 0; i < value->gram_count; i++) {
        const Gram *gram;
        TRY(gram_of(field, value->grams[i], &gram, error));
        set_bits(filter, gram->positions, positions_of(value, bits, i), (unsigned)bits - 1);
    }
    return RESULT_OK;
}

static size_t chunks_for(size_t positions)
{
    return (positions + KEYED_BLOCK_BYTES - 1) / KEYED_BLOCK_BYTES;
}

static Result fill_salted(FilterField *field, const EncodingValue *value, const FilterSalt *salt, size_t bits,
                          uint8_t *filter, Error *error)
{
    uint8_t chunks[CHUNKS_MAX * KEYED_BLOCK_BYTES];
    size_t count = 0;

    for (size_t i = 0; i < value->gram_count; i++) {
        const Gram *gram;
        TRY(gram_of(field, value->grams[i], &gram, error));
        for (size_t c = 0; c < chunks_for(positions_of(value, bits, i)); c++) {
            uint8_t *chunk = chunks + count++ * KEYED_BLOCK_BYTES;
            for (size_t b = 0; b < KEYED_BLOCK_BYTES; b++)
                chunk[b] = gram->code[b] ^ salt->bytes[b];
            chunk[0] ^= (uint8_t)c;
        }
    }
    TRY(keyed_blocks_apply(field->cipher, chunks, count, error));
    count = 0;
    for (size_t i = 0; i < value->gram_count; i++) {
        size_t positions = positions_of(value, bits, i);
        set_bits(filter, chunks + count * KEYED_BLOCK_BYTES, positions, (unsigned)bits - 1);
        count += chunks_for(positions);
    }
    secret_wipe(chunks, count * KEYED_BLOCK_BYTES);
    return RESULT_OK;
}

Result filter_make(FilterField *field, const EncodingValue *value, const FilterSalt *salt, uint8_t *filter,
                   Error *error)
{
    size_t bits = (size_t)field->shape.bits << field->shape.folds, bytes = bits / 8;
    uint8_t made[FILTER_BYTES_MAX] = {0};

    if (salt == NULL)
        TRY(fill_plain(field, value, bits, made, error));
    else
        TRY(fill_salted(field, value, salt, bits, made, error));
    for (int fold = 0; fold < field->shape.folds; fold++) {
        bytes /= 2;
        for (size_t i = 0; i < bytes; i++)
            made[i] ^= made[bytes + i];
    }
    memcpy(filter, made, bytes);
    secret_wipe(made, sizeof made);
    return RESULT_OK;
}
