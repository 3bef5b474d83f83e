#pragma once
/* Private to pseudonymise: whether somebody else's encoding is one that our encoder could have made. Bits of
 * filters and tokens are beyond any check. docs/linkage.md has the form. */
#include "pseudonymise/pseudonymise.h"

enum { ENCODING_HEADER_BYTES = 24 };

/* encoding_header.c: what stands in front of all encodings of the encoder; lives as long as it. */
Text encoder_header(const Encoder *encoder);
/* is_reference: one that belongs to nobody. */
bool encoding_fits(Text header, Text encoding, bool is_reference);
