#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "query/source_text.h"

enum { RULE_BYTES = 320, SHOWN_BYTES = 100, WORD_SHOWN = 40 };

static Text line_at(const SourceText *source, size_t offset)
{
    size_t from = offset, to = offset;

    while (from > 0 && source->text.data[from - 1] != '\n')
        from--;
    while (to < source->text.length && source->text.data[to] != '\n' && source->text.data[to] != '\r')
        to++;
    return text_slice(source->text, from, to);
}

/* What of the line is about the place, a byte a character, so that a caret can stand below it. Returns the
 * characters left out before it. */
static unsigned show(Text line, unsigned column, char shown[SHOWN_BYTES + 1])
{
    unsigned before = column > SHOWN_BYTES ? column - SHOWN_BYTES / 2 : 0, character = 0;
    size_t length = 0;

    for (size_t i = 0; i < line.length && length < SHOWN_BYTES; i++) {
        char c = line.data[i];
        bool is_inside = ((unsigned char)c & 0xC0) == 0x80;
        if (is_inside || character++ < before)
            continue;
        shown[length++] = c == '\t' ? ' ' : c < ' ' || c > '~' ? '.' : c;
    }
    shown[length] = '\0';
    return before;
}

Place source_text_place(const SourceText *source, size_t offset)
{
    Place place = {.line = 1, .column = 1, .offset = offset};

    for (size_t i = 0; i < offset; i++) {
        bool is_inside = ((unsigned char)source->text.data[i] & 0xC0) == 0x80;
        bool ends_line = source->text.data[i] == '\n';
        place.line += ends_line;
        place.column = ends_line ? 1 : place.column + !is_inside;
    }
    return place;
}

/* A character that does not fit is left out whole: JSON takes no part of one. */
PRINTF(2, 0) static void write_rule(char rule[RULE_BYTES], const char *format, va_list arguments)
{
    (void)vsnprintf(rule, RULE_BYTES, format, arguments);
    rule[text_utf8_length(text_from(rule))] = '\0';
}

static Result fail_with(const SourceText *source, Place place, ErrorCode code, const char *rule, Error *error)
{
    char shown[SHOWN_BYTES + 1];
    unsigned before = show(line_at(source, place.offset), place.column, shown);

    return fail(error, code, "%s:%u:%u: %s\n  %s\n  %*s^", source->file_name, place.line, place.column, rule,
                shown, (int)(place.column - 1 - before), "");
}

Result source_text_fail(const SourceText *source, Place place, Error *error, const char *format, ...)
{
    char rule[RULE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    write_rule(rule, format, arguments);
    va_end(arguments);
    return fail_with(source, place, ERROR_INPUT, rule, error);
}

Result source_text_fail_at(const Mention *at, ErrorCode code, Error *error, const char *format, ...)
{
    char rule[RULE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    write_rule(rule, format, arguments);
    va_end(arguments);
    return fail_with(at->text, at->place, code, rule, error);
}

void source_text_warn(const Mention *at, TextBuilder *out, const char *format, ...)
{
    char rule[RULE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    write_rule(rule, format, arguments);
    va_end(arguments);
    text_add_format(out, "warning: %s:%u:%u: %s\n", at->text->file_name, at->place.line, at->place.column,
                    rule);
}

Result source_text_fail_unknown(const SourceText *source, Place place, const char *kind, Text word,
                                const Text *candidates, size_t count, Error *error)
{
    Text nearest = text_nearest(word, candidates, count);

    if (word.length > WORD_SHOWN)
        word.length = WORD_SHOWN;
    if (nearest.length == 0)
        return source_text_fail(source, place, error, "%s '%.*s' is unknown", kind, TEXT_ARG(word));
    return source_text_fail(source, place, error, "%s '%.*s' is unknown; did you mean %.*s?", kind,
                            TEXT_ARG(word), TEXT_ARG(nearest));
}
