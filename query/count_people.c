/* Who is in the cohort and in which lines, chunk by chunk, by the engine. */
#include <inttypes.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "query/engine.h"

enum { PEOPLE_FIRST = 1 << 16, MEBIBYTE = 1 << 20 };

static void make_room(Counting *counting, size_t more)
{
    if (counting->people + more <= counting->people_max)
        return;
    while (counting->people + more > counting->people_max)
        counting->people_max = counting->people_max == 0 ? PEOPLE_FIRST : 2 * counting->people_max;
    counting->numbers = memory_resize(counting->numbers, counting->people_max * sizeof *counting->numbers);
    for (size_t d = 0; d < counting->bound->dimension_count; d++)
        counting->lines[d] =
            memory_resize(counting->lines[d], counting->people_max * sizeof *counting->lines[d]);
}

void count_forget(Counting *counting)
{
    memory_free(counting->numbers);
    for (size_t d = 0; d < BOUND_DIMENSIONS_MAX; d++)
        memory_free(counting->lines[d]);
}

static int16_t line_of(Domain *domain, int64_t value)
{
    int16_t line = LINE_UNKNOWN;

    if (value == NUMBER_UNKNOWN) {
        domain->has_unknown = true;
        return LINE_UNKNOWN;
    }
    if (domain->band_years != 0) {
        line = (int16_t)(value / domain->band_years);
        domain->band_min = line < domain->band_min ? line : domain->band_min;
        domain->band_max = line > domain->band_max ? line : domain->band_max;
        return line;
    }
    if (value >= domain->first_code && (uint64_t)(value - domain->first_code) < domain->code_count)
        line = domain->lines[value - domain->first_code];
    domain->has_unknown |= line == LINE_UNKNOWN;
    return line;
}

static void keep_cohort(Counting *counting, const uint64_t *cohort, uint32_t first, uint32_t people)
{
    make_room(counting, people);
    for (uint32_t from = 0; from < people; from += 64)
        for (uint64_t left = cohort[from / 64]; left != 0; left &= left - 1)
            counting->numbers[counting->people++] = first + from + (uint32_t)__builtin_ctzll(left);
}

/* Of those from `kept` on, who are of the chunk that begins at `first`. */
static void keep_lines(Counting *counting, size_t dimension, const Vector *values, size_t kept,
                       uint32_t first)
{
    for (size_t i = kept; i < counting->people; i++)
        counting->lines[dimension][i] =
            line_of(&counting->domains[dimension], vector_number(values, counting->numbers[i] - first));
}

static void count_chunk(Counting *counting, Engine *engine, uint32_t first, uint32_t people)
{
    size_t kept = counting->people;

    engine_chunk(engine, first, people);
    keep_cohort(counting, engine_holds(engine, counting->bound->cohort), first, people);
    for (size_t d = 0; kept < counting->people && d < counting->bound->dimension_count; d++)
        keep_lines(counting, d, engine_value(engine, counting->bound->values[d]), kept, first);
}

/* What the counting itself takes of everybody, were they all in the cohort. */
static Result check_counting(const Counting *counting, Error *error)
{
    size_t dimensions = counting->bound->dimension_count, tables = counting->tree->table_count;
    uint64_t people = counting->bound->plan->dataset->people;
    /* twice, as arrays grow by doubling */
    uint64_t bytes =
        people * (2 * (sizeof(uint32_t) + dimensions * sizeof(int16_t)) + tables * sizeof(uint32_t));

    if (bytes <= BUDGET_COUNT_BYTES_MAX)
        return RESULT_OK;
    return fail(error, ERROR_LIMIT,
                "query: counting would take up to %" PRIu64 " MiB of memory, more than %d; ask fewer tables",
                bytes / MEBIBYTE, BUDGET_COUNT_BYTES_MAX / MEBIBYTE);
}

static Result count_chunks(Counting *counting, Engine *engine, const Budget *budget, Error *error)
{
    uint32_t all = counting->bound->plan->dataset->people, people;

    for (uint32_t first = 0; first < all; first += people) {
        people = budget_chunk(budget, first, counting->chunk_bytes);
        if (budget_bytes(budget, first, people) > BUDGET_CHUNK_BYTES_MAX)
            return fail(error, ERROR_LIMIT,
                        "query: the records of one person would take more than %d MiB of memory; ask less of "
                        "them at once",
                        BUDGET_CHUNK_BYTES_MAX / MEBIBYTE);
        count_chunk(counting, engine, first, people);
    }
    return RESULT_OK;
}

Result count_people(Db *reader, Counting *counting, Error *error)
{
    SCOPED(engine_close) Engine *engine = NULL;
    Budget budget;

    TRY(check_counting(counting, error));
    engine = engine_create(counting->bound->plan);
    if (counting->hold != NULL)
        TRY(dataset_fetch_plan(counting->hold, reader, counting->bound->plan, engine_postings(engine),
                               error));
    budget_of(counting->bound->plan, counting->arena, &budget);
    TRY(count_chunks(counting, engine, &budget, error));
    for (size_t i = 0; i < counting->people; i++)
        counting->numbers[i]++;
    return RESULT_OK;
}
