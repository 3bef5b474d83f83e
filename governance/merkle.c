#include "governance/merkle.h"

#include <assert.h>
#include <string.h>

#include "governance/entry.h"

/* The prefixes keep a leaf from passing for a node (RFC 6962, section 2.1). */
enum { LEAF_PREFIX = 0x00, NODE_PREFIX = 0x01 };

/* One call over one buffer: a stream of its own for each hash would cost twice the time. */
Hash merkle_leaf(Text entry)
{
    uint8_t bytes[1 + ENTRY_BYTES_MAX];

    assert(entry.length <= ENTRY_BYTES_MAX);
    bytes[0] = LEAF_PREFIX;
    if (entry.length > 0)
        memcpy(bytes + 1, entry.data, entry.length);
    return hash_of(bytes, 1 + entry.length);
}

Hash merkle_node(Text left, Text right)
{
    uint8_t bytes[1 + 2 * HASH_BYTES] = {NODE_PREFIX};

    assert(left.length <= HASH_BYTES && right.length <= HASH_BYTES);
    memcpy(bytes + 1, left.data, left.length);
    memcpy(bytes + 1 + left.length, right.data, right.length);
    return hash_of(bytes, 1 + left.length + right.length);
}

static Hash join(const Hash *left, const Hash *right)
{
    return merkle_node((Text){.data = (const char *)left->bytes, .length = HASH_BYTES},
                       (Text){.data = (const char *)right->bytes, .length = HASH_BYTES});
}

/* As adding 1 to a binary number: every carry joins two full subtrees. */
void merkle_add(MerkleTree *tree, Hash leaf)
{
    int level = 0;

    for (int64_t rest = tree->size; (rest & 1) != 0; rest >>= 1)
        leaf = join(&tree->full[level++], &leaf);
    tree->full[level] = leaf;
    tree->size++;
}

Hash merkle_root(const MerkleTree *tree)
{
    Hash root = hash_of("", 0);
    bool is_first = true;

    for (int level = 0; level < MERKLE_LEVELS; level++) {
        if ((tree->size >> level & 1) == 0)
            continue;
        root = is_first ? tree->full[level] : join(&tree->full[level], &root);
        is_first = false;
    }
    return root;
}
