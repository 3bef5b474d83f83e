#pragma once
/* What a spec holds whole deliveries to, once it is checked (spec_quality.c). Private to ingest. */
#include "ingest/spec.h"

/* Registers it beside the spec's version, in place of what that version had. */
Result spec_quality_put(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error) CHECKED;
