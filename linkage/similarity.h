#pragma once
/*
 * Private to linkage: how many ones two encodings share, by the widest instructions that this processor has.
 *
 * A group of 128 records is compared with a tile of 32 queries at a time. Each path packs both in the shape
 * that suits it, so whoever compares many packs once and counts often (join.h does). All paths give the
 * same answers.
 */
#include <stddef.h>
#include <stdint.h>

enum {
    SIMILARITY_WORDS_MAX = 16, /* 1024 bits */
    SIMILARITY_GROUP = 128,    /* records */
    SIMILARITY_MASK = 64,      /* records for which a word has a bit each */
    SIMILARITY_TILE = 32,      /* queries */
    SIMILARITY_PAIRS = SIMILARITY_TILE / 2,
    SIMILARITY_NIBBLES = SIMILARITY_WORDS_MAX * 16, /* of 4 bits */
    SIMILARITY_BLOCK = 32,                          /* records of a group that lie word beside word, */
    SIMILARITY_VECTORS = SIMILARITY_BLOCK / 8,      /* by eights: record r is word r / 4 of vector r mod 4 */
};

typedef enum SimilarityPath {
    SIMILARITY_PORTABLE,
    SIMILARITY_POPCNT,
    SIMILARITY_AVX2,
    SIMILARITY_AVX512BW,
    SIMILARITY_VPOPCNTDQ,
    SIMILARITY_PATH_COUNT
} SimilarityPath;

/* Encodings, one after another, in the caller's memory. */
typedef struct SimilaritySet {
    const uint64_t *rows;
    size_t count;
    unsigned words; /* a record: 8 for 512 bits, 16 for 1024 */
} SimilaritySet;

/* Which shape holds the records is the path's affair; those after the last record are empty. */
typedef struct SimilarityGroup {
    _Alignas(64) union {
        uint64_t rows[SIMILARITY_GROUP][SIMILARITY_WORDS_MAX];
        uint64_t blocks[SIMILARITY_GROUP / SIMILARITY_BLOCK][SIMILARITY_WORDS_MAX][SIMILARITY_VECTORS][8];
        uint8_t nibbles[SIMILARITY_NIBBLES][SIMILARITY_GROUP];
    };
} SimilarityGroup;

typedef struct SimilarityTile {
    _Alignas(64) union {
        uint64_t rows[SIMILARITY_TILE][SIMILARITY_WORDS_MAX];
        uint16_t tables[SIMILARITY_PAIRS][SIMILARITY_NIBBLES]; /* for each nibble, where its table begins */
    };
} SimilarityTile;

typedef struct SimilarityCounts {
    _Alignas(64) uint16_t of[SIMILARITY_TILE][SIMILARITY_GROUP];
} SimilarityCounts;

/* Words from `from` up to `to`, and pairs of neighbouring queries likewise. */
typedef struct SimilaritySpan {
    unsigned word_from, word_to;
    unsigned pair_from, pair_to;
} SimilaritySpan;

/* What a record needs to be at least: both + min(query_rest, rest[record]) >= least. */
typedef struct SimilarityBound {
    const uint16_t *rest; /* of SIMILARITY_MASK records, 64-byte aligned: ones that were not counted yet */
    uint16_t query_rest;
    uint16_t least;
} SimilarityBound;

typedef struct SimilarityMethods {
    const char *name; /* "avx2" */
    /* Records from `first` on, at most a group or a tile of them. */
    void (*pack_group)(const SimilaritySet *set, size_t first, SimilarityGroup *group);
    void (*pack_tile)(const SimilaritySet *set, size_t first, SimilarityTile *tile);
    /* Adds what the span's words share to counts->of[query][record]. */
    void (*count)(const SimilarityTile *tile, const SimilarityGroup *group, SimilaritySpan span,
                  SimilarityCounts *counts);
    /* Bit r: record r keeps the bound. both: SIMILARITY_MASK counts, 64-byte aligned. */
    uint64_t (*keep)(const uint16_t *both, const SimilarityBound *bound);
} SimilarityMethods;

/* NULL: not on this processor, or not compiled in. */
const SimilarityMethods *similarity_methods(SimilarityPath path);
/* The fastest there is. */
const SimilarityMethods *similarity_best(void);

/* ---- one pair at a time: POPCNT where there is one ---- */

/* How many ones a record has in its first `words` words. */
unsigned similarity_ones(const uint64_t *row, unsigned words);

/* Two filters are equal when both == a == b. */
typedef struct SimilarityShared {
    unsigned a, b, both; /* ones of one, of the other, and of both */
} SimilarityShared;

/* Filters of any number of bytes, at any place. */
SimilarityShared similarity_shared(const uint8_t *a, const uint8_t *b, size_t bytes);
