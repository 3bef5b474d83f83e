/*
 * Cells of people against the reference's values, and 64 people at a time against one.
 * Tried, and red: what is not known taken for the lowest value, dimensions in the other order, the last
 * people left out, codes above 127 looked up among those below, the last row of a second column left out,
 * hashes in another order than people, the last of a group added at once left out, a word of it too.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "query/tally.h"
#include "query/tally_parts.h"
#include "tests/query/chance.h"
#include "tests/query/random_plan.h"
#include "tests/query/reference.h"

enum {
    ARENA_BYTES_MAX = 256 << 20,
    PLANS = 300,
    NODES_MAX = 2048,
    DIMENSIONS = 3,
    VALUES = 5,
    MANY = 1003,
    PEOPLE_MAX = 200,
    WORDS = MANY / 64 + 1
};

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
    uint16_t kept[PEOPLE_MAX] = {0};

    cr_assert(people <= PEOPLE_MAX);
    for (size_t round = 0; round < engine_rounds(engine); round++) {
        engine_chunk(engine, 0, people);
        engine_round(engine, round);
    }
    tally = cell_tally_create(engine, dimensions, DIMENSIONS);
    for (uint32_t first = 0; first < people; first += half + 1) {
        uint32_t count = people - first < half + 1 ? people - first : half + 1;
        engine_chunk(engine, first, count);
        const TallyCells held = cell_tally_cells(tally, chance(2) == 0 ? NULL : kept + first);
        const uint16_t *cells = held.cells;
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

/* ---- 64 people at a time ---- */

typedef struct Case {
    uint32_t codes, others; /* how many there are, that of what is not known among them; 0: one column */
    uint32_t rows;          /* of the others' codes, so many differ */
    uint32_t rows_found;
} Case;

static void expect_same_cells(const Case *of, uint32_t first)
{
    static uint8_t codes[MANY], others[MANY];
    static uint16_t adds[TALLY_CODES * TALLY_CODES], plain[MANY], wide[MANY];
    const LookupColumn columns[] = {{NULL, codes, 0, of->codes, 1}, {NULL, others, 0, of->others, of->codes}};
    Lookup lookup = {.columns = {columns[0], columns[1]}, .column_count = of->others == 0 ? 1 : 2};
    TallyRows rows;

    for (uint32_t i = 0; i < MANY; i++) {
        codes[i] = (uint8_t)chance(of->codes);
        others[i] = (uint8_t)(of->others == 0 ? 0 : chance(of->others));
        plain[i] = wide[i] = (uint16_t)i;
    }
    for (uint32_t o = 0; o < of->others || o == 0; o++)
        for (uint32_t c = 0; c < of->codes; c++)
            adds[o * of->codes + c] = (uint16_t)(257 * c + 31 * (o % of->rows) * (c + 1));
    tally_find_rows(&lookup, adds, &rows);
    cr_expect_eq(rows.row_count, of->rows_found);
    const TallyLookup by = {&lookup, adds, &rows};
    tally_plain.add(&by, first, MANY - first, plain);
    tally_wide()->add(&by, first, MANY - first, wide);
    cr_expect_arr_eq(plain, wide, sizeof plain, "%" PRIu32 " codes, %" PRIu32 " others", of->codes,
                     of->others);
    for (uint32_t i = 0; i < MANY - first; i++)
        cr_assert_eq(plain[i], (uint16_t)(i + adds[others[first + i] * of->codes + codes[first + i]]));
    tally_plain.put(&by, first, MANY - first, plain);
    tally_wide()->put(&by, first, MANY - first, wide);
    cr_expect_arr_eq(plain, wide, sizeof plain);
    for (uint32_t i = 0; i < MANY - first; i++)
        cr_assert_eq(plain[i], adds[others[first + i] * of->codes + codes[first + i]]);
}

Test(tally, of_64_people_at_a_time_each_stands_where_one_by_one)
{
    static const Case cases[] = {{3, 0, 1, 1},    {128, 0, 1, 1},  {129, 0, 1, 1},   {256, 0, 1, 1},
                                 {101, 13, 1, 1}, {101, 13, 3, 3}, {200, 256, 4, 4}, {2, 13, 13, 2},
                                 {13, 12, 5, 0},  {256, 256, 9, 0}};

    if (tally_wide() == NULL)
        cr_skip("this processor has no AVX-512 VBMI2");
    chance_state = 5;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_same_cells(&cases[i], 0);
        expect_same_cells(&cases[i], 37);
    }
}

