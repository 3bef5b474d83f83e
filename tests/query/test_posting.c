/* Posting lists against the rows they come from. */
#include <criterion/criterion.h>
#include <string.h>

#include "query/budget.h"
#include "query/engine.h"
#include "query/posting.h"

enum { ARENA_BYTES_MAX = 1 << 24, CODE = 0, DAY = 1 };

static const Text words[] = {TEXT("A1"), TEXT("B2"), TEXT("C3")};

static const Dataset *dataset_of(Arena *arena, uint32_t people, const uint32_t *begin, const int32_t *codes,
                                 const int32_t *days)
{
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    DataSource *sources = arena_alloc(arena, 2 * sizeof *sources);
    DataColumn *columns = arena_alloc(arena, 2 * sizeof *columns);

    columns[CODE] = (DataColumn){.name = TEXT("code"), .type = TYPE_TEXT, .narrow = codes};
    columns[DAY] = (DataColumn){.name = TEXT("day"), .type = TYPE_DATE, .narrow = days};
    sources[1] = (DataSource){.name = TEXT("event"), .begin = begin, .columns = columns, .column_count = 2};
    *dataset = (Dataset){people, sources, 2, words, 3};
    return dataset;
}

Test(posting, lists_hold_each_row_by_code_then_day_then_person)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    const uint32_t begin[] = {0, 3, 3, 6};
    const int32_t codes[] = {2, SMALL_UNKNOWN, 2, 0, 2, 2};
    const int32_t days[] = {50, 7, SMALL_UNKNOWN, -9000, 50, 50};
    Postings postings;

    postings_build(dataset_of(arena, 3, begin, codes, days), 1, CODE, DAY, 2, arena, &postings);

    cr_assert_eq(postings.list_count, 3);
    cr_expect_arr_eq(postings.codes, ((int32_t[]){SMALL_UNKNOWN, 0, 2}), 3 * sizeof(int32_t));
    cr_expect_eq(postings.first_day, -9000);
    cr_expect_eq(postings.last_day, 50);
    cr_expect_eq(postings.lists[0].count, 1);
    cr_expect_eq(postings.lists[0].days[0], 7);
    cr_expect_eq(postings.lists[0].people[0], 0);
    cr_expect_eq(postings.lists[1].count, 1);
    cr_expect_eq(postings.lists[1].days[0], -9000);
    cr_expect_eq(postings.lists[1].people[0], 2);
    cr_assert_eq(postings.lists[2].count, 4);
    cr_expect_arr_eq(postings.lists[2].days, ((int32_t[]){SMALL_UNKNOWN, 50, 50, 50}), 4 * sizeof(int32_t));
    cr_expect_arr_eq(postings.lists[2].people, ((uint32_t[]){0, 0, 2, 2}), 4 * sizeof(uint32_t));
}

Test(posting, lists_of_no_rows_are_none)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    const uint32_t begin[] = {0};
    const int32_t none[] = {0};
    Postings postings;

    postings_build(dataset_of(arena, 0, begin, none, none), 1, CODE, DAY, 1, arena, &postings);

    cr_expect_eq(postings.list_count, 0);
    cr_expect_lt(postings.last_day, postings.first_day);
}

/* Four digits of days, more lists than threads, a long one and short ones: what every thread does. */
Test(posting, lists_of_days_far_apart_are_in_order)
{
    enum { PEOPLE = 500, EACH = 8 };
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    uint32_t *begin = arena_alloc(arena, (PEOPLE + 1) * sizeof *begin);
    int32_t *codes = arena_alloc(arena, PEOPLE * EACH * sizeof *codes);
    int32_t *days = arena_alloc(arena, PEOPLE * EACH * sizeof *days);
    Postings postings;
    uint32_t rows = 0;

    for (uint32_t i = 0; i < PEOPLE * EACH; i++) {
        begin[i / EACH] = i / EACH * EACH;
        codes[i] = i % 16 == 0 ? (int32_t)(i / 16 % 2) : 2;
        days[i] = (int32_t)(i * 2654435761u);
    }
    begin[PEOPLE] = PEOPLE * EACH;
    postings_build(dataset_of(arena, PEOPLE, begin, codes, days), 1, CODE, DAY, 2, arena, &postings);

    cr_assert_eq(postings.list_count, 3);
    for (uint32_t l = 0; l < 3; l++) {
        const PostingList *list = &postings.lists[l];
        for (uint32_t i = 0; i < list->count; i++) {
            uint32_t from = begin[list->people[i]];
            bool is_there = false;
            cr_assert(i == 0 || list->days[i - 1] <= list->days[i]);
            for (uint32_t row = from; row < from + EACH; row++)
                is_there |= codes[row] == postings.codes[l] && days[row] == list->days[i];
            cr_assert(is_there);
        }
        rows += list->count;
    }
    cr_expect_eq(rows, PEOPLE * EACH);
}

