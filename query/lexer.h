#pragma once
/* Private to query: one token at a time. Comments run from # to the end of the line. */
#include <stdint.h>

#include "base/arena.h"
#include "base/date.h"
#include "query/source_text.h"

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_WORD,    /* [A-Za-z_][A-Za-z0-9_-]* */
    TOKEN_STRING,  /* "..." on one line; a quote inside is doubled */
    TOKEN_INTEGER, /* at most 18 digits */
    TOKEN_DECIMAL, /* digits, a point, digits; at most 15 together */
    TOKEN_ORDINAL, /* 2nd, 3rd */
    TOKEN_DATE,    /* CCYY-MM-DD */
    TOKEN_SYMBOL,  /* ( ) , = != < <= > >= + - * / */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    Text text; /* of a string: its content */
    int64_t integer;
    Date date;
    Place place;
} Token;

typedef struct Lexer {
    SourceText source;
    Arena *arena; /* for strings that hold a quote */
    Place at;
} Lexer;

/* The text is UTF-8; outside strings and comments only ASCII, so that no look-alike letter passes. */
Result lexer_next(Lexer *lexer, Token *token, Error *error) CHECKED;
bool token_is(const Token *token, const char *word); /* a word or a symbol */
