#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cluster.h"
#include "base/input.h"
#include "tests/governance/world.h"

static const char *checkpoint_path(void)
{
    static char path[CLUSTER_PATH_BYTES];

    snprintf(path, sizeof path, "%s/checkpoints", support_folder());
    return path;
}

static Error checkpoint(Governance *governance, const char *path)
{
    Error error = {0};

    Result done = governance_checkpoint(governance, path, &error);
    if (done.ok)
        error.code = ERROR_NONE;
    return error;
}

static int lines_of(const char *path)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text content;
    int lines = 0;
    Error error = {0};

    Result done = input_read_all(path, 1 << 16, arena, &content, &error);
    cr_assert(done.ok, "%s", error.message);
    for (size_t i = 0; i < content.length; i++)
        lines += content.data[i] == '\n';
    return lines;
}

Test(checkpoint, all_entries_get_a_dense_index_and_the_file_a_line)
{
    SCOPED(governance_close) Governance *governance = world_open();
    struct stat status;

    world_fill_log(governance, 3);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(world_count("SELECT count(*) FROM audit.leaf"), 8);
    cr_expect_eq(world_count("SELECT max(leaf_index) FROM audit.leaf"), 7);
    cr_expect_eq(world_count("SELECT tree_size FROM audit.checkpoint"), 8);
    cr_expect_eq(lines_of(checkpoint_path()), 1);
    cr_assert_eq(stat(checkpoint_path(), &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
}

Test(checkpoint, gaps_in_the_entry_numbers_leave_none_in_the_index)
{
    SCOPED(governance_close) Governance *governance = world_open();

    world_script("SELECT nextval('audit.intake_entry_id_seq'), nextval('audit.intake_entry_id_seq')");
    world_fill_log(governance, 1);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(world_count("SELECT max(leaf_index) FROM audit.leaf"), 3);
    cr_expect_eq(world_count("SELECT max(entry_id) FROM audit.leaf"), 6);
}

Test(checkpoint, nothing_new_makes_no_new_checkpoint)
{
    SCOPED(governance_close) Governance *governance = world_open();

    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(world_count("SELECT count(*) FROM audit.checkpoint"), 1);
    cr_expect_eq(lines_of(checkpoint_path()), 1);
}

Test(checkpoint, an_empty_log_gets_none)
{
    SCOPED(governance_close) Governance *governance = world_open_empty();

    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(world_count("SELECT count(*) FROM audit.checkpoint"), 0);
    cr_expect_eq(lines_of(checkpoint_path()), 0);
}

Test(checkpoint, a_line_that_a_killed_program_did_not_write_is_written_next_time)
{
    SCOPED(governance_close) Governance *governance = world_open();

    cr_expect_eq(checkpoint(governance, NULL).code, ERROR_NONE, "as if killed before the file");
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(lines_of(checkpoint_path()), 1);
}

Test(checkpoint, a_torn_last_line_is_replaced)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernanceVerification verification;
    Error error = {0};

    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);
    FILE *file = fopen(checkpoint_path(), "a");
    fputs("cinque-checkpoint-1 12 ab", file);
    fclose(file);
    world_fill_log(governance, 1);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);

    cr_expect_eq(lines_of(checkpoint_path()), 2);
    cr_assert(governance_verify(governance, checkpoint_path(), &verification, &error).ok, "%s",
              error.message);
    cr_expect(verification.is_verified, "%s", verification.fault);
}

/* Switch: check_before in governance/checkpoint.c. */
Test(checkpoint, a_changed_log_is_not_extended)
{
    SCOPED(governance_close) Governance *governance = world_open();

    world_fill_log(governance, 3);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);
    world_script("ALTER TABLE audit.intake DISABLE TRIGGER ALL; ALTER TABLE audit.leaf DISABLE TRIGGER ALL;"
                 "UPDATE audit.intake SET entry = set_byte(entry, 12, 9) WHERE entry_id = 4;"
                 "UPDATE audit.leaf AS l SET leaf_hash = sha256('\\x00' || i.entry) FROM audit.intake AS i "
                 "WHERE i.entry_id = l.entry_id;"
                 "UPDATE audit.intake SET at = audit.entry_time(entry)");
    world_fill_log(governance, 1);
    Error error = checkpoint(governance, checkpoint_path());

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(
        error.message,
        "checkpoint refused, the log was changed: checkpoint of size 8 (database): the root differs");
    cr_expect_eq(world_count("SELECT count(*) FROM audit.checkpoint"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM audit.leaf"), 8, "nothing is indexed either");
}

Test(checkpoint, a_vanished_file_is_not_silently_started_again)
{
    SCOPED(governance_close) Governance *governance = world_open();

    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);
    world_fill_log(governance, 1);
    cr_expect_eq(checkpoint(governance, checkpoint_path()).code, ERROR_NONE);
    cr_assert_eq(remove(checkpoint_path()), 0);
    world_fill_log(governance, 1);
    Error error = checkpoint(governance, checkpoint_path());

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message,
                     "checkpoint refused, the log was changed: the checkpoint file is missing or empty");
}

static Error checkpoint_over(const char *content)
{
    Governance *governance = world_open();
    Error error = checkpoint(governance, support_file("own", content));

    governance_close(&governance);
    return error;
}

#define ROOT "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

Test(checkpoint, a_file_of_something_else_is_refused)
{
    Error error = checkpoint_over("hello\n");

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_not_null(strstr(error.message, "/own line 1: not a checkpoint"));
}

Test(checkpoint, a_file_whose_sizes_do_not_ascend_is_refused)
{
    Error error = checkpoint_over("cinque-checkpoint-1 5 " ROOT " 1\ncinque-checkpoint-1 5 " ROOT " 2\n");

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_not_null(strstr(error.message, "/own line 2: sizes do not ascend"));
}

Test(checkpoint, the_file_of_another_log_is_refused)
{
    Error error = checkpoint_over("cinque-checkpoint-1 2 " ROOT " 1\n");

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(
        error.message,
        "checkpoint refused, the log was changed: checkpoint of size 2 (file): the root differs");
}

Test(checkpoint, a_symbolic_link_in_place_of_the_file_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();
    char link_path[CLUSTER_PATH_BYTES];

    snprintf(link_path, sizeof link_path, "%s/link", support_folder());
    cr_assert_eq(symlink("/dev/null", link_path), 0);
    Error error = checkpoint(governance, link_path);

    cr_expect_eq(error.code, ERROR_SYSTEM);
}

Test(checkpoint, a_folder_in_place_of_the_file_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();

    cr_expect_eq(checkpoint(governance, support_folder()).code, ERROR_SYSTEM);
}

/* Switch: the clock check of audit.append, schema 020. */
Test(checkpoint, a_clock_behind_the_last_checkpoint_gets_no_permit)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_expect_eq(checkpoint(governance, NULL).code, ERROR_NONE);
    world_script("ALTER TABLE audit.checkpoint DISABLE TRIGGER ALL;"
                 "UPDATE audit.checkpoint SET at = at + interval '11 minutes'");
    Result result = governance_request(
        governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"}, &permit, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message,
                     "link: no permit: log entry: the clock is behind the last checkpoint; set it "
                     "right, or wait until it has caught up");
}
