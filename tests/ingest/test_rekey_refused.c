/* What re-keying and the end of a key version refuse, and whom. */
#include "tests/ingest/rekeying.h"

TestSuite(rekey_refused, .init = set_up, .fini = tear_down, .timeout = 120);

Test(rekey_refused, a_keyring_older_than_what_is_held_is_refused)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestRekeyReport report;
    Error error = {0};
    must_rekey(keyring);

    Result result = try_rekey(world.keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "newer hub key version than 1") != NULL, "%s", error.message);
}

/* Switch: governance_permit_covers in ingest_rekey. */
Test(rekey_refused, a_permit_for_another_version_or_action_is_refused)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(governance_permit_close) GovernancePermit *other_version = permit_for(GOVERNANCE_REKEY, "3");
    SCOPED(governance_permit_close) GovernancePermit *other_action = permit_for(GOVERNANCE_LINK_UNDO, "2");
    IngestRekeyReport report;
    Error error = {0};

    cr_expect(!ingest_rekey(keeper, keyring, other_version, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(!ingest_rekey(keeper, keyring, other_action, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}

/* Switch: audit.require in each of the three functions. */
Test(rekey_refused, without_a_permit_no_token_is_given_or_taken)
{
    static const char *const calls[] = {
        "SELECT ingest.rekey_begin('\\x00112233445566778899aabbccddeeff', 2::int2)",
        "SELECT ingest.rekey_rows('\\x00112233445566778899aabbccddeeff', 2::int2, 0, 10)",
        "SELECT ingest.rekey_finish('\\x00112233445566778899aabbccddeeff', 2::int2)",
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        Error error = world_try("cinque_keeper", calls[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", calls[i], error.message);
        cr_expect(strstr(error.message, "permit: none is open") != NULL, "%s", error.message);
    }
}

/* Switch: the grants of schema/060_rekey.sql; also while a permit is open. */
Test(rekey_refused, the_keeper_can_do_nothing_else)
{
    static const char *const forbidden[] = {
        "SELECT FROM subjects.subject",
        "UPDATE subjects.subject SET key_version = 2",
        "SELECT FROM subjects.hub_key",
        "UPDATE subjects.hub_key SET version = 2",
        "SELECT FROM linkage.household",
        "SELECT FROM linkage.link",
        "SELECT linkage.households_rekey()",
        "SELECT FROM records.list",
        "SELECT FROM records.active_list",
        "SELECT FROM presence.list",
        "SELECT FROM ingest.load",
        "SELECT FROM ingest.source",
        "SELECT ingest.load_list(NULL)",
        "SELECT ingest.open_loads_end()",
        "SELECT ingest.staging_drop(1::int2, 1)",
        "SELECT FROM governance.person",
        "SELECT FROM audit.intake",
        "SELECT FROM release.release",
        "CREATE TABLE staging.mine (a int4)",
        "CREATE TEMPORARY TABLE mine (a int4)",
        "SET ROLE cinque_owner",
    };
    GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, "2");

    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        Error error = world_try("cinque_keeper", forbidden[i]);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", forbidden[i], error.message);
    }
    governance_permit_close(&permit);
}

/* The keeper as it might go wrong: hands over what this selects of the subjects r, and finishes. */
static Error finish_with(const char *selected)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_REKEY, "2");
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES)};
    const DbStatement begin = {.name = "begin",
                               .sql = "SELECT ingest.rekey_begin($1, 2::int2)",
                               .parameters = {VALUE_BYTES},
                               .columns = {VALUE_INT8}};
    const DbStatement finish = {.name = "finish",
                                .sql = "SELECT subjects FROM ingest.rekey_finish($1, 2::int2)",
                                .parameters = {VALUE_BYTES},
                                .columns = {VALUE_INT8}};
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO staging.rekey SELECT %s FROM ingest.rekey_rows($1, 2::int2, "
             "'-9223372036854775808'::int8, 10) AS r",
             selected);
    const DbStatement hand_over = {.name = "hand over", .sql = sql, .parameters = {VALUE_BYTES}};
    int64_t count;
    Error error = {0}, ignored = {0};

    cr_assert(db_begin(keeper, &error).ok, "%s", error.message);
    cr_assert(db_run_int8(keeper, &begin, values, &count, NULL, &error).ok, "%s", error.message);
    cr_expect_eq(count, 6);
    cr_assert(db_run(keeper, &hand_over, values, NULL, &error).ok, "%s", error.message);
    Result finished = db_run_int8(keeper, &finish, values, &count, NULL, &error);
    cr_assert(db_rollback(keeper, &ignored).ok, "%s", ignored.message);
    return finished.ok ? (Error){0} : error;
}

