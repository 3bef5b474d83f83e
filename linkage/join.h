#pragma once
/*
 * Private to linkage: all pairs of encodings that are alike enough, found without comparing all of all.
 * Records are sorted by their number of ones. What the ones of two records, or of their last words, rule out
 * is not counted; after which words that is looked at is chosen from the data. The bounds are exact: the
 * matches are those of a loop over all pairs.
 */
#include "base/error.h"
#include "linkage/similarity.h"

enum { JOIN_THREADS_MAX = 64 };

/* Dice: 2 both / (ones of one + ones of the other) >= numerator / denominator, tested in integers, equality
 * included. An empty encoding matches nothing: no evidence is not agreement. */
typedef struct JoinThreshold {
    uint32_t numerator, denominator; /* 1 <= numerator <= denominator <= 1,000,000 */
} JoinThreshold;

typedef struct JoinMatch {
    uint32_t left, right; /* places in their sets */
    uint16_t both, ones;  /* shared; of one and the other added up */
} JoinMatch;

typedef struct JoinOptions {
    JoinThreshold threshold;
    unsigned threads;                 /* 1 to JOIN_THREADS_MAX */
    const SimilarityMethods *methods; /* NULL: the best */
} JoinOptions;

typedef struct JoinReport {
    uint64_t pairs;         /* that a loop over all would compare */
    uint64_t words_counted; /* of pairs, where it would count pairs * words */
    uint64_t matches;
    unsigned steps;       /* how often a pair is looked at, at most */
    unsigned first_words; /* words counted before the first look */
} JoinReport;

/* Never called by two threads at once; matches come in no order. What fails ends the join. */
typedef Result (*JoinEmit)(void *context, const JoinMatch *matches, size_t count, Error *error);

/*
 * right: NULL joins left with itself, each pair once, left < right.
 * Beside the sets, memory for a copy of each, 42 bytes a record and 1 MiB a thread.
 * Errors  ERROR_CONFIG: threshold or threads out of bounds, or sets of different words; ERROR_LIMIT: 2^32
 * records
 */
Result join_pairs(const SimilaritySet *left, const SimilaritySet *right, const JoinOptions *options,
                  JoinEmit emit, void *context, JoinReport *report, Error *error) CHECKED;
