#include <criterion/criterion.h>

#include <string.h>

#include "governance/merkle.h"

static const char *hex_of(Hash hash)
{
    static char hex[HASH_TEXT_BYTES];

    return hash_format(&hash, hex);
}

/* RFC 6962, section 2.1: the hash of an empty list is the hash of the empty string. */
Test(merkle, the_root_of_no_leaves_is_the_hash_of_nothing)
{
    MerkleTree tree = {0};

    cr_expect_str_eq(hex_of(merkle_root(&tree)),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Known answers of the RFC 6962 hasher test of transparency-dev/merkle. */
Test(merkle, leaves_and_nodes_hash_as_rfc_6962_says)
{
    cr_expect_str_eq(hex_of(merkle_leaf(TEXT(""))),
                     "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    cr_expect_str_eq(hex_of(merkle_leaf(TEXT("L123456"))),
                     "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    cr_expect_str_eq(hex_of(merkle_node(TEXT("N123"), TEXT("N456"))),
                     "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
}

/* The eight leaves of the certificate transparency reference test, and the roots of their trees. */
static const Text ct_leaves[] = {
    {"", 0},
    {"\x00", 1},
    {"\x10", 1},
    {"\x20\x21", 2},
    {"\x30\x31", 2},
    {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};

static const char *const ct_roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

Test(merkle, trees_of_one_to_eight_leaves_have_the_reference_roots)
{
    MerkleTree tree = {0};

    for (size_t i = 0; i < 8; i++) {
        merkle_add(&tree, merkle_leaf(ct_leaves[i]));

        cr_expect_str_eq(hex_of(merkle_root(&tree)), ct_roots[i], "tree of %zu", i + 1);
    }
    cr_expect_eq(tree.size, 8);
}

Test(merkle, a_changed_leaf_changes_the_root)
{
    MerkleTree tree = {0}, other = {0};

    for (size_t i = 0; i < 8; i++) {
        merkle_add(&tree, merkle_leaf(ct_leaves[i]));
        merkle_add(&other, merkle_leaf(i == 3 ? TEXT("changed") : ct_leaves[i]));
    }
    Hash root = merkle_root(&tree), other_root = merkle_root(&other);

    cr_expect(memcmp(&root, &other_root, sizeof root) != 0);
}
