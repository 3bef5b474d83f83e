/*
 * Twelve tamperings by a database superuser after checkpoints, each found; and honest growth, in which
 * nothing is. Switch of most: the compare_root of the file in governance/walk.c; the attacks that rebuild the
 * database's own checkpoints pass without the file, which each of their tests shows.
 */
#include <stdio.h>

#include "base/cluster.h"
#include "tests/governance/world.h"

static char path[CLUSTER_PATH_BYTES];

static void checkpoint(Governance *governance, const char *file)
{
    Error error = {0};

    Result done = governance_checkpoint(governance, file, &error);
    cr_assert(done.ok, "%s", error.message);
}

/* 2 entries of the first apply, then 20: checkpoint of 22; 20 more: checkpoint of 42. */
static Governance *sealed_log(void)
{
    Governance *governance = world_open();

    snprintf(path, sizeof path, "%s/checkpoints", support_folder());
    world_fill_log(governance, 10);
    checkpoint(governance, path);
    world_fill_log(governance, 10);
    checkpoint(governance, path);
    return governance;
}

static GovernanceVerification verify(Governance *governance, const char *file)
{
    GovernanceVerification verification;
    Error error = {0};

    Result done = governance_verify(governance, file, &verification, &error);
    cr_assert(done.ok, "%s", error.message);
    return verification;
}

/* What a superuser does first. */
#define UNLOCK                                                                                               \
    "ALTER TABLE audit.intake DISABLE TRIGGER ALL; ALTER TABLE audit.leaf DISABLE TRIGGER ALL;"              \
    "ALTER TABLE audit.checkpoint DISABLE TRIGGER ALL; ALTER TABLE audit.intake ALTER entry_id DROP "        \
    "IDENTITY;"
#define LOCK   "ALTER TABLE audit.intake ALTER entry_id ADD GENERATED ALWAYS AS IDENTITY (START 1000);"
#define FORGET "DELETE FROM audit.leaf; DELETE FROM audit.checkpoint;"
#define EDIT                                                                                                 \
    "UPDATE audit.intake SET entry = decode(replace(encode(entry, 'hex'), '656e67', '616e61'), 'hex') "
#define CUT_TO_22                                                                                            \
    "DELETE FROM audit.checkpoint WHERE tree_size > 22; DELETE FROM audit.leaf WHERE leaf_index >= 22;"      \
    "DELETE FROM audit.intake WHERE entry_id > 22;"

static void expect_found(Governance *governance, const char *fault)
{
    GovernanceVerification verification = verify(governance, path);

    cr_expect_not(verification.is_verified);
    cr_expect_str_eq(verification.fault, fault);
}

/* The database alone looks whole after it: only the file kept elsewhere tells. */
static void rebuild(Governance *governance)
{
    checkpoint(governance, NULL);
    cr_expect(verify(governance, NULL).is_verified, "the attacker did thorough work");
}

Test(verify, honest_growth_is_clean)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    GovernanceVerification verification = verify(governance, path);
    cr_expect(verification.is_verified, "%s", verification.fault);
    cr_expect_eq(verification.entry_count, 42);
    cr_expect_eq(verification.pending_count, 0);
    cr_expect_eq(verification.checkpoint_count, 2);
    cr_expect_eq(verification.open_intent_count, 0);

    SCOPED(governance_permit_close)
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});
    verification = verify(governance, path);
    cr_expect(verification.is_verified, "%s", verification.fault);
    cr_expect_eq(verification.entry_count, 43);
    cr_expect_eq(verification.pending_count, 1);
    cr_expect_eq(verification.open_intent_count, 1);
    cr_expect_not_null(permit);
}

Test(verify, an_empty_log_is_clean)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();

    GovernanceVerification verification = verify(governance, NULL);

    cr_expect(verification.is_verified);
    cr_expect_eq(verification.entry_count, 0);
}

Test(verify, an_edited_body_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK
                 "UPDATE audit.intake SET entry = set_byte(entry, length(entry) - 1, 88) WHERE entry_id = 6");

    expect_found(governance, "index 5: the entry differs from its leaf hash");
}

Test(verify, an_edited_actor_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK EDIT "WHERE entry_id = 9");

    expect_found(governance, "index 8: the entry differs from its leaf hash");
}

Test(verify, an_edited_time_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "UPDATE audit.intake SET at = at + interval '1 microsecond' WHERE entry_id = 6");

    expect_found(governance, "index 5: the time differs from the entry's");
}

Test(verify, an_entry_deleted_in_the_middle_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "DELETE FROM audit.intake WHERE entry_id = 6");
    expect_found(governance, "index 5: its entry is missing");

    world_script("DELETE FROM audit.leaf WHERE entry_id = 6");
    expect_found(governance, "index 5: missing, the index is not dense");
}

