/* What people have, beside how many they are: zeros beside few, and several measures of one table. */
#include <criterion/criterion.h>

#include "tests/query/counted.h"

/* ---- zeros beside few ---- */

enum { PLACES = 4, YES = 0, NO = 1, ALL = 2 };

/* Places by whether they have a condition, in which they are yes and no. */
static CountTable make_condition(Arena *arena, const int64_t counts[2 * PLACES])
{
    const size_t sizes[] = {PLACES, 2};
    CountTable table = make_table(arena, sizes, 2, counts);

    table.dimensions[1].is_condition = true;
    return table;
}

static CellState state_at(const CountTable *table, const CellState *states, size_t place, size_t answer)
{
    const size_t coordinates[] = {place, answer};

    return states[count_cell(table, coordinates)];
}

/* Three people, all of whom have it: a shown `no: 0` would say so. Switch: is_of_few. */
Test(suppress_conditions, what_all_of_few_have_is_not_told_by_a_zero)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const int64_t counts[] = {3, 0, 20, 30, 15, 40, 25, 9};
    CountTable table = make_condition(arena, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    for (size_t answer = YES; answer <= ALL; answer++)
        cr_expect(cell_is_hidden(state_at(&table, states[0], 0, answer)), "answer %zu", answer);
    SCOPED(audit_close) Audit *audit = audit_open(&table, 1, states, PEOPLE_MIN);
    const size_t zero[] = {0, NO};
    cr_expect_not(is_determined(audit, count_cell(&table, zero)), "by no sum either");
    cr_expect(audit_is_safe(audit, 0, count_cell(&table, zero)));
}

Test(suppress_conditions, what_none_of_many_have_is_a_zero)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const int64_t counts[] = {0, 30, 20, 30, 15, 40, 25, 9};
    CountTable table = make_condition(arena, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    cr_expect_eq(state_at(&table, states[0], 0, YES), CELL_SHOWN);
}

/* One person, whose place a table of a star among zeros would tell. Switch: is_of_few. */
Test(suppress_conditions, of_a_cohort_of_few_nothing_is_shown)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    const size_t sizes[] = {PLACES};
    const int64_t counts[] = {0, 1, 0, 0};
    CountTable table = make_table(arena, sizes, 1, counts);
    CellState *states[1];

    suppress(&table, 1, &rule, arena, states);

    for (size_t cell = 0; cell < table.cell_count; cell++)
        cr_expect(cell_is_hidden(states[0][cell]), "cell %zu", cell);
}

/* ---- several measures of a table ---- */

enum { MEASURES = 2 };

enum { CROWD = 100 };

/* One place; who has what as ranges of people, from 1 on. */
static void fill_measure(CountTable *part, const char *name, uint32_t yes_from, uint32_t yes_to,
                         CountPeople *who, Arena *arena)
{
    static const uint16_t here[1] = {0};
    const size_t sizes[] = {1, 2};
    const int64_t none[2] = {0};
    uint64_t *yes = arena_alloc(arena, (CROWD / 64 + 1) * sizeof *yes);

    *part = make_table(arena, sizes, 2, none);
    part->dimensions[1].name = text_from(name);
    part->dimensions[1].is_condition = true;
    for (uint32_t i = 1; i <= CROWD; i++) {
        bool has = i >= yes_from && i <= yes_to;
        CountCell *cell = &part->cells[has ? YES : NO];
        cell->people++;
        set_hash_add(&cell->set, set_hash_of(i));
        yes[(i - 1) / 64] |= (uint64_t)has << (i - 1) % 64;
    }
    part->who = who;
    part->who_places = here;
    part->yes = yes;
    part->unknown = arena_alloc(arena, (CROWD / 64 + 1) * sizeof *yes);
    count_margins(part);
}

static bool are_both_shown(const SuppressRule *with, uint32_t from, uint32_t to)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[MEASURES];
    CellState *states[MEASURES];
    static const uint64_t all[] = {~UINT64_C(0), (UINT64_C(1) << (CROWD - 64)) - 1};
    static const uint16_t places[CROWD];
    CountPeople who = {.people = CROWD, .place_count = 1, .cohort = all, .places = places};

    fill_measure(&parts[0], "m", 1, 20, &who, arena);
    fill_measure(&parts[1], "n", from, to, &who, arena);
    suppress(parts, MEASURES, with, arena, states);
    return states[0][YES] == CELL_SHOWN && states[1][YES] == CELL_SHOWN;
}

/* 20 people, and 23 with them among them: 3 of whom one holds and the other does not. Switch: without_nested.
 */
