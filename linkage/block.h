#pragma once
/* Private to linkage: which records are compared, each pair once, without a list of the pairs. */
#include "linkage/set.h"

enum { BLOCK_THREADS_MAX = 8 };

typedef struct BlockPair {
    uint32_t a, b;   /* a < b */
    uint64_t levels; /* of agreement, as LinkagePattern has them */
} BlockPair;

int block_workers(const LinkageOptions *options);

/* worker: below block_workers; each is one thread. block: whose view the pairs were compared by. */
typedef void (*BlockTake)(void *context, int worker, size_t block, const BlockPair *pairs, size_t count);

typedef struct BlockIndex BlockIndex;

/* The set's index, made when first asked for and kept until the set changes. */
const BlockIndex *block_index(LinkageSet *set, const LinkageOptions *options);
void block_index_close(BlockIndex **index);
Result block_pairs(LinkageSet *set, const LinkageOptions *options, BlockTake take, void *context,
                   Error *error) CHECKED;
/* Without levels: only who meets whom. */
Result block_meetings(LinkageSet *set, const LinkageOptions *options, BlockTake take, void *context,
                      Error *error) CHECKED;
