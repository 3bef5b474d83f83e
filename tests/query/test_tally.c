/*
 * Cells of people against the reference's values, and eight people at a time against one.
 * Tried, and red: what is not known taken for the lowest value, dimensions in the other order, the last seven
 * people left out.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "query/tally.h"
#include "query/tally_parts.h"
#include "tests/query/chance.h"
#include "tests/query/random_plan.h"
#include "tests/query/reference.h"

enum { ARENA_BYTES_MAX = 256 << 20, PLANS = 300, NODES_MAX = 2048, DIMENSIONS = 3, VALUES = 5, MANY = 1003 };

/* Some whole values, -2 to 2 or 2 years: what the nodes below are worth, and not all of it. */
static const int64_t FEW[VALUES] = {-2, -1, 0, 1, 2};
static const int64_t YEARS[3] = {2019, 2021, 2021 + TALLY_RANGE_MAX};

static uint32_t place_of(const TallyDimension *dimension, Answer answer)
{
    uint32_t place = 0;

    while (place < dimension->count && !(answer.is_known && answer.number == dimension->values[place]))
        place++;
    return place;
}

static PlanId column_of(Plan *plan, uint16_t column, QueryType type)
{
    return plan_add(
        plan, (PlanNode){.kind = PLAN_COLUMN, .type = type, .level = PLAN_PEOPLE, .column = column}, NULL, 0);
}

/* A year of a day, looked up or not; a number that is wide, or a random condition; a word. */
static void make_dimensions(Plan *plan, TallyDimension *dimensions)
{
    PlanId day = column_of(plan, 2, TYPE_DATE);
    PlanId year = plan_add(plan, (PlanNode){.kind = PLAN_YEAR, .type = TYPE_NUMBER}, &day, 1);
    PlanId some = chance(2) == 0 ? column_of(plan, 1, TYPE_NUMBER) : random_plan(plan, TYPE_BOOL, 3);

    dimensions[0] = (TallyDimension){year, 2 + (uint32_t)chance(2), YEARS}; /* near or far from each other */
    dimensions[1] = (TallyDimension){some, VALUES, FEW};
    dimensions[2] = (TallyDimension){column_of(plan, 3, TYPE_TEXT), (uint32_t)chance(VALUES + 1), FEW};
}

static void check_cells(const Plan *plan, const TallyDimension *dimensions, EngineWay way, uint64_t seed)
{
    SCOPED(engine_close) Engine *engine = engine_create_as(plan, way);
    SCOPED(cell_tally_close) Tally *tally = NULL;
    uint32_t people = plan->dataset->people, half = people / 2;

    for (size_t round = 0; round < engine_rounds(engine); round++) {
        engine_chunk(engine, 0, people);
        engine_round(engine, round);
    }
    tally = cell_tally_create(engine, dimensions, DIMENSIONS);
    for (uint32_t first = 0; first < people; first += half + 1) {
        uint32_t count = people - first < half + 1 ? people - first : half + 1;
        engine_chunk(engine, first, count);
        const TallyCells held = cell_tally_cells(tally);
        const uint32_t *cells = held.cells;
        cr_assert(held.first == first && held.people == count);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t cell = 0;
            for (size_t d = 0; d < DIMENSIONS; d++)
                cell = cell * (dimensions[d].count + 1) +
                       place_of(&dimensions[d], reference_value(plan, dimensions[d].value, first + i));
            cr_assert_eq(cells[i], cell, "seed %" PRIu64, seed);
        }
    }
}

Test(tally, cells_are_those_of_each_persons_values)
{
    for (uint64_t seed = 1; seed <= PLANS; seed++) {
        SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
        TallyDimension dimensions[DIMENSIONS];
        chance_state = seed;
        random_plan_seed(seed);
        Plan *plan = plan_create(random_dataset(arena), NODES_MAX, arena);
        make_dimensions(plan, dimensions);

        check_cells(plan, dimensions, ENGINE_SCANS, seed);
        check_cells(plan, dimensions, ENGINE_CHOOSES, seed);
        check_cells(plan, dimensions, ENGINE_SHORTENS, seed);
    }
}

Test(tally, eight_people_at_a_time_stand_where_they_stand_one_at_a_time)
{
    static int32_t first[MANY], second[MANY];
    static uint32_t adds[12 * 7], plain[MANY], wide[MANY];
    TallyLookup lookup = {{{first, 3, 11, 1}, {second, (uint32_t)-2, 6, 12}}, 2, adds, false, 0, 0};

    if (tally_best_add() != tally_add_avx2)
        cr_skip("this processor has no AVX2");
    for (size_t i = 0; i < MANY; i++) {
        first[i] = i % 13 == 0 ? SMALL_UNKNOWN : 3 + (int32_t)(i * 7 % 11);
        second[i] = i % 17 == 0 ? SMALL_UNKNOWN : -2 + (int32_t)(i * 5 % 6);
    }
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < sizeof adds / sizeof *adds; i++)
            adds[i] = round < 2 ? i * i % 97 : 40 + 9 * i;
        lookup.column_count = round == 0 ? 2 : 1;
        tally_find_slope(&lookup, round == 0 ? 12 * 7 : 12);
        cr_expect_eq(lookup.is_even, round == 2);
        tally_add_plain(&lookup, 2, MANY - 2, plain);
        tally_add_avx2(&lookup, 2, MANY - 2, wide);
        cr_expect_arr_eq(plain, wide, sizeof plain);
    }
}

static void expect_set(SetHash set, uint32_t from, uint32_t to, uint32_t step)
{
    SetHash expected = {0};

    for (uint32_t number = from; number <= to; number += step)
        set_hash_add(&expected, set_hash_of(number));
    cr_expect(set.high == expected.high && set.low == expected.low, "%" PRIu32 " to %" PRIu32, from, to);
}

/* Numbers are from 1, and the chunk's first person is the 1000th. */
Test(tally, only_those_whose_bit_is_set_in_both_are_added_with_their_numbers)
{
    uint32_t cells[130];
    SetHash sets[3] = {0};
    const uint64_t bits[] = {~UINT64_C(0), UINT64_C(1) << 5 | 2, 3},
                   also[] = {~UINT64_C(0), UINT64_C(1) << 5, 3};
    const TallyCells of = {cells, 999, 130};

    for (uint32_t i = 0; i < 130; i++)
        cells[i] = i < 64 ? i % 2 : 2;
    cell_tally_add(&of, bits, also, sets);

    expect_set(sets[0], 1000, 1062, 2);
    expect_set(sets[1], 1001, 1063, 2);
    cr_expect_eq(set_hash_people(sets[2]), 3);
    expect_set(set_hash_less(sets[2], set_hash_of(1069)), 1128, 1129, 1);
}

/* Whatever is asked of a person, the bit is the same: who lies within others has no bit that they have not.
 */
Test(tally, a_sketch_has_the_bits_of_those_who_are_set_in_both)
{
    uint32_t cells[70] = {0};
    uint64_t sketches[2] = {0}, more[2] = {0};
    const uint64_t bits[] = {~UINT64_C(0), 63}, few[] = {4, 8}, many[] = {4 | 16, 8};
    const TallyCells of = {cells, 999, 70};

    cells[4] = 1;
    cell_tally_sketch(&of, bits, few, sketches);
    cell_tally_sketch(&of, bits, many, more);

    cr_expect_eq(sketches[0], 4 | 8);
    cr_expect_eq(sketches[1], 0);
    cr_expect_eq(more[0], 4 | 8);
    cr_expect_eq(more[1], 16);
}
