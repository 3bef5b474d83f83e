#pragma once
/* Checkpoints as the database holds them and as the file does. */
#include "base/db.h"

typedef struct Checkpoint {
    int64_t tree_size, at_us;
    Hash root;
} Checkpoint;

typedef struct CheckpointList {
    Checkpoint *items; /* tree sizes ascend */
    size_t count, capacity;
} CheckpointList;

void checkpoint_list_add(CheckpointList *list, Checkpoint checkpoint);
void checkpoint_list_close(CheckpointList *list);
const Checkpoint *checkpoint_list_find(const CheckpointList *list, int64_t tree_size); /* NULL: none */
Result checkpoint_list_read(Db *db, CheckpointList *list, Error *error) CHECKED;
