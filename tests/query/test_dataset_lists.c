/* Lists by code and day: what they hold, and when they give way. */
#include "tests/query/datasets.h"

enum { ALL_LISTS_MAX = 4096, CODE = 1, DAY = 0 }; /* columns of gp_event */

static PostingWant want_of(const Dataset *dataset, int source, const uint32_t *lists, size_t count)
{
    return (PostingWant){
        .source = (uint16_t)source, .postings = dataset->sources[source].postings, lists, count};
}

/* Every step-th list, as if an answer wanted them. */
static void fetch_lists(DatasetHold *hold, Db *reader, int source, uint32_t first, uint32_t step)
{
    uint32_t lists[ALL_LISTS_MAX];
    size_t count = 0;

    COUNTY_MUST(listed_find(hold, reader, (uint16_t)source, must));
    const Postings *postings = dataset_of(hold)->sources[source].postings;
    cr_assert_leq(postings->list_count, ALL_LISTS_MAX);
    for (uint32_t i = first; i < postings->list_count; i += step)
        lists[count++] = i;
    const PostingWant want = want_of(dataset_of(hold), source, lists, count);
    COUNTY_MUST(listed_fetch(hold, reader, &want, must));
}

static void expect_same_lists(const Postings *held, const Postings *made)
{
    cr_assert_eq(held->list_count, made->list_count);
    cr_expect_eq(held->first_day, made->first_day);
    cr_expect_eq(held->last_day, made->last_day);
    for (uint32_t i = 0; i < made->list_count; i++) {
        const PostingList *a = &held->lists[i], *b = &made->lists[i];
        cr_assert_eq(held->codes[i], made->codes[i]);
        cr_assert_eq(a->count, b->count);
        cr_assert_not_null(a->days, "list %u", i);
        cr_assert_eq(memcmp(a->days, b->days, b->count * sizeof *b->days), 0, "list %u", i);
        cr_assert_eq(memcmp(a->people, b->people, b->count * sizeof *b->people), 0, "list %u", i);
    }
}

/* Against those that are made of the columns in memory; 75,000 rows are more than a block of lists holds. */
static void expect_lists(int people, int events, const char *change)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(arena_close) Arena *arena = arena_create(1 << 26);
    Postings made;
    index_part_people = 1000;
    county_make(people, events);
    county_sql(change);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));

    fetch_lists(hold, reader, source, 0, 3);
    fetch_lists(hold, reader, source, 1, 2);
    fetch_lists(hold, reader, source, 0, 1);

    fetch_all(hold, reader, source);
    postings_build(dataset_of(hold), (uint16_t)source, CODE, DAY, 1, arena, &made);
    expect_same_lists(dataset_of(hold)->sources[source].postings, &made);
}

Test(dataset_lists, lists_hold_the_rows_by_code_and_day)
{
    expect_lists(2500, 30, "SELECT 1");
}

Test(dataset_lists, lists_hold_rows_without_code_or_day)
{
    expect_lists(300, 4, odd_cells);
}

/* People with an event of this code. */
static Plan *plan_exists(const Dataset *dataset, int source, Text code, Arena *arena)
{
    Plan *plan = plan_create(dataset, 16, arena);
    const uint16_t level = (uint16_t)source;
    PlanId equal[2], rows[2];

    equal[0] = plan_add(
        plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_TEXT, .level = level, .column = CODE}, NULL, 0);
    equal[1] = plan_constant(plan, TYPE_TEXT, dataset_word(dataset, code));
    rows[0] = plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = level}, NULL, 0);
    rows[1] = plan_add(plan, (PlanNode){.kind = PLAN_EQUAL, .type = TYPE_BOOL}, equal, 2);
    rows[0] = plan_add(plan, (PlanNode){.kind = PLAN_KEEP}, rows, 2);
    (void)plan_add(plan, (PlanNode){.kind = PLAN_EXISTS, .type = TYPE_BOOL}, rows, 1);
    return plan;
}

/* Switch: posting_wants in fetch_node (query/dataset_open.c). */
Test(dataset_lists, columns_of_what_lists_answer_are_not_fetched)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(engine_close) Engine *engine = NULL;
    county_make(300, 4);
    county_release();
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));
    Plan *plan = plan_exists(dataset_of(hold), source, TEXT("D1"), arena);
    engine = engine_create_as(plan, ENGINE_SHORTENS);

    COUNTY_MUST(dataset_fetch_plan(hold, reader, plan, engine_postings(engine), must));

    cr_expect_null(dataset_of(hold)->sources[source].columns[CODE].narrow);
    engine_chunk(engine, 0, dataset_of(hold)->people);
    const Vector *exists = engine_value(engine, (PlanId)plan->count - 1);
    int64_t people = 0;
    for (uint32_t p = 0; p < dataset_of(hold)->people; p++)
        people += vector_number(exists, p);
    cr_expect_eq(people, 98, "every third of 300, but for 150 and 300, who opted out");
    COUNTY_MUST(dataset_fetch_plan(hold, reader, plan, NULL, must));
    cr_expect_not_null(dataset_of(hold)->sources[source].columns[CODE].narrow, "for a scan");
}

/* Switch: the lists in find_oldest (query/dataset_kept.c). */
Test(dataset_lists, lists_that_nobody_uses_give_way)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const DatasetColumn sex = {.source = 0, .column = 2};
    county_make(60, 1);
    county_release();
    DatasetHold *first = open_release(reader, 1);
    int source = dataset_source(dataset_of(first), TEXT("gp_event"));
    fetch_lists(first, reader, source, 0, 1);
    dataset_close(&first);
    kept_bytes_max = kept_bytes() + 8;

    SCOPED(dataset_close) DatasetHold *second = open_release(reader, 1);
    COUNTY_MUST(dataset_fetch(second, reader, &sex, 1, must));

    cr_expect_null(dataset_of(second)->sources[source].postings->lists[0].days);
    cr_expect_gt(dataset_of(second)->sources[source].postings->lists[0].count, 0);
    fetch_lists(second, reader, source, 0, 1 << 20);
    cr_expect_not_null(dataset_of(second)->sources[source].postings->lists[0].days);
}

/* Switch: take_block in query/dataset_fetch.c. */
Test(dataset_lists, a_flipped_byte_in_a_list_is_refused)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    const uint32_t lists[] = {0};
    Error error = {0};
    county_make(60, 1);
    county_release();
    county_sql("UPDATE release_1.block SET content = set_byte(content, length(content) / 2,"
               " get_byte(content, length(content) / 2) # 1) WHERE kind = 7");
    SCOPED(dataset_close) DatasetHold *hold = open_release(reader, 1);
    int source = dataset_source(dataset_of(hold), TEXT("gp_event"));
    COUNTY_MUST(listed_find(hold, reader, (uint16_t)source, must));
    const PostingWant want = want_of(dataset_of(hold), source, lists, 1);

    Result result = listed_fetch(hold, reader, &want, &error);

    cr_assert_not(result.ok);
    cr_expect_not_null(strstr(error.message, ": not what was published"), "%s", error.message);
    cr_expect_null(want.postings->lists[0].days);
}
