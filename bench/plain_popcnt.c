#include "bench/plain_popcnt.h"

static inline unsigned shared_ones(const uint64_t *a, const uint64_t *b)
{
    unsigned shared = 0;

    for (unsigned w = 0; w < PLAIN_WORDS; w++)
        shared += (unsigned)__builtin_popcountll(a[w] & b[w]);
    return shared;
}

uint64_t plain_count_at_least(const uint64_t *query, const uint64_t *rows, size_t count, unsigned at_least)
{
    uint64_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += shared_ones(query, rows + i * PLAIN_WORDS) >= at_least;
    return found;
}

void plain_shared(const uint64_t *query, const uint64_t *rows, size_t count, uint16_t *shared)
{
    for (size_t i = 0; i < count; i++)
        shared[i] = (uint16_t)shared_ones(query, rows + i * PLAIN_WORDS);
}
