#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/governance/world.h"

/* A file of one agreement, policy and project; tests change a piece of it. */
#define PEOPLE    "people:\n  - { id: eng, uid: 71001, name: Engineer, roles: [engineer] }\n"
#define PURPOSES  "purposes:\n  - { code: phm, title: Health, opt_out: applied }\n"
#define SUPPLIERS "suppliers:\n  - { id: kent-fire, title: Fire }\n"
#define AGREEMENTS                                                                                           \
    "agreements:\n  - { supplier: kent-fire, datasets: [fire_visit], purposes: [phm], from: 2026-01-01, "    \
    "to: 2027-12-31, legal_basis: b }\n"
#define POLICIES "policies:\n  - { name: p, effective_from: 2018-09-01, people_min: 8, round_to: 5 }\n"
#define PROJECTS                                                                                             \
    "projects:\n  - { id: P1, title: One, purpose: phm, policy: p, from: 2026-01-01, to: 2027-12-31, "       \
    "members: [eng], sources: [fire_visit] }\n"
#define ALL PEOPLE PURPOSES SUPPLIERS AGREEMENTS POLICIES PROJECTS

Test(apply, the_difference_to_nothing_is_everything)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();

    cr_expect_str_eq(world_dry_run(governance, ALL),
                     "+ supplier kent-fire, Fire\n"
                     "+ purpose phm, Health, opt-out applied\n"
                     "+ policy p from 2018-09-01, people_min 8, round_to 5\n"
                     "+ person eng, uid 71001, Engineer, engineer\n"
                     "+ agreement kent-fire × fire_visit × phm, 2026-01-01 to 2027-12-31\n"
                     "+ project P1, One, purpose phm, policy p, 2026-01-01 to 2027-12-31\n"
                     "+ member P1 × eng\n"
                     "+ grant P1 × fire_visit\n");
}

/* Switch: the rollback of a dry run in apply_in_transaction, together with permit NULL. */
Test(apply, a_dry_run_changes_nothing)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();

    (void)world_dry_run(governance, ALL);

    cr_expect_eq(
        world_count(
            "SELECT (SELECT count(*) FROM governance.person) + (SELECT count(*) FROM governance.project) "
            "+ (SELECT count(*) FROM governance.agreement) + (SELECT count(*) FROM governance.applied) "
            "+ (SELECT count(*) FROM audit.intake)"),
        0);
}

Test(apply, the_same_file_again_is_no_difference)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL, &error).ok, "%s", error.message);

    cr_expect_str_eq(world_dry_run(governance, ALL), "");
}

Test(apply, changes_and_ends_are_shown_and_made)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    static const char changed[] = PEOPLE PURPOSES SUPPLIERS
        "agreements:\n  - { supplier: kent-fire, datasets: [fire_visit], purposes: [phm], from: 2026-01-01, "
        "to: 2026-12-31, legal_basis: c }\n" POLICIES "projects: []\n";
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL, &error).ok, "%s", error.message);
    cr_expect_str_eq(world_dry_run(governance, changed),
                     "~ agreement kent-fire × fire_visit × phm, 2026-01-01: to 2027-12-31 → 2026-12-31, "
                     "legal_basis b → c\n"
                     "- project P1, One, purpose phm, policy p, 2026-01-01 to 2027-12-31\n"
                     "- member P1 × eng\n"
                     "- grant P1 × fire_visit\n");
    cr_assert(world_apply(governance, "eng", changed, &error).ok, "%s", error.message);

    cr_expect_eq(
        world_count(
            "SELECT count(*) FROM governance.agreement WHERE valid_to = '2026-12-31' AND legal_basis = 'c'"),
        1);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.project WHERE ended_on IS NOT NULL"), 1,
                 "ended, not deleted");
    cr_expect_str_eq(world_dry_run(governance, changed), "");
    cr_expect_not_null(strstr(world_dry_run(governance, ALL), "+ project P1"), "it may come back");
}

Test(apply, a_person_who_left_the_file_has_no_role_and_no_uid)
{
    SCOPED(governance_close) Governance *governance = world_open();
    static const char one_left[] = PEOPLE PURPOSES SUPPLIERS "agreements: []\n" POLICIES "projects: []\n";
    GovernancePerson person;
    Error error = {0};

    cr_assert(world_apply(governance, "ida", one_left, &error).ok, "%s", error.message);

    cr_expect_not(governance_person_of_uid(governance, 71002, &person, &error).ok);
    cr_expect_eq(
        world_count("SELECT count(*) FROM governance.person WHERE person_id = 'ana' AND NOT is_analyst "
                    "AND ended_on IS NOT NULL"),
        1);
}

