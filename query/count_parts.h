#pragma once
/* Private to count*.c: from the values of people to the cells of tables. */
#include "query/count.h"
#include "query/tally.h"

enum { LINES_MAX = COUNT_CELLS_MAX, COUNT_LINES_PEOPLE_MIN = 100 };

/* The values of a dimension. A line is one of them, in their order; of a band, the band from 0 on. */
typedef struct Domain {
    Text *values; /* of the release; none of a band */
    size_t value_count;
    int64_t *codes;  /* those that a cell can hold, as the engine has them, ascending */
    uint32_t *lines; /* beside codes */
    uint32_t code_count;
    Bands bands;
    uint32_t band_min, band_max; /* seen; band_min > band_max: none */
    bool has_unknown;            /* seen: what is none of the codes */
} Domain;

/* Who is in the cohort, by the codes of some dimensions: of a part all but the condition that is asked last.
 */
typedef struct CountGroup {
    size_t dimensions[QUERY_DIMENSIONS_MAX]; /* of the bound ones */
    size_t dimension_count;
    Tally *tally; /* while people are counted */
    SetHash *cells;
    CountPeople *who; /* NULL: nobody compares its parts */
    uint64_t *cohort;
    uint16_t *places;
    size_t cell_count; /* in row-major order over code_count + 1 places a dimension, the last one not known */
} CountGroup;

/* An amount of each person, for all parts that ask for it. */
typedef struct CountValues {
    PlanId amount;
    double *values;
} CountValues;

/* Of a part of the tree: whose group it is cut from, and of whom its condition is true or not known. */
typedef struct CountPart {
    size_t group;
    bool is_asked;
    size_t condition; /* of the bound dimensions */
    SetHash *yes, *unknown;
    uint64_t *yes_bits, *unknown_bits; /* where the group keeps who */
    const CountValues *values;         /* NULL: it is of no amount */
    uint64_t *yes_sketches, *unknown_sketches;
} CountPart;

typedef struct Counting {
    DatasetHold *hold; /* NULL: all of the dataset is there */
    const Tree *tree;
    const Bound *bound;
    Arena *arena;
    Domain domains[BOUND_DIMENSIONS_MAX];
    CountGroup *groups;
    size_t group_count;
    CountPart *parts; /* beside the tree's */
    CountValues values[QUERY_AMOUNTS_MAX];
    size_t value_count;
    uint64_t *rest;       /* bits of a chunk's people, for a moment */
    TallyAnswer *answers; /* of a group, for a moment */
    uint64_t people;      /* in the cohort */
    size_t chunk_bytes;   /* people are worked out together as far as they take no more */
} Counting;

/* The values that a dimension has: these, or those that the release says. */
Result count_domains_of(Counting *counting, const CountCategory *categories, size_t count, Error *error)
    CHECKED;
Result count_domains(Db *reader, int64_t release_id, Counting *counting, Error *error) CHECKED;
/* Fills in groups and parts; before that, fetches what the plan reads. */
Result count_people(Db *reader, Counting *counting, Error *error) CHECKED;
/* Once people are counted: which lines are seen, and of a cohort of few each that there can be. */
void count_lines(Counting *counting);
Result count_part(const Counting *counting, size_t number, CountTable *table, Error *error) CHECKED;

/* ---- count.c ---- */

/* Places that stand beside each other, and the margins that each of them is added to. */
typedef struct CountSum {
    size_t margin, place, count;
} CountSum;
typedef void CountAddUp(void *places, CountSum sum);
/* Adds up the margins of the first dimension_count dimensions; what stands in them counts as well. places: in
 * row-major order, as cells. */
void count_add_up(const CountTable *table, size_t dimension_count, CountAddUp *add, void *places);

/* ---- count_amount.c ---- */

/* Those that the bound dimension asks for, as they are among counting's; NULL: none. */
const CountValues *count_values_of(Counting *counting, size_t dimension);
/* Keeps what each of the chunk's people has. */
void count_values_add(Counting *counting, Engine *engine);
/* Of a part whose people are counted; parts: those of the same tree before it. */
void count_amounts(const Counting *counting, size_t number, CountTable *parts);

/* ---- count_groups.c ---- */

/* Which of the bound dimensions a part's is. */
size_t count_bound(const Counting *counting, const Part *part, size_t dimension);

/* Which groups and parts there are, from the domains; ERROR_LIMIT where their cells would take more memory
 * than a query may. */
Result count_groups_make(Counting *counting, Error *error) CHECKED;
/* Where a group's cell stands among the codes of each of its dimensions; code_count: not known. */
void count_groups_places(const Counting *counting, const CountGroup *group, size_t cell, size_t *places);
void count_groups_open(Counting *counting, Engine *engine); /* until count_groups_close */
void count_groups_close(Counting *counting);
/* Adds the engine's chunk, of whom these are in the cohort. */
void count_groups_add(Counting *counting, Engine *engine, const uint64_t *cohort);
