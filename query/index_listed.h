#pragma once
/* Private to query: the rows of a source once more, by a code and a day, for posting lists. */
#include "query/index_part.h"

/* A source of more rows has no lists: they are made in memory, of 24 bytes a row. */
enum { LISTED_ROWS_MAX = 1 << 27 };

typedef struct IndexListed {
    bool is_open;
    uint16_t code, day;
    uint32_t *begin; /* people + 1 */
    int32_t *codes, *days;
    uint32_t people;
    size_t row_count, row_max;
} IndexListed;

/* Nothing is listed of a source whose columns do not say by what. */
void listed_open(IndexListed *listed, const IndexSource *source, uint32_t people);
/* Of the next part, after part_sort. scratch: as many as it has rows. */
void listed_add(IndexListed *listed, const IndexPart *part, int64_t *scratch);
void listed_close(IndexListed *listed);
