#pragma once
/* Private to query: what a query says, after names are resolved and types are checked. */
#include <stdint.h>

#include "base/date.h"
#include "query/bands.h"
#include "query/catalogue.h"
#include "query/period.h"
#include "query/query.h"
#include "query/source_text.h"

enum {
    QUERY_TEXT_BYTES_MAX = 64 * 1024,
    QUERY_CANONICAL_BYTES_MAX = 1024 * 1024,
    QUERY_DEPTH_MAX = 64,
    QUERY_NODES_MAX = 4000, /* with each use of a `let` counted in full */
    QUERY_NAMES_MAX = 64,   /* of `let`, and again of `codes` */
    QUERY_RATE_PER_MAX = 1000000,
    PUBLISHED_NAME_BYTES_MAX = 63, /* of a population, of prices */
    QUERY_PRICES_MAX = 8,
    QUERY_DIMENSIONS_MAX = 6, /* of one table, a measure's condition among them */
    QUERY_MEASURES_MAX = 8,   /* of one table, beside people */
    QUERY_PARTS_MAX = 128,    /* of all tables */
    QUERY_AMOUNTS_MAX = 32,   /* of those, of amounts */
    QUERY_MEDIAN_PERCENT = 50,
    QUERY_CODES_MAX = 20000,  /* over all lists */
    CODE_BYTES_MAX = 40,      /* of a file's; and of a prefix looked for in a text of several codes */
    QUERY_OPERANDS_MAX = 256, /* of one and, or, in */
    QUERY_MONTHS_MAX = 1200,  /* of one span of time */
    QUERY_DAYS_MAX = 36525,
    QUERY_CONTAINS_MAX = 32,     /* each reads all words of a release */
    QUERY_PLACE_MAX = 999,       /* of a record picked */
    QUERY_PERIODS_MAX = 60,      /* of a table */
    QUERY_ALL_NODES_MAX = 16000, /* of the cohort and of each condition, once a period */
    QUERY_PARAMETERS_MAX = 8,
    QUERY_PARAMETER_VALUES_MAX = 64,
    QUERY_WORDINGS_MAX = 100, /* that the values of all parameters make together */
};

typedef enum NodeKind {
    NODE_INTEGER,
    NODE_DECIMAL,
    NODE_DATE,
    NODE_STRING,
    NODE_AS_AT,
    NODE_ATTRIBUTE, /* operands[0]: at, or none: at as_at */
    NODE_AGE,       /* operands[0]: at */
    NODE_COLUMN,    /* of the source whose `where` it stands in */
    NODE_LET,
    NODE_PARAMETER,
    NODE_PERIOD_START, /* of the period that a measure is counted of */
    NODE_PERIOD_END,
    NODE_REGISTERED,      /* operands[0]: at */
    NODE_TIME_REGISTERED, /* units from operands[0] to operands[1] */
    NODE_HOUSEHOLD,       /* people in it: operands[0]: at; operands[1]: where, or none */
    /* of the records of a source; operands[0]: where, or none */
    NODE_EXISTS,
    NODE_COUNT,
    NODE_DISTINCT, /* of column */
    NODE_SUM,
    NODE_MEAN,
    NODE_SMALLEST,
    NODE_LARGEST,
    NODE_VALUE,     /* of column, in the record at `integer` by `by`; from the end below 0 */
    NODE_EPISODES,  /* of the days `by`, with gaps up to `integer` days */
    NODE_MOST,      /* the most of them that `integer` days hold, by `by` */
    NODE_IN_VALUES, /* operands[0] in column; operands[1]: where, or none */
    /* conditions */
    NODE_COMPARE,  /* operands[0] comparison operands[1] */
    NODE_RANGE,    /* operands[0] from operands[1] to operands[2] */
    NODE_WITHIN,   /* operands[0] within integer units (is_after) operands[1] */
    NODE_SENT,     /* operands[0], a practice, sent source from operands[1] to operands[2]; text: so said */
    NODE_IN_CODES, /* operands[0]; codes, and category or none */
    NODE_IN_LIST,  /* operands[0]; items */
    NODE_CONTAINS_CODES, /* a text of several codes: the same */
    NODE_CONTAINS_LIST,
    NODE_IN_NUMBERS, /* operands[0]; numbers */
    NODE_IN_PERIOD,  /* operands[0] */
    NODE_IS_KNOWN,   /* operands[0] */
    NODE_NOT,        /* operands[0] */
    NODE_AND,
    NODE_OR,
    /* values */
    NODE_ADD, /* operands[0], operands[1]: numbers */
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_SHIFT,     /* operands[0], a date, by integer units */
    NODE_BETWEEN,   /* whole units from operands[0] to operands[1] */
    NODE_CASE,      /* condition, value, condition, value ... and, of an odd number, the value of none */
    NODE_OTHERWISE, /* the first that is known */
    NODE_LEAST,     /* of the known ones */
    NODE_GREATEST,
} NodeKind;