/* Who applies rules names the people whose approval counts. Switches: governance.rule_rules in
 * governance.decide; governance.use_rules_approval in front of the changes, by which an approval is used up.
 */
Test(apply, an_engineer_applies_what_an_ig_lead_approved_once_there_is_one)
{
    SCOPED(governance_close) Governance *governance = world_open();
    static const char refusal[] =
        "apply refused: no IG lead has approved it in the last 30 days, or it was done already";
    char rules[4096], hex[HASH_TEXT_BYTES];
    Error error = {0};
    snprintf(rules, sizeof rules, "%s", WORLD_RULES);
    char *uid = strstr(rules, "71002");
    cr_assert_not_null(uid);
    memcpy(uid, "71009", 5);
    const Hash content = hash_of(rules, strlen(rules));
    const GovernanceRequest approving = {.action = GOVERNANCE_APPLY_APPROVE,
                                         .person_id = "ida",
                                         .object = text_from(hash_format(&content, hex))};

    cr_expect_not(world_apply(governance, "eng", rules, &error).ok);
    cr_expect_str_eq(error.message, refusal);
    GovernancePermit *permit = world_permit(governance, &approving);
    cr_assert(governance_act_approve(governance, permit, approving.action, approving.object, &error).ok, "%s",
              error.message);
    world_finish(governance, &permit);

    cr_expect(world_apply(governance, "eng", rules, &error).ok, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.person WHERE uid = 71009"), 1);
    cr_expect_not(world_apply(governance, "eng", rules, &error).ok, "once alone");
    cr_expect_str_eq(error.message, refusal);
}

/* Not of the rules that it is about to be: nobody makes a lead of themselves to need none. */
Test(apply, an_approval_is_used_before_anything_changes)
{
    SCOPED(governance_close) Governance *governance = world_open();
    char rules[4096];
    Error error = {0};
    snprintf(rules, sizeof rules, "%s", WORLD_RULES);
    char *roles = strstr(rules, "[engineer]");
    cr_assert_not_null(roles);
    memcpy(roles, "[ig_lead] ", 10);
    world_script(
        "CREATE OR REPLACE FUNCTION governance.rule_rules(person text, act text, object text) RETURNS text"
        " LANGUAGE sql AS 'SELECT NULL::text'");

    cr_expect_not(world_apply(governance, "eng", rules, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.person WHERE person_id = 'eng' AND is_ig_lead"),
                 0);
}

Test(apply, two_people_may_swap_their_uids)
{
    SCOPED(governance_close) Governance *governance = world_open();
    char rules[4096];
    Error error = {0};

    snprintf(rules, sizeof rules, "%s", WORLD_RULES);
    memcpy(strstr(rules, "71002"), "71003", 5);
    memcpy(strstr(strstr(rules, "71003") + 5, "71003"), "71002", 5);

    cr_expect(world_apply(governance, "ida", rules, &error).ok, "%s", error.message);
}

Test(apply, one_uid_for_two_people_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();
    char rules[4096];
    Error error = {0};

    snprintf(rules, sizeof rules, "%s", WORLD_RULES);
    memcpy(strstr(rules, "71002"), "71003", 5);

    cr_expect_not(world_apply(governance, "ida", rules, &error).ok);
    cr_expect_not_null(strstr(error.message, "person_uid_is_one"), "%s", error.message);
}

Test(apply, each_apply_is_logged_and_its_file_kept)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL, &error).ok, "%s", error.message);

    cr_expect_eq(
        world_count(
            "SELECT count(*) FROM governance.applied AS a JOIN audit.intake AS i "
            "ON audit.entry_text(i.entry, 13) = encode(a.content, 'hex') "
            "WHERE a.content = sha256(convert_to(a.file_text, 'UTF8')) "
            "AND audit.entry_text(i.entry, 5) = 'bootstrap' AND audit.entry_kind(i.entry) = 'decision'"),
        1);
}

Test(apply, service_is_the_account_that_applies)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    GovernancePerson person;
    Error error = {0};

    cr_assert(
        world_apply(governance, "bootstrap",
                    "people:\n  - { id: svc, uid: service, name: S, roles: [engineer] }\n" PURPOSES SUPPLIERS
                        AGREEMENTS POLICIES "projects: []\n",
                    &error)
            .ok,
        "%s", error.message);

    cr_assert(governance_person_of_uid(governance, geteuid(), &person, &error).ok, "%s", error.message);
    cr_expect_str_eq(person.person_id, "svc");
}

