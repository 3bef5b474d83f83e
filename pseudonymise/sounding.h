#pragma once
/* Private to pseudonymise: how a name sounds, so that spellings of one name fall together. */
#include <stddef.h>

#include "base/text.h"

enum { SOUNDING_BYTES = 8 };

/*
 * NYSIIS (New York State Identification and Intelligence System, 1970), cut to SOUNDING_BYTES, in upper case.
 * name: folded; what is no letter a to z is left out. Returns the length: 0 when there is no such letter.
 */
size_t sounding_of(Text name, char out[SOUNDING_BYTES]);
