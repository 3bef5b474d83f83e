#pragma once
/* Private to pseudonymise: what the keyring gives its own module, sub-keys and the quarantine's public key.
 */
#include "base/secret.h"
#include "pseudonymise/keyed.h"
#include "pseudonymise/pseudonymise.h"

enum { KEYRING_INFO_BYTES = 96, KEYRING_NAME_BYTES = 16 };

/* HKDF-SHA-256 of the regional root; info names the use and its format version, such as "cinque/subject/v1".
 */
Result keyring_regional_key(const Keyring *keyring, const char *info, Secret **key, Error *error) CHECKED;
/* HKDF-SHA-256 of the subjects' root with info "cinque/outer/USE/SPACE"; ERROR_CONFIG from a provider's. */
Result keyring_subjects_key(const Keyring *keyring, const char *use, const char *space, Secret **key,
                            Error *error) CHECKED;
/* HKDF-SHA-256 of hub root VERSION with info "cinque/outer/SPACE/VERSION". */
Result keyring_outer_key(const Keyring *keyring, const char *space, int version, Secret **key, Error *error)
    CHECKED;
const uint8_t *keyring_regional_root(const Keyring *keyring); /* KEY_BYTES */
Date keyring_regional_until(const Keyring *keyring);          /* DATE_NONE: never */
size_t keyring_hub_count(const Keyring *keyring);
int keyring_hub_version_at(const Keyring *keyring, size_t index); /* ascending */
const uint8_t *keyring_quarantine_public(const Keyring *keyring); /* X25519, KEY_BYTES */
const uint8_t *
keyring_encodings_public(const Keyring *keyring);             /* X25519, KEY_BYTES, of the newest version */
int keyring_encodings_version(const Keyring *keyring);        /* 0: there is none */
const uint8_t *keyring_parcel_public(const Keyring *keyring); /* X25519, of a provider's alone */
/* Which regional key it is, and nothing more: derived from it. */
Result keyring_regional_name(const Keyring *keyring, uint8_t name[KEYRING_NAME_BYTES], Error *error) CHECKED;
