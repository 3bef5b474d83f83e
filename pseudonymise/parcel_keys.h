#pragma once
/* Private to parcel*.c: where the hub keeps what parcels are opened and checked with. */
#include "base/error.h"

/* folder/name + ending; ERROR_CONFIG when it is too long or the folder is not ours alone. */
Result parcel_key_path(const char *folder, const char *name, const char *ending, char **path, Error *error)
    CHECKED;
void parcel_key_path_close(char **path);
/* ERROR_CONFIG: no Ed25519 public key of the sender. */
Result parcel_verify_key_check(const char *path, Error *error) CHECKED;
