/* Plans of amounts that no query makes. Each is refused, and passes when the line that its test names is
 * taken out. */
#include "tests/query/plans.h"

TestSuite(plan_check_amounts, .init = open_plan, .fini = close_plan);

static ReleasedValue amount_of(PlanId condition, PlanId amount)
{
    return (ReleasedValue){.name = TEXT("cost"),
                           .value = condition,
                           .is_condition = true,
                           .is_of_amount = true,
                           .amount = amount};
}

static PlanId known(PlanId amount)
{
    return one(PLAN_IS_KNOWN, TYPE_BOOL, amount);
}

static PlanId up_to(PlanId amount, int64_t most)
{
    PlanId size = one(PLAN_ABSOLUTE, plan->nodes[amount].type, amount);

    return two(PLAN_CASE, plan->nodes[amount].type, two(PLAN_AT_MOST, TYPE_BOOL, size, number(most)), amount);
}

static PlanId bounded(PlanId amount)
{
    return up_to(amount, PLAN_AMOUNT_MAX);
}

/* Red when is_counted_by takes whatever is beside the condition: contributors would be others than are
 * counted.
 */
Test(plan_check_amounts, an_amount_is_a_number_of_people_of_whom_it_is_known)
{
    static const char *const rule = "plan: an amount is no number of people of whom it is known";
    PlanId imd = bounded(registered(IMD_DECILE)), years = bounded(age()), sex = column(PLAN_PEOPLE, SEX),
           of_record = event_column(TYPE_DECIMAL, 1), died = column(PLAN_PEOPLE, DEATH_DATE);
    const ReleasedValue wrong[] = {
        amount_of(known(years), imd),     amount_of(yes(), imd),
        amount_of(known(sex), sex),       amount_of(known(imd), of_record),
        amount_of(known(imd), NODES_MAX), amount_of(imd, imd),
        amount_of(known(died), died),
    };
    const ReleasedValue right = amount_of(known(imd), imd);
    ReleasedValue no_condition = right;
    Error error = {0};

    no_condition.is_condition = false;
    expect_refused(yes(), &no_condition, rule);
    cr_expect(check(yes(), &right, &error).ok, "%s", error.message);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refused(yes(), &wrong[i], rule);
}

static void expect_calculated(PlanId amount)
{
    const ReleasedValue value = amount_of(known(amount), amount);

    expect_refused(yes(), &value,
                   "plan: an amount is not one number of people, up to 1000000000, but calculated");
}

/* Red when is_amount, or is_one_number below it, takes any number. */
Test(plan_check_amounts, an_amount_is_not_calculated)
{
    PlanId imd = registered(IMD_DECILE), years = age();
    PlanId or_zero = bounded(two(PLAN_COALESCE, TYPE_NUMBER, years, number(0)));
    const ReleasedValue right = amount_of(known(or_zero), or_zero);
    Error error = {0};

    cr_expect(check(yes(), &right, &error).ok, "%s", error.message);
    expect_calculated(imd);
    expect_calculated(up_to(imd, 1000000001));
    expect_calculated(two(PLAN_CASE, TYPE_NUMBER, yes(), imd));
    expect_calculated(bounded(two(PLAN_ADD, TYPE_NUMBER, imd, number(1))));
    expect_calculated(bounded(two(PLAN_MULTIPLY, TYPE_NUMBER, imd, number(2))));
    expect_calculated(bounded(two(PLAN_CASE, TYPE_NUMBER, yes(), imd)));
    expect_calculated(bounded(two(PLAN_LEAST, TYPE_NUMBER, imd, years)));
    expect_calculated(bounded(two(PLAN_COALESCE, TYPE_NUMBER, imd, years)));
    expect_calculated(bounded(two(PLAN_COALESCE, TYPE_NUMBER, imd, number(1))));
    expect_calculated(bounded(number(3)));
    expect_calculated(bounded(
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, day(9000), two(PLAN_SHIFT_DAYS, TYPE_DATE, day(9000), imd))));
}
