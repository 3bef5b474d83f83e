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
    QUERY_OPERANDS_MAX = 256, /* of one and, or, in */
    QUERY_MONTHS_MAX = 1200,  /* of one window */
    QUERY_BAND_YEARS_MIN = 5,
    QUERY_BAND_YEARS_MAX = 120,
};

typedef enum NodeKind {
    NODE_INTEGER,
    NODE_DATE,
    NODE_STRING,
    NODE_AS_AT,
    NODE_ATTRIBUTE,
    NODE_AGE,    /* operands[0]: at */
    NODE_COLUMN, /* of the source whose `where` it stands in */
    NODE_LET,
    NODE_REGISTERED, /* operands[0]: at */
    NODE_EXISTS,     /* operands[0]: where, or none */
    NODE_COUNT,      /* the same */
    NODE_COMPARE,    /* operands[0] comparison operands[1] */
    NODE_RANGE,      /* operands[0] from operands[1] to operands[2] */
    NODE_WITHIN,     /* operands[0] within integer months (is_after) operands[1] */
    NODE_IN_CODES,   /* operands[0] */
    NODE_IN_LIST,    /* operands[0]; items */
    NODE_NOT,        /* operands[0] */
    NODE_AND,
    NODE_OR,
} NodeKind;

typedef enum Comparison { IS_EQUAL, IS_NOT_EQUAL, IS_LESS, IS_AT_MOST, IS_MORE, IS_AT_LEAST } Comparison;

typedef struct Node Node;

typedef struct CodeList {
    Text name;
    Text *codes; /* sorted, each once */
    size_t count;
    bool is_used;
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
    const Node **operands;
    size_t operand_count;
    size_t size, depth; /* with `let` expanded */
    int64_t integer;
    Date date;
    Text text;
    Text *items;
    size_t item_count;
    const Attribute *attribute;
    const CatalogueColumn *column;
    const CatalogueSource *source;
    const CodeList *codes;
    const Let *let;
};

typedef struct Dimension {
    const Attribute *attribute;
    int64_t band_years; /* 0: no banding */
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
    size_t code_list_count, code_count;
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
bool dimension_equal(const Dimension *a, const Dimension *b);
