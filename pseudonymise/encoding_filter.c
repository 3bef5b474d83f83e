#include "pseudonymise/encoding_filter.h"

#include <string.h>

#include "base/arena.h"
#include "pseudonymise/encoding_positions.h"

enum {
    NO_SLOT = 0xFF,
    POSITIONS_MAX = 64,
    CHUNKS_MAX = ENCODING_GRAMS_MAX + FILTER_BITS_MAX / KEYED_BLOCK_BYTES
};

/* What a q-gram comes to under the field's key: made when first met. */
typedef struct Gram {
    uint8_t code[KEYED_BLOCK_BYTES]; /* salted positions come from this */
    bool is_made;
} Gram;

typedef struct Bits {
    uint64_t words[FILTER_BITS_MAX / 64];
} Bits;

struct FilterField {
    FilterShape shape;
    EVP_MAC_CTX *hash;
    EVP_CIPHER_CTX *cipher;
    Gram *grams; /* ENCODING_GRAM_CODES */
    /*
     * Without salt a q-gram sets the first so many of its positions, and so many is one of few numbers: the
     * bits of each are kept, so that a filter is a few words put together.
     */
    uint64_t *masks; /* ENCODING_GRAM_CODES of slot_count of word_count */
    size_t slot_count, word_count;
    uint8_t slots[POSITIONS_MAX + 1]; /* of a number of positions */
    uint8_t *chunks;                  /* of FILTER_SALTS_MAX filters: what the cipher works on */
};

enum { CHUNK_BYTES = FILTER_SALTS_MAX * CHUNKS_MAX * KEYED_BLOCK_BYTES };

static size_t bits_before_folds(const FilterField *field)
{
    return (size_t)field->shape.bits << field->shape.folds;
}

/* Half as many positions as bits, shared out among the q-grams: about two bits in five are set. */
static void share_positions(size_t gram_count, size_t bits, uint8_t counts[ENCODING_GRAMS_MAX])
{
    size_t all = bits / 2, each = all / gram_count, more = all % gram_count;

    for (size_t i = 0; i < gram_count; i++) {
        size_t count = each + (i < more);
        counts[i] = (uint8_t)(count < POSITIONS_MAX ? count : POSITIONS_MAX);
    }
}

/* Which numbers of positions any value can ask for. */
static void number_slots(FilterField *field)
{
    uint8_t counts[ENCODING_GRAMS_MAX];
    bool wanted[POSITIONS_MAX + 1] = {false};

    for (size_t grams = 1; grams <= ENCODING_GRAMS_MAX; grams++) {
        share_positions(grams, bits_before_folds(field), counts);
        for (size_t i = 0; i < grams; i++)
            wanted[counts[i]] = true;
    }
    for (size_t count = 0; count <= POSITIONS_MAX; count++) {
        field->slots[count] = wanted[count] ? (uint8_t)field->slot_count++ : NO_SLOT;
    }
    field->word_count = (bits_before_folds(field) + 63) / 64;
}

static size_t mask_bytes(const FilterField *field)
{
    return ENCODING_GRAM_CODES * field->slot_count * field->word_count * sizeof(uint64_t);
}

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
    number_slots(made);
    made->masks = memory_alloc(mask_bytes(made));
    made->chunks = memory_alloc(CHUNK_BYTES);
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
    secret_wipe((*field)->chunks, CHUNK_BYTES);
    secret_wipe((*field)->masks, mask_bytes(*field));
    memory_free((*field)->grams);
    memory_free((*field)->masks);
    memory_free((*field)->chunks);
    memory_free(*field);
    *field = NULL;
}

/* Small filters are made in registers: setting bits in memory waits for the bit before. */
static void set_bits(Bits *bits, const uint8_t *positions, size_t count, unsigned mask)
{
    uint64_t low = 0, high = 0;

    if (mask >= FILTER_SLIM_BITS) {
        for (size_t i = 0; i < count; i++)
            bits->words[positions[i] >> 6 & 3] |= UINT64_C(1) << (positions[i] & 63);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned position = positions[i] & mask;
        uint64_t bit = UINT64_C(1) << (position & 63), is_high = 0 - (uint64_t)(position >> 6);
        high |= bit & is_high;
        low |= bit & ~is_high;
    }
    bits->words[0] |= low;
    bits->words[1] |= high;
}

static void keep_masks(FilterField *field, uint16_t number, const uint8_t *positions)
{
    uint64_t *masks = field->masks + number * field->slot_count * field->word_count;

    for (size_t count = 0; count <= POSITIONS_MAX; count++) {
        Bits bits = {{0}};
        if (field->slots[count] == NO_SLOT)
            continue;
        set_bits(&bits, positions, count, (unsigned)bits_before_folds(field) - 1);
        for (size_t w = 0; w < field->word_count && w < FILTER_BITS_MAX / 64; w++)
            masks[field->slots[count] * field->word_count + w] = bits.words[w];
    }
}

