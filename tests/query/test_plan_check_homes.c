/* Plans of homes that no query makes. Each is refused, and passes when the line that its test names is taken
 * out. */
#include "tests/query/plans.h"

TestSuite(plan_check_homes, .init = open_plan, .fini = close_plan);

static PlanId number_on(int64_t days, PlanKind shape)
{
    PlanId covers_it = covers(column(HOUSEHOLD, 1), day(days), column(HOUSEHOLD, 2), day(days));
    PlanId all = two(shape, TYPE_BOOL, rows(HOUSEHOLD), covers_it);
    PlanId last = plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &all, 1);

    return two(PLAN_VALUE, TYPE_NUMBER, last, column(HOUSEHOLD, 0));
}

static PlanId home(void)
{
    return two(PLAN_CASE, TYPE_NUMBER, yes(), number_on(9000, PLAN_KEEP));
}

static PlanId more_than_one(PlanId count)
{
    return two(PLAN_MORE, TYPE_BOOL, count, number(1));
}

/* A cohort by this, with the whole plan as it stands: what else has been made of it would be worked out too.
 */
static void expect_home_refused(PlanId cohort)
{
    expect_refused(cohort, NULL, "plan: the number of a home is used for what is no count over its people");
    close_plan();
    open_plan();
}

/* Those of the cohort whose household the count knows. */
static PlanId of_households(PlanId cohort, PlanId count)
{
    return two(PLAN_AND, TYPE_BOOL, cohort, one(PLAN_IS_KNOWN, TYPE_BOOL, count));
}

Test(plan_check_homes, a_count_over_the_people_of_a_home_passes)
{
    Error error = {0};
    PlanId people = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, home(), yes()),
           others = two(PLAN_OTHERS_AT_HOME, TYPE_NUMBER, home(), more_than_one(people));

    cr_expect(check(of_households(more_than_one(others), people), NULL, &error).ok, "%s", error.message);
    cr_expect(check(of_households(yes(), others), NULL, &error).ok, "%s", error.message);
}

/* Red, each, when check_counted in plan_check_homes.c does not ask has_household, or not of the same day:
 * those of a hostel would be a cell, under `not known`. */
Test(plan_check_homes, where_homes_are_asked_who_has_no_household_is_not_counted)
{
    static const char *const rule =
        "plan: it asks of homes, and counts people who have no household on that day";
    PlanId people = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, home(), yes());
    PlanId known = one(PLAN_IS_KNOWN, TYPE_BOOL, people);

    expect_refused(yes(), NULL, rule);
    expect_refused(more_than_one(people), NULL, rule);
    expect_refused(two(PLAN_OR, TYPE_BOOL, yes(), known), NULL, rule);
    expect_refused(one(PLAN_NOT, TYPE_BOOL, known), NULL, rule);
    PlanId later = two(PLAN_CASE, TYPE_NUMBER, yes(), number_on(9100, PLAN_KEEP));
    PlanId people_later = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, later, yes());
    expect_refused(of_households(yes(), people), NULL, rule);
    expect_refused(of_households(yes(), people_later), NULL, rule);
}

static PlanId visits_on(int64_t days)
{
    PlanId covers_it = covers(column(FIRE_VISIT, 2), day(days), column(FIRE_VISIT, 3), day(days));

    return one(PLAN_EXISTS, TYPE_BOOL, two(PLAN_KEEP, TYPE_BOOL, rows(FIRE_VISIT), covers_it));
}

/* The same of a home's records. */
Test(plan_check_homes, records_of_homes_are_those_of_a_household_on_a_day)
{
    static const char
        *const rule = "plan: it asks of homes, and counts people who have no household on that day",
               *const no_day = "plan: records of homes are read that are of no one day";
    Error error = {0};
    PlanId people = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, home(), yes());

    granted_count = 4;
    cr_expect(check(of_households(visits_on(9000), people), NULL, &error).ok, "%s", error.message);
    expect_refused(visits_on(9000), NULL, rule);
    expect_refused(of_households(visits_on(9100), people), NULL, rule);
    close_plan();
    open_plan();
    people = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, home(), yes());
    expect_refused(of_households(one(PLAN_EXISTS, TYPE_BOOL, rows(FIRE_VISIT)), people), NULL, no_day);
}

/* Red when may_use in plan_check_homes.c lets any other node have a number: who lives together would come out
 * by and by, one comparison at a time. */
Test(plan_check_homes, the_number_of_a_home_is_compared_with_nothing)
{
    expect_home_refused(two(PLAN_EQUAL, TYPE_BOOL, number_on(9000, PLAN_KEEP), number(7)));
    expect_home_refused(two(PLAN_EQUAL, TYPE_BOOL, home(), number(7)));
    expect_home_refused(two(PLAN_EQUAL, TYPE_BOOL, home(), number_on(9100, PLAN_KEEP)));
    expect_home_refused(one(PLAN_IS_KNOWN, TYPE_BOOL, home()));
    expect_home_refused(more_than_one(two(PLAN_ADD, TYPE_NUMBER, home(), number(1))));
    expect_home_refused(more_than_one(two(PLAN_SUM, TYPE_NUMBER, rows(HOUSEHOLD), column(HOUSEHOLD, 0))));
    expect_home_refused(
        more_than_one(two(PLAN_COUNT_DISTINCT, TYPE_NUMBER, rows(HOUSEHOLD), column(HOUSEHOLD, 0))));
    expect_home_refused(one(PLAN_EXISTS, TYPE_BOOL,
                            two(PLAN_KEEP, TYPE_BOOL, rows(HOUSEHOLD),
                                two(PLAN_EQUAL, TYPE_BOOL, column(HOUSEHOLD, 0), number(7)))));
    expect_home_refused(more_than_one(two(PLAN_CASE, TYPE_NUMBER, yes(), home())));
    expect_home_refused(more_than_one(number_on(9000, PLAN_DROP)));
}

/* Red when check_node in plan_check_homes.c lets any number be a home's: people would be compared with all
 * others. */
Test(plan_check_homes, a_count_over_homes_is_over_their_numbers)
{
    static const char *const rule = "plan: a count over homes is over another number than theirs";
    PlanId by_year = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, column(PLAN_PEOPLE, BIRTH_YEAR), yes());

    expect_refused(more_than_one(by_year), NULL, rule);
    close_plan();
    open_plan();
    PlanId of_all = two(PLAN_PEOPLE_AT_HOME, TYPE_NUMBER, number_on(9000, PLAN_KEEP), yes());
    expect_refused(more_than_one(of_all), NULL, rule);
}

/* Red when plan_check_homes does not look at what is released. */
Test(plan_check_homes, the_number_of_a_home_names_no_cell)
{
    const ReleasedValue value = {.name = TEXT("home"), .value = home()};

    expect_refused(yes(), &value, "plan: the number of a home is released");
}
