#pragma once
/* Private to linkage: which records are compared, each pair once, without a list of the pairs. */
#include "linkage/set.h"

enum { BLOCK_THREADS_MAX = 8 };

/* worker: below the number of threads; a < b; block: whose view they are to be compared by. Each worker is
 * one thread. */
typedef void (*BlockPair)(void *context, int worker, uint32_t a, uint32_t b, size_t block);

typedef struct BlockIndex BlockIndex;

/* The set's index, made when first asked for and kept until the set changes. */
const BlockIndex *block_index(LinkageSet *set, const LinkageOptions *options);
void block_index_close(BlockIndex **index);
Result block_pairs(LinkageSet *set, const LinkageOptions *options, BlockPair each, void *context,
                   Error *error) CHECKED;
