#pragma once
/* Private to query: shared by parser.c (statements) and expression.c. */
#include "query/lexer.h"
#include "query/tree.h"

typedef struct Parser {
    const ParseInput *input;
    Lexer lexer;
    Token token; /* the next one, not yet taken */
    Arena *arena;
    Tree *tree;
    const CatalogueSource *where; /* the source whose `where` is being read */
    unsigned depth;
} Parser;

Result parser_advance(Parser *parser, Error *error) CHECKED;
/* Takes the next token, which must be this word or symbol. */
Result parser_expect(Parser *parser, const char *word, Error *error) CHECKED;
/* Takes it when it is next. */
Result parser_accept(Parser *parser, const char *word, bool *accepted, Error *error) CHECKED;
Result parser_fail(const Parser *parser, Error *error, const char *format, ...) PRINTF(3, 4) CHECKED;
Result parser_integer(Parser *parser, const char *what, int64_t min, int64_t max, int64_t *value,
                      Error *error) CHECKED;
/* expression.c: up to a token that cannot continue it */
Result parser_expression(Parser *parser, const Node **node, Error *error) CHECKED;
/* The query reads these sources as well, each noted once. */
Result parser_reads(Parser *parser, const CatalogueSource *source, Error *error) CHECKED;
Result parser_reads_attribute(Parser *parser, const Attribute *attribute, Error *error) CHECKED;
const CodeList *parser_code_list(const Parser *parser, Text name);
/* codes.c: reads a file's codes into list */
Result codes_read(const Parser *parser, Text file_name, Place place, CodeList *list, Error *error) CHECKED;
/* Sorts, and leaves each code once. */
void codes_sort(CodeList *list);
