#pragma once
/* Private to pseudonymise: the names of the files in a keyring's folder, and which hub versions it holds. */
#include <stddef.h>

#include "pseudonymise/key_file.h"

#define KEY_FILE_REGIONAL "regional.key"
/* The hub's alone, for as long as there are rows: subject numbers and record keys are under it. */
#define KEY_FILE_SUBJECTS           "subjects.key"
#define KEY_FILE_QUARANTINE_PUBLIC  "quarantine.public"
#define KEY_FILE_QUARANTINE_PRIVATE "quarantine.private"
/* What parcels are sealed to: the pair with the hub, its public half with each provider. */
#define KEY_FILE_PARCEL_PUBLIC  "parcel.public"
#define KEY_FILE_PARCEL_PRIVATE "parcel.private"
/* What stored encodings are sealed to: encodings-N.public is the loader's, encodings-N.private linkage's. */
#define KEY_FAMILY_ENCODINGS "encodings"

enum { KEY_FILE_NAME_BYTES = 32, KEY_HUB_VERSIONS_MAX = 999 };

const char *key_folder_hub_file(int version, char name[KEY_FILE_NAME_BYTES]);

typedef struct HubVersions {
    int *versions; /* ascending, at least one */
    size_t count;
} HubVersions;

/* ERROR_CONFIG when it holds none. */
Result key_folder_hub_versions(const KeyFolder *folder, HubVersions *hub, Error *error) CHECKED;
/* ERROR_CONFIG when it holds one, of whatever version, or the subjects' key: it is no provider's. */
Result key_folder_without_hub(const KeyFolder *folder, Error *error) CHECKED;
void hub_versions_close(HubVersions *hub);
/* Versions of the pair that stored encodings are sealed to, by the public halves; none is no error. */
Result key_folder_encodings_versions(const KeyFolder *folder, HubVersions *versions, Error *error) CHECKED;
const char *key_folder_encodings_file(int version, bool is_private, char name[KEY_FILE_NAME_BYTES]);

/* keyring_files.c: the pair that quarantines are sealed to. */
Result key_folder_write_quarantine_pair(const KeyFolder *folder, Error *error) CHECKED;
/* Those that stored encodings are sealed to. */
Result key_folder_write_encodings_pair(const KeyFolder *folder, int version, Error *error) CHECKED;
/* A new X25519 pair as two files. */
Result key_folder_write_pair(const KeyFolder *folder, const char *private_name, const char *public_name,
                             Error *error) CHECKED;
