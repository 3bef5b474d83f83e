#pragma once
/* What the table and the page of the quality report share. Private to ingest. */
#include "ingest/ingest.h"

/* Columns of QUALITY_STATEMENT: source, sender, measure, column, value, usual, low, high, verdict. */
enum { QUALITY_COLUMNS = 9, QUALITY_VERDICT = 8, QUALITY_NUMBER_BYTES = 40 };

extern const DbStatement QUALITY_STATEMENT; /* of period int4 and source text, or null */

/* Text as it is; rows as a whole number, shares with one decimal. */
Text quality_cell(const DbRows *rows, size_t row, size_t column, char out[QUALITY_NUMBER_BYTES]);
bool quality_is_unusual(Text verdict);
