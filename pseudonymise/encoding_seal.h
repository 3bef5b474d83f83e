#pragma once
/* Private to encoding_seal.c and encoding_open.c: what a stored encoding is bound to. */
#include "pseudonymise/seal_format.h"

enum {
    ENCODING_SEAL_OF_BYTES = 48,
    ENCODING_SEAL_PLACE_BYTES = 1 + SEAL_NUMBER_BYTES,
    ENCODING_SEAL_LENGTH_BYTES = 4,
    ENCODING_SEAL_EXTRA_BYTES = SEAL_NONCE_BYTES + ENCODING_SEAL_LENGTH_BYTES + SEAL_TAG_BYTES,
};

extern const uint8_t ENCODING_SEAL_START[SEAL_MAGIC_BYTES + 1];

/* What the key of a load's encodings is of. */
const char *encoding_seal_of(int64_t load_id, char of[ENCODING_SEAL_OF_BYTES]);
void encoding_seal_place(StoredPart part, int64_t subject_id, uint8_t out[ENCODING_SEAL_PLACE_BYTES]);
