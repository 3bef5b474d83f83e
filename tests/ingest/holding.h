#pragma once
/* A source with limits, deliveries that go past them, and who decides about these. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/ingest/world.h"

#define HEADER "visit_id,nhs_number,visit_date,ward,cost\n"
#define HEAD                                                                                                 \
    "source: visit\ntitle: Visits\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "controller: sender\nsubject: person\nrecord_key: [visit_id]\n"                                          \
    "rejects: { rows_max: 1000, percent_max: 100 }\n"
#define COLUMNS                                                                                              \
    "columns:\n"                                                                                             \
    "  - { name: visit_id, use: ignored, required: true }\n"                                                 \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: visit_date, use: date, required: true }\n"                                                  \
    "  - { name: ward, use: dimension, shape: \"A9\" }\n"                                                    \
    "  - { name: cost, use: measure, type: integer, min: 0, max: 1000 }\n"
#define BY_MONTH "update: replace_by_period\n"
#define LIMITS                                                                                               \
    "quality:\n"                                                                                             \
    "  protected_by: [volume]\n"                                                                             \
    "  limits:\n"                                                                                            \
    "    - { measure: missing, column: cost, warn: 5, hold: 20, refuse: 80 }\n"                              \
    "    - { measure: fall, hold: 50 }\n"                                                                    \
    "    - { measure: shrunk, hold: 30 }\n"                                                                  \
    "    - { measure: duplicates, unit: rows, hold: 3 }\n"

enum { JULY = 7, TEXT_BYTES = 4096 };

static World world;
static IngestSpec *spec;
static Error error;

static inline void open_with(const char *text)
{
    ingest_spec_close(&spec);
    spec = world_spec(text);
    world_apply(spec);
}

static inline void set_up(void)
{
    world = world_open();
    error = (Error){0};
    open_with(HEAD BY_MONTH LIMITS COLUMNS);
}

static inline void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

/* count rows, of them so many without a cost. */
static inline const char *rows(int month, int count, int without)
{
    static char content[32 * 1024];
    size_t length = (size_t)snprintf(content, sizeof content, HEADER);

    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(content + length, sizeof content - length,
                                   "v%d,9990000018,2026-%02d-01,A1,%s\n", i, month, i < without ? "" : "7");
    return content;
}

static inline IngestDelivery delivery_of(int month, int count, int without)
{
    IngestDelivery delivery = world_delivery(rows(month, count, without));

    delivery.period = month_from(2026, month);
    return delivery;
}

static inline IngestReport load(int count, int without)
{
    IngestDelivery delivery = delivery_of(JULY, count, without);

    return world_must_load(&world, spec, &delivery);
}

static inline IngestReport replace(int count, int without)
{
    IngestDelivery delivery = delivery_of(JULY, count, without);

    delivery.replace = true;
    return world_must_load(&world, spec, &delivery);
}

static inline Result decide(const char *person, bool is_release, int64_t load_id)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char number[24];
    int64_t row_count;

    snprintf(number, sizeof number, "%" PRId64, load_id);
    const GovernanceRequest request = {.action =
                                           is_release ? GOVERNANCE_LOAD_RELEASE : GOVERNANCE_LOAD_REFUSE,
                                       .person_id = person,
                                       .object = text_from(number)};
    TRY(governance_request(world.governance, &request, &permit, &error));
    TRY(is_release ? governance_load_release(world.governance, permit, load_id, &row_count, &error)
                   : governance_load_refuse(world.governance, permit, load_id, &row_count, &error));
    return governance_result(world.governance, permit,
                             &(GovernanceOutcome){.succeeded = true, .rows = row_count}, &error);
}

static inline void expect_state(int64_t load_id, const char *state)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM ingest.load WHERE load_id = %" PRId64 " AND state = '%s'",
             load_id, state);
    cr_expect_eq(world_count(sql), 1, "load %" PRId64 " is not %s", load_id, state);
}

static inline int64_t seen(void)
{
    return world_count("SELECT count(*) FROM records.active_visit");
}

static inline int64_t staged_tables(void)
{
    return world_count("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                       "'staging'::regnamespace");
}