static void add_sets(const TallyMethods *methods, uint32_t people, const uint64_t *among,
                     const uint64_t *bits, SetHash *sets, uint64_t *sketches)
{
    static uint16_t cells[MANY];
    const TallyAnswer answers[] = {{among, sets, NULL}, {bits, sets + 7, sketches}, {bits, sets + 14, NULL}};

    for (uint32_t i = 0; i < MANY; i++)
        cells[i] = (uint16_t)(i * i % 7);
    methods->add_sets(&(TallyCells){cells, UINT32_MAX - MANY, people}, among, answers, 3);
}

Test(tally, sets_of_64_people_at_a_time_are_those_of_one_by_one)
{
    uint64_t among[WORDS], bits[WORDS];

    if (tally_wide() == NULL)
        cr_skip("this processor has no AVX-512 VBMI2");
    for (uint32_t people = MANY - 64; people <= MANY; people++) {
        SetHash plain[21] = {0}, wide[21] = {0};
        uint64_t plain_sketches[7] = {0}, wide_sketches[7] = {0};
        chance_state = people;
        for (size_t w = 0; w < WORDS; w++) {
            among[w] = chance(3) == 0 ? ~UINT64_C(0) : chance(UINT32_MAX) << 32 | chance(UINT32_MAX);
            among[w] = chance(5) == 0 ? 0 : among[w];
            among[w] = w / 4 % 3 == 1 ? ~UINT64_C(0) : among[w]; /* as many words as are added at once */
            bits[w] = chance(UINT32_MAX) << 32 | chance(UINT32_MAX);
        }
        among[(people - 1) / 64] &= people % 64 == 0 ? ~UINT64_C(0) : (UINT64_C(1) << people % 64) - 1;
        add_sets(&tally_plain, people, among, bits, plain, plain_sketches);
        add_sets(tally_wide(), people, among, bits, wide, wide_sketches);
        cr_assert_arr_eq(plain, wide, sizeof plain);
        cr_assert_arr_eq(plain_sketches, wide_sketches, sizeof plain_sketches);
        cr_assert(plain[0].high != 0 && plain[7].high != 0 && plain[7].high == plain[14].high);
    }
}

/* ---- sets ---- */

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
    uint16_t cells[130];
    SetHash sets[3] = {0};
    const uint64_t bits[] = {~UINT64_C(0), UINT64_C(1) << 5 | 2, 3},
                   also[] = {~UINT64_C(0), UINT64_C(1) << 5, 3};
    const TallyCells of = {cells, 999, 130};

    for (uint32_t i = 0; i < 130; i++)
        cells[i] = (uint16_t)(i < 64 ? i % 2 : 2);
    cell_tally_add(&of, bits, &(TallyAnswer){also, sets, NULL}, 1);

    expect_set(sets[0], 1000, 1062, 2);
    expect_set(sets[1], 1001, 1063, 2);
    cr_expect_eq(set_hash_people(sets[2]), 3);
    expect_set(set_hash_less(sets[2], set_hash_of(1069)), 1128, 1129, 1);
}

/* Whatever is asked of a person, the bit is the same: who lies within others has no bit that they have not.
 */
Test(tally, a_sketch_has_the_bits_of_those_who_are_set_in_both)
{
    uint16_t cells[70] = {0};
    uint64_t sketches[2] = {0}, more[2] = {0};
    SetHash sets[2] = {0};
    const uint64_t bits[] = {~UINT64_C(0), 63}, few[] = {4, 8}, many[] = {4 | 16, 8};
    const TallyCells of = {cells, 999, 70};

    cells[4] = 1;
    const TallyAnswer answers[] = {{few, sets, sketches}, {many, sets, more}};
    cell_tally_add(&of, bits, answers, 2);

    cr_expect_eq(sketches[0], 4 | 8);
    cr_expect_eq(sketches[1], 0);
    cr_expect_eq(more[0], 4 | 8);
    cr_expect_eq(more[1], 16);
}
