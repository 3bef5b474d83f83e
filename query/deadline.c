#include "query/deadline.h"

#include <inttypes.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

int64_t query_processor_us_max = QUERY_PROCESSOR_SECONDS_MAX * SECOND_US;

static int64_t processor_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

void deadline_start(Deadline *deadline, int64_t allowed_us, const Mention *at)
{
    *deadline = (Deadline){.allowed_us = allowed_us, .end_us = processor_us() + allowed_us, .at = at};
}

bool deadline_is_over(Deadline *deadline)
{
    if (deadline == NULL)
        return false;
    deadline->work = 0;
    deadline->is_over = deadline->is_over || processor_us() >= deadline->end_us;
    return deadline->is_over;
}

Result deadline_check(Deadline *deadline, Error *error)
{
    if (!deadline_is_over(deadline))
        return RESULT_OK;
    return source_text_fail_at(deadline->at, ERROR_LIMIT, error,
                               "the query was stopped, as it took more than %" PRId64
                               " s of processor time; ask less of it, or of fewer records, at once",
                               deadline->allowed_us / SECOND_US);
}
