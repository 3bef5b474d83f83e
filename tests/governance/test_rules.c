#include <string.h>

#include "governance/rules.h"
#include "tests/governance/world.h"

Test(rules, a_project_comes_with_the_policy_in_force)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceProject project;
    char date[DATE_TEXT_BYTES];
    Error error = {0};

    world_script("INSERT INTO governance.policy (name, effective_from, people_min, round_to) "
                 "VALUES ('strict', '2010-01-01', 5, 1), ('strict', '2099-01-01', 20, 10)");
    Result found = governance_project(governance, "P1", &project, &error);

    cr_assert(found.ok, "%s", error.message);
    cr_expect_str_eq(project.project_id, "P1");
    cr_expect_str_eq(project.purpose, "phm");
    cr_expect_str_eq(date_format(project.valid_to, date), "2090-12-31");
    cr_expect_str_eq(project.policy.name, "strict");
    cr_expect_str_eq(date_format(project.policy.effective_from, date), "2018-09-01",
                     "not the older, not the future one");
    cr_expect_eq(project.policy.people_min, 8);
    cr_expect_eq(project.policy.round_to, 5);
}

/* Its canonical form, written out: "policy 1\nname strict\neffective_from 2018-09-01\npeople_min 8\nround_to
 * 5\n". */
Test(rules, a_policy_is_known_by_the_hash_of_its_canonical_form)
{
    GovernancePolicy policy = {
        .name = "strict", .effective_from = date_from_civil(2018, 9, 1), .people_min = 8, .round_to = 5};
    static const char form[] = "policy 1\nname strict\neffective_from 2018-09-01\npeople_min 8\nround_to 5\n";
    Hash expected = hash_of(form, strlen(form));

    Hash content = rules_policy_content(&policy);
    policy.people_min = 9;
    Hash other = rules_policy_content(&policy);

    cr_expect_eq(memcmp(&content, &expected, sizeof content), 0);
    cr_expect_neq(memcmp(&content, &other, sizeof content), 0);
}

/* Switch: rules_check_policy in governance_project, and the CHECKs of governance.policy. */
Test(rules, a_policy_below_the_floor_is_refused_by_sql_and_by_c)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceProject project;
    Error error = {0};

    cr_expect_eq(world_try(NULL, "UPDATE governance.policy SET people_min = 4").code, ERROR_DATABASE);
    cr_expect_eq(world_try(NULL, "UPDATE governance.policy SET round_to = 0").code, ERROR_DATABASE);
    world_script("ALTER TABLE governance.policy DROP CONSTRAINT policy_people_min_check;"
                 "ALTER TABLE governance.policy DROP CONSTRAINT policy_round_to_check;"
                 "UPDATE governance.policy SET people_min = 4");
    cr_expect_not(governance_project(governance, "P1", &project, &error).ok);
    cr_expect_str_eq(error.message, "policy: people_min is below 5");
    world_script("UPDATE governance.policy SET people_min = 5, round_to = 0");
    cr_expect_not(governance_project(governance, "P1", &project, &error).ok);
    cr_expect_str_eq(error.message, "policy: round_to is below 1");
}

Test(rules, an_unknown_project_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceProject project;
    Error error = {0};

    Result found = governance_project(governance, "P9", &project, &error);

    cr_expect_not(found.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}
