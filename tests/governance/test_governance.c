/* Permits: who gets one, that it is logged first, and that none is given when it cannot be. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/governance/world.h"

static Error refusal(Governance *governance, GovernanceRequest request)
{
    GovernancePermit *permit = NULL;
    Error error = {0};

    Result result = governance_request(governance, &request, &permit, &error);
    cr_assert_not(result.ok);
    cr_assert_null(permit);
    return error;
}

Test(governance, an_engineer_loads_under_a_current_agreement)
{
    SCOPED(governance_close) Governance *governance = world_open();

    SCOPED(governance_permit_close)
    GovernancePermit *permit = world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LOAD,
                                                                             .person_id = "eng",
                                                                             .source = TEXT("gp_event"),
                                                                             .sender = TEXT("icb"),
                                                                             .object = TEXT("nil")});

    cr_expect(governance_permit_covers(permit, GOVERNANCE_LOAD, TEXT("nil")));
    cr_expect_not(governance_permit_covers(permit, GOVERNANCE_LOAD, TEXT("ni")));
    cr_expect_not(governance_permit_covers(permit, GOVERNANCE_WITHDRAW, TEXT("nil")));
    cr_expect_not(governance_permit_covers(NULL, GOVERNANCE_LOAD, TEXT("nil")));
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE action = 'load' AND object = 'nil' "
                             "AND person_id = 'eng' AND spent_at IS NULL"),
                 1);
}

/* Switch: agreement_is_current in rule_load, schema 010. */
Test(governance, an_expired_agreement_refuses_a_load)
{
    SCOPED(governance_close) Governance *governance = world_open();

    Error error = refusal(governance, (GovernanceRequest){.action = GOVERNANCE_LOAD,
                                                          .person_id = "eng",
                                                          .source = TEXT("old_one"),
                                                          .sender = TEXT("icb"),
                                                          .object = TEXT("nil")});

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message,
                     "load refused: there is no current agreement of this sender for this source");
}

/* One row a rule: switch off a rule in governance.decide and its row turns red. */
typedef struct Case {
    GovernanceRequest request;
    const char *message;
} Case;

