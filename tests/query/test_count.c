#include <inttypes.h>
#include <math.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "tests/query/small.h"

/* Who has an event of another code, by sex: codes 0 and 1, and not known. */
static void count_in_chunks(size_t bytes, Arena *arena, Counting *counting)
{
    static int64_t codes[] = {WORD_1, WORD_2};
    static uint32_t lines[] = {0, 1};
    SCOPED(query_close) Query *query = NULL;
    Bound *bound = arena_alloc(arena, sizeof *bound);
    Error error = {0};

    Result done = small_bind(&SMALL, "2026-06-30", "exists gp_event where not code = \"S1\"", &query, arena,
                             bound, &error);
    cr_assert(done.ok, "%s", error.message);
    *counting = (Counting){.tree = query->tree, .bound = bound, .arena = arena, .chunk_bytes = bytes};
    counting->domains[0] =
        (Domain){.value_count = 2, .codes = codes, .lines = lines, .code_count = 2, .band_min = UINT32_MAX};
    done = count_people(NULL, counting, &error);
    cr_assert(done.ok, "%s", error.message);
    count_lines(counting);
}

static void expect_set(const CountGroup *group, size_t cell, uint32_t number)
{
    SetHash expected = set_hash_of(number), held = group->cells[cell];

    cr_expect(held.high == expected.high && held.low == expected.low, "person %" PRIu32, number);
}

/* Red when a chunk's first person is taken for the release's. */
Test(count, people_and_their_sets_do_not_depend_on_the_chunks)
{
    static const size_t chunks[] = {1, 4000, BUDGET_CHUNK_BYTES};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
        Counting counting;

        count_in_chunks(chunks[i], arena, &counting);

        cr_assert_eq(counting.people, 3);
        cr_assert_eq(counting.group_count, 1);
        cr_assert_eq(counting.groups[0].cell_count, 3);
        expect_set(&counting.groups[0], 0, 1); /* A */
        expect_set(&counting.groups[0], 1, 2); /* B */
        expect_set(&counting.groups[0], 2, 4); /* D, whose sex is not known */
        cr_expect(counting.domains[0].has_unknown);
    }
}

Test(count, sets_of_people_add_up_and_tell_each_other_apart)
{
    SetHash first = set_hash_of(1), both = first, others = set_hash_of(3);

    set_hash_add(&both, set_hash_of(4));
    set_hash_add(&others, set_hash_of(2));

    cr_expect_eq(set_hash_people(both), 2);
    cr_expect_eq(set_hash_people(others), 2);
    cr_expect(both.high != others.high && both.low != others.low, "1 and 4 are not 2 and 3");
    SetHash rest = set_hash_less(both, set_hash_of(4));
    cr_expect(rest.high == first.high && rest.low == first.low);
}

/* Numbers of a release in an order of its own: no two of many small sets are the same. */
Test(count, sets_of_two_neighbours_are_all_different)
{
    enum { PAIRS = 1 << 16 };
    static uint64_t seen[1 << 20];
    size_t same = 0;

    for (uint32_t p = 1; p <= PAIRS; p++) {
        SetHash pair = set_hash_of(p);
        set_hash_add(&pair, set_hash_of(p + 1));
        uint64_t *slot = &seen[pair.high % (1 << 20)];
        for (; *slot != 0 && *slot != pair.high; slot = slot == seen + (1 << 20) - 1 ? seen : slot + 1)
            ;
        same += *slot == pair.high;
        *slot = pair.high;
    }

    cr_expect_eq(same, 0);
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
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}

