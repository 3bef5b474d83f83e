#pragma once
/* How a file differs from its spec: what was found, for the table that is made of it. Private to ingest. */
#include "ingest/rule.h"

/*
 * A sample is the first rows of a file. A name in it that no column has is told only where it can hardly be a
 * value: guess_is_name, and the line has at least half of the spec's columns, and more than half of the rows
 * have as many fields as it (a header that lost its line end has a row's values behind its names, and then
 * has not), and it is no value of its own column. In JSON lines and XML: guess_is_name, and in at least two
 * rows and half of all.
 */
enum { DRIFT_ROWS_MAX = 100 * 1000, DRIFT_SIZES_MAX = 8 << 10, DRIFT_UNKNOWN_MAX = 64 };

typedef struct DriftField {
    Text name;  /* never shown unless is_told */
    int column; /* that it means, or SPEC_NONE */
    bool is_told;
    bool is_value;  /* also stands as a value below */
    bool is_again;  /* an earlier field means this column */
    int64_t rows;   /* that have it: JSON lines and XML */
    int64_t filled; /* not empty */
} DriftField;

/* A column that is missing and a field that no column names. */
typedef struct DriftPair {
    int column, field;
    double alike;    /* of the names; below 0: not compared */
    int64_t fitting; /* of field's filled values */
    double score;
} DriftPair;

typedef struct Drift {
    const IngestSpec *spec;
    const char *path;
    Arena *arena;
    DriftField fields[READER_FIELDS_MAX];
    size_t field_count;
    int found[SPEC_COLUMNS_MAX]; /* field of a column, or SPEC_NONE */
    int unknown[DRIFT_UNKNOWN_MAX];
    size_t unknown_count;
    int missing[SPEC_COLUMNS_MAX];
    size_t missing_count;
    int64_t *fitting; /* of unknown × missing */
    int64_t rows, damaged;
    int64_t faults[READER_FAULT_COUNT];
    int64_t unfit[SPEC_COLUMNS_MAX][RULE_REASON_COUNT];
    int64_t sizes[DRIFT_SIZES_MAX]; /* fields, or of fixed width bytes, of a record */
    bool is_header, has_more;       /* the file goes on behind the sample */
} Drift;

/* drift_fit.c: READER_GOOD, or the rule that a value of this column breaks. */
int drift_reason(const IngestSpec *spec, int column, Text text);
/* Whether a value that fits says anything: an ignored column fits all. */
bool drift_is_telling(const SpecColumn *column);
/* A name for what a column takes: "NHS numbers by modulus 11". */
const char *drift_wants(const IngestSpec *spec, int column);

/* drift_fields.c: names and values of a record of JSON lines or XML, whatever the spec names. */
typedef void (*DriftTake)(void *context, Text name, Text value);
void drift_fields(const ReaderFormat *format, Text raw, DriftTake take, void *context);

/* drift_rename.c: the likely renames, best first; each column and field once. */
size_t drift_pairs(const Drift *drift, DriftPair pairs[SPEC_COLUMNS_MAX]);

/* drift_table.c */
Table *drift_table(const Drift *drift, IngestDrift *summary);