static Result make_gram(FilterField *field, uint16_t number, Error *error)
{
    uint8_t digests[3][KEYED_HASH_BYTES];
    Gram *gram = &field->grams[number];

    for (uint8_t i = 0; i < 3; i++) {
        const uint8_t message[] = {(uint8_t)(number >> 8), (uint8_t)number, i};
        TRY(keyed_hash_of(field->hash, message, sizeof message, digests[i], error));
    }
    keep_masks(field, number, &digests[0][0]);
    memcpy(gram->code, digests[2], KEYED_BLOCK_BYTES);
    gram->is_made = true;
    secret_wipe(digests, sizeof digests);
    return RESULT_OK;
}

static inline Result gram_of(FilterField *field, uint16_t number, Error *error)
{
    return field->grams[number].is_made ? RESULT_OK : make_gram(field, number, error);
}

static void fold(const FilterField *field, Bits *bits, uint8_t *filter)
{
    size_t bytes = bits_before_folds(field) / 8;
    uint8_t *made = (uint8_t *)bits->words;

    for (int i = 0; i < field->shape.folds; i++) {
        bytes /= 2;
        for (size_t b = 0; b < bytes; b++)
            made[b] ^= made[bytes + b];
    }
    memcpy(filter, made, bytes);
}

Result filter_make(FilterField *field, const EncodingValue *value, uint8_t *filter, Error *error)
{
    size_t bits = bits_before_folds(field);
    uint8_t counts[ENCODING_GRAMS_MAX];
    Bits made = {{0}};

    share_positions(value->gram_count, bits, counts);
    for (size_t i = 0; i < value->gram_count; i++) {
        TRY(gram_of(field, value->grams[i], error));
        const uint64_t *mask =
            field->masks +
            (value->grams[i] * field->slot_count + field->slots[counts[i]]) * field->word_count;
        for (size_t w = 0; w < field->word_count; w++)
            made.words[w] |= mask[w];
    }
    fold(field, &made, filter);
    return RESULT_OK;
}

static size_t chunks_for(uint8_t positions)
{
    return ((size_t)positions + KEYED_BLOCK_BYTES - 1) / KEYED_BLOCK_BYTES;
}

/* The cipher's blocks of a value without salt; returns how many. */
static Result lay_out(FilterField *field, const EncodingValue *value,
                      const uint8_t counts[ENCODING_GRAMS_MAX], uint8_t *chunks, size_t *count, Error *error)
{
    *count = 0;
    for (size_t i = 0; i < value->gram_count; i++) {
        const Gram *gram = &field->grams[value->grams[i]];
        TRY(gram_of(field, value->grams[i], error));
        for (size_t c = 0; c < chunks_for(counts[i]); c++) {
            uint8_t *chunk = chunks + (*count)++ * KEYED_BLOCK_BYTES;
            memcpy(chunk, gram->code, KEYED_BLOCK_BYTES);
            chunk[0] ^= (uint8_t)c;
        }
    }
    return RESULT_OK;
}

static void salt_chunks(const uint8_t *chunks, size_t count, const FilterSalt *salt, uint8_t *out)
{
    uint64_t with[2], chunk[2];

    memcpy(with, salt->bytes, sizeof with);
    for (size_t i = 0; i < count * KEYED_BLOCK_BYTES; i += KEYED_BLOCK_BYTES) {
        memcpy(chunk, chunks + i, sizeof chunk);
        chunk[0] ^= with[0];
        chunk[1] ^= with[1];
        memcpy(out + i, chunk, sizeof chunk);
    }
}

static void set_grams(Bits *bits, const uint8_t *chunks, const FilterGrams *grams)
{
#ifdef __x86_64__
    if (grams->is_slim && __builtin_cpu_supports("avx2")) {
        filter_set_avx2(chunks, grams, bits->words);
        return;
    }
#endif
    for (size_t i = 0; i < grams->count; i++) {
        set_bits(bits, chunks, grams->counts[i], grams->mask);
        chunks += chunks_for(grams->counts[i]) * KEYED_BLOCK_BYTES;
    }
}

Result filter_make_salted(FilterField *field, const EncodingValue *value, const FilterSalt *salts,
                          size_t count, uint8_t *const *filters, Error *error)
{
    size_t bits = bits_before_folds(field), chunk_count;
    uint8_t counts[ENCODING_GRAMS_MAX], unsalted[CHUNKS_MAX * KEYED_BLOCK_BYTES];

    share_positions(value->gram_count, bits, counts);
    TRY(lay_out(field, value, counts, unsalted, &chunk_count, error));
    size_t stride = chunk_count * KEYED_BLOCK_BYTES;
    const FilterGrams grams = {.counts = counts,
                               .count = value->gram_count,
                               .mask = (uint8_t)(bits - 1),
                               .is_slim = bits <= FILTER_SLIM_BITS};
    for (size_t s = 0; s < count; s++)
        salt_chunks(unsalted, chunk_count, &salts[s], field->chunks + s * stride);
    TRY(keyed_blocks_apply(field->cipher, field->chunks, count * chunk_count, error));
    for (size_t s = 0; s < count; s++) {
        Bits made = {{0}};
        set_grams(&made, field->chunks + s * stride, &grams);
        fold(field, &made, filters[s]);
    }
    secret_wipe(unsalted, stride);
    return RESULT_OK;
}
