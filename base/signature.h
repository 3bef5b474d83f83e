#pragma once
/* Detached Ed25519 signatures (RFC 8032) by OpenSSL, as `openssl pkeyutl -sign -rawin` makes them. */
#include "base/error.h"
#include "base/text.h"

enum { SIGNATURE_BYTES = 64 };

/* key_path: PEM of an Ed25519 public key. *is_good: made by its private half over exactly these bytes.
 * ERROR_CONFIG: no such key in the file. */
Result signature_verify(const char *key_path, Text message, Text signature, bool *is_good, Error *error)
    CHECKED;
/* key_path: PEM of an Ed25519 private key without a passphrase, a file that its owner alone can read. */
Result signature_make(const char *key_path, Text message, unsigned char signature[SIGNATURE_BYTES],
                      Error *error) CHECKED;
