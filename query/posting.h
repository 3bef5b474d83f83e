#pragma once
/*
 * Private to query: a source's rows by code, and within a code by day. A question of codes and days alone is
 * answered from here, without a look at the other rows.
 */
#include "query/dataset.h"

/* One code's rows, by day, then person; two rows of one person and day are both there. */
typedef struct PostingList {
    const int32_t *days;    /* ascending, SMALL_UNKNOWN first; NULL until fetched, as is `people` */
    const uint32_t *people; /* beside days */
    uint32_t count;
} PostingList;

/* Each row of the source is in one list. */
struct Postings {
    uint16_t code, day;       /* columns: a text and a date, both narrow */
    const int32_t *codes;     /* that occur, ascending, SMALL_UNKNOWN first: numbers in Dataset.words */
    const PostingList *lists; /* beside codes */
    uint32_t list_count;
    int32_t first_day, last_day; /* of the known ones; last_day is less where none is known */
};

enum { POSTINGS_THREADS_MAX = 16 };

/* From columns that are there; takes 8 bytes a row of arena, and for the time of the work as much again. */
void postings_build(const Dataset *dataset, uint16_t source, uint16_t code, uint16_t day, unsigned threads,
                    Arena *arena, Postings *postings);
