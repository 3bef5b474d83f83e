#pragma once
/* Private to pseudonymise: the encoding of a bundle, for linkage without a common number. docs/linkage.md */
#include "pseudonymise/bundle.h"

/* All sources have the same fields, kinds and sizes: encodings of two of them can be compared. */
Result bundle_encoder_create(const Keyring *keyring, Encoder **encoder, Error *error) CHECKED;
/* Before the first is encoded. */
Result bundle_observe(const Bundle *bundle, Encoder *encoder, Error *error) CHECKED;
/* *length 0: too little of the bundle is there for any block, so it could be compared with nobody. */
Result bundle_encode(const Bundle *bundle, Encoder *encoder, uint8_t encoding[ENCODING_BYTES_MAX],
                     size_t *length, Error *error) CHECKED;
