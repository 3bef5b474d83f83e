#pragma once
/*
 * Private to query: a set of people, by the numbers that a release gave them, in 16 bytes: equal for equal
 * sets, and of a union of disjoint sets the sum, so that what is left of a set is the difference. Sets that
 * are not equal and yet the same here (one chance in 2^96) would be hidden together, never shown.
 */
#include <stdint.h>

/* The lower half of `low` is how many they are. */
typedef struct SetHash {
    uint64_t high, low;
} SetHash;

__extension__ typedef unsigned __int128 SetProduct;

/* Two multiplications, the second of what the first made of the number with itself. */
static inline SetHash set_hash_of(uint32_t number)
{
    SetProduct first = (SetProduct)(number ^ UINT64_C(0xA0761D6478BD642F)) * UINT64_C(0xE7037ED1A0B428DB);
    SetProduct second = (SetProduct)((uint64_t)first ^ UINT64_C(0x8EBC6AF09C88C6E3)) *
                        ((uint64_t)(first >> 64) ^ UINT64_C(0x589965CC75374CC3));
    uint64_t upper = (uint64_t)(second >> 64);

    return (SetHash){upper ^ (uint64_t)second, (upper & ~UINT64_C(0xFFFFFFFF)) | 1};
}

static inline void set_hash_add(SetHash *set, SetHash more)
{
    set->high += more.high;
    set->low += more.low;
}

static inline SetHash set_hash_less(SetHash set, SetHash part)
{
    return (SetHash){set.high - part.high, set.low - part.low};
}

static inline uint32_t set_hash_people(SetHash set)
{
    return (uint32_t)set.low;
}