/* Weeks are 7 days, and years but those between two dates 12 months. */
typedef enum Unit { UNIT_DAYS, UNIT_MONTHS, UNIT_YEARS } Unit;

typedef enum Comparison { IS_EQUAL, IS_NOT_EQUAL, IS_LESS, IS_AT_MOST, IS_MORE, IS_AT_LEAST } Comparison;

typedef struct Node Node;

typedef struct Published Published; /* query/published.h */

/* Unit costs by code, from outside. */
typedef struct Prices {
    Text name;
    int64_t year; /* the financial one that begins in it */
    bool is_used;
    Mention at;
    const Published *published; /* as read for a run; NULL: none, so nothing has a price */
} Prices;

typedef struct CodeList {
    Text name;
    Text *codes;      /* sorted; each once, or once a category. One that ends in * is all that begin so */
    Text *categories; /* beside codes; NULL: of no file that names any */
    bool *inactive;   /* beside codes: concepts that the terminology has retired; NULL: none */
    Text terminology, release; /* of all codes; empty: not said */
    size_t count;
    bool is_used, shows_categories;
    Mention at;
} CodeList;

typedef struct Let {
    Text name;
    const Node *value;
    bool is_used;
} Let;

/* A literal, and how it is given at a run. */
typedef struct ParameterValue {
    const Node *node;
    Text said;
} ParameterValue;

typedef struct Parameter {
    Text name;
    QueryType type;
    const ParameterValue *values; /* sorted, each once */
    size_t count;
    size_t chosen; /* the first until it is set */
    bool is_set;   /* from the beginning where there is one value */
    bool is_used;
    Mention at;
} Parameter;

struct Node {
    Mention at;
    NodeKind kind;
    QueryType type;
    Comparison comparison;
    bool is_after;
    bool is_of_others; /* of a household: but for the person */
    Unit unit;
    const Node **operands;
    size_t operand_count;
    size_t size, depth; /* with `let` expanded */
    int64_t integer;
    Date date;
    double decimal;
    Text text;
    Text *items;
    int64_t *numbers; /* ascending, each once */
    size_t item_count;
    Text category;
    const Attribute *attribute;
    const CatalogueColumn *column, *by;
    const Prices *prices; /* of column: what its codes cost; NULL: itself */
    const CatalogueSource *source;
    const CodeList *codes;
    const Let *let;
    const Parameter *parameter;
    PeriodUnit period;
};

typedef struct Dimension {
    const Attribute *attribute; /* of a condition its name alone */
    const Node *condition;      /* a measure's; NULL: a category or a band */
    const Node *amount;         /* a number, of whom it is known the condition asks; NULL: it is of none */
    Text said;                  /* the condition, or the amount */
    Bands bands;                /* none: of categories */
    Period period;              /* of a bound condition in a series: which it is of */
    Place place;
} Dimension;

typedef enum MeasureKind {
    MEASURE_PEOPLE, /* with a condition */
    MEASURE_RATE,   /* of two published values of its line; nothing of people is counted for it */
    /* of an amount of each, over those of whom it is known, who are counted as people with a condition are */
    MEASURE_SUM,
    MEASURE_MEAN,
    MEASURE_PERCENTILE,
} MeasureKind;

enum { MEASURE_OF_ALL = QUERY_MEASURES_MAX }; /* the measure `people` */

/* A column beside people. */
typedef struct Measure {
    Text name;
    MeasureKind kind;
    Dimension dimension; /* of its condition: who has it, who has not, not known */
    size_t among;        /* of `people with`: the measure whose people alone it counts, or MEASURE_OF_ALL */
    size_t numerator, denominator; /* of a rate: measures of the table, or MEASURE_OF_ALL */
    Text population;               /* of a rate: what it is per in place of a denominator; empty: nothing */
    int64_t per;
    int64_t percent; /* of a percentile; the median is that of 50 */
    Place place;
} Measure;

