#pragma once
/* Between similarity.c and the files of its paths. */
#include "linkage/similarity.h"

/* ---- rows as they are: what portable and popcnt compare ---- */
void similarity_pack_rows(const SimilaritySet *set, size_t first, SimilarityGroup *group);
void similarity_pack_queries(const SimilaritySet *set, size_t first, SimilarityTile *tile);

/*
 * ---- nibbles: AVX2 and AVX-512BW ----
 * A byte shuffle looks 4 bits up in a table of 16. The table here is chosen by the queries: entry r of table
 * (a, b) is how many ones r shares with a, and in the upper half with b. So one look-up replaces the ANDs and
 * the counting of two queries, and three sums of look-ups fit into the halves of a byte.
 * Each nibble of a group's records lies side by side, of each 64 record r at byte 2 (r mod 32) + r / 32: when
 * bytes are widened to 16 bits, the even ones are records 0 to 31 in order, the odd ones 32 to 63.
 */
enum {
    NIBBLE_TABLE_BYTES = 16,
    NIBBLE_TABLES = 256,
    NIBBLES_WIDE = 64, /* records whose even and odd bytes part at NIBBLES_ODD */
    NIBBLES_ODD = NIBBLES_WIDE / 2,
    /* Look-ups whose sum fits into 4 bits (3 x 4 ones), and such sums as fit into a byte (21 x 12 <= 255). */
    NIBBLES_SUMMED = 3,
    NIBBLE_SUMS = 21,
    NIBBLES_RUN = NIBBLES_SUMMED * NIBBLE_SUMS
};

extern const uint8_t similarity_nibble_tables[NIBBLE_TABLES][NIBBLE_TABLE_BYTES];
void similarity_pack_nibbles(const SimilaritySet *set, size_t first, SimilarityGroup *group);
void similarity_pack_tables(const SimilaritySet *set, size_t first, SimilarityTile *tile);

/* ---- words of 32 records side by side: AVX-512 VPOPCNTDQ ---- */
void similarity_pack_blocks(const SimilaritySet *set, size_t first, SimilarityGroup *group);

#ifdef __x86_64__
extern const SimilarityMethods similarity_avx2, similarity_avx512bw, similarity_vpopcntdq;
#endif
