#pragma once
/*
 * What a parcel says besides rows, as lines of text: places of rejected rows, what a bulk replacement
 * replaces, and at the end counts. Never a value of a rejected row. Private to ingest.
 *
 *   fault LINE OFFSET LENGTH DAMAGED COLUMN:RULE ...
 *          the spec's column, -1 for the whole row; RULE as rule_code has it, rule-N for the spec's own
 *
 *   window FROM TO GROUP
 *          days since 2000-01-01
 *
 *   reference BYTES
 *          an encoding of nobody, as encoder_reference makes it
 *
 * The summary: a line each of the counts in the order of parcel_words.c, the original's SHA-256, and of each
 * column that has any its number, missing, invalid, defaulted, other.
 */
#include "ingest/rule.h"

enum { PARCEL_WORDS_BYTES = 4096 };

Text parcel_words_fault(const ReaderRecord *record, const RuleRow *row, char out[PARCEL_WORDS_BYTES]);
void parcel_words_reference(Text encoding, TextBuilder *out);
void parcel_words_window(const RuleWindow *window, TextBuilder *out);

typedef struct ParcelNote {
    ReaderRecord record; /* of a fault: its place; fault is READER_GOOD unless the record was damaged */
    RuleRow row;         /* its faults, or its window */
    bool is_fault;
    Text reference; /* empty: it is none */
} ParcelNote;
/* Nothing in it is trusted: ERROR_INPUT for what no row of the spec can have. Views into text. */
Result parcel_words_read(const IngestSpec *spec, const char *path, Text text, ParcelNote *note, Error *error)
    CHECKED;

/* report: with its content, that of the original; counts: by the spec's columns. */
void parcel_words_summary(const IngestSpec *spec, const IngestReport *report, const RuleCounts *counts,
                          TextBuilder *out);
/* Fills the counts of report but not its content, which is the parcel's. original: as summed up. */
Result parcel_words_sum(const IngestSpec *spec, const char *path, Text summary, IngestReport *report,
                        RuleCounts *counts, Hash *original, Error *error) CHECKED;