/* Switch: permit_check in governance_apply; and audit.require in put_item, end_item and keep_file. */
Test(apply, a_permit_for_another_file_applies_nothing)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close)
    GovernancePermit *permit = world_permit(
        governance,
        &(GovernanceRequest){.action = GOVERNANCE_APPLY, .person_id = "ida", .object = TEXT("of another")});
    int64_t changes;
    Error error = {0};

    Result applied =
        governance_apply(governance, permit, support_file("r.yaml", ALL), false, stderr, &changes, &error);
    cr_expect_not(applied.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);

    Result without =
        governance_apply(governance, NULL, support_file("r.yaml", ALL), false, stderr, &changes, &error);
    cr_expect_not(without.ok);
    static const char *const doors[] = {
        "SELECT governance.put_item('\\x00', 'f', 'supplier', ARRAY['x'], ARRAY['y'])",
        "SELECT governance.end_item('\\x00', 'f', 'supplier', ARRAY['icb'])",
        "SELECT governance.keep_file('\\x00', 'ff', 'x')",
    };
    for (size_t i = 0; i < 3; i++)
        cr_expect_str_eq(world_try("cinque_governor", doors[i]).message,
                         "permit: none is open for this action and object");
}

#define REST PURPOSES SUPPLIERS "agreements: []\n" POLICIES "projects: []\n"

typedef struct Wrong {
    const char *rules, *message;
} Wrong;

Test(apply, a_wrong_file_is_refused_by_place_and_rule)
{
    SCOPED(governance_close) Governance *governance = world_open();
    static const Wrong wrongs[] = {
        {"people:\n  - { id: bootstrap, uid: 1, name: E, roles: [engineer] }\n" REST,
         "people 1: this id is kept for the first apply"},
        {"people:\n  - { id: a b, uid: 1, name: E, roles: [engineer] }\n" REST,
         "people 1: a name may hold letters, digits, . _ and -, at most 63"},
        {"people:\n  - { id: e, uid: root, name: E, roles: [engineer] }\n" REST,
         "people 1: uid is a user id, or service for the account that applies this"},
        {"people:\n  - { id: e, uid: 1, name: E, roles: [king] }\n" REST,
         "people 1: a role is engineer, analyst, ig_lead or steward"},
        {"people:\n  - { id: e, uid: 1, name: E, roles: [analyst] }\n" REST,
         "people: nobody is engineer or ig_lead, so nobody could apply another file"},
        {"people:\n  - { id: e, uid: 1, name: E, roles: [analyst, steward] }\n" REST,
         "people: nobody is engineer or ig_lead, so nobody could apply another file"},
        {"people:\n  - { id: e, uid: 1, name: \"a\\tb\", roles: [engineer] }\n" REST,
         "people 1: name is not plain text"},
        {"people:\n  - { id: e, uid: 1, name: E, roles: [engineer] }\n  - { id: e, uid: 2, name: E, roles: "
         "[] }\n" REST,
         "person e: listed twice"},
        {PEOPLE "purposes:\n  - { code: phm, title: H, opt_out: maybe }\n" SUPPLIERS
                "agreements: []\n" POLICIES "projects: []\n",
         "purposes 1: opt_out is applied or not_applied"},
        {PEOPLE "purposes:\n  - { code: phm, title: H, opt_out: not_applied, approver: ida }\n" SUPPLIERS
                "agreements: []\n" POLICIES "projects: []\n",
         "purposes 1: opt_out not_applied needs a legal_basis and an approver"},
        {PEOPLE
         "purposes:\n  - { code: phm, title: H, opt_out: applied, opt_out_max_age_days: 0 }\n" SUPPLIERS
         "agreements: []\n" POLICIES "projects: []\n",
         "purposes 1: opt_out_max_age_days is from 1 to 366"},
        {PEOPLE PURPOSES SUPPLIERS "agreements:\n  - { supplier: kent-fire, datasets: [f], purposes: [phm], "
                                   "from: 2026-02-30, to: 2027-12-31, "
                                   "legal_basis: b }\n" POLICIES "projects: []\n",
         "agreements 1: from and to are dates as CCYY-MM-DD"},
        {PEOPLE PURPOSES SUPPLIERS "agreements:\n  - { supplier: kent-fire, datasets: [f], purposes: [phm], "
                                   "from: 2026-02-20, to: 2026-02-19, "
                                   "legal_basis: b }\n" POLICIES "projects: []\n",
         "agreements 1: to is before from"},
        {PEOPLE PURPOSES SUPPLIERS "agreements:\n  - { supplier: kent-fire, datasets: [f], purposes: [phm], "
                                   "from: 2026-02-20, to: 2026-02-20, controllers: some, "
                                   "legal_basis: b }\n" POLICIES "projects: []\n",
         "agreements 1: controllers is sender (the default) or each"},
        {PEOPLE PURPOSES "suppliers: []\n" AGREEMENTS POLICIES "projects: []\n",
         "agreement kent-fire: its supplier is not listed"},
        {PEOPLE "purposes: []\n" SUPPLIERS AGREEMENTS POLICIES "projects: []\n",
         "agreement kent-fire: its purpose is not listed"},
        {PEOPLE PURPOSES SUPPLIERS AGREEMENTS "policies: []\n" PROJECTS,
         "project P1: its policy is not listed"},
        {"people:\n  - { id: other, uid: 1, name: E, roles: [engineer] }\n" PURPOSES SUPPLIERS AGREEMENTS
             POLICIES PROJECTS,
         "member P1: its person is not listed"},
        {PEOPLE PURPOSES SUPPLIERS AGREEMENTS
         "policies:\n  - { name: p, effective_from: 2018-09-01, people_min: 4, round_to: 5 }\nprojects: []\n",
         "policies 1: policy: people_min is below 5"},
        {PEOPLE PURPOSES SUPPLIERS AGREEMENTS
         "policies:\n  - { name: p, effective_from: 2018-09-01, people_min: 8, round_to: 0 }\nprojects: []\n",
         "policies 1: policy: round_to is below 1"},
        {PEOPLE PURPOSES SUPPLIERS AGREEMENTS
         "policies:\n  - { name: p, effective_from: 2018-09-01, people_min: 8, round_to: 9 }\nprojects: []\n",
         "policies 1: policy: round_to is above people_min"},
        {PEOPLE PURPOSES SUPPLIERS AGREEMENTS
         "policies:\n  - { name: p, effective_from: soon, people_min: 8, round_to: 5 }\nprojects: []\n",
         "policies 1: effective_from is a date as CCYY-MM-DD"},
        {PEOPLE PURPOSES, "Missing required mapping field"},
        {"people: [", "libyaml parser error"},
        {"people:\n  - { id: e, uid: 1, name: E, colour: red, roles: [] }\n" REST,
         "w.yaml: Invalid key, in mapping (line: 2, column: 28)"},
        {"people: &a []\npurposes: *a\n", "alias"},
    };

    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        Error error = {0};
        int64_t changes;
        Result done = governance_apply(governance, NULL, support_file("w.yaml", wrongs[i].rules), true,
                                       stderr, &changes, &error);

        cr_expect_not(done.ok, "case %zu", i);
        cr_expect_eq(error.code, ERROR_CONFIG, "case %zu: %s", i, error.message);
        cr_expect_not_null(strstr(error.message, wrongs[i].message), "case %zu: %s", i, error.message);
        cr_expect_not_null(strstr(error.message, "w.yaml"), "the file is named");
    }
    cr_expect_eq(world_count("SELECT count(*) FROM governance.applied"), 1, "the world's own");
}

