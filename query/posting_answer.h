#pragma once
/* Private to query: answers a plan's nodes from posting lists, for all people at once. */
#include "query/posting_question.h"

/* One of the three. */
typedef struct PostingAnswer {
    const uint64_t *bits;   /* PLAN_EXISTS: of person p bit p % 64 of word p / 64, of people / 64 + 1 */
    const uint32_t *counts; /* PLAN_COUNT */
    const int32_t *days;    /* PLAN_SMALLEST, PLAN_LARGEST; SMALL_UNKNOWN where there is none */
} PostingAnswer;

/* Lists that an answer is made of. */
typedef struct PostingWant {
    uint16_t source;
    const Postings *postings;
    const uint32_t *lists; /* numbers in postings->lists, ascending */
    size_t list_count;
} PostingWant;

typedef struct PostingReader PostingReader;

/* always: also where a scan would be cheaper. Never NULL; plan outlives it and does not grow. */
PostingReader *posting_reader_create(const Plan *plan, bool always);
void posting_reader_close(PostingReader **reader);
/* Before lists are fetched: is the node answered from lists, and from which? Else a scan works it out. want
 * lives as long as the reader. */
bool posting_wants(PostingReader *reader, PlanId id, PostingWant *want);
/* NULL where posting_wants is false. Worked out when first asked for, from lists that are there by then. */
const PostingAnswer *posting_answer(PostingReader *reader, PlanId id);
