#include "pseudonymise/encoding_crowd.h"

#include <string.h>

#include "base/arena.h"
#include "base/large_pages.h"

enum { ROWS = 2, COUNTERS = 1 << 22 };

struct Crowd {
    uint16_t counts[ROWS][COUNTERS];
};

Crowd *crowd_create(void)
{
    Crowd *crowd = memory_alloc(sizeof *crowd);

    large_pages_wish(crowd, sizeof *crowd);
    return crowd;
}

void crowd_close(Crowd **crowd)
{
    if (*crowd == NULL)
        return;
    secret_wipe(*crowd, sizeof **crowd);
    memory_free(*crowd);
    *crowd = NULL;
}

/* A token is as good as random, so its halves are two hashes. */
static size_t counter_of(const uint8_t token[KEYED_BLOCK_BYTES], size_t row)
{
    uint64_t half;

    memcpy(&half, token + row * sizeof half, sizeof half);
    return half % COUNTERS;
}

/* The counters lie anywhere in more memory than caches hold: asked for all at once, they come side by side.
 */
static void fetch(const Crowd *crowd, const BlockTokens *tokens)
{
    for (uint64_t left = tokens->present; left != 0; left &= left - 1) {
        const uint8_t *token = tokens->tokens[__builtin_ctzll(left)];
        for (size_t row = 0; row < ROWS; row++)
            __builtin_prefetch(&crowd->counts[row][counter_of(token, row)]);
    }
}

void crowd_add(Crowd *crowd, const BlockTokens *tokens, size_t rule_count)
{
    fetch(crowd, tokens);
    for (size_t r = 0; r < rule_count; r++) {
        for (size_t row = 0; row < ROWS && (tokens->present >> r & 1) != 0; row++) {
            uint16_t *count = &crowd->counts[row][counter_of(tokens->tokens[r], row)];
            *count += *count < UINT16_MAX;
        }
    }
}

uint64_t crowd_of(const Crowd *crowd, const BlockTokens *tokens, size_t rule_count, unsigned block_max)
{
    uint64_t crowded = 0;

    fetch(crowd, tokens);
    for (size_t r = 0; r < rule_count; r++) {
        unsigned least = UINT16_MAX;
        if ((tokens->present >> r & 1) == 0)
            continue;
        for (size_t row = 0; row < ROWS; row++) {
            unsigned count = crowd->counts[row][counter_of(tokens->tokens[r], row)];
            least = count < least ? count : least;
        }
        crowded |= (uint64_t)(least > block_max) << r;
    }
    return crowded;
}