Test(apply, a_failure_in_the_middle_leaves_all_as_it_was)
{
    SCOPED(governance_close) Governance *governance = world_open();
    Error error = {0};

    world_script("ALTER TABLE governance.project ADD CONSTRAINT broken CHECK (title <> 'One') NOT VALID");
    cr_expect_not(world_apply(governance, "ida", ALL, &error).ok);

    cr_expect_eq(world_count("SELECT count(*) FROM governance.supplier WHERE supplier = 'kent-fire'"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.person WHERE ended_on IS NOT NULL"), 0);
}

Test(apply, the_rules_of_the_synthetic_county_apply)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    char text[16384] = "", *at = text;
    FILE *file = fopen(TEST_FILES "/../../examples/governance.yaml", "r");
    Error error = {0};

    cr_assert_not_null(file);
    at[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    Result applied = world_apply(governance, "bootstrap", text, &error);

    cr_assert(applied.ok, "%s", error.message);
    cr_expect_eq(
        world_count("SELECT count(*) FROM governance.agreement WHERE source = 'council_tax_account'"), 13);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.agreement"), 26);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.project_source"), 8);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.policy WHERE people_min = 8 AND round_to = 5"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.person"), 4);
}

#define LINKAGES                                                                                             \
    "linkages:\n  - { purpose: phm, sources: [patient_list, death], from: 2026-01-01, to: 2027-12-31 }\n"

