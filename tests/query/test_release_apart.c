/* A7 of releases: what two of them hold of the same people is not joined by the numbers that they give. */
#include "tests/query/county.h"

/* Of 400 people's places in two releases; by chance within 0.25 of 0 (5 standard errors), 1 and -1 where one
 * follows from the other. In thousandths. */
static void expect_by_chance(const char *what, const char *sql)
{
    int64_t together = county_number(sql);

    cr_expect_lt(together, 250, "%s", what);
    cr_expect_gt(together, -250, "%s", what);
}

#define TOGETHER "SELECT round(1000 * corr(a.place, b.place))::int8 FROM"

/* The guard's numbers are a person's own in every release. */
#define PEOPLE(release)                                                                                      \
    "(SELECT g.guard_number, person_number AS place FROM " release ".guard AS g JOIN " release               \
    ".person USING (person_number))"

/* Who lives where, by a member: a person has one home on the month's last day. */
#define HOMES(release)                                                                                       \
    "(SELECT g.guard_number, h.household_number AS place FROM " release ".guard AS g JOIN " release          \
    ".household AS h USING (person_number) WHERE h.valid_to IS NULL)"

/* Switch: ORDER BY gen_random_uuid() in release.people_number, and where homes get theirs. */
Test(release_apart, numbers_of_people_and_homes_in_one_say_nothing_of_those_in_another)
{
    county_make(400, 0);

    (void)county_release();
    (void)county_release();

    cr_assert_gt(county_number("SELECT count(*) FROM " PEOPLE("release_1") " AS a"), 350);
    expect_by_chance("people", TOGETHER PEOPLE("release_1") " AS a JOIN " PEOPLE(
                                   "release_2") " AS b USING (guard_number)");
    expect_by_chance(
        "homes", TOGETHER HOMES("release_1") " AS a JOIN " HOMES("release_2") " AS b USING (guard_number)");
    cr_expect_eq(county_number(TOGETHER PEOPLE("release_1") " AS a JOIN " PEOPLE(
                     "release_1") " AS b USING (guard_number)"),
                 1000, "the same release with itself: the measure finds what can be joined");
}

/* What joins them is the hub's alone. Switch: a grant of guard beside that of block and category. */
Test(release_apart, whoever_answers_queries_does_not_read_what_holds_people_together)
{
    county_make(60, 0);

    (void)county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM pg_class WHERE relname IN ('guard', 'guard_person')"),
                 2);
    cr_expect_eq(
        county_number("SELECT count(*) FROM pg_class, pg_roles WHERE relname IN ('guard', 'guard_person') AND"
                      " rolname IN ('cinque_query', 'cinque_linker', 'cinque_loader', 'cinque_governor') AND"
                      " has_table_privilege(rolname, pg_class.oid, 'SELECT')"),
        0);
}
