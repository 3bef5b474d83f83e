#pragma once
/* Private to archive*.c and pull.c: the names of an archive's files. */
#include "ingest/archive.h"

#define ARCHIVE_SEALED         ".sealed"
#define ARCHIVE_PART           ".part" /* being written */
#define ARCHIVE_OPENING        ".opening"
#define ARCHIVE_BEFORE         ".before" /* N.part of a pull that was killed, until the next has taken it over */
#define ARCHIVE_BEFORE_OPENING ".before-opening"
#define ARCHIVE_LOCK           ".lock" /* FEED.lock, held by the feed's pull */

Result archive_path(const char *folder, int64_t delivery_id, const char *suffix, char out[ARCHIVE_PATH_BYTES],
                    Error *error) CHECKED;
const char *archive_name(int64_t delivery_id, char out[ARCHIVE_NAME_BYTES]); /* "delivery 7" */
