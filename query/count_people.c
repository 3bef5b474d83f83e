/* Who is in the cohort, chunk by chunk, by the engine. */
#include <inttypes.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "query/engine.h"

enum { MEBIBYTE = 1 << 20, WORD_PEOPLE = 64 };

static void count_chunk(Counting *counting, Engine *engine, uint32_t first, uint32_t people)
{
    uint64_t counted = 0;

    engine_chunk(engine, first, people);
    const uint64_t *cohort = engine_holds(engine, counting->bound->cohort);
    for (uint32_t i = 0; i < people; i += WORD_PEOPLE)
        counted += (uint64_t)__builtin_popcountll(cohort[i / WORD_PEOPLE]);
    counting->people += counted;
    if (counted > 0)
        count_groups_add(counting, engine, cohort);
}

/* As many as fit; whole words of bits where those are more than one. */
static uint32_t people_of_chunk(const Counting *counting, const Budget *budget, uint32_t first)
{
    uint32_t people = budget_chunk(budget, first, counting->chunk_bytes);

    return people > WORD_PEOPLE && people < budget->dataset->people - first ? people - people % WORD_PEOPLE
                                                                            : people;
}

/* Known only when the release's homes are: they have numbers from 1 on. */
static Result check_homes(const Counting *counting, Error *error)
{
    uint64_t bytes = engine_homes_bytes(counting->bound->plan);

    if (bytes <= BUDGET_HOMES_BYTES_MAX)
        return RESULT_OK;
    return source_text_fail_at(&counting->tree->cohort->at, ERROR_LIMIT, error,
                               "counts over households would take up to %" PRIu64
                               " MiB of memory, more than %d; ask fewer of them",
                               bytes / MEBIBYTE, BUDGET_HOMES_BYTES_MAX / MEBIBYTE);
}

/* In the last round who is in the cohort and where; in those before it what counts over homes need. */
static Result count_chunks(Counting *counting, Engine *engine, const Budget *budget, size_t round,
                           Error *error)
{
    uint32_t all = counting->bound->plan->dataset->people, people;

    for (uint32_t first = 0; first < all; first += people) {
        people = people_of_chunk(counting, budget, first);
        if (budget_bytes(budget, first, people) > BUDGET_CHUNK_BYTES_MAX)
            return source_text_fail_at(
                &counting->tree->cohort->at, ERROR_LIMIT, error,
                "the records of one person would take more than %d MiB of memory; ask less of "
                "them at once",
                BUDGET_CHUNK_BYTES_MAX / MEBIBYTE);
        if (round == engine_rounds(engine)) {
            count_chunk(counting, engine, first, people);
        } else {
            engine_chunk(engine, first, people);
            engine_round(engine, round);
        }
        TRY(deadline_check(counting->bound->plan->deadline, error));
    }
    return RESULT_OK;
}

static void budget_counting(const Counting *counting, Engine *engine, Budget *budget)
{
    const Bound *bound = counting->bound;
    PlanId asked[1 + BOUND_DIMENSIONS_MAX + QUERY_AMOUNTS_MAX] = {bound->cohort};
    size_t count = 1;

    for (size_t d = 0; d < bound->dimension_count; d++)
        asked[count++] = bound->values[d];
    for (size_t i = 0; i < counting->value_count; i++)
        asked[count++] = counting->values[i].amount;
    budget_of(bound->plan, budget_needs(bound->plan, engine_postings(engine), asked, count, counting->arena),
              counting->arena, budget);
}

static Result count_with(Db *reader, Counting *counting, Engine *engine, Error *error)
{
    const Plan *plan = counting->bound->plan;
    Budget budget;

    if (counting->hold != NULL)
        TRY(dataset_fetch_plan(counting->hold, reader, plan, engine_postings(engine), error));
    budget_counting(counting, engine, &budget);
    TRY(check_homes(counting, error));
    for (size_t round = 0; round < engine_rounds(engine); round++)
        TRY(count_chunks(counting, engine, &budget, round, error));
    count_groups_open(counting, engine);
    return count_chunks(counting, engine, &budget, engine_rounds(engine), error);
}

Result count_people(Db *reader, Counting *counting, Error *error)
{
    SCOPED(engine_close) Engine *engine = NULL;

    TRY(count_groups_make(counting, error));
    engine = engine_create(counting->bound->plan);
    Result counted = count_with(reader, counting, engine, error);
    count_groups_close(counting);
    return counted;
}
