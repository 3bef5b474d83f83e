#include "linkage/lsh.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

/* ---- which bits ---- */

/* Numbers of 16 bits from SHA-256 over seed, purpose, key and block, the last two as big-endian words. */
typedef struct Stream {
    uint8_t input[LSH_SEED_BYTES + 18];
    Hash block;
    unsigned used; /* bytes of the block */
    uint32_t next;
} Stream;

static void put_word(uint8_t *to, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(word >> (24 - 8 * i));
}

static Stream stream_of(const uint8_t seed[LSH_SEED_BYTES], unsigned key)
{
    Stream stream = {.used = HASH_BYTES};

    memcpy(stream.input, seed, LSH_SEED_BYTES);
    memcpy(stream.input + LSH_SEED_BYTES, "cinque lsh", 10);
    put_word(stream.input + LSH_SEED_BYTES + 10, key);
    return stream;
}

static unsigned stream_next(Stream *stream)
{
    if (stream->used == HASH_BYTES) {
        put_word(stream->input + LSH_SEED_BYTES + 14, stream->next++);
        stream->block = hash_of(stream->input, sizeof stream->input);
        stream->used = 0;
    }
    const uint8_t *at = stream->block.bytes + stream->used;
    stream->used += 2;
    return (unsigned)at[0] << 8 | at[1];
}

/* 512 and 1024 divide 65,536: no position is likelier than another. */
static void sample(const LshParameters *parameters, Stream stream, uint16_t *positions)
{
    uint64_t taken[SIMILARITY_WORDS_MAX] = {0};

    for (unsigned b = 0; b < parameters->bits;) {
        unsigned position = stream_next(&stream) % (parameters->words * 64);
        if ((taken[position / 64] >> position % 64 & 1) != 0)
            continue;
        taken[position / 64] |= UINT64_C(1) << position % 64;
        positions[b++] = (uint16_t)position;
    }
}

Result lsh_make(const LshParameters *parameters, const uint8_t seed[LSH_SEED_BYTES], Lsh *lsh, Error *error)
{
    if (parameters->words != 8 && parameters->words != SIMILARITY_WORDS_MAX)
        return fail(error, ERROR_CONFIG, "blocking keys: encodings are of 512 or of 1024 bits");
    if (parameters->bits < 1 || parameters->bits > LSH_BITS_MAX)
        return fail(error, ERROR_CONFIG, "blocking keys: a key has 1 to %d bits", LSH_BITS_MAX);
    if (parameters->keys < 1 || parameters->keys > LSH_KEYS_MAX)
        return fail(error, ERROR_CONFIG, "blocking keys: a record has 1 to %d of them", LSH_KEYS_MAX);
    lsh->parameters = *parameters;
    for (unsigned key = 0; key < parameters->keys; key++)
        sample(parameters, stream_of(seed, key), lsh->positions[key]);
    return RESULT_OK;
}

bool lsh_keys(const Lsh *lsh, const uint64_t *row, uint64_t *keys)
{
    if (similarity_ones(row, lsh->parameters.words) == 0)
        return false;
    for (unsigned k = 0; k < lsh->parameters.keys; k++) {
        keys[k] = 0;
        for (unsigned b = 0; b < lsh->parameters.bits; b++) {
            unsigned position = lsh->positions[k][b];
            keys[k] |= (row[position / 64] >> position % 64 & 1) << b;
        }
    }
    return true;
}

/* ---- what they find ---- */

/* Bits in which two differ at most: ones - 2 both, where 2 both / ones is at the threshold. */
static unsigned differing(JoinThreshold threshold, unsigned ones)
{
    return (unsigned)((uint64_t)ones * (threshold.denominator - threshold.numerator) / threshold.denominator);
}

/* None of the sampled bits is among those that differ: drawn without putting back. */
static double one_key_agrees(const LshParameters *parameters, unsigned different)
{
    unsigned all = parameters->words * 64;
    double agrees = 1;

    for (unsigned b = 0; b < parameters->bits; b++) {
        if (different + b >= all)
            return 0;
        agrees *= (double)(all - different - b) / (double)(all - b);
    }
    return agrees;
}

double lsh_recall(const LshParameters *parameters, JoinThreshold threshold, unsigned ones)
{
    double agrees = one_key_agrees(parameters, differing(threshold, ones));
    return 1 - pow(1 - agrees, parameters->keys);
}

unsigned lsh_keys_needed(const LshParameters *parameters, JoinThreshold threshold, unsigned ones,
                         double recall)
{
    LshParameters tried = *parameters;

    for (tried.keys = 1; tried.keys <= LSH_KEYS_MAX; tried.keys++)
        if (lsh_recall(&tried, threshold, ones) >= recall)
            return tried.keys;
    return 0;
}
