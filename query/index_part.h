#pragma once
/* Private to query: the rows of one part of people while they are read and put in order. */
#include "base/db.h"
#include "query/block.h"
#include "query/dataset.h"
#include "query/index_words.h"
#include "query/manifest.h"

typedef enum ListedBy { LISTED_BY_NEITHER, LISTED_BY_CODE, LISTED_BY_DAY } ListedBy;

typedef struct IndexColumn {
    Text name;
    QueryType type;
    ValueType read_as;
    WordSet words; /* of a text */
    ListedBy listed_by;
    bool is_wide;
} IndexColumn;

typedef struct IndexSource {
    Text name;
    bool is_household;
    IndexColumn columns[MANIFEST_COLUMNS_MAX];
    size_t column_count;
    uint32_t *part_rows;
    bool is_listed;
    uint16_t listed_code, listed_day; /* columns */
    int32_t first_day, last_day;
} IndexSource;

/* Kept from part to part, for its memory. */
typedef struct IndexPart {
    IndexSource *source;
    uint32_t first, people; /* person numbers first+1 to first+people */
    uint32_t *begin;        /* people + 1, after part_sort */
    uint32_t *persons;      /* of each row as read, counted from the part's first */
    uint32_t *order, *spare;
    int64_t *values[MANIFEST_COLUMNS_MAX]; /* as read; of a decimal hundredths, of a text its number */
    size_t row_count, row_max, column_max;
    size_t *word_bytes;                      /* of all columns */
    const Text *words[MANIFEST_COLUMNS_MAX]; /* of its texts, from part_end on */
} IndexPart;

void part_begin(IndexPart *part, IndexSource *source, uint32_t first, uint32_t people);
/* Once all rows are taken: what follows may be in another thread, while the next part is read. */
void part_end(IndexPart *part);
void part_close(IndexPart *part);
/* DbEach: person_number and the columns. */
Result part_take(void *context, const Value *row, Error *error) CHECKED;
/* Finds each person's rows and puts them in the order of their columns: order[begin[p]] is the first of
 * person p. */
void part_sort(IndexPart *part);
/* A column's values in order; out: row_count of them. */
void part_values(const IndexPart *part, size_t column, int64_t *out);
