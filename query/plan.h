#pragma once
/*
 * Private to query: what is to be worked out of a dataset, after names, dates and code lists are bound. A
 * plan is a list of nodes, operands before what uses them, equal nodes once. Each is either about people or
 * about the rows of one source; only the kinds that gather rows lead from the second to the first. The
 * meaning of each kind is that of docs/query-language.md.
 */
#include "base/date.h"
#include "query/dataset.h"
#include "query/deadline.h"

typedef uint32_t PlanId;

enum {
    PLAN_PEOPLE = UINT16_MAX, /* a level: about people */
    PLAN_OPERANDS_MAX = 514,
    PLAN_HOME_PEOPLE_MAX = 10,    /* where more live, it is no household */
    PLAN_AMOUNT_MAX = 1000000000, /* of one person, that is added up; of a million a double holds each unit */
};

typedef enum PlanKind {
    /* constants */
    PLAN_NUMBER, /* integer: also a date, a condition or a word; NUMBER_UNKNOWN: unknown */
    PLAN_DECIMAL,
    /* of people, or of rows */
    PLAN_COLUMN,
    /* rows: which, and in which order */
    PLAN_ROWS, /* of a source: all */
    PLAN_KEEP, /* rows, condition: those where it is true */
    PLAN_DROP, /* rows, condition: those where it is not true */
    PLAN_SORT, /* rows, key: ascending, unknown first; what is equal stays in order */
    PLAN_PICK, /* rows: the one at integer of each person, from 1; from the end below 0 */
    /* from rows to people */
    PLAN_EXISTS,         /* rows */
    PLAN_COUNT,          /* rows */
    PLAN_COUNT_DISTINCT, /* rows, value: known ones */
    PLAN_SUM,            /* rows, value: of the known ones; of none unknown */
    PLAN_MEAN,
    PLAN_SMALLEST,
    PLAN_LARGEST,
    PLAN_VALUE,    /* picked rows, value */
    PLAN_IN_ROWS,  /* value, rows, value of theirs */
    PLAN_MOST,     /* rows, date: the most that integer days running hold */
    PLAN_EPISODES, /* rows, date: runs of days no more than integer days apart */
    /* conditions */
    PLAN_EQUAL,
    PLAN_NOT_EQUAL,
    PLAN_LESS,
    PLAN_AT_MOST,
    PLAN_MORE,
    PLAN_AT_LEAST,
    PLAN_IN, /* value; set. The empty set holds nothing, also not what is unknown */
    PLAN_NOT,
    PLAN_AND,
    PLAN_OR,
    PLAN_IS_KNOWN,
    PLAN_CONTAINS,      /* text, text: as a piece */
    PLAN_CONTAINS_CODE, /* text; set of words: one of its codes, between what is no letter or digit, begins so
                         */
    /* numbers */
    PLAN_ADD,
    PLAN_SUBTRACT,
    PLAN_MULTIPLY,
    PLAN_DIVIDE, /* a decimal; by 0 unknown */
    PLAN_DIVIDE_DOWN,
    PLAN_POWER, /* a decimal */
    PLAN_ABSOLUTE,
    PLAN_TO_INTEGER, /* towards 0; of a condition 1 or 0 */
    PLAN_TO_DECIMAL,
    PLAN_LEAST, /* of the known ones */
    PLAN_GREATEST,
    /* dates */
    PLAN_YEAR,
    PLAN_MONTH,
    PLAN_DAY,
    PLAN_FIRST_OF_MONTH,
    PLAN_FIRST_OF_YEAR,
    PLAN_SHIFT_DAYS, /* date, number */
    PLAN_SHIFT_MONTHS,
    PLAN_DAYS_BETWEEN, /* from, to */
    PLAN_MONTHS_BETWEEN,
    PLAN_YEARS_BETWEEN,
    /* any value */
    PLAN_CASE,     /* condition, value, condition, value ... and, of an odd number, the value of none */
    PLAN_COALESCE, /* the first that is known */
    PLAN_MAP,      /* value; set and, beside it, mapped: what each becomes; another value is unknown */
    /* over the people of a home: number of the home, condition of each of them. Unknown where the number is,
     * or below 1, or more than PLAN_HOME_PEOPLE_MAX have it */
    PLAN_PEOPLE_AT_HOME,
    PLAN_OTHERS_AT_HOME, /* without the person */
} PlanKind;

typedef struct PlanNode {
    PlanKind kind;
    QueryType type;
    uint16_t level;  /* PLAN_PEOPLE, or the source whose rows it is about */
    uint16_t column; /* of the source `level` or, PLAN_COLUMN about people, of the first source */
    uint32_t operand_count;
    const PlanId *operands;
    int64_t integer;
    double decimal;
    const int64_t *set; /* ascending, each once */
    const int64_t *mapped;
    size_t set_count;
} PlanNode;

typedef struct Plan {
    const Dataset *dataset;
    Arena *arena;
    PlanNode *nodes;
    size_t count, nodes_max;
    uint32_t *index;    /* 2 * nodes_max, open addressing by content, to find equal nodes */
    Deadline *deadline; /* of who works it out; NULL: none */
} Plan;

/* Passing nodes_max aborts: who asks for nodes has bounded them. */
Plan *plan_create(const Dataset *dataset, size_t nodes_max, Arena *arena);
/*
 * Adds what is not there yet, with the level of its operands, and with decimals where an operand is one.
 * Aborts on operands that cannot go together: the language has refused them before.
 */
PlanId plan_add(Plan *plan, PlanNode draft, const PlanId *operands, size_t operand_count);
PlanId plan_constant(Plan *plan, QueryType type, int64_t integer);
PlanId plan_decimal(Plan *plan, double decimal);
/* Copies, sorts and leaves each item once; mapped: NULL, or beside items. */
PlanId plan_set(Plan *plan, PlanNode draft, PlanId value, const int64_t *items, const int64_t *mapped,
                size_t count);
bool plan_is_rows(PlanKind kind);
bool plan_gathers(PlanKind kind); /* from rows to people, or to other rows */
bool plan_is_of_homes(PlanKind kind);
