#pragma once
/*
 * Types and checks one record by its spec, and parts what identifies from what is stored.
 * Views into the record and into the rules' own memory: valid until the next record. Private to ingest.
 */
#include "ingest/spec.h"

enum { RULE_FAULTS_MAX = 8, RULE_WHOLE_ROW = -1 };

#define RULE_ANY_PERIOD INT32_MAX

/* Follow the reader's faults in one numbering; those of the spec's own rules follow RULE_CROSS. */
typedef enum RuleReason {
    RULE_REQUIRED = READER_FAULT_COUNT,
    RULE_NOT_DATE,
    RULE_NOT_TIME,
    RULE_NOT_INTEGER,
    RULE_NOT_DECIMAL,
    RULE_DECIMALS,
    RULE_BELOW,
    RULE_ABOVE,
    RULE_NOT_IN_LIST,
    RULE_NOT_IN_PERIOD, /* in the list, but no code of these days */
    RULE_NOT_SHAPE,
    RULE_NOT_SNOMED,
    RULE_NOT_VALID,
    RULE_NOT_DECIDED,
    RULE_AFTER_PERIOD,
    RULE_BEFORE_BIRTH,
    RULE_OUTSIDE_WINDOW,
    RULE_CROSS,
    RULE_REASON_COUNT = RULE_CROSS + SPEC_RULES_MAX
} RuleReason;

typedef struct RuleFault {
    int16_t column; /* of the spec, or RULE_WHOLE_ROW */
    uint16_t reason;
} RuleFault;

/* Bulk replacement: the days of a group, inclusive, that this row's delivery replaces. */
typedef struct RuleWindow {
    Text group;
    Date from, to;
} RuleWindow;

typedef struct RuleRow {
    const Value *payload; /* the stored columns in the spec's order */
    RawIdentity identity;
    Text record_key;                      /* ingest/keys.h; empty when the spec has none */
    Text references[SPEC_REFERENCES_MAX]; /* of the spec's references to record keys; empty: to nothing */
    bool is_excluded, is_removal;
    bool has_controller; /* the row says whose it is */
    bool has_window;     /* also where another column has a fault */
    RuleWindow window;
    RuleFault faults[RULE_FAULTS_MAX]; /* the first ones */
    size_t fault_count;
} RuleRow;

/* Of the rows neither damaged nor excluded: what a column lacks, and how often it says that nothing is known.
 */
typedef struct RuleCounts {
    int64_t missing, invalid, defaulted, other;
} RuleCounts;

typedef struct Rules Rules;

/*
 * Matches the header. period: dates of the spec's period_date may not lie behind this month, or
 * RULE_ANY_PERIOD; codes must be valid on a day of it. Errors  as header_match
 */
Result rules_open(const IngestSpec *spec, const char *path, const ReaderRecord *header, Month period,
                  Rules **rules, Error *error) CHECKED;
/* What stands in a column of the spec, trimmed: for what is decided before any rule. */
Text rules_field(const Rules *rules, const ReaderRecord *record, int column);
const RuleRow *rules_apply(Rules *rules, const ReaderRecord *record);
/* By the spec's columns, of all rows so far. */
const RuleCounts *rules_counts(const Rules *rules);
/* Forgets the views and wipes what was copied from records. */
void rules_wipe(Rules *rules);
void rules_close(Rules **rules); /* wipes */
/* "not a date"; never a value. */
const char *rule_text(const IngestSpec *spec, RuleFault fault, char out[INGEST_RULE_BYTES]);
/* "not_date": stable, for programs. */
const char *rule_code(RuleFault fault);
/* What a code stands for; false: nothing, or the spec's own rules. */
bool rule_reason(Text code, int *reason);
