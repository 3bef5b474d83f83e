#pragma once
/* Chance for tests: the same seed, the same draws. */
#include <stdint.h>

static uint64_t draw_state = 20261122;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016) */
static inline uint64_t draw(void)
{
    draw_state ^= draw_state >> 12;
    draw_state ^= draw_state << 25;
    draw_state ^= draw_state >> 27;
    return draw_state * UINT64_C(2685821657736338717);
}

static inline uint64_t draw_below(uint64_t bound)
{
    return (draw() >> 32) % bound;
}