Test(verify, two_swapped_entries_are_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "UPDATE audit.intake SET entry_id = -7 WHERE entry_id = 7;"
                        "UPDATE audit.intake SET entry_id = 7 WHERE entry_id = 8;"
                        "UPDATE audit.intake SET entry_id = 8 WHERE entry_id = -7");
    expect_found(governance, "index 6: the entry differs from its leaf hash");

    world_script("UPDATE audit.leaf AS l SET leaf_hash = sha256('\\x00' || i.entry) FROM audit.intake AS i "
                 "WHERE i.entry_id = l.entry_id");
    expect_found(governance, "checkpoint of size 22 (database): the root differs");
}

Test(verify, a_cut_tail_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(
        UNLOCK "DELETE FROM audit.leaf WHERE leaf_index >= 32; DELETE FROM audit.intake WHERE entry_id > 32");
    expect_found(governance, "checkpoint of size 42 (file): the log holds only 32 entries");

    world_script("DELETE FROM audit.checkpoint WHERE tree_size = 42");
    cr_expect(verify(governance, NULL).is_verified, "the database alone does not tell");
    expect_found(governance, "checkpoint of size 42 (file): the log holds only 32 entries");
}

Test(verify, an_edit_with_a_rebuilt_tree_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK FORGET EDIT "WHERE entry_id = 9");
    rebuild(governance);

    expect_found(governance, "checkpoint of size 22 (file): the root differs");
}

Test(verify, a_deletion_with_renumbering_and_a_rebuilt_tree_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK FORGET "DELETE FROM audit.intake WHERE entry_id = 9;"
                               "UPDATE audit.intake SET entry_id = entry_id - 1000 WHERE entry_id > 9;"
                               "UPDATE audit.intake SET entry_id = entry_id + 999 WHERE entry_id < 0");
    rebuild(governance);

    expect_found(governance, "checkpoint of size 22 (file): the root differs");
}

Test(verify, a_restored_older_state_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK CUT_TO_22);

    cr_expect(verify(governance, NULL).is_verified, "the database alone does not tell");
    expect_found(governance, "checkpoint of size 42 (file): the log holds only 22 entries");
}

Test(verify, a_fork_grown_to_the_same_size_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK CUT_TO_22 LOCK);
    world_fill_log(governance, 10);
    rebuild(governance);

    expect_found(governance, "checkpoint of size 42 (file): the root differs");
}

Test(verify, a_backdated_insertion_with_a_rebuilt_tree_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK FORGET
                 "INSERT INTO audit.intake (entry_id, at, entry) SELECT 0, at, entry FROM audit.intake "
                 "WHERE entry_id = 9");
    rebuild(governance);

    expect_found(governance, "checkpoint of size 22 (file): the root differs");
}

/* A note of MINUTES ago, put behind the index by a superuser. */
#define FORGE(minutes)                                                                                       \
    "INSERT INTO audit.intake (entry_id, at, entry) SELECT 1000 + " minutes ", audit.entry_time(e), e "      \
    "FROM (SELECT '\\x0100010102000103030008'::bytea || int8send((extract(epoch FROM now()) * "              \
    "1000000)::int8 "                                                                                        \
    "- " minutes " * 60000000::int8) AS e) AS forged"

/* Switch: BACKDATED_US in governance/walk.c. */
Test(verify, a_backdated_insertion_behind_the_index_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK FORGE("9"));
    cr_expect(verify(governance, path).is_verified, "within what a clock may be set back");

    world_script(FORGE("11"));
    expect_found(governance, "an entry not indexed yet: the entry is older than the checkpoint before it");
}

Test(verify, an_emptied_log_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK FORGET "DELETE FROM audit.intake");
    expect_found(governance, "checkpoint of size 42 (file): the log holds only 0 entries");

    world_script(LOCK);
    world_fill_log(governance, 2);
    rebuild(governance);
    expect_found(governance, "checkpoint of size 42 (file): the log holds only 4 entries");
}

Test(verify, a_checkpoint_taken_from_the_database_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "DELETE FROM audit.checkpoint WHERE tree_size = 22");

    expect_found(governance, "checkpoint of size 22 (file): missing in the database");
}

Test(verify, an_edited_root_in_the_database_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "UPDATE audit.checkpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1) "
                        "WHERE tree_size = 42");

    expect_found(governance, "checkpoint of size 42 (database): the root differs");
}

Test(verify, bytes_that_are_no_entry_are_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    world_script(UNLOCK "INSERT INTO audit.intake (entry_id, at, entry) VALUES (1000, now(), '\\x00')");

    expect_found(governance, "an entry not indexed yet: the entry is not in canonical form");
}

Test(verify, a_missing_checkpoint_file_is_found)
{
    SCOPED(governance_close) Governance *governance = sealed_log();

    cr_assert_eq(remove(path), 0);

    expect_found(governance, "the checkpoint file is missing or empty");
}

Test(verify, a_lost_connection_is_an_error_and_not_a_verdict)
{
    SCOPED(governance_close) Governance *governance = sealed_log();
    GovernanceVerification verification;
    Error error = {0};

    world_script("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE usename = 'cinque_governor' AND datname = current_database()");
    Result done = governance_verify(governance, path, &verification, &error);

    cr_assert_not(done.ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not(verification.is_verified);
}
