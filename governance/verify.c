#include <stdio.h>

#include "governance/checkpoint_file.h"
#include "governance/state.h"
#include "governance/walk.h"

static Result read_file(const char *path, CheckpointList *filed, bool *has_file, Error *error)
{
    SCOPED(checkpoint_file_close) CheckpointFile *file = NULL;

    TRY(checkpoint_file_open(path, false, &file, error));
    *has_file = file != NULL;
    return file != NULL ? checkpoint_file_read(file, filed, error) : RESULT_OK;
}

static Result walk_snapshot(Db *db, CheckpointList *held, Walk *walk, Error *error)
{
    TRY(db_begin(db, error));
    TRY(db_script(db, "verify", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", error));
    TRY(checkpoint_list_read(db, held, error));
    TRY(walk_run(db, walk, error));
    return db_rollback(db, error);
}

static void report(const Walk *walk, GovernanceVerification *verification)
{
    verification->entry_count = walk->entry_count;
    verification->pending_count = walk->pending_count;
    verification->open_intent_count = walk->granted_count - walk->result_count;
    verification->checkpoint_count = (int64_t)walk->held->count;
    verification->root = merkle_root(&walk->tree);
    verification->is_verified = *walk->fault == '\0';
    snprintf(verification->fault, sizeof verification->fault, "%s", walk->fault);
}

/* The file is read first: the database always has what the file has. */
Result governance_verify(Governance *governance, const char *checkpoint_path,
                         GovernanceVerification *verification, Error *error)
{
    SCOPED(checkpoint_list_close) CheckpointList filed = {0}, held = {0};
    Walk walk = {.held = &held};
    bool has_file = false;
    Error ignored;

    *verification = (GovernanceVerification){0};
    if (checkpoint_path != NULL)
        TRY(read_file(checkpoint_path, &filed, &has_file, error));
    if (has_file)
        walk.filed = &filed;
    Result walked = walk_snapshot(governance->db, &held, &walk, error);
    if (!walked.ok) {
        Result undone = db_rollback(governance->db, &ignored);
        (void)undone; /* the first error is the one to tell */
        return walked;
    }
    if (checkpoint_path != NULL && filed.count == 0 && held.count > 0 && *walk.fault == '\0')
        snprintf(walk.fault, sizeof walk.fault, "the checkpoint file is missing or empty");
    report(&walk, verification);
    return RESULT_OK;
}
