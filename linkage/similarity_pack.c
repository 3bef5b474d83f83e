#include <string.h>

#include "linkage/similarity_private.h"

static size_t records_left(const SimilaritySet *set, size_t first, size_t most)
{
    size_t left = first < set->count ? set->count - first : 0;
    return left < most ? left : most;
}

static const uint64_t *row_of(const SimilaritySet *set, size_t record)
{
    return set->rows + record * set->words;
}

/* ---- rows ---- */

static void copy_rows(const SimilaritySet *set, size_t first, size_t most,
                      uint64_t (*rows)[SIMILARITY_WORDS_MAX])
{
    size_t count = records_left(set, first, most);

    memset(rows, 0, most * sizeof rows[0]);
    for (size_t r = 0; r < count; r++)
        memcpy(rows[r], row_of(set, first + r), set->words * sizeof rows[0][0]);
}

void similarity_pack_rows(const SimilaritySet *set, size_t first, SimilarityGroup *group)
{
    copy_rows(set, first, SIMILARITY_GROUP, group->rows);
}

void similarity_pack_queries(const SimilaritySet *set, size_t first, SimilarityTile *tile)
{
    copy_rows(set, first, SIMILARITY_TILE, tile->rows);
}

/* ---- words ---- */

void similarity_pack_blocks(const SimilaritySet *set, size_t first, SimilarityGroup *group)
{
    size_t count = records_left(set, first, SIMILARITY_GROUP);

    memset(group, 0, sizeof *group);
    for (size_t r = 0; r < count; r++) {
        const uint64_t *row = row_of(set, first + r);
        for (unsigned w = 0; w < set->words; w++)
            group->blocks[r / SIMILARITY_BLOCK][w][r % SIMILARITY_BLOCK] = row[w];
    }
}

/* ---- nibbles ---- */

/* Table (a, b): entry r is how many ones of r are in a, and, in the upper half of the byte, in b. */
#define ONES(nibble)   (((nibble)&1) + ((nibble) >> 1 & 1) + ((nibble) >> 2 & 1) + ((nibble) >> 3 & 1))
#define ENTRY(a, b, r) (ONES((a) & (r)) | ONES((b) & (r)) << 4)
#define TABLE(a, b)                                                                                          \
    {                                                                                                        \
        ENTRY(a, b, 0), ENTRY(a, b, 1), ENTRY(a, b, 2), ENTRY(a, b, 3), ENTRY(a, b, 4), ENTRY(a, b, 5),      \
            ENTRY(a, b, 6), ENTRY(a, b, 7), ENTRY(a, b, 8), ENTRY(a, b, 9), ENTRY(a, b, 10),                 \
            ENTRY(a, b, 11), ENTRY(a, b, 12), ENTRY(a, b, 13), ENTRY(a, b, 14), ENTRY(a, b, 15)              \
    }
#define TABLES(a)                                                                                            \
    TABLE(a, 0), TABLE(a, 1), TABLE(a, 2), TABLE(a, 3), TABLE(a, 4), TABLE(a, 5), TABLE(a, 6), TABLE(a, 7),  \
        TABLE(a, 8), TABLE(a, 9), TABLE(a, 10), TABLE(a, 11), TABLE(a, 12), TABLE(a, 13), TABLE(a, 14),      \
        TABLE(a, 15)

_Alignas(64) const uint8_t similarity_nibble_tables[NIBBLE_TABLES][NIBBLE_TABLE_BYTES] = {
    TABLES(0), TABLES(1), TABLES(2),  TABLES(3),  TABLES(4),  TABLES(5),  TABLES(6),  TABLES(7),
    TABLES(8), TABLES(9), TABLES(10), TABLES(11), TABLES(12), TABLES(13), TABLES(14), TABLES(15)};

static unsigned nibble_of(const uint64_t *row, unsigned nibble)
{
    return (unsigned)(row[nibble / 16] >> nibble % 16 * 4) & 0xF;
}

void similarity_pack_nibbles(const SimilaritySet *set, size_t first, SimilarityGroup *group)
{
    size_t count = records_left(set, first, SIMILARITY_GROUP);

    if (count < SIMILARITY_GROUP)
        memset(group, 0, sizeof *group);
    for (size_t r = 0; r < count; r++) {
        const uint64_t *row = row_of(set, first + r);
        size_t place = r % 32 * 2 + r / 32;
        for (unsigned n = 0; n < set->words * 16; n++)
            group->nibbles[n][place] = (uint8_t)nibble_of(row, n);
    }
}

void similarity_pack_tables(const SimilaritySet *set, size_t first, SimilarityTile *tile)
{
    static const uint64_t nobody[SIMILARITY_WORDS_MAX];
    size_t count = records_left(set, first, SIMILARITY_TILE);

    for (size_t pair = 0; pair < SIMILARITY_PAIRS; pair++) {
        const uint64_t *a = 2 * pair < count ? row_of(set, first + 2 * pair) : nobody;
        const uint64_t *b = 2 * pair + 1 < count ? row_of(set, first + 2 * pair + 1) : nobody;
        for (unsigned n = 0; n < set->words * 16; n++)
            tile->tables[pair][n] = (uint16_t)((nibble_of(a, n) << 4 | nibble_of(b, n)) * NIBBLE_TABLE_BYTES);
    }
}
