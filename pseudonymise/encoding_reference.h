#pragma once
/* Private to pseudonymise: a random sample of each field's filters, each field in a random order of its own.
 */
#include "pseudonymise/encoding_filter.h"

typedef struct Reference Reference;

/* filter_bytes: of each field. */
Result reference_create(const size_t *filter_bytes, size_t field_count, Reference **reference, Error *error)
    CHECKED;
/* One more value of the field was met: true when it belongs in the sample, at *slot (reservoir sampling). */
bool reference_wants(Reference *reference, size_t field, size_t *slot);
void reference_put(Reference *reference, size_t field, size_t slot, const uint8_t *filter, uint8_t class);
/* The next of each field, one behind the other; *present 0 at the end. The first call ends the sampling. */
Result reference_take(Reference *reference, uint8_t *filters, size_t *bytes, uint16_t *present,
                      uint32_t *classes, Error *error) CHECKED;
void reference_close(Reference **reference); /* wipes */
