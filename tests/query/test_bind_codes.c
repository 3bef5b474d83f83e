/* Sets by what they stand for: prefixes, texts of several codes, categories, numbers held as decimals. */
#include <math.h>

#include "tests/query/small.h"

static const Text words[] = {TEXT("B2"), TEXT("I21"), TEXT("I21 ;J44.1"), TEXT("I210"), TEXT("XI21")};
enum { B2, I21, BOTH, I210, XI21, WORDS_HELD };

/* A: B2; B: I21; C: "I21 ;J44.1"; D: I210 and an unknown one; E: XI21 */
static const uint32_t begin[] = {0, 1, 2, 3, 5, 6};
static const int32_t codes[] = {B2, I21, BOTH, SU, I210, XI21}, days[] = {1, 1, 1, 1, 1, 1};
static const double results[] = {1, 1.5, 2, (double)NAN, 3, -2};
static const DataColumn columns[] = {{{"code", 4}, TYPE_TEXT, codes, NULL, NULL},
                                     {{"result_value", 12}, TYPE_DECIMAL, NULL, NULL, results},
                                     {{"clinical_effective_date", 23}, TYPE_DATE, days, NULL, NULL}};
static const int32_t nothing[SMALL_PEOPLE] = {SU, SU, SU, SU, SU};
static const DataColumn person[] = {{{"sex", 3}, TYPE_TEXT, nothing, NULL, NULL}};
static const DataSource sources[] = {
    {.name = {"person", 6}, .begin = small_one_each, .columns = person, .column_count = 1},
    {.name = {"gp_event", 8}, .begin = begin, .columns = columns, .column_count = 3}};
static const Dataset dataset = {SMALL_PEOPLE, sources, 2, words, WORDS_HELD};

static void expect(const char *cohort, const char *expected)
{
    small_expect_of(&dataset, "2026-06-30", cohort, expected);
}

Test(bind_codes, a_code_is_all_of_a_text_and_a_prefix_its_beginning)
{
    expect("exists gp_event where code in (\"I21\")", "B");
    expect("exists gp_event where code in (\"I21*\")", "BCD");
    expect("exists gp_event where code in (\"I2*\", \"B2\")", "ABCD");
    expect("exists gp_event where code in (\"I210*\")", "D");
    expect("exists gp_event where code in (\"I*\", \"I2*\", \"I21*\")", "BCD");
    expect("exists gp_event where code in (\"J*\")", "");
}

/* Red when a prefix that no word begins with becomes the empty set: nothing is in it, also what is unknown.
 */
Test(bind_codes, what_is_unknown_is_not_outside_a_prefix)
{
    expect("exists gp_event where not code in (\"J*\")", "ABCDE");
    expect("exactly 2 gp_event where not code in (\"J*\")", "");
    expect("exactly 2 gp_event where not code contains (\"J\")", "");
}

Test(bind_codes, a_text_of_several_codes_holds_each_of_them_whole)
{
    expect("exists gp_event where code contains (\"I21\")", "BC");
    expect("exists gp_event where code contains (\"I21*\")", "BCD");
    expect("exists gp_event where code contains (\"J44\")", "");
    expect("exists gp_event where code contains (\"J44.1\")", "C");
    expect("exists gp_event where code contains (\"J44*\", \"B2\")", "AC");
}

Test(bind_codes, of_a_list_one_category_can_be_meant)
{
    expect("exists gp_event where code in k", "ABD");
    expect("exists gp_event where code in k category \"heart\"", "BD");
    expect("exists gp_event where code contains k category \"heart\"", "BCD");
    expect("exists gp_event where code contains k category \"other\"", "A");
    expect("(exists gp_event where code in k category \"heart\") and not exists gp_event where code in k "
           "category \"other\"",
           "BD");
}

Test(bind_codes, numbers_held_as_decimals_are_in_a_list_when_they_are_whole)
{
    expect("exists gp_event where result_value in (1, 3)", "AD");
    expect("exists gp_event where result_value in (-2)", "E");
    expect("exactly 2 gp_event where not result_value in (9)", "");
    expect("exists gp_event where not result_value in (1, 3)", "BCE");
}

/* The bytes that binding takes of a list of 20,000 codes in 200 categories, each used so often. */
static size_t bytes_bound(int uses)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_CANONICAL_BYTES_MAX);
    SCOPED(arena_close) Arena *arena = arena_create((size_t)1 << 30);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;
    text_add_string(&text, "query \"t\" project P as at 2026-06-30 ");
    words_add_codes(&text, QUERY_CODES_MAX, 200);
    words_add_uses(&text, "x", 200);
    text_add_string(&text, "cohort x");
    for (int i = 1; i < uses; i++)
        text_add_string(&text, " and x");
    text_add_string(&text, " table \"t\" by sex measure people");
    Result done =
        query_parse(&WORDS, "q", text_built(&text), QUERY_CANONICAL_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);

    done = bind_tree(query->tree, &dataset, query->tree->as_at, arena, &bound, &error);

    cr_assert(done.ok, "%s", error.message);
    return arena_bytes_used(arena);
}

/* 1,800 uses; nodes of the plan alone take 8 MiB. Red when only some categories are remembered. */
Test(bind_codes, memory_grows_with_codes_and_not_with_their_uses)
{
    cr_expect_lt(bytes_bound(1), 2 << 20);
    cr_expect_lt(bytes_bound(9), 10 << 20);
}

/* 100 categories, each used three times; B2 alone is of the last. */
Test(bind_codes, each_of_many_categories_keeps_its_own_codes)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(QUERY_TEXT_BYTES_MAX);
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(engine_close) Engine *engine = NULL;
    Error error = {0};
    Bound bound;
    text_add_string(&text, "query \"t\" project P as at 2026-06-30 codes d = (\"I21\" as \"c0\", ");
    for (int i = 1; i < 99; i++)
        text_add_format(&text, "\"N%d\" as \"c%d\", ", i, i);
    text_add_string(&text, "\"B2\" as \"c99\") ");
    words_add_uses(&text, "x", 100);
    text_add_string(&text, "let y = exists gp_event where code in d category \"c99\" "
                           "cohort x and x and x and y table \"t\" by sex measure people");
    Result done = query_parse(&WORDS, "q", text_built(&text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);

    done = bind_tree(query->tree, &dataset, query->tree->as_at, arena, &bound, &error);

    cr_assert(done.ok, "%s", error.message);
    engine = engine_create(bound.plan);
    engine_chunk(engine, 0, SMALL_PEOPLE);
    const Vector *value = engine_value(engine, bound.cohort);
    cr_expect_eq(vector_number(value, 0), 1);
    for (size_t p = 1; p < SMALL_PEOPLE; p++)
        cr_expect_eq(vector_number(value, p), 0);
}
