#pragma once
/* Private to query: one value for each of many people or rows, and what can be worked out place by place. */
#include "query/plan.h"

typedef struct Vector {
    int64_t *numbers; /* conditions, numbers, dates, words; NUMBER_UNKNOWN */
    double *decimals; /* in their place; not finite: unknown */
    size_t mask;      /* all ones, or 0: the first value is everybody's */
} Vector;

static inline int64_t vector_number(const Vector *vector, size_t i)
{
    return vector->numbers[i & vector->mask];
}

static inline double vector_decimal(const Vector *vector, size_t i)
{
    return vector->decimals[i & vector->mask];
}

/* Unknown where it has more digits than the language has. */
int64_t vector_worked_out(int64_t number, bool overflows);
bool vector_is_known(const Vector *vector, size_t i);
/* With room for count values. */
Vector *vector_create(Arena *arena, QueryType type, size_t count);
/* Works out a node of any kind but columns and those that gather rows. operands[i] belongs to
 * node->operands[i]; out has room for count values. */
void vector_work(const Plan *plan, const PlanNode *node, const Vector *const *operands, size_t count,
                 Vector *out);
