#pragma once
/*
 * The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf. Only the
 * roots of its full subtrees are kept, one a level.
 */
#include <stdint.h>

#include "base/hash.h"

enum { MERKLE_LEVELS = 63 };

typedef struct MerkleTree {
    int64_t size;
    Hash full[MERKLE_LEVELS]; /* full[n]: subtree of 2^n leaves, valid where bit n of size is set */
} MerkleTree;

Hash merkle_leaf(Text entry); /* SHA-256(0x00 || entry) */
/* SHA-256(0x01 || left || right), HASH_BYTES each at the most. */
Hash merkle_node(Text left, Text right);
void merkle_add(MerkleTree *tree, Hash leaf);
Hash merkle_root(const MerkleTree *tree); /* of no leaves: SHA-256 of nothing */
