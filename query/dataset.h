#pragma once
/*
 * Private to query: a release in columns, as the engine reads it. People are 0 to people-1; the rows of a
 * source stand by person, and within a person in the order of their columns (first column first, unknown
 * before known), so that what is picked among equals is always the same.
 */
#include "query/catalogue.h"

#define NUMBER_UNKNOWN INT64_MIN                   /* of a condition, number, date or word */
#define NUMBER_MOST    INT64_C(999999999999999999) /* worked out: what has more digits is unknown */
#define SMALL_UNKNOWN  INT32_MIN                   /* the same in a narrow column */

/* One of the three: narrow numbers, wide ones, or decimals, where what is not finite is unknown. Of a release
 * none until it is fetched (dataset_open.h). */
typedef struct DataColumn {
    Text name;
    QueryType type;
    const int32_t *narrow; /* of a text: its number in Dataset.words */
    const int64_t *wide;
    const double *decimals;
} DataColumn;

/* Known whole numbers of a narrow column are from lowest to highest, which is less where none is known. */
typedef struct DataRange {
    bool is_found;
    int32_t lowest, highest;
} DataRange;

enum { DATA_CODES_MAX = 255 };

/* A narrow column of few values once more, a byte a cell: 0 is not known, 1 the first of the values. */
typedef struct DataCodes {
    const uint8_t *cells;  /* NULL: there are none */
    const int32_t *values; /* ascending, each once */
    uint32_t count;
} DataCodes;

typedef struct Postings Postings; /* query/posting.h */

typedef struct DataSource {
    Text name;
    const uint32_t *begin; /* people + 1: the first row of each person; NULL until fetched */
    const DataColumn *columns;
    size_t column_count;
    const Postings *postings; /* the same rows once more, by a code and a day; NULL where there are none */
    size_t postings_count;
    const DataRange *ranges; /* beside columns; NULL, or not found: each query looks for itself */
    const DataCodes *codes;  /* beside columns; NULL: there are none */
} DataSource;

typedef struct Dataset {
    uint32_t people;
    const DataSource *sources; /* the first, of one row a person, is what is known of people themselves */
    size_t source_count;
    const Text *words; /* ascending, so that words compare as their numbers do */
    size_t word_count;
} Dataset;

/* Of `person`, a source or a column: its place, or -1. */
int dataset_source(const Dataset *dataset, Text name);
int dataset_column(const DataSource *source, Text name);
/* Of a narrow column of so many cells. */
DataRange dataset_range(const DataColumn *column, size_t cells);
/* The known values of a narrow column of so many cells, ascending; values: room for DATA_CODES_MAX. False:
 * there are more. */
bool dataset_values(const DataColumn *column, size_t cells, int32_t *values, uint32_t *count);
/* The column's cells as codes of those values, which are all that it has. */
void dataset_code(const DataColumn *column, size_t cells, const int32_t *values, uint32_t count, uint8_t *to);
/* The word's number, or -1: no cell holds it. */
int64_t dataset_word(const Dataset *dataset, Text word);
