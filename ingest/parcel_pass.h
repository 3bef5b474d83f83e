#pragma once
/* One pass over a parcel, for a load: what pass.h is for a file in clear. Private to ingest. */
#include "ingest/load.h"

/* A failed Result stops the pass. */
typedef struct ParcelSink {
    void *context;
    Result (*row)(void *context, const TokenisedRow *row, Error *error); /* counts it: load_count_row */
    Result (*fault)(void *context, const ReaderRecord *record, const RuleRow *row, Error *error);
    Result (*window)(void *context, const RuleRow *row, Error *error);
    Result (*reference)(void *context, Text encoding, Error *error); /* nobody's; NULL: none is kept */
} ParcelSink;

typedef struct ParcelPass {
    const IngestSpec *spec;
    const char *path;
    ParcelReader *reader;
    Pseudonymiser *pseudonymiser;
    ParcelSink sink;
    RuleCounts *counts; /* SPEC_COLUMNS_MAX of them, filled at the end */
} ParcelPass;

/* *reader stays NULL where the delivery is none. ERROR_INPUT: of another source, sender, period or spec. */
Result parcel_pass_open(const IngestContext *context, const IngestSpec *spec, const IngestDelivery *delivery,
                        ParcelReader **reader, Error *error) CHECKED;
/* Counts as pass_run does. content: SHA-256 of the parcel. */
Result parcel_pass_run(const ParcelPass *pass, IngestReport *report, Hash *content, Error *error) CHECKED;
