/* The regional key for a provider: who approves is not who seals, and an approval is used once. */
#include <string.h>

#include "tests/governance/world.h"

#define PRINT "f35e5616160a30bf3c6e79fa73c576d40205e8fc3ba4e1c6dcf93e6b98e857b4"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

static const GovernanceRequest approving = {.action = GOVERNANCE_KEY_APPROVE,
                                            .person_id = "ida",
                                            .object = TEXT(PRINT)},
                               sealing = {
                                   .action = GOVERNANCE_KEY_SEAL, .person_id = "eng", .object = TEXT(PRINT)};

static void approve(Governance *governance)
{
    GovernancePermit *permit = world_permit(governance, &approving);
    Error error = {0};

    cr_assert(governance_key_approve(governance, permit, TEXT(PRINT), &error).ok, "%s", error.message);
    world_finish(governance, &permit);
}

static void expect_refused(Governance *governance, const GovernanceRequest *request, const char *message)
{
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_assert_not(governance_request(governance, request, &permit, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, message);
}

static const char nobody_approved[] =
    "key_seal refused: no IG lead has approved this key in the last 30 days, or it was sealed to already";

Test(keys, what_an_ig_lead_approved_another_person_seals_once)
{
    SCOPED(governance_close) Governance *governance = world_open();
    Error error = {0};
    approve(governance);
    GovernancePermit *permit = world_permit(governance, &sealing);

    cr_assert(governance_key_use_approval(governance, permit, TEXT(PRINT), &error).ok, "%s", error.message);

    cr_expect_eq(
        world_count("SELECT count(*) FROM governance.key_approval WHERE approver = 'ida' AND sealer = 'eng'"
                    " AND sealed_at IS NOT NULL"),
        1);
    cr_expect_not(governance_key_use_approval(governance, permit, TEXT(PRINT), &error).ok, "once alone");
    cr_expect_eq(error.code, ERROR_REFUSED);
    world_finish(governance, &permit);
    expect_refused(governance, &sealing, nobody_approved);
}

/* Switch: governance.rule_key_seal. */
Test(keys, nobody_seals_to_a_key_that_was_not_approved)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceRequest other = sealing;
    approve(governance);
    other.object = TEXT(OTHER);

    expect_refused(governance, &other, nobody_approved);
}

Test(keys, an_approval_of_long_ago_counts_no_more)
{
    SCOPED(governance_close) Governance *governance = world_open();
    approve(governance);
    world_script("UPDATE governance.key_approval SET approved_at = now() - interval '31 days'");

    expect_refused(governance, &sealing, nobody_approved);
}

Test(keys, who_approved_does_not_seal)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceRequest own = sealing;
    approve(governance);
    world_script("UPDATE governance.person SET is_engineer = true WHERE person_id = 'ida'");
    own.person_id = "ida";

    expect_refused(governance, &own, "key_seal refused: who approved the key does not seal to it");
}

/* Switch: the constraint sealer_is_another; the rule is asked before and says the same. */
Test(keys, the_database_itself_refuses_an_approver_as_sealer)
{
    SCOPED(governance_close) Governance *governance = world_open();
    approve(governance);

    Error error =
        world_try("cinque_owner", "UPDATE governance.key_approval SET sealer = approver, sealed_at = now()");

    cr_expect_neq(error.code, ERROR_NONE);
    cr_expect_not_null(strstr(error.message, "sealer_is_another"), "%s", error.message);
}

Test(keys, a_permit_for_one_key_approves_and_uses_no_other)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePermit *permit = world_permit(governance, &approving);
    Error error = {0};

    cr_expect_not(governance_key_approve(governance, permit, TEXT(OTHER), &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not(governance_key_use_approval(governance, permit, TEXT(PRINT), &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    governance_permit_close(&permit);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.key_approval"), 0);
}
