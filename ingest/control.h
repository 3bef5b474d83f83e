#pragma once
/* Private to ingest: the control file NAME.ctl that a MESH client writes beside NAME.dat when it is complete.
 */
#include <stddef.h>

#include "base/error.h"
#include "ingest/fetch.h"

/* In folder. Not there: *is_success false. name: LocalId, what the sender called the file; left alone when
 * there is none that is a plain file's name. */
Result control_read(int folder, const char *path, char name[FETCH_NAME_BYTES], bool *is_success, Error *error)
    CHECKED;
