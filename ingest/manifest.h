#pragma once
/*
 * Private to ingest: what a sender says of a delivery, signed. NAME.manifest is one JSON object {sender,
 * source, file, sha256, size, period}; NAME.manifest.sig an Ed25519 signature of its bytes.
 * docs/data-engineer.md says how to make both.
 */
#include "base/hash.h"
#include "ingest/feed.h"

enum { MANIFEST_BYTES_MAX = 16 * 1024 };

typedef struct Manifest {
    Hash content;
    uint64_t bytes;
    Month period;
} Manifest;

/*
 * The signature first: nothing of what is not the sender's is parsed. Then that it is about this file of this
 * feed. name: the delivery's, as fetched. ERROR_REFUSED says which rule is broken.
 */
Result manifest_read(const Feed *feed, const char *name, Text manifest, Text signature, Manifest *read,
                     Error *error) CHECKED;
