#pragma once
/* Which counts of a report stay hidden, for the report may travel. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts from 1 to 7 are not shown, others to the nearest 5, and rates are made of these: two reports taken
 * from each other, or from answers beside which they stand, do not tell of single people. */
enum { DISCLOSURE_MIN = 8, DISCLOSURE_STEP = 5 };

bool disclosure_is_small(int64_t count);
int64_t disclosure_round(int64_t count);
/*
 * Groups share nobody, and their sums may be known. hidden: of each group what is hidden already, at least
 * where a count is small. Hides more groups, those with the smallest count of a measure first, until what is
 * hidden of it cannot be told by taking what is shown from the sum, or no group is left that has any.
 * measures[m][group].
 */
void disclosure_protect(const int64_t *const *measures, size_t measure_count, size_t group_count,
                        bool *hidden);
