#include <string.h>

#include "query/lexer.h"

enum {
    STRING_BYTES_MAX = 200,
    INTEGER_DIGITS_MAX = 18,
    DECIMAL_DIGITS_MAX = 15, /* a double holds them all */
    ORDINAL_DIGITS_MAX = 3,
    DATE_LENGTH = 10
};

static char peek(const Lexer *lexer, size_t ahead)
{
    size_t offset = lexer->at.offset + ahead;

    return offset < lexer->source.text.length ? lexer->source.text.data[offset] : '\0';
}

static bool at_end(const Lexer *lexer)
{
    return lexer->at.offset >= lexer->source.text.length;
}

/* Bytes inside a UTF-8 character do not count as columns. */
static void advance(Lexer *lexer, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)lexer->source.text.data[lexer->at.offset++];
        if (byte == '\n') {
            lexer->at.line++;
            lexer->at.column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            lexer->at.column++;
        }
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(Lexer *lexer)
{
    while (!at_end(lexer)) {
        char c = peek(lexer, 0);
        if (c == '#')
            while (!at_end(lexer) && peek(lexer, 0) != '\n')
                advance(lexer, 1);
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            advance(lexer, 1);
        else
            return;
    }
}

static void take(Lexer *lexer, TokenKind kind, size_t length, Token *token)
{
    token->kind = kind;
    token->text = (Text){.data = lexer->source.text.data + lexer->at.offset, .length = length};
    advance(lexer, length);
}

static void take_word(Lexer *lexer, Token *token)
{
    size_t length = 1;

    while (is_letter(peek(lexer, length)) || is_digit(peek(lexer, length)) || peek(lexer, length) == '-')
        length++;
    take(lexer, TOKEN_WORD, length, token);
}

static const char *ordinal_ending(int64_t number)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};

    return number % 10 > 3 || (number % 100 > 10 && number % 100 < 14) ? "th" : endings[number % 10];
}

/* 2nd, 3rd: the ending that belongs to the number, and no letter behind it. */
static bool take_ordinal(Lexer *lexer, Token *token)
{
    const char *ending;

    if (token->text.length > ORDINAL_DIGITS_MAX || !text_to_int64(token->text, &token->integer))
        return false;
    ending = ordinal_ending(token->integer);
    if (peek(lexer, 0) != ending[0] || peek(lexer, 1) != ending[1] || is_letter(peek(lexer, 2)))
        return false;
    advance(lexer, 2);
    token->kind = TOKEN_ORDINAL;
    return true;
}

static Result take_decimal(Lexer *lexer, Token *token, Error *error)
{
    size_t length = 1;

    while (is_digit(peek(lexer, length)))
        length++;
    if (length == 1)
        return source_text_fail(&lexer->source, token->place, error,
                                "a decimal number has digits behind its point");
    if (token->text.length + length - 1 > DECIMAL_DIGITS_MAX)
        return source_text_fail(&lexer->source, token->place, error, "decimal number has more than %d digits",
                                DECIMAL_DIGITS_MAX);
    token->kind = TOKEN_DECIMAL;
    token->text.length += length;
    advance(lexer, length);
    if (is_letter(peek(lexer, 0)))
        return source_text_fail(&lexer->source, token->place, error, "a word begins with a letter");
    return RESULT_OK;
}

/* 2026-09-30 is a date, 2026 a number. */
static Result take_number(Lexer *lexer, Token *token, Error *error)
{
    size_t length = 1;

    while (is_digit(peek(lexer, length)) || peek(lexer, length) == '-')
        length++;
    take(lexer, TOKEN_INTEGER, length, token);
    if (is_letter(peek(lexer, 0)) && take_ordinal(lexer, token))
        return RESULT_OK;
    if (is_letter(peek(lexer, 0)))
        return source_text_fail(&lexer->source, token->place, error, "a word begins with a letter");
    if (length == DATE_LENGTH && date_parse(token->text, &token->date)) {
        token->kind = TOKEN_DATE;
        return RESULT_OK;
    }
    if (memchr(token->text.data, '-', length) != NULL)
        return source_text_fail(&lexer->source, token->place, error, "not a date (CCYY-MM-DD)");
    if (peek(lexer, 0) == '.')
        return take_decimal(lexer, token, error);
    if (length > INTEGER_DIGITS_MAX || !text_to_int64(token->text, &token->integer))
        return source_text_fail(&lexer->source, token->place, error, "number has more than %d digits",
                                INTEGER_DIGITS_MAX);
    return RESULT_OK;
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == '\x7f';
}

