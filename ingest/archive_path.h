#pragma once
/* Private to archive*.c: the names of an archive's files. */
#include "ingest/archive.h"

#define ARCHIVE_SEALED  ".sealed"
#define ARCHIVE_PART    ".part" /* being written */
#define ARCHIVE_OPENING ".opening"

Result archive_path(const char *folder, int64_t delivery_id, const char *suffix, char out[ARCHIVE_PATH_BYTES],
                    Error *error) CHECKED;
const char *archive_name(int64_t delivery_id, char out[ARCHIVE_NAME_BYTES]); /* "delivery 7" */
