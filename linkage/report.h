#pragma once
/* What the report's tables and its page both say, with what must stay hidden marked already. */
#include "base/arena.h"
#include "linkage/linkage.h"

enum { REPORT_CELL_BYTES = 48 };

/* Counts of a group at one time. */
typedef struct ReportGroup {
    int64_t subjects, linked;
    bool hides_subjects, hides_linked; /* the former implies the latter */
} ReportGroup;

typedef struct ReportRate {
    Text kind, value;
    ReportGroup now, before;
    double rate, low, high; /* of now; low and high: Wilson's interval of 95 % */
    double change;          /* since before */
    bool has_rate, has_change;
    bool is_low; /* than all person sources, beyond chance */
} ReportRate;

typedef struct ReportRates {
    Arena *arena;
    ReportRate *rates; /* those of a kind stand together */
    size_t count;
} ReportRates;

Result report_rates(Db *linker, ReportRates *rates, Error *error) CHECKED;
void report_rates_close(ReportRates *rates);
/* A count as it may be shown: "<8", "hidden", of those linked also ">1990" where few are not. */
Text report_subjects_cell(const ReportGroup *group, char out[REPORT_CELL_BYTES]);
Text report_linked_cell(const ReportGroup *group, char out[REPORT_CELL_BYTES]);
/* More than this are linked where few are not. */
int64_t report_linked_least(const ReportGroup *group);
/* "": none that may be shown. */
Text report_rate_cell(bool is_shown, double rate, char out[REPORT_CELL_BYTES]);

/* How many links or pairs are of a sort. */
typedef struct ReportCount {
    Text name, value;
    int64_t count;
    double share; /* of those it is part of */
    bool is_hidden;
} ReportCount;

typedef struct ReportCounts {
    Arena *arena;
    ReportCount *counts;
    size_t count;
} ReportCounts;

Result report_passes(Db *linker, ReportCounts *counts, Error *error) CHECKED;
Result report_waiting(Db *linker, ReportCounts *counts, Error *error) CHECKED;
void report_counts_close(ReportCounts *counts);
Text report_count_cell(const ReportCount *count, char out[REPORT_CELL_BYTES]);

typedef struct ReportEstimate {
    ReportCount counted; /* links or pairs with a weight */
    double expected, rate;
    bool has_rate;
    const char *method;
} ReportEstimate;

enum { REPORT_ESTIMATES = 2 };

/* count 0: no encodings are compared. */
typedef struct ReportEstimates {
    Arena *arena;
    ReportEstimate estimates[REPORT_ESTIMATES];
    size_t count;
} ReportEstimates;

Result report_estimates(Db *linker, ReportEstimates *estimates, Error *error) CHECKED;
void report_estimates_close(ReportEstimates *estimates);
Text report_expected_cell(const ReportEstimate *estimate, char out[REPORT_CELL_BYTES]);
