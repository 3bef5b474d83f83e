#pragma once
/* Private to query: brings blocks from the database, each checked before it is opened. */
#include "query/dataset_blocks.h"
#include "query/dataset_kept.h"

/* What is done with each part of a place, in order. */
typedef struct Fetch Fetch;
typedef bool (*TakePart)(Fetch *fetch, Text raw);
struct Fetch {
    const Kept *kept;
    BlockPlace place;     /* of the next part */
    const int64_t *parts; /* ascending; NULL: all from 0 */
    uint32_t part_count;
    uint32_t taken;
    TakePart take;
    BlockUnpacker *unpacker;
    /* where it goes */
    Sealed *memory;
    uint32_t *begin;
    const BlockColumn *column;
    int32_t *numbers;
    Text *words;
    char *to;
    const char *at;
    void *context;
};

/* Of a query: what it reads stays where it is. */
struct DatasetHold {
    Kept *kept;
    bool **pinned;     /* pieces of each source */
    KeptLists **lists; /* that it has pinned */
    size_t lists_count, lists_max;
};

void fetch_close(Fetch *fetch);
Result fetch_parts(Db *reader, Fetch *fetch, Error *error) CHECKED;
/* Of a text column, which of all words its numbers mean; numbers: its word_count. */
Result fetch_column_words(Db *reader, const Kept *kept, const DatasetColumn *place, int32_t *numbers,
                          Error *error) CHECKED;
/* "release N block KIND SOURCE COLUMN PART: not what was published" */
Result fetch_damaged(int64_t release_id, const BlockPlace *place, Error *error) CHECKED;
