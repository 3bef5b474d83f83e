#pragma once
/* The stored columns of a good row as COPY has them, before it waits for its keyed hashes: one copy of bytes
 * each time it is handed on, in place of its values and texts. Private to ingest. */
#include "base/db.h"
#include "ingest/spec.h"

typedef struct Packer Packer;

Packer *packer_open(const IngestSpec *spec);
/* payload: of the spec's stored columns, at least one. *packed lives until the next call. */
Result packer_pack(Packer *packer, const Value *payload, Value *packed, Error *error) CHECKED;
void packer_close(Packer **packer); /* wipes */
