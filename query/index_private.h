#pragma once
/* What the index*.c files share. */
#include <pthread.h>

#include "query/index.h"
#include "query/index_listed.h"

typedef struct PackedBlock {
    BlockPlace place;
    char *content;
    size_t length;
} PackedBlock;

typedef struct Index Index;
/* What a second thread does: index_block and index_numbers, and nothing with the connection. */
typedef Result (*IndexWork)(Index *index, void *context, Error *error);

typedef struct IndexWorker {
    pthread_t thread;
    bool is_at_work;
    bool is_started; /* else the work has been done by the caller's thread */
    IndexWork work;
    void *context;
    Result done;
    Error error;
} IndexWorker;

/*
 * Two threads: one reads rows from the connection and writes blocks to it, the other orders rows and packs
 * them. What the second uses and makes is the first's between index_work_end and index_work_start.
 */
struct Index {
    Db *releaser;
    Value permit, release;
    Arena *arena;      /* of the first */
    Manifest manifest; /* people and parts, and at the end all */
    IndexSource *sources;
    size_t source_count;
    IndexPart parts[2]; /* one is read, the other is packed */
    IndexListed listed;
    size_t word_bytes;
    /* of the second */
    BlockPacker *packer;
    uint8_t *raw;     /* of one block */
    int64_t *numbers; /* of one block */
    size_t raw_rows;
    ManifestBlock *blocks;
    size_t block_count, block_max;
    PackedBlock *packed; /* not yet written */
    size_t packed_count, packed_max;
    IndexWorker worker;
};

/* index_work.c: ends what is at work, begins what comes next, and meanwhile writes what is packed. */
Result index_work_next(Index *index, IndexWork work, void *context, Error *error) CHECKED;
/* The same without anything next: then all is written. */
Result index_work_finish(Index *index, Error *error) CHECKED;
/* Of a build that has failed, before what the work uses ends. */
void index_work_stop(Index *index);
void index_forget_packed(PackedBlock *packed, size_t count);
/* index_blocks.c: packs a block of any bytes; and of the first count of index->numbers, which index_reserve
 * has made room for. rows: NULL, or those whose differences are stored where that is smaller. index_keep
 * writes one as it is. */
Result index_block(Index *index, const BlockPlace *place, Text raw, Error *error) CHECKED;
Result index_keep(Index *index, const BlockPlace *place, Text content, Error *error) CHECKED;
void index_reserve(Index *index, size_t count);
Result index_numbers(Index *index, const BlockPlace *place, size_t count, const PartRows *rows, Error *error)
    CHECKED;
/* index_listed.c: of a source whose parts have all been added */
Result index_write_listed(Index *index, uint32_t source, Error *error) CHECKED;
/* index_words.c: which words the columns' numbers mean, and all words, after all sources */
Result index_write_words(Index *index, Error *error) CHECKED;
