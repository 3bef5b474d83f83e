#pragma once
/* Where in a spec's text something stands: libcyaml keeps no places of what it has accepted. */
#include "base/text.h"

/* Line of a top-level key, or 0. */
size_t spec_line_of_key(Text text, const char *key);
/* Line of the index-th entry of a top-level sequence whose entries have a key `name`, or 0. */
size_t spec_line_of_entry(Text text, const char *sequence, size_t index);
