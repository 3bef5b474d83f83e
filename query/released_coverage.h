#pragma once
/* Private to query: the coverage of sources beside a released table. Rows of a month that are fewer than the
 * policy's least number are not said; others are rounded. What share was linked is not said where those that
 * are, or are not, are few. */
#include <jansson.h>
#include <stdio.h>

#include "governance/governance.h"
#include "query/coverage.h"

const Coverage *released_coverage_copy(const Coverage *from, size_t count, Arena *arena);
json_t *released_coverage_json(const Coverage *coverage, size_t count, const GovernancePolicy *policy);
/* A line a source, and one below where its months are not alike. */
void released_coverage_print(const Coverage *coverage, size_t count, const GovernancePolicy *policy,
                             FILE *out);
/* The same, and a table of all months, each line begun with before. */
void released_coverage_print_csv(const Coverage *coverage, size_t count, const GovernancePolicy *policy,
                                 const char *before, FILE *out);
