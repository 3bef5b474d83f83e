#pragma once
/* What tests of ingest against the database share: people and agreements, a keyring, a small source. */
#include <criterion/criterion.h>

#include "ingest/ingest.h"
#include "tests/support/support.h"

/* Source "visit" of persons, version 1, update replace_by_period; at most 3 bad rows and 50 percent. */
extern const char WORLD_SPEC[];
#define WORLD_HEADER                                                                                         \
    "visit_id,nhs_number,birth_date,postcode,visit_date,end_date,kind,ward,cost,beds,urgent,withheld\n"

typedef struct World {
    Governance *governance;
    Db *loader, *merger, *writer; /* writer: NULL; a test may open it */
    Keyring *keyring;
    const char *keyring_folder;
    const char *parcel_keys; /* NULL: none */
} World;

/* Engineer "eng", IG lead "ida", data steward "stu", "two" who is engineer and IG lead; current agreements of
 * hosp_a and hosp_b for visit, list and stay. */
World world_open(void);
void world_close(World *world);

IngestSpec *world_spec(const char *text); /* written to a file, opened; a failure fails the test */
Result world_try_spec(const char *text, Error *error);
void world_apply(const IngestSpec *spec);

IngestDelivery world_delivery(const char *content); /* hosp_a, 2026-07, final; content NULL: nil */
GovernancePermit *world_permit(const World *world, const IngestSpec *spec, const IngestDelivery *delivery);
/* With a permit of its own, whose result is logged; sealed lines go to the test's folder. */
Result world_load(const World *world, const IngestSpec *spec, const IngestDelivery *delivery,
                  IngestReport *report, Error *error);
/* The same, and it must succeed. */
IngestReport world_must_load(const World *world, const IngestSpec *spec, const IngestDelivery *delivery);
Result world_withdraw(const World *world, int64_t load_id, Error *error);

/* Makes a table (subject_id, encoding) of all that is stored, opened with the keyring's private halves. */
void world_open_encodings(const World *world, const char *table);
int64_t world_count(const char *sql); /* as superuser */
void world_script(const char *sql);   /* as superuser */
/* The code of what role gets for a statement; ERROR_NONE when it passes. */
Error world_try(const char *role, const char *sql);
