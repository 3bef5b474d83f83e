#pragma once
/*
 * Private to pseudonymise: AES-256-CMAC (NIST SP 800-38B) of many messages side by side. One message's blocks
 * follow from each other, so alone it keeps a processor's AES unit a quarter busy and pays for a call into
 * OpenSSL each time. Every block is OpenSSL's AES; the chaining is ours, and is asked against OpenSSL's CMAC
 * whenever a key is set up.
 */
#include "pseudonymise/keyed.h"

enum { CMAC_MESSAGES_MAX = 32 };

typedef struct CmacMessage {
    const uint8_t *bytes;
    size_t length;
} CmacMessage;

typedef struct Cmac Cmac;
/* ERROR_SYSTEM also when it disagrees with OpenSSL's own CMAC. */
Result cmac_create(const uint8_t key[KEY_BYTES], Cmac **cmac, Error *error) CHECKED;
/* digests[i] is of messages[i]; at most CMAC_MESSAGES_MAX. */
Result cmac_of(Cmac *cmac, const CmacMessage *messages, size_t count, uint8_t (*digests)[KEYED_BLOCK_BYTES],
               Error *error) CHECKED;
void cmac_close(Cmac **cmac);
