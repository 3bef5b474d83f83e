#include "governance/checkpoint_list.h"

#include <string.h>

#include "base/arena.h"
#include "governance_sql.h"

static const DbStatement list_statement = {
    .name = "checkpoint_list",
    .sql = governance_sql_checkpoint_list,
    .columns = {VALUE_INT8, VALUE_BYTES, VALUE_TIMESTAMPTZ},
};

void checkpoint_list_add(CheckpointList *list, Checkpoint checkpoint)
{
    list->items = memory_room(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = checkpoint;
}

void checkpoint_list_close(CheckpointList *list)
{
    memory_free(list->items);
    *list = (CheckpointList){0};
}

const Checkpoint *checkpoint_list_find(const CheckpointList *list, int64_t tree_size)
{
    size_t from = 0, to = list->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (list->items[middle].tree_size < tree_size)
            from = middle + 1;
        else
            to = middle;
    }
    return from < list->count && list->items[from].tree_size == tree_size ? &list->items[from] : NULL;
}

Result checkpoint_list_read(Db *db, CheckpointList *list, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(db, &list_statement, NULL, &rows, error));
    for (size_t row = 0; row < db_row_count(rows); row++) {
        Text root = db_text(rows, row, 1);
        Checkpoint checkpoint = {.tree_size = db_int(rows, row, 0), .at_us = db_int(rows, row, 2)};
        if (root.length != HASH_BYTES)
            return fail(error, ERROR_DATABASE, "statement checkpoint_list: a root is no hash");
        memcpy(checkpoint.root.bytes, root.data, HASH_BYTES);
        checkpoint_list_add(list, checkpoint);
    }
    return RESULT_OK;
}
