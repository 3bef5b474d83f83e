/* Counts over the people of a home, each with a value worked out by hand. */
#include "tests/query/small.h"

enum { LODGERS_MAX = 26, NO_HOME = SMALL_UNKNOWN };

/* Registered since ever, at one home since ever. */
typedef struct Lodger {
    int32_t home, care_home, death, sex;
} Lodger;

typedef struct House {
    Dataset dataset;
    DataSource sources[5];
    DataColumn person[4], registration[4], household[3];
    uint32_t one_each[LODGERS_MAX + 1], none[LODGERS_MAX + 1], lodged[LODGERS_MAX + 1];
    int32_t unknown[LODGERS_MAX], homes[LODGERS_MAX], care_homes[LODGERS_MAX], deaths[LODGERS_MAX],
        sexes[LODGERS_MAX];
} House;

static House house;

static void hold_lodgers(const Lodger *lodgers, uint32_t count)
{
    uint32_t rows = 0;

    for (uint32_t p = 0; p < count; p++) {
        house.one_each[p + 1] = p + 1;
        house.unknown[p] = SU;
        house.care_homes[p] = lodgers[p].care_home;
        house.deaths[p] = lodgers[p].death;
        house.sexes[p] = lodgers[p].sex;
        if (lodgers[p].home != NO_HOME)
            house.homes[rows++] = lodgers[p].home;
        house.lodged[p + 1] = rows;
    }
}

static const Dataset *dataset_of(const Lodger *lodgers, uint32_t count)
{
    house = (House){0};
    hold_lodgers(lodgers, count);
    memcpy(house.sources, small_sources, sizeof house.sources);
    memcpy(house.person, small_person, sizeof house.person);
    memcpy(house.registration, small_registration, sizeof house.registration);
    memcpy(house.household, small_household, sizeof house.household);
    house.person[0].narrow = house.person[1].narrow = house.unknown;
    house.person[2].narrow = house.sexes;
    house.person[3].narrow = house.deaths;
    for (int c = 0; c < 3; c++)
        house.registration[c].narrow = house.unknown;
    house.registration[3].narrow = house.care_homes;
    house.household[0].narrow = house.homes;
    house.household[1].narrow = house.household[2].narrow = house.unknown;
    house.sources[0].begin = house.sources[3].begin = house.one_each;
    house.sources[1].begin = house.sources[2].begin = house.none;
    house.sources[4].begin = house.lodged;
    house.sources[0].columns = house.person;
    house.sources[3].columns = house.registration;
    house.sources[4].columns = house.household;
    house.dataset = (Dataset){count, house.sources, 5, small_words, 5};
    return &house.dataset;
}

/* Those of whom it is true, `chunk` people worked out at a time. */
static void expect_by(const Dataset *dataset, uint32_t chunk, const char *cohort, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(engine_close) Engine *engine = NULL;
    char people[LODGERS_MAX + 1] = "";
    Error error = {0};
    Bound bound;
    size_t count = 0;

    Result done = small_bind(dataset, "2026-06-30", cohort, &query, arena, &bound, &error);
    cr_assert(done.ok, "%s", error.message);
    engine = engine_create(bound.plan);
    for (size_t round = 0; round <= engine_rounds(engine); round++)
        for (uint32_t first = 0; first < dataset->people; first += chunk) {
            uint32_t some = chunk < dataset->people - first ? chunk : dataset->people - first;
            engine_chunk(engine, first, some);
            if (round < engine_rounds(engine)) {
                engine_round(engine, round);
                continue;
            }
            const uint64_t *holds = engine_holds(engine, bound.cohort);
            for (uint32_t i = 0; i < some; i++)
                if ((holds[i / 64] >> i % 64 & 1) != 0)
                    people[count++] = (char)('A' + first + i);
        }
    cr_expect_str_eq(people, expected, "%s, %u at a time", cohort, chunk);
}

static void expect(const Dataset *dataset, const char *cohort, const char *expected)
{
    expect_by(dataset, 1, cohort, expected);
    expect_by(dataset, 3, cohort, expected);
    expect_by(dataset, LODGERS_MAX, cohort, expected);
}

/* SMALL: B moved in with C on 1 March; A lives in a care home, D and E nowhere. */
Test(household, is_of_who_lives_together_on_the_day)
{
    small_expect("2026-03-15", "count of people in the household = 2", "BC");
    small_expect("2026-02-15", "count of people in the household = 1", "BC");
    small_expect("2026-02-15", "count of other people in the household = 0", "BC");
    small_expect("2026-03-15", "(count of people in the household at 2026-02-15) = 1", "BC");
    small_expect("2026-03-15", "(count of people in the household at (as_at - 1 month)) = 1", "BC");
}

Test(household, condition_is_of_each_of_its_people)
{
    small_expect("2026-03-15", "exists person in the household where sex = \"2\"", "BC");
    small_expect("2026-03-15", "exists other person in the household where sex = \"2\"", "C");
    small_expect("2026-03-15", "exists other person in the household where exists gp_event where code in d",
                 "C");
    small_expect("2026-03-15", "at least 2 people in the household where registered at 2026-03-01", "BC");
    small_expect("2026-03-15", "(count of people in the household where imd_decile > 4) = 1", "BC");
}

/* Of A, D and E the household is unknown, also on one day of two. Red when bind_of_households adds nothing.
 */
