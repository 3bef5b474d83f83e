/*
 * What a plan means where two readings are possible, each rule with its answer written out. Days are numbers
 * since 2000-01-01. Four people: A with three rows, B with two that have unknown cells, C with one of nothing
 * but unknown cells, D with none.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "query/engine.h"
#include "tests/query/reference.h"

enum { PEOPLE = 4, ROWS = 6, NODES_MAX = 64, ARENA_BYTES_MAX = 64 << 20, U = SMALL_UNKNOWN };
enum { A, B, C, D };
enum { AMOUNT, DAY, CODES };

static const uint32_t one_each[PEOPLE + 1] = {0, 1, 2, 3, 4}, begin[PEOPLE + 1] = {0, 3, 5, 6, 6};
static const int32_t own_number[PEOPLE] = {7, U, 0, -7};
static const int32_t amounts[ROWS] = {5, 7, 9, U, 7, U}, days[ROWS] = {0, 3, 9, 30, U, U},
                     codes[ROWS] = {1, 0, 2, U, 1, U};
static const Text words[] = {TEXT("A10 B2"), TEXT("XA1"), TEXT("a1,A1")};
static const DataColumn own_columns[] = {{.type = TYPE_NUMBER, .narrow = own_number}};
static const DataColumn row_columns[] = {{.type = TYPE_NUMBER, .narrow = amounts},
                                         {.type = TYPE_DATE, .narrow = days},
                                         {.type = TYPE_TEXT, .narrow = codes}};
static const DataSource sources[] = {{.begin = one_each, .columns = own_columns, .column_count = 1},
                                     {.begin = begin, .columns = row_columns, .column_count = 3}};
static const Dataset dataset = {PEOPLE, sources, 2, words, 3};

static Arena *arena;
static Plan *plan;

static void open_plan(void)
{
    arena = arena_create(ARENA_BYTES_MAX);
    plan = plan_create(&dataset, NODES_MAX, arena);
}

static void close_plan(void)
{
    arena_close(&arena);
}

TestSuite(engine_rules, .init = open_plan, .fini = close_plan);

static PlanId number(int64_t n)
{
    return plan_constant(plan, TYPE_NUMBER, n);
}

static PlanId day(int year, int month, int of_month)
{
    return plan_constant(plan, TYPE_DATE, date_from_civil(year, month, of_month));
}

static PlanId two(PlanKind kind, QueryType type, PlanId a, PlanId b)
{
    const PlanId operands[] = {a, b};

    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, operands, 2);
}

static PlanId one(PlanKind kind, QueryType type, int64_t integer, PlanId a)
{
    return plan_add(plan, (PlanNode){.kind = kind, .type = type, .integer = integer}, &a, 1);
}

static PlanId own(void)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_NUMBER, .level = PLAN_PEOPLE}, NULL,
                    0);
}

static PlanId rows(void)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = 1}, NULL, 0);
}

static PlanId column(uint16_t of)
{
    return plan_add(plan,
                    (PlanNode){.kind = PLAN_COLUMN, .type = row_columns[of].type, .level = 1, .column = of},
                    NULL, 0);
}

static PlanId in(PlanKind kind, PlanId value, const int64_t *items, size_t count)
{
    return plan_set(plan, (PlanNode){.kind = kind, .type = TYPE_BOOL}, value, items, NULL, count);
}

static PlanId picked(PlanId from, int64_t place, uint16_t of)
{
    return two(PLAN_VALUE, row_columns[of].type, one(PLAN_PICK, TYPE_BOOL, place, from), column(of));
}

/* Of the engine, and of the reference, which has to say the same. */
static int64_t answer(PlanId id, uint32_t person)
{
    SCOPED(engine_close) Engine *engine = engine_create(plan);
    Answer by_reference = reference_value(plan, id, person);

    engine_chunk(engine, 0, PEOPLE);
    int64_t by_engine = vector_number(engine_value(engine, id), person);
    cr_expect_eq(by_reference.is_known ? by_reference.number : NUMBER_UNKNOWN, by_engine);
    return by_engine;
}

static double decimal(PlanId id)
{
    SCOPED(engine_close) Engine *engine = engine_create(plan);

    engine_chunk(engine, 0, PEOPLE);
    return vector_decimal(engine_value(engine, id), 0);
}