Test(suppress_conditions, measures_that_differ_by_few_people_are_not_both_shown)
{
    const SuppressRule off = {.people_min = PEOPLE_MIN, .without_nested = true};

    cr_expect_not(are_both_shown(&rule, 1, 23), "3 more");
    cr_expect_not(are_both_shown(&rule, 4, 20), "3 less");
    cr_expect(are_both_shown(&rule, 1, 28), "8 more");
    cr_expect(are_both_shown(&rule, 2, 24), "others: neither lies within the other");
    cr_expect(are_both_shown(&rule, 1, 20), "the same");

    cr_expect(are_both_shown(&off, 1, 23));
}

/* ---- what measures tell together ---- */

enum { PARTS_MAX = 8, CELLS_OF_PART = 6 };

typedef struct Range {
    uint32_t from, to;
} Range;

/* Parts of one place of one table; yes of each is a range of its people. */
static void suppress_ranges(const SuppressRule *with, const Range *ranges, size_t count, CountTable *parts,
                            CellState **states, Arena *arena)
{
    static const char *const names[PARTS_MAX] = {"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"};
    static const uint64_t all[] = {~UINT64_C(0), (UINT64_C(1) << (CROWD - 64)) - 1};
    static const uint16_t places[CROWD];
    static CountPeople who;

    who = (CountPeople){.people = CROWD, .place_count = 1, .cohort = all, .places = places};
    for (size_t i = 0; i < count; i++)
        fill_measure(&parts[i], names[i], ranges[i].from, ranges[i].to, &who, arena);
    suppress(parts, count, with, arena, states);
}

/* One of a hundred is rare; is it ill? What is hidden is the same if it is and if it is not. Switches:
 * suppress_is_beside_few; of_answer in suppress_hide. */
Test(suppress_conditions, a_zero_beside_few_of_another_measure_does_not_say_what_those_few_have)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[2];
    CellState *ill[2], *well[2];

    suppress_ranges(&rule, (const Range[]){{1, 1}, {1, 1}}, 2, parts, ill, arena);
    suppress_ranges(&rule, (const Range[]){{1, 1}, {1, 0}}, 2, parts, well, arena);

    cr_expect_eq(parts[1].cells[YES].people, 0);
    cr_expect(cell_is_hidden(well[1][YES]));
    cr_expect_eq(well[1][ALL], CELL_SHOWN);
    for (size_t part = 0; part < 2; part++)
        for (size_t cell = 0; cell < CELLS_OF_PART; cell++)
            cr_expect_eq(cell_is_hidden(ill[part][cell]), cell_is_hidden(well[part][cell]),
                         "part %zu, cell %zu", part, cell);
    SCOPED(audit_close) Audit *audit = audit_open(parts, 2, well, PEOPLE_MIN);
    cr_expect(audit_is_safe(audit, 1, YES), "by no sum either");
}

Test(suppress_conditions, a_zero_beside_many_of_another_measure_is_shown)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[2];
    CellState *states[2];

    suppress_ranges(&rule, (const Range[]){{1, 20}, {1, 0}}, 2, parts, states, arena);

    cr_expect_eq(states[1][YES], CELL_SHOWN);
}

/* How many of the pairs 0 and 1, 2 and 3 ... have both their yes shown. */
static size_t count_shown_pairs(const SuppressRule *with, const Range *ranges)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    CountTable parts[PARTS_MAX];
    CellState *states[PARTS_MAX];
    size_t shown = 0;

    suppress_ranges(with, ranges, PARTS_MAX, parts, states, arena);
    for (size_t i = 0; i < PARTS_MAX; i += 2)
        shown += states[i][YES] == CELL_SHOWN && states[i + 1][YES] == CELL_SHOWN;
    return shown;
}

/* 51 to 70 are told four times, each with other people: the mean of four roundings is nearer than one.
 * Switch: without_nested, which takes suppress_repeated with it. */
Test(suppress_conditions, one_difference_is_not_told_by_several_pairs)
{
    static const Range ranges[PARTS_MAX] = {{1, 50},  {1, 70},  {10, 50}, {10, 70},
                                            {20, 50}, {20, 70}, {30, 50}, {30, 70}};
    const SuppressRule off = {.people_min = PEOPLE_MIN, .without_nested = true};

    cr_expect_leq(count_shown_pairs(&rule, ranges), 1);
    cr_expect_eq(count_shown_pairs(&off, ranges), 4);
}

/* Red when tells_no_more says false: what a pair leaves of all is no second pair, nor are equal sets. */
Test(suppress_conditions, different_differences_are_all_shown)
{
    static const Range ranges[PARTS_MAX] = {{1, 10}, {1, 20}, {1, 20}, {1, 31},
                                            {1, 43}, {1, 56}, {1, 70}, {1, 85}};

    cr_expect_eq(count_shown_pairs(&rule, ranges), 4);
}
