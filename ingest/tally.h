#pragma once
/* Counts quarantined rows by column and rule. Private to ingest. */
#include "ingest/rule.h"

typedef struct Tally Tally;

Tally *tally_create(void);
void tally_add(Tally *tally, uint64_t line, const RuleRow *row);
/* The most frequent rules of all, most frequent first. */
void tally_report(const Tally *tally, const IngestSpec *spec, IngestReport *report);
void tally_close(Tally **tally);
