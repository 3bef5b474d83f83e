#pragma once
/* What the index*.c files share. */
#include "query/index.h"
#include "query/index_listed.h"

typedef struct Index {
    Db *releaser;
    Value permit, release;
    Arena *arena;
    Manifest manifest; /* people and parts, and at the end all */
    IndexSource *sources;
    size_t source_count;
    IndexPart part;
    IndexListed listed;
    size_t word_bytes;
    BlockPacker *packer;
    uint8_t *raw;     /* of one block */
    int64_t *numbers; /* of one block */
    size_t raw_rows;
    ManifestBlock *blocks;
    size_t block_count, block_max;
} Index;

/* index_blocks.c: a block of any bytes; and of the first count of index->numbers, which index_reserve has
 * made room for. */
Result index_block(Index *index, const BlockPlace *place, Text raw, Error *error) CHECKED;
Result index_keep(Index *index, const BlockPlace *place, Text content, Error *error) CHECKED; /* as it is */
void index_reserve(Index *index, size_t count);
Result index_numbers(Index *index, const BlockPlace *place, size_t count, const PartRows *ascending,
                     Error *error) CHECKED;
/* index_listed.c: of a source whose parts have all been added */
Result index_write_listed(Index *index, uint32_t source, Error *error) CHECKED;
/* index_words.c: which words the columns' numbers mean, and all words, after all sources */
Result index_write_words(Index *index, Error *error) CHECKED;