Test(engine_rules, the_empty_set_holds_nothing_and_a_set_with_items_may_hold_what_is_unknown)
{
    const int64_t items[] = {7, 8};

    cr_expect_eq(answer(in(PLAN_IN, own(), items, 2), A), 1);
    cr_expect_eq(answer(in(PLAN_IN, own(), items, 2), B), NUMBER_UNKNOWN);
    cr_expect_eq(answer(in(PLAN_IN, own(), NULL, 0), B), 0);
    cr_expect_eq(answer(one(PLAN_NOT, TYPE_BOOL, 0, in(PLAN_IN, own(), NULL, 0)), B), 1);
}

Test(engine_rules, no_rows_hold_nothing_and_rows_with_unknown_cells_hold_the_others)
{
    const PlanId seven[] = {number(7), rows(), column(AMOUNT)},
                 unknown[] = {number(NUMBER_UNKNOWN), rows(), column(AMOUNT)};
    PlanNode draft = {.kind = PLAN_IN_ROWS, .type = TYPE_BOOL};

    cr_expect_eq(answer(plan_add(plan, draft, seven, 3), B), 1);
    cr_expect_eq(answer(plan_add(plan, draft, seven, 3), C), 0);
    cr_expect_eq(answer(plan_add(plan, draft, seven, 3), D), 0);
    cr_expect_eq(answer(plan_add(plan, draft, unknown, 3), A), NUMBER_UNKNOWN);
    cr_expect_eq(answer(plan_add(plan, draft, unknown, 3), D), 0);
}

Test(engine_rules, what_has_no_number_is_unknown)
{
    cr_expect(isnan(decimal(two(PLAN_DIVIDE, TYPE_DECIMAL, own(), number(0)))));
    cr_expect_eq(answer(two(PLAN_DIVIDE_DOWN, TYPE_NUMBER, own(), number(0)), A), NUMBER_UNKNOWN);
    cr_expect_not(isfinite(decimal(two(PLAN_POWER, TYPE_DECIMAL, number(0), number(-1)))));
    cr_expect_not(isfinite(decimal(two(PLAN_POWER, TYPE_DECIMAL, number(-8), plan_decimal(plan, 0.5)))));
    cr_expect_eq(answer(two(PLAN_ADD, TYPE_NUMBER, number(INT64_MAX), own()), A), NUMBER_UNKNOWN);
}

/* Switch: NUMBER_MOST in vector_worked_out (query/vector_number.c). */
Test(engine_rules, a_whole_number_of_more_than_18_digits_is_unknown)
{
    const int64_t most = 999999999999999999;

    cr_expect_eq(answer(two(PLAN_ADD, TYPE_NUMBER, number(most - 1), number(1)), A), most);
    cr_expect_eq(answer(two(PLAN_ADD, TYPE_NUMBER, number(most), number(1)), A), NUMBER_UNKNOWN);
    cr_expect_eq(answer(two(PLAN_SUBTRACT, TYPE_NUMBER, number(-most), number(1)), A), NUMBER_UNKNOWN);
    cr_expect_eq(answer(two(PLAN_MULTIPLY, TYPE_NUMBER, number(most), own()), A), NUMBER_UNKNOWN);
    cr_expect_eq(answer(two(PLAN_MULTIPLY, TYPE_NUMBER, number(200000000000000000), own()), A),
                 NUMBER_UNKNOWN, "which fits 63 bits");
    cr_expect_eq(answer(one(PLAN_TO_INTEGER, TYPE_NUMBER, 0, plan_decimal(plan, 1e18)), A), NUMBER_UNKNOWN);
    PlanId each = two(PLAN_MULTIPLY, TYPE_NUMBER, column(AMOUNT), number(100000000000000000));
    cr_expect_eq(answer(two(PLAN_SUM, TYPE_NUMBER, rows(), each), A), NUMBER_UNKNOWN, "5 + 7 + 9 of these");
    cr_expect_eq(answer(two(PLAN_SUM, TYPE_NUMBER, rows(), each), B), 700000000000000000);
}

Test(engine_rules, division_goes_down_and_whole_numbers_towards_nought)
{
    cr_expect_eq(answer(two(PLAN_DIVIDE_DOWN, TYPE_NUMBER, own(), number(2)), A), 3);
    cr_expect_eq(answer(two(PLAN_DIVIDE_DOWN, TYPE_NUMBER, own(), number(2)), D), -4);
    cr_expect_eq(answer(one(PLAN_TO_INTEGER, TYPE_NUMBER, 0, plan_decimal(plan, -6.7)), A), -6);
    cr_expect_float_eq(decimal(two(PLAN_DIVIDE, TYPE_DECIMAL, own(), number(2))), 3.5, 0);
}

