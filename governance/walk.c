#include "governance/walk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "governance/entry.h"
#include "governance_sql.h"

/* audit.append refuses an entry that is older than this before the last checkpoint. */
#define BACKDATED_US (INT64_C(10) * 60 * 1000000)

static const DbStatement walk_statement = {
    .name = "log_walk",
    .sql = governance_sql_log_walk,
    .columns = {VALUE_INT8, VALUE_BYTES, VALUE_TIMESTAMPTZ, VALUE_BYTES},
};

/* The first fault is kept; what follows from it says nothing new. */
static void PRINTF(2, 3) fault(Walk *walk, const char *format, ...)
{
    if (*walk->fault != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(walk->fault, sizeof walk->fault, format, arguments);
    va_end(arguments);
}

static void compare_root(Walk *walk, const CheckpointList *list, const char *whose)
{
    const Checkpoint *checkpoint = list != NULL ? checkpoint_list_find(list, walk->tree.size) : NULL;

    if (checkpoint == NULL)
        return;
    Hash root = merkle_root(&walk->tree);
    if (memcmp(root.bytes, checkpoint->root.bytes, HASH_BYTES) != 0)
        fault(walk, "checkpoint of size %" PRId64 " (%s): the root differs", walk->tree.size, whose);
    walk->sealed_at_us = checkpoint->at_us;
}

/* place: for the fault. */
static void check_entry(Walk *walk, const Value *row, const char *place)
{
    Error error = {0};
    Entry entry;

    if (!entry_decode(row[3].text, &entry, &error).ok) {
        fault(walk, "%s: the entry is not in canonical form", place);
        return;
    }
    if (row[2].is_null || row[2].integer != entry.time_us)
        fault(walk, "%s: the time differs from the entry's", place);
    if (entry.time_us < walk->sealed_at_us - BACKDATED_US)
        fault(walk, "%s: the entry is older than the checkpoint before it", place);
    walk->entry_count++;
    walk->granted_count += entry.decision == ENTRY_GRANTED;
    walk->result_count += entry.kind == ENTRY_RESULT;
}

static void visit_leaf(Walk *walk, const Value *row)
{
    char place[40];

    snprintf(place, sizeof place, "index %" PRId64, row[0].integer);
    if (row[0].integer != walk->tree.size) {
        fault(walk, "index %" PRId64 ": missing, the index is not dense", walk->tree.size);
        return;
    }
    if (row[3].is_null) {
        fault(walk, "%s: its entry is missing", place);
        return;
    }
    if (row[3].text.length > ENTRY_BYTES_MAX) {
        fault(walk, "%s: the entry is too long", place);
        return;
    }
    Hash leaf = merkle_leaf(row[3].text);
    if (row[1].text.length != HASH_BYTES || memcmp(leaf.bytes, row[1].text.data, HASH_BYTES) != 0)
        fault(walk, "%s: the entry differs from its leaf hash", place);
    check_entry(walk, row, place);
    merkle_add(&walk->tree, leaf);
    compare_root(walk, walk->held, "database");
    compare_root(walk, walk->filed, "file");
}

static Result visit(void *context, const Value *row, Error *error)
{
    Walk *walk = context;

    (void)error;
    if (*walk->fault != '\0')
        return RESULT_OK;
    if (!row[0].is_null) {
        visit_leaf(walk, row);
        return RESULT_OK;
    }
    walk->pending_count++;
    check_entry(walk, row, "an entry not indexed yet");
    return RESULT_OK;
}

static void check_length(Walk *walk, const CheckpointList *list, const char *whose)
{
    if (list == NULL || list->count == 0)
        return;
    int64_t size = list->items[list->count - 1].tree_size;
    if (size > walk->tree.size)
        fault(walk, "checkpoint of size %" PRId64 " (%s): the log holds only %" PRId64 " entries", size,
              whose, walk->tree.size);
}

/* The database commits a checkpoint before it goes to the file: one that only the file knows was taken away.
 */
static void check_filed_are_held(Walk *walk)
{
    for (size_t i = 0; walk->filed != NULL && i < walk->filed->count; i++)
        if (checkpoint_list_find(walk->held, walk->filed->items[i].tree_size) == NULL)
            fault(walk, "checkpoint of size %" PRId64 " (file): missing in the database",
                  walk->filed->items[i].tree_size);
}

Result walk_run(Db *db, Walk *walk, Error *error)
{
    TRY(db_each(db, &walk_statement, NULL, visit, walk, error));
    check_length(walk, walk->filed, "file");
    check_length(walk, walk->held, "database");
    check_filed_are_held(walk);
    return RESULT_OK;
}
