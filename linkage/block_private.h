#pragma once
/* Between block.c and block_index.c. */
#include "base/large_pages.h"
#include "linkage/block.h"
#include "linkage/near.h"

enum { BLOCK_LANES = 4 };

/* Records of one block, at least two and few enough to be compared. */
typedef struct BlockRun {
    const uint32_t *members; /* in their order */
    uint32_t count;
    uint32_t share; /* which worker's it is: as good as random */
} BlockRun;

struct BlockIndex {
    const LinkageSet *set;
    uint32_t block_max;
    uint32_t *members; /* of run after run */
    size_t member_count;
    BlockRun *compared; /* of one rule at a time after the other, by token */
    size_t compared_starts[SET_BLOCKS_MAX + 1];
    /* Of each record and rule: the number of its block; where there is none, or it is alone or too large, a
     * number that no other record has. */
    uint32_t *runs; /* inside runs_memory, each record's in as few lines as it takes */
    void *runs_memory;
    size_t stride;  /* from one record's to the next one's: a multiple of BLOCK_LANES */
    size_t largest; /* records of one block that is compared */
    bool has_near;
    NearPairs near; /* whom no block needs to bring together */
};

/* GCC takes a function that does nothing but fetch ahead for one without effect, and leaves calls of it out.
 */
#define BLOCK_FETCHES __attribute__((always_inline)) static inline

BLOCK_FETCHES void block_fetch(const void *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)from + at);
}
