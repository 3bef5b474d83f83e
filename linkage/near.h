#pragma once
/*
 * Private to linkage: records that are alike over all of their filters together, for those whom an error in
 * each block's fields kept apart. Only of encodings that are not hardened: the others' filters can be
 * compared inside a block alone.
 */
#include "linkage/set.h"

typedef struct NearPair {
    uint32_t a, b; /* a < b */
} NearPair;

typedef struct NearPairs {
    NearPair *pairs; /* by a, then b */
    size_t count;
} NearPairs;

/* None of a set by blocks, of one with more than NEAR_RECORDS_MAX records, or where more than 2^24 are so
 * alike that they tell nobody apart. */
enum { NEAR_RECORDS_MAX = 1 << 17 };
void near_find(const LinkageSet *set, unsigned threads, NearPairs *near);
void near_close(NearPairs *near);
