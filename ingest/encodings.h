#pragma once
/* Encodings of a load that wait to be copied, of new subjects and of nobody. Private to ingest. */
#include "ingest/spec.h"

typedef struct Encodings Encodings;

/* Whether encodings are to be made of this load's subjects: where the rules let somebody link by them, and of
 * no other source. Makes the place that they are copied to. */
Result encodings_wanted(Db *loader, const GovernancePermit *permit, int64_t load_id, bool *wanted,
                        Error *error) CHECKED;
Encodings *encodings_create(int64_t load_id);
/* subject_id: NULL: nobody's. An empty encoding is none. */
void encodings_add(Encodings *encodings, const int64_t *subject_id, Text encoding);
bool encodings_is_full(const Encodings *encodings);
Result encodings_flush(Encodings *encodings, Db *loader, Error *error) CHECKED;
void encodings_close(Encodings **encodings); /* wipes */
