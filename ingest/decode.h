#pragma once
/* Windows-1252 to UTF-8. */
#include "base/text.h"

enum { DECODE_GROWTH_MAX = 3 }; /* bytes of UTF-8 a byte of Windows-1252 may become */

/* out holds at least in.length * DECODE_GROWTH_MAX. False: a byte that Windows-1252 leaves undefined. */
bool decode_windows_1252(Text in, char *out, Text *decoded);
/* Doubled quotes become single; out holds at least in.length. */
Text decode_quotes(Text in, char quote, char *out);
