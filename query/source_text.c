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

/* A caret can stand below a character only where everything before it is as wide as it is long. */
static bool is_plain(Text line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] < ' ' || line.data[i] > '~')
            return false;
    return true;
}

Result source_text_fail(const SourceText *source, Place place, Error *error, const char *format, ...)
{
    char rule[RULE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(rule, sizeof rule, format, arguments);
    va_end(arguments);

    Text line = line_at(source, place.offset);
    if (!is_plain(line) || line.length > SHOWN_BYTES || place.column > SHOWN_BYTES)
        return fail(error, ERROR_INPUT, "%s:%u:%u: %s", source->file_name, place.line, place.column, rule);
    return fail(error, ERROR_INPUT, "%s:%u:%u: %s\n  %.*s\n  %*s^", source->file_name, place.line,
                place.column, rule, TEXT_ARG(line), (int)place.column - 1, "");
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
