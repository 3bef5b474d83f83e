#pragma once
/*
 * Private to query: when a query's processor time ends. Long loops say what they have done and give up when
 * it is over, with whatever they hold: nothing of that may leave, so who counts asks once more behind them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/source_text.h"

enum { QUERY_PROCESSOR_SECONDS_MAX = 60 };

typedef struct Deadline {
    int64_t allowed_us, end_us; /* of the thread's processor time */
    uint64_t work;              /* since the clock was looked at */
    const Mention *at;          /* what to point at when it is over */
    bool is_over;               /* and stays so */
} Deadline;

/* QUERY_PROCESSOR_SECONDS_MAX, unless a test says less. */
extern int64_t query_processor_us_max;

/* at lives as long as the deadline. */
void deadline_start(Deadline *deadline, int64_t allowed_us, const Mention *at);
/* Looks at the clock. NULL: never. */
bool deadline_is_over(Deadline *deadline);
/* ERROR_LIMIT: it is over. */
Result deadline_check(Deadline *deadline, Error *error) CHECKED;

/* As deadline_is_over, but the clock is looked at only once in so many small steps. */
static inline bool deadline_is_over_after(Deadline *deadline, uint64_t steps)
{
    enum { STEPS = 1 << 20 };

    if (deadline == NULL)
        return false;
    deadline->work += steps;
    return deadline->work < STEPS ? deadline->is_over : deadline_is_over(deadline);
}
