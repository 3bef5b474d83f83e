#pragma once
/* Private to pseudonymise: the last day of a key, in a file beside it: "hub-2.until" holds "2027-03-31" and a
 * line end. A key without such a file never expires. */
#include "pseudonymise/key_folder.h"

/* DATE_NONE: none is set. */
Result key_until_read(const KeyFolder *folder, const char *key_file, Date *until, Error *error) CHECKED;
/* In place of the one before. */
Result key_until_write(const KeyFolder *folder, const char *key_file, Date until, Error *error) CHECKED;
Result key_until_remove(const KeyFolder *folder, const char *key_file, Error *error) CHECKED;
