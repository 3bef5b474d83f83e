#pragma once
/*
 * The file an IG lead keeps: one line a checkpoint, "cinque-checkpoint-1 SIZE ROOT MICROSECONDS". Locked
 * while open, so that two programs that seal at once do not mix their lines. A last line without its end is
 * of a killed program: it is not read, and cut off before the next is written.
 */
#include "governance/checkpoint_list.h"

typedef struct CheckpointFile CheckpointFile;

/* for_writing: made with mode 0600 when missing. Else *file stays NULL when there is none. */
Result checkpoint_file_open(const char *path, bool for_writing, CheckpointFile **file, Error *error) CHECKED;
void checkpoint_file_close(CheckpointFile **file);
/* ERROR_INPUT names the line that is not a checkpoint or whose size does not ascend. */
Result checkpoint_file_read(CheckpointFile *file, CheckpointList *list, Error *error) CHECKED;
/* Appends and waits until it is on disk. */
Result checkpoint_file_append(CheckpointFile *file, const Checkpoint *checkpoint, Error *error) CHECKED;
