#pragma once
/* One pass over a delivered file: read, match the header, check each row, hand it on. Private to ingest. */
#include "ingest/controllers.h"
#include "ingest/rule.h"

/* A failed Result stops the pass. */
typedef struct PassSink {
    void *context;
    Result (*good)(void *context, uint64_t line, const RuleRow *row, Error *error);
    Result (*bad)(void *context, const ReaderRecord *record, const RuleRow *row, Error *error);
} PassSink;

typedef struct Pass {
    const IngestSpec *spec;
    const char *path;
    Month period; /* or RULE_ANY_PERIOD */
    bool show_progress;
    bool
        is_first_look; /* the file is read again: nothing is told, and no refused row counted by controller */
    PassSink sink;
    Controllers *controllers; /* whose rows are taken; NULL: everybody's */
    RuleCounts *counts;       /* SPEC_COLUMNS_MAX of them, filled at the end; or NULL */
} Pass;

/* Counts rows read, quarantined and excluded and the rules broken into report. content: SHA-256 of what was
 * read. */
Result pass_run(const Pass *pass, IngestReport *report, Hash *content, Error *error) CHECKED;