/* The source's rows and columns are not fetched: who reads them ends here. Switch: posting_wants says false.
 */
Test(posting, lists_answer_where_nothing_else_is_fetched)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    SCOPED(engine_close) Engine *engine = NULL;
    const uint32_t begin[] = {0, 3, 3, 6};
    const int32_t codes[] = {2, 0, 2, 0, 2, 2};
    const int32_t days[] = {50, 7, SMALL_UNKNOWN, -9000, 50, 51};
    const DataColumn unfetched[] = {{.name = TEXT("code"), .type = TYPE_TEXT},
                                    {.name = TEXT("day"), .type = TYPE_DATE}};
    const DataColumn no_column = {0};
    Postings postings;
    Budget budget;
    PostingWant want;

    postings_build(dataset_of(arena, 3, begin, codes, days), 1, CODE, DAY, 1, arena, &postings);
    const DataSource sources[] = {{.name = TEXT("person"), .columns = &no_column},
                                  {.name = TEXT("event"),
                                   .columns = unfetched,
                                   .column_count = 2,
                                   .postings = &postings,
                                   .postings_count = 1}};
    const Dataset dataset = {3, sources, 2, words, 3};
    Plan *plan = plan_create(&dataset, 16, arena);
    const PlanId of_code[] = {
        plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_TEXT, .level = 1, .column = CODE}, NULL,
                 0),
        plan_constant(plan, TYPE_TEXT, 0)};
    const PlanId kept[] = {plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = 1}, NULL, 0),
                           plan_add(plan, (PlanNode){.kind = PLAN_EQUAL, .type = TYPE_BOOL}, of_code, 2)};
    PlanId rows = plan_add(plan, (PlanNode){.kind = PLAN_KEEP}, kept, 2);
    PlanId count = plan_add(plan, (PlanNode){.kind = PLAN_COUNT, .type = TYPE_NUMBER}, &rows, 1);
    engine = engine_create_as(plan, ENGINE_SHORTENS);

    cr_assert(posting_wants(engine_postings(engine), count, &want));
    engine_chunk(engine, 0, 3);
    const Vector *value = engine_value(engine, count);

    cr_expect_eq(want.list_count, 1);
    cr_expect_eq(want.lists[0], 0);
    cr_expect_eq(vector_number(value, 0), 1);
    cr_expect_eq(vector_number(value, 1), 0);
    cr_expect_eq(vector_number(value, 2), 1);

    budget_of(plan, budget_needs(plan, engine_postings(engine), &count, 1, arena), arena, &budget);
    cr_expect_eq(budget.rows[1], 0, "rows that nobody looks at take no room of a chunk");
    budget_of(plan, budget_needs(plan, NULL, &count, 1, arena), arena, &budget);
    cr_expect_gt(budget.rows[1], 0);
}

/*
 * Red when has_room does not count what was promised: each answer would fit by itself, and all of them pass
 * the arena's limit, which ends the process. 30 million people, 120 MB a count.
 */
Test(posting, no_more_answers_are_promised_than_there_is_memory_for)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    const int32_t codes[] = {0};
    const PostingList lists[] = {{.count = 1}};
    const Postings postings = {
        .code = CODE, .day = DAY, .codes = codes, .lists = lists, .list_count = 1, .last_day = 9};
    DataSource sources[2];
    Dataset dataset = *dataset_of(arena, 30000000, NULL, NULL, NULL);
    memcpy(sources, dataset.sources, sizeof sources);
    sources[1].postings = &postings;
    sources[1].postings_count = 1;
    dataset.sources = sources;
    Plan *plan = plan_create(&dataset, 64, arena);
    PlanId rows = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = 1}, NULL, 0);
    PlanId day = plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_DATE, .level = 1, .column = DAY},
                          NULL, 0);
    PlanId counts[6];
    for (int i = 0; i < 6; i++) {
        const PlanId after[] = {day, plan_constant(plan, TYPE_DATE, i)};
        PlanId late = plan_add(plan, (PlanNode){.kind = PLAN_MORE, .type = TYPE_BOOL}, after, 2);
        const PlanId kept[] = {rows, late};
        PlanId of = plan_add(plan, (PlanNode){.kind = PLAN_KEEP}, kept, 2);
        counts[i] = plan_add(plan, (PlanNode){.kind = PLAN_COUNT, .type = TYPE_NUMBER}, &of, 1);
    }
    SCOPED(posting_reader_close) PostingReader *reader = posting_reader_create(plan, true);
    PostingWant want;
    int promised = 0;

    for (int i = 0; i < 6; i++)
        promised += posting_wants(reader, counts[i], &want);

    cr_expect_eq(promised, 4);
}