Test(governance, each_rule_refuses_what_it_forbids)
{
    SCOPED(governance_close) Governance *governance = world_open();
    const Case cases[] = {
        {{.action = GOVERNANCE_LOAD, .person_id = "ana", .source = TEXT("gp_event"), .sender = TEXT("icb")},
         "load refused: role engineer is needed"},
        {{.action = GOVERNANCE_LOAD, .person_id = "eng", .source = TEXT("gp_event"), .sender = TEXT("other")},
         "load refused: there is no current agreement of this sender for this source"},
        {{.action = GOVERNANCE_LOAD,
          .person_id = "nobody",
          .source = TEXT("gp_event"),
          .sender = TEXT("icb")},
         "load refused: role engineer is needed"},
        {{.action = GOVERNANCE_PULL, .person_id = "ana", .source = TEXT("gp_event"), .sender = TEXT("icb")},
         "pull refused: role engineer is needed"},
        {{.action = GOVERNANCE_PULL, .person_id = "eng", .source = TEXT("gp_event"), .sender = TEXT("other")},
         "pull refused: there is no current agreement of this sender for this source"},
        {{.action = GOVERNANCE_ARCHIVE_OPEN, .person_id = "ana"},
         "archive_open refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_ARCHIVE_OPEN, .person_id = "ida", .object = TEXT("1")},
         "archive_open refused: no IG lead has approved it in the last 30 days, or it was done already"},
        {{.action = GOVERNANCE_ARCHIVE_APPROVE, .person_id = "eng", .object = TEXT("1")},
         "archive_approve refused: role ig_lead is needed"},
        {{.action = GOVERNANCE_ARCHIVE_APPROVE, .person_id = "ida", .object = TEXT("1")},
         "archive_approve refused: there is no delivery of this number (cinque deliveries lists them)"},
        {{.action = GOVERNANCE_QUARANTINE_OPEN, .person_id = "ana"},
         "quarantine_open refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_QUARANTINE_APPROVE, .person_id = "eng", .object = TEXT("1")},
         "quarantine_approve refused: role ig_lead is needed"},
        {{.action = GOVERNANCE_QUARANTINE_APPROVE, .person_id = "ida", .object = TEXT("1")},
         "quarantine_approve refused: there is no load of this number (cinque loads lists them)"},
        {{.action = GOVERNANCE_ARCHIVE_SWEEP, .person_id = "ida"},
         "archive_sweep refused: role engineer is needed"},
        {{.action = GOVERNANCE_WITHDRAW, .person_id = "ida"}, "withdraw refused: role engineer is needed"},
        {{.action = GOVERNANCE_LOAD_RELEASE, .person_id = "eng", .object = TEXT("1")},
         "load_release refused: role ig_lead or steward is needed"},
        {{.action = GOVERNANCE_LOAD_RELEASE, .person_id = "ida", .object = TEXT("1")},
         "load_release refused: the load is not held back"},
        {{.action = GOVERNANCE_LOAD_REFUSE, .person_id = "ana", .object = TEXT("1")},
         "load_refuse refused: role ig_lead or steward is needed"},
        {{.action = GOVERNANCE_TOTALS_ADD, .person_id = "ida"},
         "totals_add refused: role engineer is needed"},
        {{.action = GOVERNANCE_POPULATION_ADD, .person_id = "ida"},
         "population_add refused: role engineer is needed"},
        {{.action = GOVERNANCE_PRICES_ADD, .person_id = "ida"},
         "prices_add refused: role engineer is needed"},
        {{.action = GOVERNANCE_SOURCE_APPLY, .person_id = "ana"},
         "source_apply refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_SOURCE_APPLY, .person_id = "bootstrap"},
         "source_apply refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_LINK, .person_id = "ana"}, "link refused: role engineer is needed"},
        {{.action = GOVERNANCE_LINK_UNDO, .person_id = "ana"}, "link_undo refused: role engineer is needed"},
        {{.action = GOVERNANCE_LINK_EXPLAIN, .person_id = "ana"},
         "link_explain refused: role engineer is needed"},
        {{.action = GOVERNANCE_LINK_DECIDE, .person_id = "ana"},
         "link_decide refused: role engineer is needed"},
        {{.action = GOVERNANCE_REKEY, .person_id = "ana"}, "rekey refused: role engineer is needed"},
        {{.action = GOVERNANCE_KEY_CEREMONY, .person_id = "ida"},
         "key_ceremony refused: role engineer is needed"},
        {{.action = GOVERNANCE_KEY_EXPIRE, .person_id = "ida"},
         "key_expire refused: role engineer is needed"},
        {{.action = GOVERNANCE_KEY_DESTROY, .person_id = "ida"},
         "key_destroy refused: role engineer is needed"},
        {{.action = GOVERNANCE_KEY_APPROVE, .person_id = "eng"},
         "key_approve refused: role ig_lead is needed"},
        {{.action = GOVERNANCE_KEY_SEAL, .person_id = "ida"}, "key_seal refused: role engineer is needed"},
        {{.action = GOVERNANCE_KEY_SEAL, .person_id = "eng", .object = TEXT("f00d")},
         "key_seal refused: no IG lead has approved it in the last 30 days, or it was done already"},
        {{.action = GOVERNANCE_RELEASE_BUILD, .person_id = "ana", .purpose = TEXT("phm")},
         "release_build refused: role engineer is needed"},
        {{.action = GOVERNANCE_RELEASE_BUILD, .person_id = "eng", .purpose = TEXT("other")},
         "release_build refused: the purpose is not registered"},
        {{.action = GOVERNANCE_RELEASE_RETIRE, .person_id = "ana"},
         "release_retire refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_QUERY_SUBMIT, .person_id = "eng", .project = TEXT("P1")},
         "query_submit refused: role analyst is needed"},
        {{.action = GOVERNANCE_QUERY_SUBMIT, .person_id = "ben", .project = TEXT("P1")},
         "query_submit refused: only a member of the project may"},
        {{.action = GOVERNANCE_QUERY_SUBMIT, .person_id = "ana", .project = TEXT("P2")},
         "query_submit refused: the project is unknown or not current"},
        {{.action = GOVERNANCE_QUERY_SUBMIT,
          .person_id = "ana",
          .project = TEXT("P1"),
          .source = TEXT("gp_event,death")},
         "query_submit refused: a source is not granted to the project"},
        {{.action = GOVERNANCE_QUERY_APPROVE, .person_id = "ana", .object = TEXT("1")},
         "query_approve refused: role ig_lead is needed"},
        {{.action = GOVERNANCE_QUERY_APPROVE, .person_id = "ida", .object = TEXT("99")},
         "query_approve refused: the query is unknown"},
        {{.action = GOVERNANCE_QUERY_RUN, .person_id = "ana", .object = TEXT("99")},
         "query_run refused: the query is unknown"},
        {{.action = GOVERNANCE_AUDIT_READ, .person_id = "eng"}, "audit_read refused: role ig_lead is needed"},
        {{.action = GOVERNANCE_APPLY, .person_id = "ana"},
         "apply refused: role engineer or ig_lead is needed"},
        {{.action = GOVERNANCE_APPLY, .person_id = "bootstrap"},
         "apply refused: role engineer or ig_lead is needed"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Error error = refusal(governance, cases[i].request);

        cr_expect_eq(error.code, ERROR_REFUSED);
        cr_expect_str_eq(error.message, cases[i].message);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_field(entry, 7) = '\\x02'"),
                 (int64_t)(sizeof cases / sizeof cases[0]), "every refusal is logged");
}

Test(governance, the_log_says_who_was_refused_and_by_which_rule)
{
    SCOPED(governance_close) Governance *governance = world_open();

    (void)refusal(governance, (GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "ana"});

    cr_expect_eq(world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_text(entry, 5) = 'ana' "
                             "AND audit.entry_text(entry, 8) = 'role engineer is needed'"),
                 1);
}

/* Switch: the transaction in decide_and_log: without the append there, the permit would come all the same. */
Test(governance, no_permit_when_the_log_cannot_be_written)
{
    SCOPED(governance_close) Governance *governance = world_open();
    int64_t permits_before = world_count("SELECT count(*) FROM audit.permit");

    world_script("ALTER TABLE audit.intake RENAME TO intake_away");
    Error error = refusal(governance, (GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});
    cr_expect_eq(error.code, ERROR_DATABASE);
    world_script("ALTER TABLE audit.intake_away RENAME TO intake");

    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit"), permits_before);
    SCOPED(governance_permit_close)
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});
    cr_expect_not_null(permit, "the connection is usable again");
}

