#pragma once
/* What the table and the page of the quality report share. Private to ingest. */
#include "ingest/ingest.h"

/* Columns of QUALITY_STATEMENT: source, sender, measure, column, value, usual, low, high, verdict. */
enum { QUALITY_COLUMNS = 9, QUALITY_VERDICT = 8, QUALITY_NUMBER_BYTES = 40 };

extern const DbStatement QUALITY_STATEMENT; /* of period int4 and source text, or null */

/* Text as it is; rows as a whole number, shares with one decimal. */
Text quality_cell(const DbRows *rows, size_t row, size_t column, char out[QUALITY_NUMBER_BYTES]);
/* Beside what somebody else publishes: the column is its origin, or a practice. */
bool quality_is_outside(Text measure);
/* Whole numbers, not percent. */
bool quality_is_count(Text measure);
bool quality_is_unusual(Text verdict);

/* Columns of QUALITY_TESTS: source, sender, then one a test. */
enum { QUALITY_TESTS_COUNT = 7, QUALITY_TESTS_COLUMNS = 2 + QUALITY_TESTS_COUNT };
extern const DbStatement QUALITY_TESTS; /* parameters as of QUALITY_STATEMENT */
extern const char *const QUALITY_TESTS_HEADINGS[QUALITY_TESTS_COLUMNS];
