#pragma once
/* Deliveries in clear, and as a provider pseudonymised them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ingest/spec.h"
#include "tests/ingest/world.h"
#include "tests/support/provider.h"

enum { PATH_BYTES = 512, SQL_BYTES = 2048 };

/* Two bad rows, one damaged, one withheld, one excluded, a person twice, an infant, a number of nobody. */
#define ROWS                                                                                                 \
    "1,9990000018,1980-02-29,ME14 1XX,2026-07-01,2026-07-02,A,B12,12.5,3,Y,\n"                               \
    "2,9990000018,1980-02-29,ME14 1XX,2026-07-03,,B,,,,,\n"                                                  \
    "3,9990000026,2026-06-20,,2026-07-03,,,,,,,\n"                                                           \
    "4,1234567890,1990-01-01,,2026-07-03,,,,0.10,,,\n"                                                       \
    "5,9990000034,1970-01-01,,2026-07-31,2026-07-01,A,,,,,\n"                                                \
    "6,9990000042,1970-01-01,,2026-07-05,,A,,,,,01\n"                                                        \
    "7,9990000050,1970-01-01,,2026-07-05,,A,,,,,SECRET\n"                                                    \
    "10,,,,2026-07-09,,\"C, D\",,1,9,,\n"                                                                    \
    "8,9990000069,1970-01-01,,not a day,,Z,,,12,,\n"                                                         \
    "9,9990000077,1970-01-01,\"me,2026-07-05,,A,,,,,\n"

static World world;
static IngestSpec *spec;
static ProviderKeys keys;

static inline void set_up(void)
{
    char place[PATH_BYTES];

    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    keys = provider_keys(world.keyring_folder, provider_path(support_folder(), ".", place), "hosp_a");
    world.parcel_keys = keys.hub;
}

static inline void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

static inline IngestDelivery next_month(IngestDelivery delivery)
{
    delivery.period++;
    return delivery;
}

static inline Result pseudonymise(const IngestSpec *by, const IngestDelivery *delivery, bool encodes,
                                  const char *out, IngestReport *report, Error *error)
{
    SCOPED(keyring_close) Keyring *provider = NULL;
    const IngestAtSource at_source = {.sign_key = keys.sign_key,
                                      .sender = delivery->sender,
                                      .period = delivery->period,
                                      .out = out,
                                      .encodes = encodes};
    IngestAtSource with_keys = at_source;

    TRY(keyring_open_provider(keys.folder, &provider, error));
    with_keys.keyring = provider;
    return ingest_pseudonymise(&with_keys, by, delivery->path, report, error);
}

/* The delivery with the parcel in the file's place. */
static inline IngestDelivery parcel_by(const IngestSpec *by, IngestDelivery delivery, bool encodes)
{
    static char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    (void)unlink(provider_path(support_folder(), "out.parcel", out));
    cr_assert(pseudonymise(by, &delivery, encodes, out, &report, &error).ok, "%s", error.message);
    cr_assert_eq(report.outcome, INGEST_WRITTEN);
    delivery.path = out;
    return delivery;
}

static inline IngestDelivery parcel_of(IngestDelivery delivery)
{
    return parcel_by(spec, delivery, false);
}

static inline void expect_refused(const IngestDelivery *delivery, ErrorCode code, const char *part)
{
    IngestReport report;
    Error error = {0};

    cr_expect(!world_load(&world, spec, delivery, &report, &error).ok, "%s", part);
    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_not_null(strstr(error.message, part), "'%s' is not in: %s", part, error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 0, "%s", part);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0, "%s", part);
}

static inline int64_t differences(const char *table, int64_t one, int64_t other)
{
    char sql[SQL_BYTES];

    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM (SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t WHERE "
        "load_id = %d EXCEPT ALL SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t WHERE "
        "load_id = %d) AS d",
        table, (int)one, table, (int)other);
    return world_count(sql);
}

static inline void expect_same(const IngestReport *clear, const IngestReport *parcel)
{
    const char *const tables[] = {"records.visit", "ingest.quarantine", "ingest.load_column",
                                  "ingest.load_replaces"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        cr_expect_eq(differences(tables[i], clear->load_id, parcel->load_id), 0, "%s", tables[i]);
        cr_expect_eq(differences(tables[i], parcel->load_id, clear->load_id), 0, "%s", tables[i]);
    }
    cr_expect_eq(
        world_count("SELECT count(*) FROM (SELECT to_jsonb(s) - 'first_load_id' FROM subjects.subject s "
                    "EXCEPT SELECT to_jsonb(c) - 'first_load_id' FROM public.clear_subject c) AS d"),
        0);
    cr_expect_eq(world_count("SELECT count(*) - (SELECT count(*) FROM public.clear_subject) FROM "
                             "subjects.subject"),
                 0);
}

static const char good_sum[] =
    "read 1\nloaded 1\nquarantined 0\nexcluded 0\nwithheld 0\ndamaged 0\nnhs_valid 0\n"
    "nhs_invalid 0\nnhs_absent 1\nrenamed 0\nunchecked 0\noriginal "
    "00000000000000000000000000000000000000000000000000000000000000aa\n";
