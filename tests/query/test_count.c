#include <math.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "tests/query/small.h"

/* Who has an event of another code, by sex: lines 0 and 1, and not known. */
static void count_in_chunks(size_t bytes, Arena *arena, Counting *counting)
{
    static int16_t lines[] = {0, 1};
    SCOPED(query_close) Query *query = NULL;
    Bound *bound = arena_alloc(arena, sizeof *bound);
    Error error = {0};

    Result done = small_bind(&SMALL, "2026-06-30", "exists gp_event where not code = \"S1\"", &query, arena,
                             bound, &error);
    cr_assert(done.ok, "%s", error.message);
    *counting = (Counting){.tree = query->tree, .bound = bound, .arena = arena, .chunk_bytes = bytes};
    counting->domains[0] = (Domain){.value_count = 2, .lines = lines, .code_count = 2};
    done = count_people(NULL, counting, &error);
    cr_assert(done.ok, "%s", error.message);
}

Test(count, people_and_lines_do_not_depend_on_the_chunks)
{
    static const size_t chunks[] = {1, 4000, BUDGET_CHUNK_BYTES};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
        Counting counting;

        count_in_chunks(chunks[i], arena, &counting);

        cr_assert_eq(counting.people, 3);
        cr_expect(counting.numbers[0] == 1 && counting.lines[0][0] == 0, "A");
        cr_expect(counting.numbers[1] == 2 && counting.lines[0][1] == 1, "B");
        cr_expect(counting.numbers[2] == 4 && counting.lines[0][2] == LINE_UNKNOWN, "D");
        cr_expect(counting.domains[0].has_unknown);
        count_forget(&counting);
    }
}

static void expect_too_much(const Dataset *dataset, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;
    Result done =
        small_bind(dataset, "2026-06-30", "exists gp_event where code in d", &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    Counting counting = {
        .tree = query->tree, .bound = &bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};

    done = count_people(NULL, &counting, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, expected);
    count_forget(&counting);
}

/* Red when count_people does not call check_counting: there is nothing behind these people. */
Test(count, more_people_than_memory_is_for_are_refused_before_anything_is_read)
{
    Dataset dataset = SMALL;
    dataset.people = 100000000;

    expect_too_much(&dataset,
                    "query: counting would take up to 1525 MiB of memory, more than 512; ask fewer tables");
}

/* Red when count_chunks does not look at what its chunk takes. */
Test(count, a_person_with_more_records_than_memory_is_for_is_refused)
{
    static const uint32_t begin[] = {0, 30000000, 30000000, 30000000, 30000000, 30000000};
    DataSource sources[4];
    const Dataset dataset = {SMALL_PEOPLE, sources, 4, small_words, 5};
    memcpy(sources, small_sources, sizeof sources);
    sources[2].begin = begin;

    expect_too_much(&dataset, "query: the records of one person would take more than 256 MiB of memory; ask "
                              "less of them at once");
}
