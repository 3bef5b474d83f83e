#pragma once
/*
 * Private to bind*.c: how one kind of node is bound. By theme: bind_person.c, bind_rows.c, bind_prices.c,
 * bind_condition.c, bind_codes.c, bind_value.c. To add a kind: its function here, in the file of its theme,
 * and in the table of bind.c.
 */
#include "query/bind.h"

/* Of the dataset; the first source is that of people. */
enum { BIND_PEOPLE_SOURCE = 0, BIND_NODES_EACH = 24 /* at most made of one node of a tree */ };

typedef struct BoundCodes {
    const CodeList *list; /* of `in` a list */
    Text category;
    const Node *node;     /* of `contains`, and of items that stand there: itself */
    const int64_t *words; /* ascending; -1 stands for those that no cell holds */
    size_t count;
} BoundCodes;

typedef struct Binder {
    const Tree *tree;
    Plan *plan;
    Date as_at;
    Period period;    /* of the measure being bound */
    uint16_t level;   /* the source whose `where` is being bound, or PLAN_PEOPLE */
    BoundCodes *sets; /* each once; memory_free */
    size_t set_count, sets_max;
    size_t set_bytes;        /* of all of them; above BOUND_SETS_BYTES_MAX: the plan is not whole */
    const Node *asks_beyond; /* the release's month: the plan is not whole */
    const Node *beyond_sets; /* what went past that limit */
    bool reads_homes;        /* records of a household source */
} Binder;

typedef PlanId BindNode(Binder *binder, const Node *node);

PlanId bind_node(Binder *binder, const Node *node);

/* ---- pieces ---- */

PlanId bind_with(Binder *binder, PlanKind kind, QueryType type, PlanId operand);
PlanId bind_with_two(Binder *binder, PlanKind kind, QueryType type, PlanId first, PlanId second);
/* Both are there: bind_shape_check has looked. */
uint16_t bind_source(const Binder *binder, Text name);
PlanId bind_column_of(Binder *binder, uint16_t source, Text name);
/* The day of `as_at` or of a date. */
PlanId bind_day(Binder *binder, const Node *node);
/* amount: below 0 before. Of a constant a constant, so that windows about it can be looked up. */
PlanId bind_shifted(Binder *binder, PlanId day, Unit unit, int64_t amount);
/* Between two columns, either of which may be unknown: then it has no beginning or end. */
PlanId bind_covers(Binder *binder, PlanId from, PlanId to, PlanId day);
/* As one node, without `and` directly in `and`; operand_count of at least 1. */
PlanId bind_all(Binder *binder, const PlanId *operands, size_t operand_count);

/* ---- people ---- */

BindNode bind_attribute, bind_age, bind_registered, bind_time_registered, bind_household;
PlanId bind_attribute_on(Binder *binder, const Attribute *attribute, PlanId day);
PlanId bind_age_on(Binder *binder, PlanId day);
/* Of the cohort, when all else is bound: those who have a household on each day that homes are asked of. */
PlanId bind_of_households(Binder *binder, PlanId cohort);

/* ---- rows ---- */

BindNode bind_column, bind_exists, bind_count, bind_gathered, bind_picked, bind_days_of, bind_in_values;
/* Those of a node's source for which its `where` is true. */
PlanId bind_rows(Binder *binder, const Node *node);

/* Of a column at prices, and what its records cost together. */
BindNode bind_price, bind_cost;

/* ---- values and conditions ---- */

BindNode bind_integer, bind_decimal, bind_text, bind_let, bind_parameter;
BindNode bind_calculation, bind_choice, bind_shift, bind_between;
BindNode bind_compare, bind_range, bind_within, bind_is_known, bind_not, bind_and, bind_or;
BindNode bind_in, bind_in_numbers, bind_in_period, bind_period_day, bind_sent;

/* ---- what the dataset has to have ---- */

Result bind_shape_check(const Tree *tree, const Dataset *dataset, Error *error) CHECKED;
