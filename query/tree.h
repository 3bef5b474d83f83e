#pragma once
/* Private to query: what a query says, after names are resolved and types are checked. */
#include <stdint.h>

#include "base/date.h"
#include "query/catalogue.h"
#include "query/query.h"
#include "query/source_text.h"

enum {
    QUERY_TEXT_BYTES_MAX = 64 * 1024,
    QUERY_CANONICAL_BYTES_MAX = 1024 * 1024,
    QUERY_DEPTH_MAX = 64,
    QUERY_NODES_MAX = 4000,   /* with each use of a `let` counted in full */
    QUERY_NAMES_MAX = 64,     /* of `let`, and again of `codes` */
    QUERY_DIMENSIONS_MAX = 6, /* of one table */
    QUERY_CODES_MAX = 20000,  /* over all lists */
    CODE_BYTES_MAX = 40,      /* of a file's; and of a prefix looked for in a text of several codes */
    QUERY_OPERANDS_MAX = 256, /* of one and, or, in */
    QUERY_MONTHS_MAX = 1200,  /* of one span of time */
    QUERY_DAYS_MAX = 36525,
    QUERY_CONTAINS_MAX = 32, /* each reads all words of a release */
    QUERY_PLACE_MAX = 999,   /* of a record picked */
    QUERY_BAND_YEARS_MIN = 5,
    QUERY_BAND_YEARS_MAX = 120,
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
    NODE_REGISTERED, /* operands[0]: at */
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
    NODE_COMPARE,        /* operands[0] comparison operands[1] */
    NODE_RANGE,          /* operands[0] from operands[1] to operands[2] */
    NODE_WITHIN,         /* operands[0] within integer units (is_after) operands[1] */
    NODE_IN_CODES,       /* operands[0]; codes, and category or none */
    NODE_IN_LIST,        /* operands[0]; items */
    NODE_CONTAINS_CODES, /* a text of several codes: the same */
    NODE_CONTAINS_LIST,
    NODE_IN_NUMBERS, /* operands[0]; numbers */
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

typedef struct CodeList {
    Text name;
    Text *codes;      /* sorted; each once, or once a category. One that ends in * is all that begin so */
    Text *categories; /* beside codes; NULL: of no file that names any */
    size_t count;
    bool is_used, shows_categories;
} CodeList;

typedef struct Let {
    Text name;
    const Node *value;
    bool is_used;
} Let;

struct Node {
    NodeKind kind;
    QueryType type;
    Comparison comparison;
    bool is_after;
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
    const CatalogueSource *source;
    const CodeList *codes;
    const Let *let;
};

typedef struct Dimension {
    const Attribute *attribute; /* of a condition its name and family alone */
    const Node *condition;      /* of `people with`; NULL: a category or a band */
    Text said;                  /* the condition */
    int64_t band_years;         /* 0: no banding */
    Place place;
} Dimension;

typedef struct TableNode {
    Text title;
    Dimension dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
    bool has_totals;                   /* then the grand total is shown as well */
    bool totals[QUERY_DIMENSIONS_MAX]; /* may be summed over */
} TableNode;

typedef struct Tree {
    Text title, project;
    Date as_at; /* DATE_NONE: the release's last day */
    CodeList code_lists[QUERY_NAMES_MAX];
    size_t code_list_count, code_count, contains_count;
    Let lets[QUERY_NAMES_MAX];
    size_t let_count;
    const Node *cohort;
    TableNode tables[QUERY_TABLES_MAX];
    size_t table_count;
    const CatalogueSource **sources; /* each one that it reads, once */
    size_t source_count;
} Tree;

typedef struct ParseInput {
    SourceText source;
    const Catalogue *catalogue;
    const QueryFiles *files; /* NULL: `codes ... from` is refused, the text stands alone */
} ParseInput;

/* text ends in a NUL behind its length. tree and all in it live in arena. */
Result tree_parse(const ParseInput *input, Arena *arena, Tree **tree, Error *error) CHECKED;
/* Marks what the cohort leads to, and notes the sources read; what it does not lead to means nothing. */
void tree_use(Tree *tree, const Catalogue *catalogue);
/* Prints the canonical text: no comments, one layout, operands of and/or sorted and each once. */
Text tree_print(const Tree *tree, Arena *arena);
/* Of the records of node->source: what stands from NODE_EXISTS to NODE_IN_VALUES. */
bool node_is_of_records(const Node *node);
/* That of records kept, or NULL. */
const Node *node_where(const Node *node);
bool dimension_equal(const Dimension *a, const Dimension *b);
