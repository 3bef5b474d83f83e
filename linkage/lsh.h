#pragma once
/*
 * Private to linkage: blocking keys straight from encodings. Each key is some bits of the encoding, sampled
 * once for all records by a seed: records that are alike agree in all of them with a probability that is
 * known, so what such blocks find can be said beforehand.
 * (Indyk and Motwani, "Approximate nearest neighbors", STOC 1998: bit sampling for the Hamming distance.)
 */
#include "linkage/join.h"

enum { LSH_BITS_MAX = 64, LSH_KEYS_MAX = 256, LSH_SEED_BYTES = 32 };

typedef struct LshParameters {
    unsigned words; /* of an encoding: 8 or 16 */
    unsigned bits;  /* sampled for a key: more make blocks smaller and recall lower */
    unsigned keys;  /* of a record */
} LshParameters;

typedef struct Lsh {
    LshParameters parameters;
    uint16_t positions[LSH_KEYS_MAX][LSH_BITS_MAX]; /* the bits of a key are all different */
} Lsh;

/* The same seed gives the same keys. Errors  ERROR_CONFIG: a parameter is out of bounds */
Result lsh_make(const LshParameters *parameters, const uint8_t seed[LSH_SEED_BYTES], Lsh *lsh, Error *error)
    CHECKED;

/* keys[i] is compared with the i-th keys of other records alone. false: an empty encoding, which has none. */
bool lsh_keys(const Lsh *lsh, const uint64_t *row, uint64_t *keys);

/*
 * Which share of pairs agree in a key, over all seeds: exact for pairs at the threshold whose ones add up to
 * `ones`; pairs that are more alike, or as alike with fewer ones, are found more often.
 */
double lsh_recall(const LshParameters *parameters, JoinThreshold threshold, unsigned ones);

/* The fewest keys with that recall (parameters->keys is not looked at); 0: more than LSH_KEYS_MAX. */
unsigned lsh_keys_needed(const LshParameters *parameters, JoinThreshold threshold, unsigned ones,
                         double recall);
