#pragma once
/* Private to plan_check*.c. */
#include "query/plan_check.h"

/* Each node is one of the engine's, over operands before it, of levels and types that go together. */
Result plan_check_nodes(const Plan *plan, Error *error) CHECKED;
/* What it reads: columns that are there, of granted sources or of those made of granted ones. */
Result plan_check_reads(const Plan *plan, const PlanGrant *grant, Error *error) CHECKED;
/* Of rows picked: the last of all that cover the day, not one that something else has chosen. */
bool plan_check_is_one_on_a_day(const Plan *plan, const PlanNode *node);
/* Rows of which two columns, either of which may be unknown, have a day between them that is the same for
 * everybody: operands[1] of the node's first operand. */
bool plan_check_covers_a_day(const Plan *plan, const PlanNode *node, uint16_t level, const char *from,
                             const char *to);
/* The number of a home leads to nothing but a count over its people, and where homes are asked, who has none
 * of a household's size is not counted. released->cohort is a condition on people. */
Result plan_check_homes(const Plan *plan, const PlanReleased *released, Error *error) CHECKED;
/* The first of the month of birth. */
bool plan_check_is_birth(const Plan *plan, const PlanNode *node);
/* One number of people, and who is counted beside it are those of whom it is known. */
Result plan_check_amount(const Plan *plan, const ReleasedValue *released, Error *error) CHECKED;
/* The name of a source, the first being that of people. */
bool plan_check_is_source(const Plan *plan, uint16_t level, const char *name);