/* Switch: the conditions of ingest.rekey_finish, one a line. */
Test(rekey_refused, it_is_refused_when_a_subject_is_missing_or_tokens_come_or_go)
{
    static const char *const wrong[] = {
        "subject_id + 1, nhs_token, superseded_nhs_token, local_token, uprn_token",
        "subject_id, NULL, superseded_nhs_token, local_token, uprn_token",
        "subject_id, nhs_token, NULL, local_token, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, NULL, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, NULL",
        "subject_id, coalesce(nhs_token, uprn_token), superseded_nhs_token, local_token, uprn_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token, nhs_token",
        "subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token, NULL, nhs_token",
    };
    char before[DUMP_BYTES], after[DUMP_BYTES];
    dump(tokens_sql, before);

    Error whole = finish_with("subject_id, nhs_token, superseded_nhs_token, local_token, uprn_token");

    cr_expect_eq(whole.code, ERROR_NONE, "else what follows would show nothing: %s", whole.message);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        Error error = finish_with(wrong[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "%s: %s", wrong[i], error.message);
        cr_expect_str_eq(error.message, "re-key: a subject has no rewrapped tokens, or others than it had");
    }
    cr_expect_str_eq(before, dump(tokens_sql, after));
}

/* Switch: the check in linkage.households_rekey. */
Test(rekey_refused, a_household_whose_token_no_subject_has_refuses_it)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    IngestRekeyReport report;
    Error error = {0};
    world_script("INSERT INTO linkage.household (uprn_token, run_id) VALUES "
                 "('\\x00112233445566778899aabbccddeeff', 1)");

    Result result = try_rekey(keyring, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(world_count("SELECT version::int8 FROM subjects.hub_key"), 1);
}

static Error destroy_refusal(const char *version, int asked)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = permit_for(GOVERNANCE_KEY_DESTROY, version);
    Error error = {0};

    cr_expect_not(ingest_key_destroy_check(keeper, permit, asked, &error).ok);
    return error;
}

/* Switch: what ingest.key_destroy_check looks at. */
Test(rekey_refused, a_version_that_anything_is_held_under_is_not_destroyed)
{
    Error error = destroy_refusal("1", 1);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "held under hub key version 1"), "%s", error.message);
}

Test(rekey_refused, a_version_is_destroyed_under_a_permit_for_it_alone)
{
    Error error = destroy_refusal("2", 1);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "permit"), "%s", error.message);
}

Test(rekey_refused, once_all_is_under_another_version_the_old_one_can_go)
{
    SCOPED(keyring_close) Keyring *keyring = rotated();
    SCOPED(governance_permit_close) GovernancePermit *rekey = permit_for(GOVERNANCE_REKEY, "2");
    SCOPED(governance_permit_close) GovernancePermit *destroy = permit_for(GOVERNANCE_KEY_DESTROY, "1");
    IngestRekeyReport report;
    Error error = {0};

    cr_assert(ingest_rekey(keeper, keyring, rekey, &report, &error).ok, "%s", error.message);

    cr_expect_eq(report.key_use.outer, report.key_use.older);
    cr_expect_gt(report.key_use.outer, report.subjects, "each subject has a token or more");
    cr_expect(ingest_key_destroy_check(keeper, destroy, 1, &error).ok, "%s", error.message);
}
