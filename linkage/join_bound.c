#include "linkage/join_private.h"

static unsigned least(JoinThreshold threshold, unsigned ones)
{
    uint64_t twice = 2 * (uint64_t)threshold.denominator;
    uint64_t shared = ((uint64_t)threshold.numerator * ones + twice - 1) / twice;

    return shared > 0 ? (unsigned)shared : 1;
}

/* Two records share at most what the smaller one has. */
static bool may_match(const JoinBounds *bounds, unsigned smaller, unsigned larger)
{
    return bounds->least[smaller + larger] <= smaller;
}

void join_bounds_make(JoinThreshold threshold, JoinBounds *bounds)
{
    unsigned from = 0, to = 0;

    bounds->threshold = threshold;
    for (unsigned ones = 0; ones <= 2 * JOIN_ONES_MAX; ones++)
        bounds->least[ones] = (uint16_t)least(threshold, ones);
    /* Both ends only move up, and a record without ones has no partner. */
    bounds->from[0] = 1;
    bounds->to[0] = 0;
    for (unsigned ones = 1; ones <= JOIN_ONES_MAX; ones++) {
        while (from < ones && !may_match(bounds, from, ones))
            from++;
        while (to < ones || (to < JOIN_ONES_MAX && may_match(bounds, ones, to + 1)))
            to++;
        bounds->from[ones] = (uint16_t)from;
        bounds->to[ones] = (uint16_t)to;
    }
}