/* C1 controls, zero-width characters, marks of direction, line separators: what an approver reads is all
 * there is. */
static bool is_invisible(const Lexer *lexer, size_t ahead)
{
    static const struct {
        const char *lead;
        unsigned char from, to;
    } ranges[] = {{"\xC2", 0x80, 0x9F},
                  {"\xE2\x80", 0x8B, 0x8F},
                  {"\xE2\x80", 0xA8, 0xAE},
                  {"\xE2\x81", 0xA0, 0xA9},
                  {"\xEF\xBB", 0xBF, 0xBF}};
    const char *at = lexer->source.text.data + lexer->at.offset + ahead;

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        size_t length = strlen(ranges[i].lead);
        if (strncmp(at, ranges[i].lead, length) != 0)
            continue;
        unsigned char last = (unsigned char)at[length];
        if (last >= ranges[i].from && last <= ranges[i].to)
            return true;
    }
    return false;
}

static Text undouble_quotes(Arena *arena, Text text)
{
    char *copy = arena_alloc(arena, text.length + 1);
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        copy[length++] = text.data[i];
        if (text.data[i] == '"')
            i++;
    }
    return (Text){.data = copy, .length = length};
}

static Result take_string(Lexer *lexer, Token *token, Error *error)
{
    size_t length = 1;
    bool has_quote = false;

    for (;; length++) {
        if (lexer->at.offset + length >= lexer->source.text.length || peek(lexer, length) == '\n')
            return source_text_fail(&lexer->source, token->place, error, "string has no closing quote");
        if (is_control(peek(lexer, length)))
            return source_text_fail(&lexer->source, token->place, error, "string holds a control character");
        if (is_invisible(lexer, length))
            return source_text_fail(&lexer->source, token->place, error,
                                    "string holds an invisible character");
        if (peek(lexer, length) != '"')
            continue;
        if (peek(lexer, length + 1) != '"')
            break;
        has_quote = true;
        length++;
    }
    if (length - 1 > STRING_BYTES_MAX)
        return source_text_fail(&lexer->source, token->place, error, "string is longer than %d bytes",
                                STRING_BYTES_MAX);
    take(lexer, TOKEN_STRING, length + 1, token);
    token->text = text_slice(token->text, 1, length);
    if (has_quote)
        token->text = undouble_quotes(lexer->arena, token->text);
    return RESULT_OK;
}

static Result take_symbol(Lexer *lexer, Token *token, Error *error)
{
    static const char *const symbols[] = {"<=", ">=", "!=", "<", ">", "=", "(", ")", ",", "+", "-", "*", "/"};

    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i]);
        if (strncmp(lexer->source.text.data + lexer->at.offset, symbols[i], length) == 0) {
            take(lexer, TOKEN_SYMBOL, length, token);
            return RESULT_OK;
        }
    }
    return source_text_fail(&lexer->source, token->place, error, "character is not part of the language");
}

Result lexer_next(Lexer *lexer, Token *token, Error *error)
{
    skip_blanks(lexer);
    *token = (Token){.kind = TOKEN_END, .place = lexer->at};
    if (at_end(lexer))
        return RESULT_OK;

    char c = peek(lexer, 0);
    if (is_letter(c)) {
        take_word(lexer, token);
        return RESULT_OK;
    }
    if (is_digit(c))
        return take_number(lexer, token, error);
    if (c == '"')
        return take_string(lexer, token, error);
    return take_symbol(lexer, token, error);
}

bool token_is(const Token *token, const char *word)
{
    return (token->kind == TOKEN_WORD || token->kind == TOKEN_SYMBOL) &&
           text_equal(token->text, text_from(word));
}
