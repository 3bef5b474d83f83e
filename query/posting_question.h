#pragma once
/*
 * Private to query: which of a plan's nodes posting lists answer. Those are `exists`, `count`, and the first
 * and last day, of rows kept and dropped by conditions each of which reads the code alone or the day alone.
 */
#include "query/plan_use.h"
#include "query/posting.h"

enum { QUESTION_CONDITIONS_MAX = 64, QUESTION_DAYS_MAX = 1 << 16, QUESTION_WORK_MAX = 1 << 26 };

typedef struct PostingCondition {
    PlanId condition;
    bool keeps;   /* where it is true; else where it is not */
    bool of_code; /* else of the day */
} PostingCondition;

typedef struct PostingQuestion {
    PlanKind kind; /* PLAN_EXISTS, PLAN_COUNT, PLAN_SMALLEST, PLAN_LARGEST: of the day */
    uint16_t source;
    const Postings *postings;
    PostingCondition conditions[QUESTION_CONDITIONS_MAX];
    size_t condition_count;
} PostingQuestion;

/* False: it is for a scan. */
bool posting_question(const Plan *plan, const PlanUse *uses, PlanId id, const Postings *postings,
                      PostingQuestion *question);
