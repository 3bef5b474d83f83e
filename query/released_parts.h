#pragma once
/* Private to released*.c: what may be printed. */
#include "query/released.h"

typedef struct ReleasedCell {
    bool is_hidden;
    int64_t people; /* rounded; 0 when hidden */
} ReleasedCell;

typedef struct ReleasedLine {
    size_t place[QUERY_DIMENSIONS_MAX]; /* value_count: all */
    size_t count_place;                 /* of its parts */
    size_t period;                      /* of a series */
    ReleasedCell people;
} ReleasedLine;

/* What is worked out of several people's: to three significant digits. */
typedef struct ReleasedAmount {
    bool is_hidden;
    bool is_none;  /* it would be per nobody, or per a number that a population does not say */
    double amount; /* 0 when hidden or none */
} ReleasedAmount;

typedef struct ReleasedMeasure {
    const Measure *of; /* the tree's, only while it is made */
    Text name;
    Text statistic;          /* of an amount: "sum", "percentile 90"; else empty */
    CountDimension answers;  /* yes, no and perhaps not known; of an amount known, unknown; of a rate none */
    ReleasedCell *cells;     /* of each line one an answer */
    bool is_cost;            /* at prices */
    ReleasedAmount *amounts; /* of each line; NULL: it is a count, that of who has the condition */
} ReleasedMeasure;

/* A version of what others publish: a population that rates are per, or prices. */
typedef struct ReleasedPublished {
    Text name, origin;
    Date day;
    Hash content;
} ReleasedPublished;

struct ReleasedTable {
    Arena *arena; /* holds all below */
    Text title;
    CountDimension dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
    ReleasedLine *lines;
    size_t line_count;
    ReleasedMeasure measures[QUERY_MEASURES_MAX];
    size_t measure_count;
    ReleasedPublished populations[QUERY_MEASURES_MAX * QUERY_PERIODS_MAX];
    size_t population_count;
    ReleasedPublished prices[QUERY_PRICES_MAX];
    size_t price_count;
    int64_t cell_count, hidden_count; /* people, all answers and amounts */
    Provenance provenance;
    Text canonical;
};

enum { RELEASED_ARENA_BYTES_MAX = 64 << 20, AMOUNT_DIGITS = 3, AMOUNT_TEXT_BYTES = 64 };

/* released_amount.c: to AMOUNT_DIGITS, without an exponent; "12.0", "0.125", "1230000", "0". */
const char *amount_format(double amount, char text[AMOUNT_TEXT_BYTES]);
/* Sums, means or percentiles, which have rules of their own. */
bool released_has_amounts(const ReleasedTable *table);
/* Of a part of counts, at a place whose contributors are released. values: where those of all are
 * gathered. */
ReleasedAmount released_statistic(const Measure *measure, const CountTable *counts, size_t place,
                                  const ReleasedCell *contributors, const GovernancePolicy *policy,
                                  Arena *values);
/* Of the counts of the lines that are there already, both rounded. */
void released_rates(ReleasedTable *table, const TableNode *node);
