#pragma once
/* Private to pseudonymise: a provider's X25519 keys as PEM files, as `openssl genpkey -algorithm X25519`
 * makes them. */
#include <stdint.h>

#include <openssl/types.h>

#include "base/error.h"
#include "pseudonymise/keyed.h"

/* ERROR_INPUT unless it is one public key of this kind. */
Result provider_pem_public(const char *path, uint8_t key[KEY_BYTES], Error *error) CHECKED;
/* Refuses what key_file_read refuses of a key's owner and mode; a passphrase is never asked for. */
Result provider_pem_private(const char *path, EVP_PKEY **key, Error *error) CHECKED;
