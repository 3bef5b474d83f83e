#pragma once
/*
 * Private to dummy*.c: made-up people and records. A query's words are satisfied by looking, not by luck: the
 * engine says what each part of each definition is worth for each person, and where that is not what was
 * wished for, something in the person's records is changed to make it so; a few rounds later nearly all
 * wishes hold. What is counted in the end is what the engine finds, not what was wished.
 */
#include <math.h>

#include "query/count_parts.h"
#include "query/engine.h"
#include "query/query_private.h"
#include "query/released.h"

/* A cell of any type: a day, a number, a word's number in the dataset; NAN: unknown. */
typedef struct DummyRow {
    struct DummyRow *next;
    bool is_removed;
    double *cells; /* beside the table's columns */
} DummyRow;

/* The rows of a source, by person or, of a household source, by home. */
typedef struct DummyTable {
    const DummySource *of; /* NULL: person, registration, household */
    bool is_by_home;
    DataColumn *columns;
    size_t column_count;
    DummyRow **rows;    /* the newest of each owner */
    DummyRow **origins; /* as last built: of each of the dataset's rows */
    size_t row_count;
} DummyTable;

typedef struct DummyGoal {
    const char *kind; /* "cohort", "let", "measure" */
    Text name, period_label;
    const Node *node;
    bool says_known; /* of a value: that it is known */
    Period period;
    PlanId id;
    uint64_t asked[2], turn[2]; /* by who is not of the cohort, who is: whose lot it was last */
    int64_t yes, no, unknown;   /* people; of a measure those of the cohort */
} DummyGoal;

typedef struct DummyValue {
    const Node *node;
    Date period;
    PlanId id;
} DummyValue;

typedef struct Dummy {
    Arena *arena, *round_arena;
    const Query *query;
    Date as_at;
    uint32_t people, homes;
    uint64_t chance_state;
    DummyTable *tables; /* in the order of the dataset's sources */
    DataSource *sources;
    Dataset dataset;
    Plan *plan;
    PlanId cohort;
    DummyGoal *goals; /* the cohort first */
    size_t goal_count;
    DummyValue *values; /* sorted: what the parts of goals are in the plan */
    size_t value_count, values_max;
    Engine *engine; /* of the round */
    Deadline deadline;
} Dummy;

enum {
    DUMMY_PERSON,
    DUMMY_REGISTRATION,
    DUMMY_HOUSEHOLD,
    DUMMY_MADE,
    DUMMY_HOMES_EACH = 3, /* that a home has room for */
};

/* For tests: what random data alone satisfies, nothing being wished for. */
extern bool dummy_is_random;
/* Of people and records, also those taken away again; past it there is an error. Tests say less. */
extern size_t dummy_bytes_max;

/* ---- dummy_data.c: the store ---- */

void dummy_create(Dummy *dummy, const DummySource *sources);
/* As the engine reads it. What was handed out of the last one is gone. ERROR_LIMIT: more than there is room
 * for. */
Result dummy_build(Dummy *dummy, Error *error) CHECKED;
bool dummy_is_full(const Dummy *dummy); /* nothing more is to be added; dummy_build will say so */
Result dummy_fail_full(Error *error) CHECKED;
uint64_t dummy_chance(Dummy *dummy, uint64_t limit); /* below limit, of at least 1 */
int dummy_column(const DummyTable *table, Text name);
DummyTable *dummy_table(Dummy *dummy, Text source);
uint32_t dummy_home(Dummy *dummy, uint32_t person);
uint32_t dummy_owner(Dummy *dummy, const DummyTable *table, uint32_t person);
DummyRow *dummy_add(Dummy *dummy, DummyTable *table, uint32_t owner);
void dummy_remove(DummyTable *table, uint32_t owner, DummyRow *row);

/* ---- dummy_birth.c ---- */

void dummy_bear(Dummy *dummy, uint32_t person, double day);
/* What is dated before: a record on another day, a registration from birth on. */
void dummy_date_from_birth(Dummy *dummy);

/* ---- dummy_words.c ---- */

/* Over those of the query that the dataset has. */
void dummy_make_words(Dummy *dummy, const DummySource *sources);
double dummy_word(const Dummy *dummy, Text word); /* NAN: it is none of the words */
bool dummy_is_word(const Dummy *dummy, double cell);
const DummyColumn *dummy_described(const DummyTable *table, size_t column); /* NULL: of no spec */
/* What the column has for a code of a query; of `E11*` one that begins so. NAN: it can have none. table NULL:
 * any. */