Test(governance, no_permit_when_the_insert_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();

    world_script("REVOKE INSERT ON audit.intake FROM cinque_owner");
    Error error = refusal(governance, (GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE action = 'link'"), 0);
}

Test(governance, no_permit_when_the_connection_is_dead)
{
    SCOPED(governance_close) Governance *governance = world_open();

    world_script("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE usename = 'cinque_governor' AND datname = current_database()");
    Error error = refusal(governance, (GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});

    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE action = 'link'"), 0);
}

Test(governance, a_person_name_that_is_too_long_gets_no_permit)
{
    SCOPED(governance_close) Governance *governance = world_open();

    Error error = refusal(
        governance,
        (GovernanceRequest){.action = GOVERNANCE_LINK,
                            .person_id = "0123456789012345678901234567890123456789012345678901234567890123"});

    cr_expect_eq(error.code, ERROR_USAGE);
}

Test(governance, a_detail_with_control_characters_gets_no_permit)
{
    SCOPED(governance_close) Governance *governance = world_open();

    Error error =
        refusal(governance,
                (GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng", .detail = TEXT("a\nb")});

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "link: no permit: log entry, field detail: not plain text");
}

/* Switch: the second asking of governance.decide in audit.decide, schema 020. */
Test(governance, a_caller_that_skips_the_rule_gets_no_permit_from_sql)
{
    SCOPED(governance_close) Governance *governance = world_open();

    /* "granted" for ana to link, as governance/entry.c would write it */
    Error error = world_try("cinque_governor",
                            "SELECT audit.decide('\\x01000101020001010300080000000000000001"
                            "04001030313233343536373839616263646566050003616e610600046c696e6b07000101')");

    cr_assert_not_null(governance);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "role engineer is needed");
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE action = 'link'"), 0);
}

Test(governance, a_result_is_logged_and_spends_the_permit)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close)
    GovernancePermit *permit = world_permit(
        governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng", .object = TEXT("7")});
    const GovernanceOutcome outcome = {.succeeded = true, .rows = 42};
    Error error = {0};

    Result result = governance_result(governance, permit, &outcome, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_not(governance_permit_covers(permit, GOVERNANCE_LINK, TEXT("7")));
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE object = '7' AND spent_at IS NOT NULL"),
                 1);
    cr_expect_eq(
        world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'result' "
                    "AND audit.entry_text(entry, 13) = '7' AND audit.entry_field(entry, 15) = '\\x01'"),
        1);
    result = governance_result(governance, permit, &outcome, &error);
    cr_assert_not(result.ok);
    cr_expect_str_eq(error.message, "permit: it has its result already");
}

