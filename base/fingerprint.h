#pragma once
/*
 * A keyed fingerprint of bytes (AES-256-GMAC, NIST SP 800-38D): whether what is read again is what was read
 * before. Under a random key that never leaves the process nobody can make other bytes of the same one, and
 * on a processor without SHA instructions it costs a tenth of SHA-256. It says nothing to anybody else.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { FINGERPRINT_KEY_BYTES = 32, FINGERPRINT_BYTES = 16 };

typedef struct Fingerprint {
    uint8_t bytes[FINGERPRINT_BYTES];
} Fingerprint;

typedef struct FingerprintStream FingerprintStream;
Result fingerprint_open(const uint8_t key[FINGERPRINT_KEY_BYTES], FingerprintStream **stream, Error *error)
    CHECKED;
void fingerprint_add(FingerprintStream *stream, const void *data, size_t length);
/* Of all that was added; nothing may be added after. */
Result fingerprint_end(FingerprintStream *stream, Fingerprint *fingerprint, Error *error) CHECKED;
void fingerprint_close(FingerprintStream **stream);