double dummy_word_of(const Dummy *dummy, const DummyTable *table, size_t column, Text code);
/* As its list, shape or check allows; of no text anything. */
bool dummy_can_have(const Dummy *dummy, const DummyTable *table, size_t column, double cell);

/* ---- dummy_random.c: what is there before anything is wished for ---- */

double dummy_unlisted(Dummy *dummy); /* a word of no list and no shape, for what has neither */
double dummy_fill(Dummy *dummy, const DummyTable *table, size_t column);
double dummy_attribute(Dummy *dummy, Text column); /* of a person or a registration, but not age */
void dummy_random(Dummy *dummy);

/* ---- dummy_goals.c ---- */

/* Into plan, whose query is bound: the goals, and what each of their parts is there. */
void dummy_find_goals(Dummy *dummy, const Bound *bound);
/* False: not a part of a goal. */
bool dummy_value_id(const Dummy *dummy, const Node *node, Date period, PlanId *id);

/* ---- dummy_rounds.c ---- */

/* Over the data as last built; engine_close. ERROR_LIMIT: it would take too much memory, or time is over. */
Result dummy_open_engine(Dummy *dummy, Error *error) CHECKED;
Result dummy_satisfy(Dummy *dummy, Error *error) CHECKED;

/* ---- dummy_wish.c, dummy_codes.c, dummy_holds.c, dummy_rows.c, dummy_amount.c, dummy_person.c ---- */

/* For one person, or for one row of theirs, in a goal's period. */
typedef struct Wish {
    Dummy *dummy;
    uint32_t person;
    Period period;
    DummyTable *table; /* whose row it is about; NULL: about the person */
    DummyRow *row;
    int depth;
} Wish;

enum { DUMMY_DEPTH_MAX = 100, NEAR_MISS_ONE_IN = 2 };

typedef enum Holds { HOLDS_UNKNOWN = -1, HOLDS_NOT, HOLDS } Holds;

void wish_condition(const Wish *wish, const Node *node, bool wanted);
void wish_listed(const Wish *wish, const Node *node, bool wanted);
void wish_amount(const Wish *wish, const Node *node, double target);
void wish_known(const Wish *wish, const Node *node);
double wish_some_value(const Wish *wish, const Node *node); /* any that it can have */
bool wish_can_set(const Wish *wish, const Node *node);
/* What it is worth now, as far as that is known: of a row's cells, of constants, of people as last built. */
double wish_value(const Wish *wish, const Node *node);
DummyRow *wish_add_row(const Wish *wish, const Node *node, bool wanted, int column, double value);
void wish_remove_rows(const Wish *wish, const Node *node);
void wish_registered(const Wish *wish, Date day, bool wanted);
void wish_rows(const Wish *wish, const Node *node, int64_t count);
double wish_shift(double day, Unit unit, int64_t amount);
Holds wish_holds(const Wish *wish, const Node *node);
/* The days, both included, that a range, a window or a period is from and to; NAN where not known. */
void wish_bounds(const Wish *wish, const Node *node, double *first, double *last);
bool wish_is_in_category(const Node *node, size_t code);
bool wish_is_listed(const Wish *wish, const Node *node, double word); /* of its codes or items; a word */
/* The column that a value is of; false: it is of none, or of several. */
bool wish_column(const Wish *wish, const Node *node, const DummyTable **table, size_t *column);

typedef void Setter(const Wish *wish, const Node *node, double target);
Setter wish_attribute, wish_age, wish_time_registered, wish_household;

/* ---- dummy_population.c ---- */

void wish_cost(const Wish *wish, const Node *node, double pounds); /* of a sum at prices */

typedef struct DummyCategories {
    CountCategory *items;
    size_t count;
} DummyCategories;

/* Sets those of the tree; they are the dummy's. */
void dummy_prices(Dummy *dummy);
void dummy_populations(Dummy *dummy, const DummyCategories *categories, Provenance *provenance);

/* ---- dummy_files.c ---- */

Text dummy_cell_text(Dummy *dummy, const DummyTable *table, size_t column, double cell);

Result dummy_write(Dummy *dummy, const char *folder, Error *error) CHECKED;
