/* Seals the log: an index without gaps, and a root over all of it, kept in two places. */
#include <stdio.h>

#include "governance/checkpoint_file.h"
#include "governance/state.h"
#include "governance/walk.h"
#include "governance_sql.h"

static const DbStatement index_statement = {
    .name = "index_pending",
    .sql = governance_sql_index_pending,
    .columns = {VALUE_INT8},
};

static const DbStatement add_statement = {
    .name = "checkpoint_add",
    .sql = governance_sql_checkpoint_add,
    .parameters = {VALUE_INT8, VALUE_BYTES, VALUE_TIMESTAMPTZ},
    .columns = {VALUE_INT8},
};

static const Checkpoint *last_of(const CheckpointList *list)
{
    return list->count > 0 ? &list->items[list->count - 1] : NULL;
}

/*
 * Nothing is sealed on top of a log that no longer fits what was sealed before. A file that is empty while
 * the database has several checkpoints was taken away: one alone may be what a killed program did not get to
 * write.
 */
static Result check_before(Db *db, const CheckpointList *held, const CheckpointList *filed, Walk *walk,
                           Error *error)
{
    *walk = (Walk){.held = held, .filed = filed};
    TRY(walk_run(db, walk, error));
    if (*walk->fault == '\0' && filed != NULL && filed->count == 0 && held->count > 1)
        snprintf(walk->fault, sizeof walk->fault, "the checkpoint file is missing or empty");
    if (*walk->fault != '\0')
        return fail(error, ERROR_REFUSED, "checkpoint refused, the log was changed: %s", walk->fault);
    return RESULT_OK;
}

/* In the caller's transaction. Adds a checkpoint to held when there is something new. */
static Result seal(Db *db, CheckpointList *held, const CheckpointList *filed, Error *error)
{
    Walk walk;
    int64_t size, count;

    TRY(db_run_int8(db, &index_statement, NULL, &size, NULL, error));
    TRY(checkpoint_list_read(db, held, error));
    TRY(check_before(db, held, filed, &walk, error));
    if (size == 0 || (last_of(held) != NULL && last_of(held)->tree_size == size))
        return RESULT_OK;
    const Checkpoint next = {.tree_size = size, .root = merkle_root(&walk.tree), .at_us = time_now_us()};
    const Value parameters[] = {value_int8(size), value_bytes(next.root.bytes, HASH_BYTES),
                                value_time(next.at_us)};
    TRY(db_run_int8(db, &add_statement, parameters, &count, NULL, error));
    checkpoint_list_add(held, next);
    return RESULT_OK;
}

static Result seal_in_transaction(Db *db, CheckpointList *held, const CheckpointList *filed, Error *error)
{
    TRY(db_begin(db, error));
    TRY(seal(db, held, filed, error));
    return db_commit(db, error);
}

Result governance_checkpoint(Governance *governance, const char *checkpoint_path, Error *error)
{
    SCOPED(checkpoint_file_close) CheckpointFile *file = NULL;
    SCOPED(checkpoint_list_close) CheckpointList filed = {0}, held = {0};
    Error ignored;

    if (checkpoint_path != NULL) {
        TRY(checkpoint_file_open(checkpoint_path, true, &file, error));
        TRY(checkpoint_file_read(file, &filed, error));
    }
    Result sealed = seal_in_transaction(governance->db, &held, file != NULL ? &filed : NULL, error);
    if (!sealed.ok) {
        Result undone = db_rollback(governance->db, &ignored);
        (void)undone; /* the first error is the one to tell */
        return sealed;
    }
    const Checkpoint *newest = last_of(&held), *known = last_of(&filed);
    if (file == NULL || newest == NULL || (known != NULL && known->tree_size >= newest->tree_size))
        return RESULT_OK;
    return checkpoint_file_append(file, newest, error);
}
