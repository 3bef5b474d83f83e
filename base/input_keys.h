#pragma once
/*
 * The keys that encrypted files are opened with: a folder that is also gpg's, with one pair for OpenPGP and
 * numbered ones for CMS (cms-1.pem to cms-9.pem), none under a passphrase: who can read the folder can open
 * the files. Beside them are the public keys of senders.
 */
#include "base/text.h"

enum { INPUT_FINGERPRINT_BYTES = 65 };

typedef struct InputFingerprints {
    char openpgp[INPUT_FINGERPRINT_BYTES], cms[INPUT_FINGERPRINT_BYTES]; /* empty: none */
} InputFingerprints;

/* Makes the folder (0700) and a pair of each, of RSA with 3072 bits. name: for the people who are given the
 * public keys. ERROR_CONFIG when the folder is there. */
Result input_keys_create(const char *folder, const char *name, InputFingerprints *made, Error *error) CHECKED;
/* Takes in a sender's OpenPGP key, or a pair of our own: an OpenPGP key, or a PEM file of private key and
 * certificate. The fingerprint that is not empty is the one taken in. */
Result input_keys_import(const char *folder, const char *path, InputFingerprints *taken, Error *error)
    CHECKED;
/* What senders need: the OpenPGP public key, armoured, and the newest CMS certificate. */
Result input_keys_public(const char *folder, Arena *arena, Text *text, Error *error) CHECKED;
