#pragma once
/* Numbered forward-only schema files, 001_name and on, gaps allowed: each applied once, in one transaction,
 * its hash kept. */
#include "base/db.h"
#include "base/embedded.h"

/*
 * Applies those not yet in table public.schema_version (made when missing). A file whose recorded hash
 * differs from the embedded one is ERROR_CONFIG: history does not change. *applied: how many were new.
 */
Result migrate_apply(Db *db, const EmbeddedFile *files, size_t file_count, int64_t *applied, Error *error)
    CHECKED;
/* The highest number applied and the highest known; 0 when none. */
Result migrate_version(Db *db, const EmbeddedFile *files, size_t file_count, int64_t *applied, int64_t *known,
                       Error *error) CHECKED;
