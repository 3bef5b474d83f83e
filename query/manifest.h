#pragma once
/*
 * Private to query: the first block of a release. It says what the others hold, how long they are and what
 * their hashes are; its own hash is kept with the release. Numbers are little-endian; the hashes of all other
 * blocks stand at its end in the order of the blocks, so that the database can compare them by itself.
 */
#include "base/hash.h"
#include "query/block.h"
#include "query/dataset.h"

enum {
    MANIFEST_BYTES_MAX = 1 << 26,
    MANIFEST_SOURCES_MAX = 4096,
    MANIFEST_COLUMNS_MAX = 64, /* of a source */
    MANIFEST_WORDS_PART = 1 << 16,
    MANIFEST_LISTED_PART = 1 << 16, /* rows of posting lists in a block */
    MANIFEST_LISTED_WORDS_MAX = 1 << 22,
    MANIFEST_PART_ROWS_MAX = BLOCK_BYTES_MAX / 8 - NUMBERS_HEADER_BYTES,
};

typedef enum BlockKind {
    BLOCK_MANIFEST,
    BLOCK_WORDS,         /* parts of MANIFEST_WORDS_PART of them: their lengths, their bytes */
    BLOCK_ROWS,          /* how many rows each person of the part has */
    BLOCK_COLUMN_WORDS,  /* the words of a column, in the order of their numbers in it: places among all words
                          */
    BLOCK_COLUMN,        /* a column's numbers in the part's rows; decimals in hundredths */
    BLOCK_LISTED,        /* how many rows are listed of an unknown code, and of each of the column's words */
    BLOCK_LISTED_DAYS,   /* of those rows, list by list: ascending in each */
    BLOCK_LISTED_PEOPLE, /* of those rows: person numbers from 0 */
    BLOCK_KIND_COUNT,
} BlockKind;

typedef struct BlockPlace {
    uint32_t kind, source, column, part;
} BlockPlace;

typedef struct ManifestBlock {
    BlockPlace place;
    uint32_t packed_bytes, bytes; /* as kept; before it was compressed */
    Hash hash;                    /* of what is kept */
} ManifestBlock;

typedef struct ManifestColumn {
    Text name;
    QueryType type;
    bool is_wide;        /* of a number: some do not fit 32 bits */
    uint32_t word_count; /* of a text: how many different ones it holds */
} ManifestColumn;

typedef struct ManifestSource {
    Text name;
    ManifestColumn *columns;
    size_t column_count;
    uint32_t *part_rows;         /* part_count of them */
    bool is_listed;              /* its rows once more by a code and a day (query/posting.h) */
    uint16_t code, day;          /* columns */
    int32_t first_day, last_day; /* of the known ones */
} ManifestSource;

typedef struct Manifest {
    uint32_t people, part_people, word_count; /* part_people: of each part but the last */
    ManifestSource *sources;
    size_t source_count;
    ManifestBlock *blocks; /* by place, ascending */
    size_t block_count;
} Manifest;

uint32_t manifest_part_count(const Manifest *manifest);
uint32_t manifest_part_people(const Manifest *manifest, uint32_t part); /* of this part */
void manifest_sort(Manifest *manifest);                                 /* blocks by place */
void manifest_put(const Manifest *manifest, TextBuilder *out);
/* False when the bytes are not a manifest; what it holds lives in arena, and is no more than some times the
 * bytes. */
bool manifest_take(Text bytes, Arena *arena, Manifest *manifest);
/* NULL when there is none. */
const ManifestBlock *manifest_block(const Manifest *manifest, const BlockPlace *place);
