#pragma once
/* Private to count*.c: from the values of people to the cells of tables. */
#include "query/count.h"

enum { LINE_UNKNOWN = -1, LINES_MAX = COUNT_CELLS_MAX, COUNT_LINES_PEOPLE_MIN = 100 };

/* The values of a dimension. A line is one of them, in their order; of a band, the band from 0 on. */
typedef struct Domain {
    Text *values; /* of the release; none of a band */
    size_t value_count;
    int64_t first_code; /* of a value, as the engine has it */
    int16_t *lines;     /* from first_code on; LINE_UNKNOWN for what is no value */
    size_t code_count;
    int64_t band_years;
    int16_t band_min, band_max; /* seen; band_min > band_max: none */
    bool has_unknown;
} Domain;

typedef struct Counting {
    DatasetHold *hold; /* NULL: all of the dataset is there */
    const Tree *tree;
    const Bound *bound;
    Arena *arena;
    Domain domains[BOUND_DIMENSIONS_MAX];
    uint32_t *numbers;                    /* of people in the cohort, ascending */
    int16_t *lines[BOUND_DIMENSIONS_MAX]; /* beside them */
    size_t people, people_max;
    size_t chunk_bytes; /* people are worked out together as far as they take no more */
} Counting;

/* The values that the release says a dimension has. */
Result count_domains(Db *reader, int64_t release_id, Counting *counting, Error *error) CHECKED;
/* Fills in numbers and lines; before that, fetches what the plan reads. */
Result count_people(Db *reader, Counting *counting, Error *error) CHECKED;
void count_forget(Counting *counting);
/* Once people are counted: of a cohort of few each band that there can be, and `not known`. */
void count_widen(Counting *counting);
Result count_table(const Counting *counting, const TableNode *node, CountTable *table, Error *error) CHECKED;