Test(engine_rules, unknown_rows_come_first_in_order_and_so_are_picked_first)
{
    PlanId sorted = two(PLAN_SORT, TYPE_BOOL, rows(), column(AMOUNT));

    cr_expect_eq(answer(picked(sorted, 1, AMOUNT), B), NUMBER_UNKNOWN);
    cr_expect_eq(answer(picked(sorted, -1, AMOUNT), B), 7);
    cr_expect_eq(answer(picked(sorted, 2, AMOUNT), A), 7);
    cr_expect_eq(answer(picked(sorted, 4, AMOUNT), A), NUMBER_UNKNOWN);
}

Test(engine_rules, keep_takes_what_is_true_and_drop_leaves_out_only_that)
{
    PlanId is_seven = two(PLAN_EQUAL, TYPE_BOOL, column(AMOUNT), number(7));

    cr_expect_eq(answer(one(PLAN_COUNT, TYPE_NUMBER, 0, two(PLAN_KEEP, TYPE_BOOL, rows(), is_seven)), B), 1);
    cr_expect_eq(answer(one(PLAN_COUNT, TYPE_NUMBER, 0, two(PLAN_DROP, TYPE_BOOL, rows(), is_seven)), B), 1);
    cr_expect_eq(answer(one(PLAN_COUNT, TYPE_NUMBER, 0, two(PLAN_DROP, TYPE_BOOL, rows(), is_seven)), C), 1);
}

Test(engine_rules, of_no_known_values_counts_are_nought_and_the_rest_is_unknown)
{
    static const PlanKind kinds[] = {PLAN_SUM, PLAN_SMALLEST, PLAN_LARGEST};

    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(answer(two(kinds[i], TYPE_NUMBER, rows(), column(AMOUNT)), C), NUMBER_UNKNOWN);
        cr_expect_eq(answer(two(kinds[i], TYPE_NUMBER, rows(), column(AMOUNT)), D), NUMBER_UNKNOWN);
    }
    cr_expect_eq(answer(two(PLAN_COUNT_DISTINCT, TYPE_NUMBER, rows(), column(AMOUNT)), C), 0);
    cr_expect_eq(answer(one(PLAN_COUNT, TYPE_NUMBER, 0, rows()), D), 0);
    cr_expect_eq(answer(one(PLAN_EXISTS, TYPE_BOOL, 0, rows()), D), 0);
    cr_expect_eq(answer(two(PLAN_SUM, TYPE_NUMBER, rows(), column(AMOUNT)), B), 7);
}

Test(engine_rules, an_episode_ends_when_the_next_day_is_further_than_the_gap)
{
    const PlanId operands[] = {rows(), column(DAY)};

    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_EPISODES, .type = TYPE_NUMBER, .integer = 3},
                                 operands, 2),
                        A),
                 2);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_EPISODES, .type = TYPE_NUMBER, .integer = 6},
                                 operands, 2),
                        A),
                 1);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_EPISODES, .type = TYPE_NUMBER, .integer = 2},
                                 operands, 2),
                        A),
                 3);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_EPISODES, .type = TYPE_NUMBER, .integer = 3},
                                 operands, 2),
                        C),
                 0);
}

static PlanId most(int64_t days_running)
{
    const PlanId operands[] = {rows(), column(DAY)};

    return plan_add(plan, (PlanNode){.kind = PLAN_MOST, .type = TYPE_NUMBER, .integer = days_running},
                    operands, 2);
}

/* Of A the days are 0, 3 and 9. */
Test(engine_rules, days_running_hold_what_is_less_than_so_many_days_apart)
{
    cr_expect_eq(answer(most(3), A), 1);
    cr_expect_eq(answer(most(4), A), 2);
    cr_expect_eq(answer(most(9), A), 2);
    cr_expect_eq(answer(most(10), A), 3);
    cr_expect_eq(answer(most(10), C), 0);
    cr_expect_eq(answer(most(10), D), 0);
}

