#pragma once
/* Private to query: what the rows of some lists on some days add up to, person by person. */
#include "query/posting_answer.h"

/* Its ends are in it. What is not known is the day SMALL_UNKNOWN. */
typedef struct PostingWindow {
    int32_t from, to;
} PostingWindow;

typedef struct PostingRows {
    const Postings *postings;
    const uint32_t *lists; /* which */
    size_t list_count;
    const PostingWindow *windows; /* ascending, apart */
    size_t window_count;
} PostingRows;

const PostingAnswer *posting_gather(const PostingRows *rows, PlanKind kind, uint32_t people, Arena *arena);