/* Switch: spent_at IS NULL in audit.result, schema 020. */
Test(governance, sql_takes_no_second_result_of_a_permit)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close)
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});
    char sql[256] = "SELECT audit.result('\\x010001010200010203000800062f0000000001040010";
    Error error = {0};

    for (int i = 0; i < GOVERNANCE_PERMIT_BYTES; i++)
        snprintf(sql + strlen(sql), 3, "%02x", governance_permit_id(permit)[i]);
    snprintf(sql + strlen(sql), 16, "0f000101')");
    cr_assert(governance_result(governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
    error = world_try("cinque_governor", sql);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, "permit: unknown, or it has its result already");
}

Test(governance, an_unspent_permit_is_logged_as_failed_when_closed)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});

    governance_permit_close(&permit);

    cr_expect_null(permit);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.intake WHERE audit.entry_kind(entry) = 'result' "
                             "AND audit.entry_field(entry, 15) = '\\x02'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.permit WHERE spent_at IS NULL"), 0);
}

static Error require(const GovernancePermit *permit, const char *action, const char *object)
{
    char sql[256] = "SELECT audit.require('\\x", *at = sql + strlen(sql);

    for (int i = 0; i < GOVERNANCE_PERMIT_BYTES; i++)
        at += snprintf(at, 3, "%02x", governance_permit_id(permit)[i]);
    snprintf(at, sizeof sql - (size_t)(at - sql), "', '%s', '%s')", action, object);
    return world_try("cinque_owner", sql);
}

/* Switch: the WHERE of audit.require, schema 020, a condition at a time. */
Test(governance, sql_requires_an_open_permit_for_exactly_this_action_and_object)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close)
    GovernancePermit *permit = world_permit(
        governance,
        &(GovernanceRequest){.action = GOVERNANCE_LINK_UNDO, .person_id = "eng", .object = TEXT("7")});
    Error error = {0};

    cr_expect_eq(require(permit, "link_undo", "7").code, ERROR_NONE);
    cr_expect_eq(require(permit, "link", "7").code, ERROR_REFUSED);
    cr_expect_eq(require(permit, "link_undo", "8").code, ERROR_REFUSED);
    cr_assert(governance_result(governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);
    cr_expect_eq(require(permit, "link_undo", "7").code, ERROR_REFUSED, "spent");
    cr_expect_str_eq(require(permit, "link_undo", "7").message,
                     "permit: none is open for this action and object");
    cr_expect_eq(world_try("cinque_owner", "SELECT audit.require(NULL, 'link_undo', '7')").code,
                 ERROR_REFUSED);
}

/* Switch: granted_at in audit.require, schema 020. */
Test(governance, a_permit_of_yesterday_is_not_open)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close)
    GovernancePermit *permit = world_permit(
        governance,
        &(GovernanceRequest){.action = GOVERNANCE_LINK_UNDO, .person_id = "eng", .object = TEXT("7")});

    cr_assert_eq(
        world_try("cinque_owner", "UPDATE audit.permit SET granted_at = now() - interval '23 hours'").code,
        ERROR_NONE);
    cr_expect_eq(require(permit, "link_undo", "7").code, ERROR_NONE);
    cr_assert_eq(
        world_try("cinque_owner", "UPDATE audit.permit SET granted_at = now() - interval '25 hours'").code,
        ERROR_NONE);
    cr_expect_eq(require(permit, "link_undo", "7").code, ERROR_REFUSED);
}

Test(governance, a_missing_server_is_an_error_of_open)
{
    Governance *governance = NULL;
    Error error = {0};

    Result opened = governance_open("host=/nonexistent dbname=x user=y", &governance, &error);

    cr_assert_not(opened.ok);
    cr_expect_null(governance);
    cr_expect_eq(error.code, ERROR_DATABASE);
}
