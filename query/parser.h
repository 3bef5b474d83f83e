#pragma once
/* Private to query: shared by parser.c (the whole), definitions.c, expression.c, parser_table.c and codes.c.
 */
#include "query/lexer.h"
#include "query/tree.h"

enum { CODES_FILE_BYTES_MAX = 1 << 20 }; /* of a file beside the query */

typedef struct Parser {
    const ParseInput *input;
    const SourceText *text; /* the input's, which outlives it */
    Lexer lexer;
    Token token;
    Token as_at;
    /* behind `as at`: a date or, looked up once it is declared, a parameter */ /* the next one, not yet
                                                                                   taken */
    Arena *arena;
    Tree *tree;
    const CatalogueSource *where; /* the source whose `where` is being read */
    const Series *series;         /* of the table whose measures are being read */
    bool names_period;            /* one of them has spoken of its period */
    unsigned depth;               /* of expressions and operands */
    bool is_shared;               /* reading a file that the query uses */
} Parser;

/* parser_mention.c: a place of the file that is read now; what stands there reads the source */
Mention parser_mention_at(const Parser *parser, Place place);
const SourceText *parser_keep_text(const SourceText *text, Arena *arena);
void parser_mention(const Parser *parser, const CatalogueSource *source, Place place);
void parser_mention_deaths(const Parser *parser, Place place);
/* Those that the attribute is made of. */
void parser_mention_attribute(const Parser *parser, const Attribute *attribute, Place place);
Result parser_advance(Parser *parser, Error *error) CHECKED;
/* Takes the next token, which must be this word or symbol. */
Result parser_expect(Parser *parser, const char *word, Error *error) CHECKED;
/* The same of several words; `which` says which it was. words ends in NULL. */
Result parser_expect_one(Parser *parser, const char *const *words, size_t *which, Error *error) CHECKED;
/* Takes it when it is next. */
Result parser_accept(Parser *parser, const char *word, bool *accepted, Error *error) CHECKED;
Result parser_fail(const Parser *parser, Error *error, const char *format, ...) PRINTF(3, 4) CHECKED;
Result parser_integer(Parser *parser, const char *what, int64_t min, int64_t max, int64_t *value,
                      Error *error) CHECKED;
/* A text in double quotes that is not empty. */
Result parser_string(Parser *parser, const char *what, Text *text, Error *error) CHECKED;
/* UTF-8 without NUL, of so many bytes. */
Result parser_check_text(const SourceText *source, size_t bytes_max, Error *error) CHECKED;
/* definitions.c: up to what is none */
Result parser_definitions(Parser *parser, Error *error) CHECKED;
/* parser_table.c: behind the word `table` */
Result parser_table(Parser *parser, Error *error) CHECKED;
/* parser_measure.c: those of a table whose dimensions are there */
Result parser_measures(Parser *parser, TableNode *table, Error *error) CHECKED;
/* parser_linked.c: whether a table may stand beside those before it; and all of them */
Result parser_check_families(const Parser *parser, const TableNode *added, Error *error) CHECKED;
Result parser_check_tables(const Parser *parser, Error *error) CHECKED;
/* parser_period.c: behind the word `by`, when a period stands there; and behind the table's measures */
bool parser_at_period(const Parser *parser);
Result parser_series(Parser *parser, TableNode *table, Error *error) CHECKED;
Result parser_check_series(const Parser *parser, const TableNode *table, Error *error) CHECKED;
/* expression.c: up to a token that cannot continue it */
Result parser_expression(Parser *parser, const Node **node, Error *error) CHECKED;
bool parser_is_reserved(Text word);
/* Takes a name that means nothing else. */
Result parser_new_name(Parser *parser, Text *name, Error *error) CHECKED;
/* The same; no let or parameter has it. The next token stands behind it. */
Result parser_new_value_name(Parser *parser, Text *name, Error *error) CHECKED;
/* parser_parameter.c: behind the word `parameter`; one of this name, or NULL; and all of them together */
Result parser_take_parameter(Parser *parser, Error *error) CHECKED;
const Parameter *parser_parameter(const Parser *parser, Text name);
Result parser_fail_parameter(const Parser *parser, const Token *token, Error *error)
    CHECKED; /* none of the name */
Result parser_check_parameters(const Tree *tree, Error *error) CHECKED;
const CodeList *parser_code_list(const Parser *parser, Text name);
/* codes.c: a file of the query's folder, NUL-terminated, without a byte order mark; and its codes */
Result codes_read_file(const Parser *parser, Text file_name, Place place, Text *content, Error *error)
    CHECKED;
Result codes_read(const Parser *parser, Text file_name, Place place, CodeList *list, Error *error) CHECKED;
/* Sorts, and leaves each code once, or once a category. */
void codes_sort(CodeList *list);
/* A text of a list, the next token: what ends in * has something before it. */
Result parser_check_prefix(const Parser *parser, Error *error) CHECKED;
