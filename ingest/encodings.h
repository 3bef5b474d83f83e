#pragma once
/* Encodings of a load that wait to be sealed and copied, of new subjects and of nobody. Private to ingest. */
#include "ingest/spec.h"

typedef struct Encodings Encodings;

Encodings *encodings_create(int64_t load_id);
/* Whether encodings are to be made of this load's subjects: where the rules let somebody link by them, and of
 * no other source. Makes the place that they are copied to; what goes there is sealed to the keyring's. */
Result encodings_open(Encodings *encodings, Db *loader, const GovernancePermit *permit,
                      const Keyring *keyring, bool *wanted, Error *error) CHECKED;
/* subject_id: NULL: nobody's. An empty encoding is none. */
void encodings_add(Encodings *encodings, const int64_t *subject_id, Text encoding);
bool encodings_is_full(const Encodings *encodings);
Result encodings_flush(Encodings *encodings, Db *loader, Error *error) CHECKED;
void encodings_close(Encodings **encodings); /* wipes */
