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
        size_t block = r / SIMILARITY_BLOCK, within = r % SIMILARITY_BLOCK;
        for (unsigned w = 0; w < set->words; w++)
            group->blocks[block][w][within % SIMILARITY_VECTORS][within / SIMILARITY_VECTORS] = row[w];
    }
}

/* ---- nibbles ---- */

#ifdef __x86_64__
#include <emmintrin.h>

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

enum { SQUARE = 16 }; /* bytes in a register of the oldest x86-64 */

static const uint64_t nobody[SIMILARITY_WORDS_MAX];

/* Four perfect shuffles turn 16 rows of 16 bytes into 16 columns. */
static void transpose(__m128i square[SQUARE])
{
    __m128i shuffled[SQUARE];

    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < SQUARE / 2; i++) {
            shuffled[2 * i] = _mm_unpacklo_epi8(square[i], square[i + SQUARE / 2]);
            shuffled[2 * i + 1] = _mm_unpackhi_epi8(square[i], square[i + SQUARE / 2]);
        }
        memcpy(square, shuffled, sizeof shuffled);
    }
}

static __m128i lower_nibbles(__m128i bytes)
{
    return _mm_and_si128(bytes, _mm_set1_epi8(0x0F));
}

static __m128i upper_nibbles(__m128i bytes)
{
    return lower_nibbles(_mm_srli_epi16(bytes, 4));
}

/* 16 bytes of 16 records, from byte `from` on: what they put at `place` of 32 nibbles. */
static void pack_square(const uint64_t *const rows[SQUARE], unsigned from, unsigned place,
                        SimilarityGroup *group)
{
    __m128i square[SQUARE];

    for (unsigned i = 0; i < SQUARE; i++)
        square[i] = _mm_loadu_si128((const __m128i *)((const uint8_t *)rows[i] + from));
    transpose(square);
    for (unsigned i = 0; i < SQUARE; i++) {
        uint8_t(*nibbles)[SIMILARITY_GROUP] = group->nibbles + 2 * ((size_t)from + i);
        _mm_store_si128((__m128i *)(nibbles[0] + place), lower_nibbles(square[i]));
        _mm_store_si128((__m128i *)(nibbles[1] + place), upper_nibbles(square[i]));
    }
}

void similarity_pack_nibbles(const SimilaritySet *set, size_t first, SimilarityGroup *group)
{
    size_t count = records_left(set, first, SIMILARITY_GROUP);

    for (unsigned place = 0; place < SIMILARITY_GROUP; place += SQUARE) {
        const uint64_t *rows[SQUARE];
        for (unsigned i = 0; i < SQUARE; i++) {
            unsigned within = (place + i) % NIBBLES_WIDE;
            size_t record = place / NIBBLES_WIDE * NIBBLES_WIDE + within / 2 + within % 2 * NIBBLES_ODD;
            rows[i] = record < count ? row_of(set, first + record) : nobody;
        }
        for (unsigned from = 0; from < set->words * 8; from += SQUARE)
            pack_square(rows, from, place, group);
    }
}

/* The tables of 32 nibbles from byte `from` on: 16 (16 a + b) is where table (a, b) begins. */
static void pack_offsets(const uint64_t *a, const uint64_t *b, unsigned from, uint16_t *tables)
{
    const __m128i *bytes_a = (const __m128i *)((const uint8_t *)a + from);
    const __m128i *bytes_b = (const __m128i *)((const uint8_t *)b + from);
    __m128i *to = (__m128i *)(tables + 2 * (size_t)from);
    __m128i square_a = _mm_loadu_si128(bytes_a), square_b = _mm_loadu_si128(bytes_b);
    __m128i lower_a = lower_nibbles(square_a), upper_a = upper_nibbles(square_a);
    __m128i lower_b = _mm_slli_epi16(lower_nibbles(square_b), 4);
    __m128i upper_b = _mm_slli_epi16(upper_nibbles(square_b), 4);
    __m128i a_first = _mm_unpacklo_epi8(lower_a, upper_a), a_last = _mm_unpackhi_epi8(lower_a, upper_a);
    __m128i b_first = _mm_unpacklo_epi8(lower_b, upper_b), b_last = _mm_unpackhi_epi8(lower_b, upper_b);

    _mm_store_si128(to, _mm_unpacklo_epi8(b_first, a_first));
    _mm_store_si128(to + 1, _mm_unpackhi_epi8(b_first, a_first));
    _mm_store_si128(to + 2, _mm_unpacklo_epi8(b_last, a_last));
    _mm_store_si128(to + 3, _mm_unpackhi_epi8(b_last, a_last));
}

void similarity_pack_tables(const SimilaritySet *set, size_t first, SimilarityTile *tile)
{
    size_t count = records_left(set, first, SIMILARITY_TILE);

    for (size_t pair = 0; pair < SIMILARITY_PAIRS; pair++) {
        const uint64_t *a = 2 * pair < count ? row_of(set, first + 2 * pair) : nobody;
        const uint64_t *b = 2 * pair + 1 < count ? row_of(set, first + 2 * pair + 1) : nobody;
        for (unsigned from = 0; from < set->words * 8; from += SQUARE)
            pack_offsets(a, b, from, tile->tables[pair]);
    }
}
#endif
