#pragma once
/* Private to pseudonymise: between encoding_filter.c and its wide path. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILTER_SLIM_BITS = 128 };

/* What of a filter's chunks are positions: of each q-gram the first so many bytes, each q-gram's from a chunk
 * of its own on. */
typedef struct FilterGrams {
    const uint8_t *counts;
    size_t count;
    uint8_t mask; /* one less than the filter's bits */
    bool is_slim; /* at most FILTER_SLIM_BITS */
} FilterGrams;

#ifdef __x86_64__
/* Of a slim filter; sets bits of words. */
void filter_set_avx2(const uint8_t *chunks, const FilterGrams *grams, uint64_t words[2]);
#endif
