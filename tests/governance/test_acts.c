/* What takes two people: who approves is not who does it, and an approval is used once. */
#include <string.h>

#include "tests/governance/world.h"
#include "tests/support/openable.h"

#define PRINT "f35e5616160a30bf3c6e79fa73c576d40205e8fc3ba4e1c6dcf93e6b98e857b4"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

typedef struct Act {
    GovernanceRequest approving, doing;
    Text other; /* object of the same kind, not approved */
} Act;

static const Act sealing = {{.action = GOVERNANCE_KEY_APPROVE, .person_id = "ida", .object = TEXT(PRINT)},
                            {.action = GOVERNANCE_KEY_SEAL, .person_id = "eng", .object = TEXT(PRINT)},
                            TEXT(OTHER)},
                 opening = {{.action = GOVERNANCE_ARCHIVE_APPROVE, .person_id = "ida", .object = TEXT("17")},
                            {.action = GOVERNANCE_ARCHIVE_OPEN, .person_id = "eng", .object = TEXT("17")},
                            TEXT("18")};
static const Act rejected = {
    {.action = GOVERNANCE_QUARANTINE_APPROVE, .person_id = "ida", .object = TEXT("17")},
    {.action = GOVERNANCE_QUARANTINE_OPEN, .person_id = "eng", .object = TEXT("17")},
    TEXT("18")};
/* Of an engineer, where there is an IG lead. */
static const Act applying = {{.action = GOVERNANCE_APPLY_APPROVE, .person_id = "ida", .object = TEXT(PRINT)},
                             {.action = GOVERNANCE_APPLY, .person_id = "eng", .object = TEXT(PRINT)},
                             TEXT(OTHER)};
static const Act *const acts[] = {&sealing, &opening, &rejected, &applying};
enum { ACT_COUNT = sizeof acts / sizeof acts[0] };

static Governance *acts_open(void)
{
    Governance *governance = world_open();

    world_script(openable_sql);
    return governance;
}

static Result approve_as(Governance *governance, const GovernancePermit *permit, const Act *act, Text object,
                         Error *error)
{
    return governance_act_approve(governance, permit, act->approving.action, object, error);
}

static Result use_as(Governance *governance, const GovernancePermit *permit, const Act *act, Text object,
                     Error *error)
{
    return governance_act_use_approval(governance, permit, act->doing.action, object, error);
}

static void approve(Governance *governance, const Act *act)
{
    GovernancePermit *permit = world_permit(governance, &act->approving);
    Error error = {0};

    cr_assert(approve_as(governance, permit, act, act->approving.object, &error).ok, "%s", error.message);
    world_finish(governance, &permit);
}

static void expect_refused(Governance *governance, const GovernanceRequest *request, const char *rule)
{
    GovernancePermit *permit = NULL;
    char expected[160];
    Error error = {0};

    snprintf(expected, sizeof expected, "%s refused: %s", GOVERNANCE_ACTION_NAMES[request->action], rule);
    cr_assert_not(governance_request(governance, request, &permit, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, expected);
}

static const char nobody_approved[] =
    "no IG lead has approved it in the last 30 days, or it was done already";

/* Switch: governance.rule_approved in governance.decide; once: governance.use_act_approval. */
Test(acts, what_an_ig_lead_approved_another_person_does_once)
{
    SCOPED(governance_close) Governance *governance = acts_open();
    Error error = {0};

    for (size_t i = 0; i < ACT_COUNT; i++) {
        const GovernanceRequest *doing = &acts[i]->doing;
        expect_refused(governance, doing, nobody_approved);
        approve(governance, acts[i]);
        GovernancePermit *permit = world_permit(governance, doing);

        cr_assert(use_as(governance, permit, acts[i], doing->object, &error).ok, "%s", error.message);

        cr_expect_eq(
            world_count("SELECT count(*) FROM governance.act_approval WHERE approver = 'ida' AND actor"
                        " = 'eng' AND used_at IS NOT NULL"),
            (int64_t)i + 1);
        cr_expect_not(use_as(governance, permit, acts[i], doing->object, &error).ok, "once alone");
        cr_expect_eq(error.code, ERROR_REFUSED);
        world_finish(governance, &permit);
        expect_refused(governance, doing, nobody_approved);
    }
}

/* Switch: the object in governance.act_approval_open. */
Test(acts, what_was_approved_of_one_object_is_of_no_other)
{
    SCOPED(governance_close) Governance *governance = acts_open();

    for (size_t i = 0; i < ACT_COUNT; i++) {
        GovernanceRequest other = acts[i]->doing;
        approve(governance, acts[i]);
        other.object = acts[i]->other;
        expect_refused(governance, &other, nobody_approved);
    }
}

Test(acts, an_approval_of_long_ago_counts_no_more)
{
    SCOPED(governance_close) Governance *governance = acts_open();
    approve(governance, &opening);
    world_script("UPDATE governance.act_approval SET approved_at = now() - interval '31 days'");

    expect_refused(governance, &opening.doing, nobody_approved);
}

/* Switch: governance.has_role in governance.act_approval_open. */
Test(acts, an_approval_ends_with_its_approvers_role)
{
    SCOPED(governance_close) Governance *governance = acts_open();
    approve(governance, &opening);
    world_script("UPDATE governance.person SET is_ig_lead = false WHERE person_id = 'ida'");

    expect_refused(governance, &opening.doing, nobody_approved);
}

/* Switch: a.approver <> $1 in governance.rule_approved. */
Test(acts, who_approved_does_not_do_it)
{
    SCOPED(governance_close) Governance *governance = acts_open();
    world_script("UPDATE governance.person SET is_engineer = true WHERE person_id = 'ida'");

    for (size_t i = 0; i < ACT_COUNT && acts[i] != &applying; i++) { /* an IG lead applies rules herself */
        GovernanceRequest own = acts[i]->doing;
        approve(governance, acts[i]);
        own.person_id = "ida";
        expect_refused(governance, &own, "who approved it does not do it");
    }
}

/* Switch: the constraint actor_is_another; the rule is asked before and says the same. */
Test(acts, the_database_itself_refuses_an_approver_as_actor)
{
    SCOPED(governance_close) Governance *governance = acts_open();
    approve(governance, &opening);

    Error error =
        world_try("cinque_owner", "UPDATE governance.act_approval SET actor = approver, used_at = now()");

    cr_expect_neq(error.code, ERROR_NONE);
    cr_expect_not_null(strstr(error.message, "actor_is_another"), "%s", error.message);
}

Test(acts, a_permit_for_one_object_approves_and_uses_no_other)
{
    SCOPED(governance_close) Governance *governance = acts_open();

    for (size_t i = 0; i < ACT_COUNT; i++) {
        GovernancePermit *permit = world_permit(governance, &acts[i]->approving);
        Error error = {0};

        cr_expect_not(approve_as(governance, permit, acts[i], acts[i]->other, &error).ok);
        cr_expect_eq(error.code, ERROR_REFUSED);
        cr_expect_not(use_as(governance, permit, acts[i], acts[i]->approving.object, &error).ok);
        cr_expect_eq(error.code, ERROR_REFUSED);
        governance_permit_close(&permit);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM governance.act_approval"), 0);
}
