/* The lines that a load rejected, sealed in a file of their own that opens as no other load's. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "ingest/ingest.h"
#include "ingest/rejected.h"

enum { PATH_BYTES = 1024, OF_BYTES = 32 };

typedef struct Place {
    char path[PATH_BYTES], of[OF_BYTES];
} Place;

static Result place_of(const char *folder, int64_t load_id, Place *place, Error *error)
{
    int written = snprintf(place->path, sizeof place->path, "%s/load-%" PRId64 ".sealed", folder, load_id);

    (void)snprintf(place->of, sizeof place->of, "load %" PRId64, load_id);
    if (written < 0 || (size_t)written >= sizeof place->path)
        return fail(error, ERROR_CONFIG, "quarantine folder: its path is too long");
    return RESULT_OK;
}

Result rejected_seal(const char *folder, int64_t load_id, const Keyring *keyring, Seal **seal, Error *error)
{
    Place place;

    TRY(place_of(folder, load_id, &place, error));
    return seal_create(keyring, place.path, place.of, seal, error);
}

void rejected_remove(const char *folder, int64_t load_id)
{
    Place place;
    Error ignored = {0};

    if (place_of(folder, load_id, &place, &ignored).ok)
        (void)unlink(place.path);
}

Result ingest_rejected_read(const char *folder, int64_t load_id, const char *private_key_path, SealEach each,
                            void *context, Error *error)
{
    Place place;

    TRY(place_of(folder, load_id, &place, error));
    const SealOpener opener = {.of = place.of, .private_key_path = private_key_path};
    return seal_read(&opener, place.path, each, context, error);
}
