#pragma once
/* Chance for tests: the same seed, the same cases. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

static uint64_t chance_state;

__attribute__((unused)) static uint64_t chance(uint64_t limit)
{
    uint64_t x = chance_state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (x ^ (x >> 31)) % limit;
}

__attribute__((unused)) static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    int64_t number;

    return text != NULL && text_to_int64(text_from(text), &number) && number >= 0 ? (uint64_t)number
                                                                                  : otherwise;
}
