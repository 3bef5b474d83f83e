#pragma once
/* Private to pseudonymise: expand_message_xmd of RFC 9380, section 5.3.1, with SHA-256. */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { EXPAND_MESSAGE_BYTES_MAX = 255 * 32, EXPAND_MESSAGE_TAG_BYTES_MAX = 255 };

/* length up to EXPAND_MESSAGE_BYTES_MAX; what comes out for one length does not begin what comes for another.
 */
void expand_message(Text message, Text tag, uint8_t *out, size_t length);
