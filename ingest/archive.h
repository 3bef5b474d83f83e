#pragma once
/*
 * Private to ingest: deliveries as they came, in DATA/archive: N.sealed, zstd blocks in frames of AES-256-GCM
 * under a key that only the quarantine's private key gives back, and until delivery N is loaded N.opening, by
 * which the keyring that wrote it can read it once more. docs/decisions/archive.md
 */
#include "base/hash.h"
#include "base/input.h"
#include "ingest/ingest.h"

enum { ARCHIVE_BLOCK_BYTES = 1 << 20 };

typedef struct ArchiveWriter ArchiveWriter;

typedef struct ArchiveSum {
    Hash content;          /* SHA-256 of the delivery */
    uint64_t bytes;        /* of the delivery */
    uint64_t sealed_bytes; /* of N.sealed */
} ArchiveSum;

/* What a killed pull left under this number is removed first. */
Result archive_create(const Keyring *keyring, const char *folder, int64_t delivery_id, ArchiveWriter **writer,
                      Error *error) CHECKED;
/* The same, but what a killed pull had sealed is given to the new writer first, as far as it is whole: that
 * is archive_added. Only for a delivery that is the very same still. */
Result archive_resume(const Keyring *keyring, const char *folder, int64_t delivery_id, ArchiveWriter **writer,
                      Error *error) CHECKED;
/* Failed once, a writer takes nothing more and is not to be finished. */
Result archive_add(ArchiveWriter *writer, const void *bytes, size_t length, Error *error) CHECKED;
uint64_t archive_added(const ArchiveWriter *writer);
/* Durable when this returns: synchronised, in its place, and its folder synchronised. */
Result archive_finish(ArchiveWriter **writer, ArchiveSum *sum, Error *error) CHECKED;
void archive_abandon(ArchiveWriter **writer); /* what it made, and no other's; for SCOPED */

/* N.sealed and all beside it. Not there: fine. */
Result archive_remove(const char *folder, int64_t delivery_id, Error *error) CHECKED;
/* N.opening alone: from here on only the private key opens the delivery. */
Result archive_forget(const char *folder, int64_t delivery_id, Error *error) CHECKED;

enum { ARCHIVE_NAME_BYTES = 32, ARCHIVE_PATH_BYTES = 1024 };

/* Which archive, and by what it is opened. */
typedef struct Archive {
    const char *folder;
    int64_t delivery_id;
    const Keyring *keyring;        /* by N.opening */
    const char *private_key_path;  /* or, not NULL, by this */
    bool is_before;                /* N.before, which has no end, by N.before-opening */
    char name[ARCHIVE_NAME_BYTES]; /* "delivery 7": made by archive_source */
} Archive;

/* For input_serve: the delivery as it came. archive must outlive it. */
InputSource archive_source(Archive *archive);
/* Its whole blocks to the writer. Errors: the writer's alone; what is damaged or not there is the end. */
Result archive_salvage(Archive *archive, ArchiveWriter *writer, Error *error) CHECKED;
/* Its bytes to out, as they are authenticated; that it is whole is known only when this succeeds. */
Result archive_copy(Archive *archive, FILE *out, ArchiveSum *sum, Error *error) CHECKED;
