#pragma once
/* Private to ingest: where a load's rejected lines go. */
#include "pseudonymise/pseudonymise.h"

/* Makes folder/load-N.sealed, never over another. */
Result rejected_seal(const char *folder, int64_t load_id, const Keyring *keyring, Seal **seal, Error *error)
    CHECKED;
/* Of a load that is abandoned; there may be none. */
void rejected_remove(const char *folder, int64_t load_id);
