#pragma once
/*
 * Private to query: raw counts with the person set of each cell. Nothing here prints; the only way out is
 * suppress.h, which makes ReleasedTables.
 */
#include "query/amount.h"
#include "query/bind.h"
#include "query/dataset_open.h"
#include "query/set_hash.h"

typedef struct CountDimension {
    Text name;
    Text *values; /* in the order of the lines; the margin follows as one more */
    size_t value_count;
    bool may_total;
    bool is_condition; /* yes, no and perhaps not known: what is asked of people, not where they belong */
} CountDimension;

typedef struct CountCell {
    int64_t people;
    SetHash set; /* of them */
} CountCell;

/*
 * Which of the release's people stand where, kept for parts that are cut from the same places: then what one
 * part's answer says can be compared with another's, person by person. Bits: of person p bit p % 64 of word
 * p / 64. Who is in no place has no bit in `cohort`.
 */
typedef struct CountPeople {
    uint32_t people, place_count;
    const uint64_t *cohort;
    const uint16_t *places; /* of each person */
    uint32_t *begin;        /* place_count + 1, in `order`; NULL until somebody asks */
    uint32_t *order;        /* the cohort by places */
} CountPeople;

/* An amount of each of who is counted, as a table's places have it; shared by the measures of one amount. */
typedef struct CountAmounts {
    const double *values; /* of each of the release's people; what it is means nothing where it is unknown */
    const uint64_t *not_zero; /* bits of those of whom it is known and not 0 */
    AmountTotal *totals;      /* of each place, margins included */
    int64_t together; /* people who can have one in common: those of a home where homes are asked, else 1 */
    bool has_percentile; /* some measure of it is one */
    /* by suppress: of each place */
    bool *is_hidden; /* nothing is said of it */
    bool *
        is_ordered; /* no percentile: an earlier amount has some, and its people in this order, but not all */
} CountAmounts;

/* Cells in row-major order over value_count + 1 places a dimension, the last of which is the margin. */
typedef struct CountTable {
    Text title;
    const Part *part;
    const char *period_column; /* "month"; NULL: the table is by no periods */
    Text period;               /* which of them this is of */
    CountDimension dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
    bool has_totals;
    CountCell *cells;
    size_t cell_count;
    CountPeople *who;              /* NULL: of a part that shares its places with no other */
    const uint16_t *who_places;    /* of each place as count_places numbers them, but for margins */
    const uint64_t *yes, *unknown; /* of whom the condition is true, or not known */
    CountAmounts *amounts;         /* of whom the condition says that it is known; NULL: it is another one */
    /* by who_places, of each of them one of 64 bits, the same in all parts: NULL, or what does not lie within
     * another's bits does not lie within its people either */
    const uint64_t *yes_sketches, *unknown_sketches;
} CountTable;

enum { COUNT_CELLS_MAX = 20000 }; /* of one table, margins included */

/* Fills coordinates[dimension_count]; equal to value_count where the cell is a margin. */
void count_coordinates(const CountTable *table, size_t cell, size_t *coordinates);
size_t count_cell(const CountTable *table, const size_t *coordinates);
bool count_is_inner(const CountTable *table, size_t cell);
enum { COUNT_MARGINS_MAX = 1 << QUERY_DIMENSIONS_MAX };
/* The cell, and each margin above it: how many they are. */
size_t count_margins_above(const CountTable *table, size_t cell, size_t margins[COUNT_MARGINS_MAX]);
/* The index of a dimension; dimension_count: it has none of this name. */
size_t count_dimension(const CountTable *table, Text name);
bool count_has_dimension(const CountTable *table, Text name);
/*
 * A part's cells by place and answer: place * (answers + 1) + answer, where the answers are those of its
 * condition (none: 0) and one more stands for all of the place's people.
 */
size_t count_answers(const CountTable *table);
size_t count_places(const CountTable *table);
/* The place's people: *count of them. Lists all people's places at the first call. */
const uint32_t *count_people_at(const CountTable *table, size_t place, Arena *arena, size_t *count);
static inline uint64_t count_bit(const uint64_t *bits, uint32_t person)
{
    return bits[person / 64] >> person % 64 & 1;
}

/* Which answer is the person's: 0 yes, 1 no, 2 not known. */
static inline size_t count_answer_of(const CountTable *table, uint32_t person)
{
    if (count_bit(table->yes, person) != 0)
        return 0;
    return count_bit(table->unknown, person) != 0 ? 2 : 1;
}
/*
 * The places below a margin, one after the other; of another place itself. Coordinates are of a part with a
 * condition, whose own is 0. first: false where a dimension has no values; next: false where there is no
 * more.
 */
bool count_first_below(const CountTable *table, const size_t *margin, size_t *place);
bool count_next_below(const CountTable *table, const size_t *margin, size_t *place);
/* Those of whom the part's amount is known at a place, in no order; *count of them. */
double *count_amounts_at(const CountTable *table, size_t place, Arena *arena, size_t *count);
/* Sums margins' totals from those of the inner places. */
void count_amount_margins(const CountTable *table, AmountTotal *totals);
/* Of the same places. b is of an amount as well or, who gives this answer having 1 and others 0, of a
 * condition.
 */
typedef struct AmountPair {
    const CountTable *a, *b;
    size_t answer;
} AmountPair;

/* Are these of some of the people enough? */
typedef bool AmountsEnough(const void *asked, const AmountTotal *totals);

/*
 * What a's amount is more than b's, person by person; an unknown one is 0. Of each place, margins included.
 * enough: NULL, or asked now and then; where it says so, totals are of some people alone.
 */
AmountTotal *count_amount_differences(const AmountPair *pair, AmountsEnough *enough, const void *asked,
                                      Arena *arena);
/* The same of these places alone, whose people are looked at one by one: inner ones, and margins where all
 * below is asked as well. */
AmountTotal *count_amount_differences_where(const AmountPair *pair, const bool *is_asked, Arena *arena);
/* Is this cell part of the table as asked for: an inner cell, a margin over `totals`, or the grand total? */
bool count_is_asked(const CountTable *table, size_t cell);
/* Sums margins' people and sets from the inner cells. */
void count_margins(CountTable *table);

/*
 * Fetches what a bound query reads, and runs it over its dataset, people in chunks;
 * tables[0..tree->part_count-1], one a part, live in arena. What comes out is the same however large the
 * chunks are. ERROR_LIMIT where it would take more memory than a query may.
 */
Result count_run(Db *reader, DatasetHold *hold, const Tree *tree, const Bound *bound, int64_t release_id,
                 Arena *arena, CountTable *tables, Error *error) CHECKED;

typedef struct CountCategory {
    Text dimension, value;
} CountCategory;

/* The same of a dataset that is all there, without a database; the dimensions have these values. */
Result count_dataset(const Tree *tree, const Bound *bound, const CountCategory *categories, size_t count,
                     Arena *arena, CountTable *tables, Error *error) CHECKED;
