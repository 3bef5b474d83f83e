#pragma once
/* Private to query: what a release holds of sources, as every answer carries it. Of deliveries, not of
 * people. */
#include "base/db.h"
#include "base/table.h"

/* Who sent is a practice where the source's rows say which they are of, else the sender of a delivery. */
typedef struct CoverageMonth {
    Month month;
    Text status; /* the least settled of its deliveries; none: not delivered */
    int64_t senders;
    int64_t missing;    /* sent an earlier month and not this one; -1: the source cannot say it */
    Text missing_names; /* with a blank between them */
    int64_t rows, linked;
} CoverageMonth;

typedef struct Coverage {
    Text source;
    Month from, to;
    int64_t months, senders;
    Text status;
    int64_t rows, linked;
    int64_t practices_left_out;
    const CoverageMonth *by_month; /* from its first month up to the release's, delivered or not */
    size_t month_count;
} Coverage;

/* How many of 100 rows are linked; -1 of no rows, and where those that are or are not linked are few: beside
 * the rows it would tell how few. */
int64_t coverage_match_percent(int64_t rows, int64_t linked, int64_t people_min);

/* Of these sources and of the register, by source. */
Result coverage_read(Db *reader, int64_t release_id, const Text *sources, size_t source_count, Arena *arena,
                     const Coverage **coverage, size_t *count, Error *error) CHECKED;
/* The months of one source. */
Result coverage_read_months(Db *reader, int64_t release_id, Text source, Arena *arena,
                            const CoverageMonth **months, size_t *count, Error *error) CHECKED;
