#include <unistd.h>

#include "tests/governance/world.h"

Test(person, a_registered_uid_is_its_person_with_roles)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePerson person;
    Error error = {0};

    Result found = governance_person_of_uid(governance, 71005, &person, &error);

    cr_assert(found.ok, "%s", error.message);
    cr_expect_str_eq(person.person_id, "leo");
    cr_expect_not(person.is_engineer);
    cr_expect(person.is_analyst);
    cr_expect(person.is_ig_lead);
}

Test(person, an_unknown_uid_is_refused_and_logged)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePerson person;
    Error error = {0};

    Result found = governance_person_of_uid(governance, 4242, &person, &error);

    cr_assert_not(found.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "nobody is registered under this user id");
    cr_expect_eq(
        world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_text(entry, 6) = 'identify' "
                    "AND audit.entry_text(entry, 14) = 'uid=4242'"),
        1);
}

Test(person, before_anybody_is_registered_only_the_running_account_may_bootstrap)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    GovernancePerson person;
    Error error = {0};

    Result own = governance_person_of_uid(governance, geteuid(), &person, &error);
    cr_assert(own.ok, "%s", error.message);
    cr_expect_str_eq(person.person_id, "bootstrap");
    cr_expect_not(person.is_engineer || person.is_analyst || person.is_ig_lead);

    Result other = governance_person_of_uid(governance, geteuid() + 1, &person, &error);
    cr_assert_not(other.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

Test(person, once_somebody_is_registered_there_is_no_bootstrap)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePerson person;
    Error error = {0};

    Result found = governance_person_of_uid(governance, geteuid(), &person, &error);

    cr_assert_not(found.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}
