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

/* Odd factors, without a pattern; processors multiply eight such numbers at a time. */
#define SET_HASH_FIRST  UINT64_C(0xA0761D6478BD642F)
#define SET_HASH_SECOND UINT64_C(0xE7037ED1A0B428DB)
#define SET_HASH_THIRD  UINT64_C(0x8EBC6AF09C88C6E3)
#define SET_HASH_FOURTH UINT64_C(0x589965CC75374CC3)

/* Each multiplication spreads a number's bits upwards, and each shift brings them back down. The halves part
 * after the second one: were one the other's multiple, the sums of both would be equal together. */
static inline SetHash set_hash_of(uint32_t number)
{
    uint64_t x = number * SET_HASH_FIRST;

    x = (x ^ x >> 32) * SET_HASH_SECOND;
    uint64_t high = (x ^ x >> 29) * SET_HASH_THIRD, low = (x ^ x >> 32) * SET_HASH_FOURTH;
    return (SetHash){high ^ high >> 32, (low & ~UINT64_C(0xFFFFFFFF)) | 1};
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