Test(engine_rules, a_month_without_the_day_rolls_on_to_the_first_of_the_next)
{
    static const struct {
        int year, month, day, months, to_year, to_month, to_day;
    } cases[] = {{2024, 1, 31, 1, 2024, 3, 1},    {2023, 1, 30, 1, 2023, 3, 1},
                 {2024, 1, 30, 1, 2024, 3, 1},    {2024, 2, 29, 12, 2025, 3, 1},
                 {2024, 3, 31, -1, 2024, 3, 1},   {2024, 5, 31, -12, 2023, 5, 31},
                 {2024, 1, 15, -13, 2022, 12, 15}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(answer(two(PLAN_SHIFT_MONTHS, TYPE_DATE,
                                day(cases[i].year, cases[i].month, cases[i].day), number(cases[i].months)),
                            A),
                     date_from_civil(cases[i].to_year, cases[i].to_month, cases[i].to_day), "case %zu", i);
    cr_expect_eq(answer(two(PLAN_SHIFT_MONTHS, TYPE_DATE, day(2024, 1, 1), number(12 * 400)), A),
                 NUMBER_UNKNOWN);
}

Test(engine_rules, months_and_years_between_undo_the_rolling)
{
    cr_expect_eq(answer(two(PLAN_MONTHS_BETWEEN, TYPE_NUMBER, day(2000, 1, 30), day(2000, 2, 28)), A), 0);
    cr_expect_eq(answer(two(PLAN_MONTHS_BETWEEN, TYPE_NUMBER, day(2000, 1, 30), day(2000, 3, 1)), A), 1);
    cr_expect_eq(answer(two(PLAN_MONTHS_BETWEEN, TYPE_NUMBER, day(2000, 1, 30), day(2000, 1, 27)), A), -1);
    cr_expect_eq(answer(two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, day(2004, 2, 29), day(2005, 2, 28)), A), 0);
    cr_expect_eq(answer(two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, day(2004, 2, 29), day(2005, 3, 1)), A), 1);
    cr_expect_eq(answer(two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, day(2004, 2, 29), day(2004, 2, 28)), A), -1);
}

Test(engine_rules, a_code_is_found_where_it_begins_and_a_piece_anywhere)
{
    const int64_t word_with_a1[] = {dataset_word(&dataset, TEXT("XA1"))};
    PlanId first = picked(rows(), 1, CODES), second = picked(rows(), 2, CODES);

    cr_expect_eq(answer(in(PLAN_CONTAINS_CODE, first, word_with_a1, 1), A), 1);
    cr_expect_eq(answer(in(PLAN_CONTAINS_CODE, second, word_with_a1, 1), A), 0);
    cr_expect_eq(answer(in(PLAN_CONTAINS_CODE, first, word_with_a1, 1), C), NUMBER_UNKNOWN);
    cr_expect_eq(answer(two(PLAN_CONTAINS, TYPE_BOOL, first, first), A), 1);
}

Test(engine_rules, one_side_decides_and_and_or)
{
    PlanId unknown = plan_constant(plan, TYPE_BOOL, NUMBER_UNKNOWN), yes = plan_constant(plan, TYPE_BOOL, 1),
           no = plan_constant(plan, TYPE_BOOL, 0);

    cr_expect_eq(answer(two(PLAN_AND, TYPE_BOOL, unknown, no), A), 0);
    cr_expect_eq(answer(two(PLAN_AND, TYPE_BOOL, yes, unknown), A), NUMBER_UNKNOWN);
    cr_expect_eq(answer(two(PLAN_OR, TYPE_BOOL, unknown, yes), A), 1);
    cr_expect_eq(answer(two(PLAN_OR, TYPE_BOOL, no, unknown), A), NUMBER_UNKNOWN);
}

Test(engine_rules, a_case_takes_the_first_true_branch_and_without_one_is_unknown)
{
    const PlanId operands[] = {two(PLAN_MORE, TYPE_BOOL, own(), number(0)), number(1),
                               two(PLAN_MORE, TYPE_BOOL, own(), number(-10)), number(2), number(3)};

    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, 5), A),
                 1);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, 5), B),
                 3);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, 5), D),
                 2);
    cr_expect_eq(answer(plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, 4), B),
                 NUMBER_UNKNOWN);
}

Test(engine_rules, equal_nodes_are_one)
{
    PlanId once = two(PLAN_ADD, TYPE_NUMBER, own(), number(1)),
           again = two(PLAN_ADD, TYPE_NUMBER, own(), number(1));

    cr_expect_eq(once, again);
    cr_expect_neq(once, two(PLAN_ADD, TYPE_NUMBER, own(), number(2)));
}