static void expect_cells_refused(uint32_t codes, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;
    Result done =
        small_bind(&SMALL, "2026-06-30", "exists gp_event where code in d", &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    Counting counting = {
        .tree = query->tree, .bound = &bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};
    counting.domains[0] = (Domain){.code_count = codes};

    done = count_people(NULL, &counting, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}

static bool has_line_of_unknown(uint64_t people, int64_t people_min)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;
    CountPart part = {0};
    Result done = small_bind(&SMALL, "2026-06-30", "as_at = as_at", &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    bound.people_min = people_min;
    Counting counting = {
        .tree = query->tree, .bound = &bound, .arena = arena, .parts = &part, .people = people};

    count_lines(&counting);

    return counting.domains[0].has_unknown;
}

/* Ten times as many are few where homes are asked. Switch: people_min in widen, count_table.c. */
Test(count, each_line_that_can_be_is_there_of_a_cohort_of_few)
{
    cr_expect(has_line_of_unknown(99, 8));
    cr_expect_not(has_line_of_unknown(100, 8));
    cr_expect(has_line_of_unknown(119, 120));
    cr_expect_not(has_line_of_unknown(120, 120));
}

/* Red when count_groups_make does not call check_bytes. */
Test(count, more_cells_than_can_be_are_refused_before_anything_is_read)
{
    expect_cells_refused(1 << 16,
                         "q:1:172: this table has more than 65536 cells; use fewer or coarser dimensions");
}

/* Red when count_groups_make does not call check_bytes: there is nothing behind these people. */
Test(count, more_people_than_memory_is_for_are_refused_before_anything_is_read)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Dataset dataset = SMALL;
    Error error = {0};
    Bound bound;
    dataset.people = 100000000;
    Text text = TEXT("query \"t\" project P as at 2026-06-30 cohort exists gp_event table \"t\" by sex "
                     "measure people measure a = people with exists gp_event "
                     "measure b = people with exists gp_event where code = \"D1\"");
    Result done = query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    if (done.ok)
        done = bind_tree(query->tree, &dataset, query->tree->as_at, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    Counting counting = {
        .tree = query->tree, .bound = &bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};

    done = count_people(NULL, &counting, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, "q:1:45: counting would take up to 631 MiB of memory, more than 512; ask "
                                    "fewer tables and measures");
}

/* Red when count_chunks does not look at what its chunk takes. */
Test(count, a_person_with_more_records_than_memory_is_for_is_refused)
{
    static const uint32_t begin[] = {0, 30000000, 30000000, 30000000, 30000000, 30000000};
    DataSource sources[4];
    const Dataset dataset = {SMALL_PEOPLE, sources, 4, small_words, 5};
    memcpy(sources, small_sources, sizeof sources);
    sources[2].begin = begin;

    expect_too_much(&dataset,
                    "q:1:127: the records of one person would take more than 256 MiB of memory; ask "
                    "less of them at once");
}

/* Red when count_chunks does not ask the deadline. */
Test(count, a_query_that_takes_too_long_is_stopped)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Deadline deadline;
    Bound bound;
    Result done =
        small_bind(&SMALL, "2026-06-30", "exists gp_event where code in d", &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    Counting counting = {.tree = query->tree, .bound = &bound, .arena = arena, .chunk_bytes = 1};
    deadline_start(&deadline, 0, &query->tree->cohort->at);
    bound.plan->deadline = &deadline;

    done = count_people(NULL, &counting, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message,
                     "q:1:127: the query was stopped, as it took more than 0 s of processor time; "
                     "ask less of it, or of fewer records, at once");
    cr_expect_lt(counting.people, 2, "it is stopped behind its first chunk");
}

/* One person with as many records as two minutes would take to compare each with each. */
enum { MANY_RECORDS = 1 << 18 };

static void make_many(Arena *arena, DataSource *sources, DataColumn columns[3])
{
    int32_t *codes = arena_alloc(arena, MANY_RECORDS * sizeof *codes);
    int32_t *days = arena_alloc(arena, MANY_RECORDS * sizeof *days);
    double *results = arena_alloc(arena, MANY_RECORDS * sizeof *results);
    uint32_t *begin = arena_alloc(arena, (SMALL_PEOPLE + 1) * sizeof *begin);

    for (int i = 0; i < MANY_RECORDS; i++) {
        codes[i] = i % 2 == 0 ? WORD_D1 : WORD_S1;
        days[i] = IN_2026(1, 1);
        results[i] = i / 2 + i % 2 * (double)MANY_RECORDS; /* no D1 has the value of an S1 */
    }
    for (int p = 1; p <= SMALL_PEOPLE; p++)
        begin[p] = MANY_RECORDS;
    memcpy(columns, small_gp_event, sizeof small_gp_event);
    columns[0].narrow = codes;
    columns[1].decimals = results;
    columns[2].narrow = days;
    memcpy(sources, small_sources, sizeof small_sources);
    sources[2].begin = begin;
    sources[2].columns = columns;
}

/* Red, by the clock of whoever waits, when search_rows compares each with each. */
Test(count, values_of_many_records_are_found_in_few_steps)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    DataSource sources[5];
    DataColumn columns[3];
    const Dataset dataset = {SMALL_PEOPLE, sources, 5, small_words, 5};
    Error error = {0};
    Deadline deadline;
    Bound bound;
    make_many(arena, sources, columns);
    Result done =
        small_bind(&dataset, "2026-06-30",
                   "exists gp_event where code = \"D1\" and result_value in values of result_value in "
                   "gp_event where code = \"S1\"",
                   &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    Counting counting = {
        .tree = query->tree, .bound = &bound, .arena = arena, .chunk_bytes = BUDGET_CHUNK_BYTES};
    deadline_start(&deadline, INT64_C(20000000), &query->tree->cohort->at);
    bound.plan->deadline = &deadline;

    done = count_people(NULL, &counting, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_eq(counting.people, 0);
}