Test(household, who_has_none_is_not_counted_where_homes_are_asked)
{
    static const Lodger lodgers[] = {{1, 0, SU, WORD_1}, {2, 1, SU, WORD_1}, {NO_HOME, 0, SU, WORD_1}};
    const Dataset *dataset = dataset_of(lodgers, 3);

    small_expect("2026-03-15", "(count of people in the household) otherwise 9 = 9", "");
    small_expect("2026-03-15", "as_at = as_at or exists person in the household", "BC");
    expect(dataset, "not ((count of people in the household) is known)", "");
    expect(dataset, "sex = \"1\" or (count of people in the household at 2026-05-31) = 3", "A");
    expect(dataset, "sex = \"1\"", "ABC");
}

/* Nobody's is known of D: an unknown condition counts for nothing. */
Test(household, is_known_of_who_has_one)
{
    small_expect("2026-03-15", "(count of people in the household) is known", "BC");
    small_expect("2026-03-15", "not (exists other person in the household where sex = \"2\")", "B");
    small_expect("2026-03-15", "(count of people in the household where care_home) = 0", "BC");
}

/* Red when home_on does not ask for a death, or for the care home. */
Test(household, is_of_the_living_who_are_in_no_care_home)
{
    static const Lodger lodgers[] = {{7, 0, SU, WORD_1},
                                     {7, SU, IN_2026(6, 29), WORD_2},
                                     {7, 0, IN_2026(6, 30), WORD_2},
                                     {7, 1, SU, WORD_2},
                                     {NO_HOME, 0, SU, WORD_2}};
    const Dataset *dataset = dataset_of(lodgers, 5);

    expect(dataset, "count of people in the household = 2", "AC");
    expect(dataset, "(count of people in the household where sex = \"2\") = 1", "AC");
    expect(dataset, "(count of other people in the household where sex = \"2\") = 0", "C");
}

/* A hostel of eleven would else be a cell by itself. Red when engine_at_home does not ask for
 * PLAN_HOME_PEOPLE_MAX, and its last when bind_of_households adds nothing. */
Test(household, of_more_than_ten_people_is_none)
{
    Lodger lodgers[22];

    for (int i = 0; i < 22; i++)
        lodgers[i] = (Lodger){i < 10 ? 3 : i < 21 ? 1 : 2, 0, SU, i % 2 == 0 ? WORD_1 : WORD_2};
    const Dataset *dataset = dataset_of(lodgers, 22);

    expect(dataset, "count of people in the household = 10", "ABCDEFGHIJ");
    expect(dataset, "(count of other people in the household where sex = \"2\") = 5", "ACEGI");
    expect(dataset, "(count of people in the household) is known", "ABCDEFGHIJV");
    expect(dataset, "(count of people in the household where sex = \"2\") otherwise 99 = 99", "");
}

/* More than a byte holds: 300 people in one home. */
Test(household, is_counted_no_further_than_a_byte_holds)
{
    enum { MANY = 300 };
    static uint32_t one_each[MANY + 1];
    static int32_t homes[MANY], zeros[MANY];
    static DataColumn columns[2];
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(engine_close) Engine *engine = NULL;
    for (int i = 0; i < MANY; i++) {
        one_each[i + 1] = (uint32_t)i + 1;
        homes[i] = i < 299 ? 1 : 5000;
    }
    columns[0] = (DataColumn){TEXT("home"), TYPE_NUMBER, homes, NULL, NULL};
    columns[1] = (DataColumn){TEXT("zero"), TYPE_NUMBER, zeros, NULL, NULL};
    const DataSource people = {
        .name = TEXT("person"), .begin = one_each, .columns = columns, .column_count = 2};
    const Dataset dataset = {MANY, &people, 1, NULL, 0};
    Plan *plan = plan_create(&dataset, 16, arena);
    const PlanId operands[] = {
        plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = TYPE_NUMBER, .level = PLAN_PEOPLE}, NULL, 0),
        plan_constant(plan, TYPE_BOOL, 1)};
    PlanId count = plan_add(plan, (PlanNode){.kind = PLAN_PEOPLE_AT_HOME, .type = TYPE_NUMBER}, operands, 2);

    engine = engine_create(plan);
    engine_chunk(engine, 0, MANY);
    engine_round(engine, 0);
    engine_chunk(engine, 0, MANY);
    const Vector *value = engine_value(engine, count);

    cr_expect_not(vector_is_known(value, 0));
    cr_expect_not(vector_is_known(value, 298));
    cr_expect_eq(vector_number(value, 299), 1);
}

/* Who lives with somebody whose household has exactly two of sex 1: one count upon another. */
Test(household, counts_stand_one_upon_another)
{
    static const Lodger lodgers[] = {{1, 0, SU, WORD_1}, {2, 0, SU, WORD_1}, {1, 0, SU, WORD_1},
                                     {2, 0, SU, WORD_2}, {1, 0, SU, WORD_2}, {3, 0, SU, WORD_1}};
    const Dataset *dataset = dataset_of(lodgers, 6);

    expect(
        dataset,
        "exists other person in the household where (count of people in the household where sex = \"1\") = 2",
        "ACE");
    expect(
        dataset,
        "(count of people in the household where exists other person in the household where sex = \"2\") = 2",
        "ACE");
}

/* Red when check_homes in count_people.c asks nothing: then a query has no limit of them. */
Test(household, memory_is_stated_by_the_numbers_of_homes)
{
    static const Lodger lodgers[] = {{100000, 0, SU, WORD_1}, {2, 0, SU, WORD_1}};
    SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Bound bound;

    cr_assert(
        small_bind(dataset_of(lodgers, 2), "2026-06-30",
                   "count of people in the household = 1 and not count of other people in the household = 1",
                   &query, arena, &bound, &error)
            .ok);

    /* two counts of two bytes a number, twice while they are copied, growing by doubling from 1,024 */
    cr_expect_eq(engine_homes_bytes(bound.plan), (uint64_t)2 * 2 * 2 * (2 * 100000 + 1024));
}
