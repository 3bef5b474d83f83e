#pragma once
/* Reads typed values from text. Private to ingest. */
#include "ingest/rule.h"

/* READER_GOOD, or why not; a code list is looked up elsewhere. *value is written in any case, and of use when
 * good. */
int rule_value(const IngestSpec *spec, const SpecColumn *column, Text text, Value *value);
/* What an empty field is stored as: null, or false. */
void rule_put_nothing(Value *value, SpecType type);
/* Of what is to be stored but was typed elsewhere: READER_GOOD, or why its column would not have taken it. */
int rule_stored(const IngestSpec *spec, const SpecColumn *column, const Value *value);
/* As the spec's `scheme` or the identifier's own rule has it. */
bool rule_identifier_is_valid(const IngestSpec *spec, const SpecColumn *column, Text text);