typedef struct TableNode {
    Text title;
    Place place; /* behind by */
    Series series;
    Dimension dimensions[QUERY_DIMENSIONS_MAX]; /* without conditions */
    size_t dimension_count;
    bool has_totals;                   /* then the grand total is shown as well */
    bool totals[QUERY_DIMENSIONS_MAX]; /* may be summed over */
    Measure measures[QUERY_MEASURES_MAX];
    size_t measure_count;
} TableNode;

/* What of a table is counted at once: people by its dimensions and, as the last, one measure's condition. */
typedef struct Part {
    size_t table;   /* of the tree's; a table's parts stand together */
    size_t measure; /* of the table's; QUERY_MEASURES_MAX: of a table without any */
    size_t period;  /* of the table's series, whose parts stand together */
    const Dimension *dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
} Part;

typedef struct Sent Sent; /* query/sent.h */

typedef struct Tree {
    Text title, project;
    Mention project_at;
    Mention day_at, known_day_at; /* behind `as at` and `as known at`; not said: the project's */
    Mention *source_at;           /* of each source of the catalogue: what first made the query read it */
    Date as_at;                   /* DATE_NONE: the release's last day; of a parameter its chosen value */
    const Parameter *as_at_of;    /* NULL: the day is no parameter's */
    Date known_at;                /* DATE_NONE: what was held when the release was built */
    CodeList code_lists[QUERY_NAMES_MAX];
    size_t code_list_count, code_count, contains_count;
    Let lets[QUERY_NAMES_MAX];
    size_t let_count;
    Prices prices[QUERY_PRICES_MAX];
    size_t price_count;
    Parameter parameters[QUERY_PARAMETERS_MAX];
    size_t parameter_count;
    const Node *cohort;
    TableNode tables[QUERY_TABLES_MAX];
    size_t table_count;
    Part *parts;
    size_t part_count;
    const CatalogueSource **sources; /* each one that it reads, once */
    size_t source_count;
    bool asks_households;    /* one person in a cell may stand for a whole home: run.c */
    const Node **sent_asked; /* `practice sent`, once a source */
    size_t sent_asked_count;
    const Sent *sent; /* of the release that it is bound to; NULL: of the catalogue alone */
} Tree;

typedef struct ParseInput {
    SourceText source;
    const Catalogue *catalogue;
    const QueryFiles *files; /* NULL: `codes ... from` is refused, the text stands alone */
} ParseInput;

/* text ends in a NUL behind its length. tree and all in it live in arena. */
Result tree_parse(const ParseInput *input, Arena *arena, Tree **tree, Error *error) CHECKED;
/* Fills in the parts of all tables. ERROR_LIMIT for more than QUERY_PARTS_MAX. */
Result tree_make_parts(Tree *tree, Arena *arena, Error *error) CHECKED;
/* Of its parts, those that are of an amount. */
size_t tree_amount_count(const Tree *tree);
/* Marks what the cohort leads to, and notes the sources read; what it does not lead to means nothing. */
void tree_use(Tree *tree, const Catalogue *catalogue);
/* One that is gathered, of each source about people that states it. */
bool attribute_is_made_of(const Attribute *attribute, const CatalogueSource *source);
/* Prints the canonical text: no comments, one layout, operands of and/or sorted and each once. */
Text tree_print(const Tree *tree, Arena *arena);
/* Where a word of the query itself stands. */
Mention tree_mention(const Tree *tree, Place place);
/* Of the records of node->source: what stands from NODE_EXISTS to NODE_IN_VALUES. */
bool node_is_of_records(const Node *node);
/* That of records kept, or NULL. */
const Node *node_where(const Node *node);
bool dimension_equal(const Dimension *a, const Dimension *b);
bool measure_is_of_amount(const Measure *measure);
/* May people be added up by it: what their records come to, an age or an attribute, or a time between two
 * days, or 0 where that is not known? Nothing that is worked out of several of them. */
bool node_is_one_number(const Node *node);
/* Those that a sum of records is at; NULL: it is none, or of a column. */
const Prices *node_prices(const Node *node);