Test(apply, sources_that_may_be_linked_are_listed_two_by_two)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL LINKAGES, &error).ok, "%s", error.message);

    cr_expect_eq(world_count("SELECT count(*) FROM governance.linkage WHERE purpose = 'phm' AND (source_a, "
                             "source_b) IN (('death', 'death'), ('death', 'patient_list'), ('patient_list', "
                             "'patient_list'))"),
                 3);
    cr_expect_str_eq(world_dry_run(governance, ALL LINKAGES), "");
    cr_expect_str_eq(
        world_dry_run(governance, ALL),
        "- linkage phm × death × death, 2026-01-01 to 2027-12-31, combinations all\n"
        "- linkage phm × death × patient_list, 2026-01-01 to 2027-12-31, combinations all\n"
        "- linkage phm × patient_list × patient_list, 2026-01-01 to 2027-12-31, combinations all\n");
}

#define DEATHS(purpose, combinations)                                                                        \
    "  - { purpose: " purpose ", sources: [death], from: 2026-01-01, to: 2027-12-31" combinations " }\n"

/* Switch: parse_combinations. */
Test(apply, which_keyed_combinations_may_link_is_said_in_any_order_or_not_at_all)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL "linkages:\n" DEATHS("phm", ""), &error).ok, "%s",
              error.message);

    cr_expect_str_eq(world_dry_run(governance, ALL
                                   "linkages:\n" DEATHS("phm", ", combinations: [area, postcode, address]")),
                     "");
    cr_expect_str_eq(world_dry_run(governance, ALL "linkages:\n" DEATHS("phm", ", combinations: [none]")),
                     "~ linkage phm × death × death, 2026-01-01: combinations all → none\n");
    cr_assert(world_apply(governance, "eng",
                          ALL "linkages:\n" DEATHS("phm", ", combinations: [area, postcode, area]"), &error)
                  .ok,
              "%s", error.message);
    cr_expect_eq(world_count("SELECT governance.may_combine('death', 'death')::int8"), 5);
    cr_expect_str_eq(
        world_dry_run(governance, ALL "linkages:\n" DEATHS("phm", ", combinations: [postcode, area]")), "");
}

Test(apply, a_keyed_combination_that_there_is_not_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    Result result = world_apply(governance, "bootstrap",
                                ALL "linkages:\n" DEATHS("phm", ", combinations: [postcode, sex]"), &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(
        strstr(error.message, "linkages 1: combinations are postcode, address and area, or none"));
}

/* Nobody may take an empty list for none, and mean all. */
Test(apply, an_empty_list_of_keyed_combinations_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    Result result =
        world_apply(governance, "bootstrap", ALL "linkages:\n" DEATHS("phm", ", combinations: []"), &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}

/* Switch: bit_and in governance.may_combine. What one purpose's rule leaves out, no other lets in. */
Test(apply, of_two_rules_for_the_same_sources_both_must_say_a_combination)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    cr_assert(world_apply(
                  governance, "bootstrap",
                  PEOPLE PURPOSES "  - { code: other, title: Other, opt_out: applied }\n" SUPPLIERS AGREEMENTS
                      POLICIES PROJECTS "linkages:\n" DEATHS("phm", ", combinations: [postcode, address]")
                          DEATHS("other", ", combinations: [address, area]"),
                  &error)
                  .ok,
              "%s", error.message);

    cr_expect_eq(world_count("SELECT governance.may_combine('death', 'death')::int8"), 2);
    cr_expect_eq(world_count("SELECT governance.may_combine('death', 'fire_visit')::int8"), 0);
}

/* Switch: the condition on ended_on in governance.may_compare. */
Test(apply, who_may_be_compared_ends_with_the_rule)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    static const char asked[] = "SELECT (governance.may_compare('patient_list', 'death', 'phm')::int4"
                                " + 2 * governance.may_compare('death', 'patient_list', NULL)::int4"
                                " + 4 * governance.may_compare('death', 'fire_visit', NULL)::int4)::int8";
    Error error = {0};

    cr_assert(world_apply(governance, "bootstrap", ALL LINKAGES, &error).ok, "%s", error.message);
    cr_expect_eq(world_count(asked), 3);
    cr_assert(world_apply(governance, "eng", ALL, &error).ok, "%s", error.message);
    cr_expect_eq(world_count(asked), 0);
}

Test(apply, linkage_for_a_purpose_that_is_not_listed_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();
    Error error = {0};

    Result result = world_apply(
        governance, "bootstrap",
        ALL "linkages:\n  - { purpose: other, sources: [death], from: 2026-01-01, to: 2027-12-31 }\n",
        &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
}
