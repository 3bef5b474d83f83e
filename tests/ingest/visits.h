#pragma once
/* A world with the source visit, and good deliveries of it. */
#include "tests/ingest/world.h"

/* NHS numbers of the never-issued 999 range. */
#define GOOD_ROW "v1,9990000018,1980-02-29,CT1 2AB,2026-07-03,2026-07-05,A,W1,12.50,2,x,\n"
#define GOOD_ROWS                                                                                            \
    GOOD_ROW "v2,9990000026,1990-01-01,CT1 2AB,2026-07-04,,,,,,,\n"                                          \
             "v3,9990000018,1980-02-29,CT1 2AB,2026-06-30,,\"C, D\",W12,0.1,9,,\n"

static World world;
static IngestSpec *spec;

static inline void set_up(void)
{
    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
}

static inline void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

static inline Result load_text(const char *content, IngestReport *report, Error *error)
{
    IngestDelivery delivery = world_delivery(content);
    return world_load(&world, spec, &delivery, report, error);
}

static inline IngestReport must_load(const char *content)
{
    IngestDelivery delivery = world_delivery(content);
    return world_must_load(&world, spec, &delivery);
}
