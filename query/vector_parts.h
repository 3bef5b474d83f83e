#pragma once
/* Private to query: vector_work's parts, each in the file of its name. */
#include "query/vector.h"

/* Comparisons, sets, texts, and, or. */
void vector_condition(const Plan *plan, const PlanNode *node, const Vector *const *operands, size_t count,
                      Vector *out);
/* Numbers and dates of two operands. */
void vector_calculate(const PlanNode *node, const Vector *const *operands, size_t count, Vector *out);
int64_t vector_part_of_day(PlanKind kind, int64_t day);
