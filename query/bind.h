#pragma once
/*
 * Private to query: a tree as a plan over a dataset, for a day. What is bound asks nothing of the database; a
 * dataset's shape is enough, its values may still be elsewhere.
 */
#include "query/plan.h"
#include "query/tree.h"

enum {
    BOUND_DIMENSIONS_MAX = 16 + QUERY_PARTS_MAX, /* attributes, and conditions */
    BOUND_SETS_BYTES_MAX = 32 << 20,             /* of the words that codes stand for, in the plan's arena */
};
#define BOUND_NO_AMOUNT UINT32_MAX

typedef struct Bound {
    Plan *plan;
    PlanId cohort;                              /* who counts: where it is true */
    Dimension dimensions[BOUND_DIMENSIONS_MAX]; /* of all parts, each once */
    PlanId values[BOUND_DIMENSIONS_MAX];        /* of a band where it begins; unknown: in none */
    PlanId amounts[BOUND_DIMENSIONS_MAX];       /* of which the condition says that it is known */
    size_t dimension_count;
    Date as_at;
    int64_t people_min; /* of the run; 0 until it is set */
} Bound;

/*
 * Fails where the dataset lacks a source or column, as a release does that is older than the source, and
 * where the codes stand for too many of its words.
 */
Result bind_tree(const Tree *tree, const Dataset *dataset, Date as_at, Arena *arena, Bound *bound,
                 Error *error) CHECKED;
/* One of a part, of its period. */
Dimension bound_of_part(const Tree *tree, const Part *part, size_t dimension, Date as_at);
size_t bound_dimension(const Bound *bound, const Dimension *dimension); /* its index */
